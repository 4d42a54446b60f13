import { z } from 'zod';
import { customerData } from '../../domain/contracts/customer-data.ts';
import { evaluation } from '../../domain/contracts/evaluation.ts';
import {
  approveMessage,
  editMessage,
  escalation,
  intervention,
  interventionState,
  outboxMessage,
  rejectMessage,
} from '../../domain/contracts/interventions.ts';
import { identifier, slug } from '../../domain/contracts/names.ts';
import { customerScanInput, scan } from '../../domain/contracts/scans.ts';
import { schedule, scheduleSettings } from '../../domain/contracts/schedules.ts';
import { score } from '../../domain/contracts/scores.ts';
import { instant } from '../../domain/contracts/time-values.ts';

/**
 * Every operation the service offers: one table that the server answers from, remote callers ask by, and types come
 * from. `input` is one object: what the path names (`:id`), and the query (GET) or the JSON body beside it.
 */
export interface Route<Input extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  status: 200 | 201 | 202;
  input: Input;
  reply: Reply;
  /** Largest body in bytes, where it is not the usual 1 MiB. */
  bodyLimit?: number;
}

const route = <Input extends z.ZodType, Reply extends z.ZodType>(
  method: Route['method'],
  path: string,
  input: Input,
  reply: Reply,
  more: { status?: Route['status']; bodyLimit?: number } = {},
): Route<Input, Reply> => ({ method, path, input, reply, status: 200, ...more });

const list = { limit: z.coerce.number().int().min(1).max(500).default(50), cursor: z.string().max(500).optional() };
const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
const at = { asOf: instant.optional() };
const byId = z.strictObject({ id: identifier });
const byName = z.strictObject({ name: slug });
const started = z.object({ scanId: identifier, workflowId: z.string() });

export const routes = {
  importCustomers: route(
    'PUT',
    '/api/customers',
    customerData.extend({ merge: z.boolean().default(false) }),
    z.object({ customers: z.number().int() }),
    { bodyLimit: 512 * 1024 * 1024 },
  ),
  scoreCustomers: route('GET', '/api/customers/scores', z.strictObject(at), z.array(score)),
  evaluateCustomers: route(
    'GET',
    '/api/customers/evaluation',
    z.strictObject({ ...at, threshold: z.coerce.number().min(0).max(1).default(0.6) }),
    evaluation,
  ),

  startScan: route('POST', '/api/scans', customerScanInput.omit({ workspace: true }), started, { status: 202 }),
  listScans: route('GET', '/api/scans', z.strictObject(list), page(scan)),
  getScan: route('GET', '/api/scans/:id', byId, scan),

  listInterventions: route(
    'GET',
    '/api/interventions',
    z.strictObject({
      ...list,
      state: interventionState.optional(),
      customerId: identifier.optional(),
      scanId: identifier.optional(),
    }),
    page(intervention),
  ),
  getIntervention: route('GET', '/api/interventions/:id', byId, intervention),

  listApprovals: route('GET', '/api/approvals', z.strictObject(list), page(intervention)),
  getApproval: route('GET', '/api/approvals/:id', byId, intervention),
  approve: route(
    'POST',
    '/api/approvals/:id/approve',
    approveMessage.omit({ actor: true }).extend(byId.shape),
    intervention,
  ),
  reject: route(
    'POST',
    '/api/approvals/:id/reject',
    rejectMessage.omit({ actor: true }).extend(byId.shape),
    intervention,
  ),
  edit: route('POST', '/api/approvals/:id/edit', editMessage.omit({ actor: true }).extend(byId.shape), intervention),

  listEscalations: route(
    'GET',
    '/api/escalations',
    z.strictObject({ ...list, state: z.enum(['open', 'resolved']).optional() }),
    page(escalation),
  ),
  getEscalation: route('GET', '/api/escalations/:id', byId, escalation),
  assignEscalation: route(
    'POST',
    '/api/escalations/:id/assign',
    byId.extend({ owner: z.string().trim().min(1).max(200) }),
    escalation,
  ),
  resolveEscalation: route(
    'POST',
    '/api/escalations/:id/resolve',
    byId.extend({ note: z.string().trim().max(2_000).optional() }),
    escalation,
  ),

  listOutbox: route('GET', '/api/outbox', z.strictObject(list), page(outboxMessage)),

  getSchedule: route('GET', '/api/schedules/:name', byName, schedule),
  createSchedule: route('POST', '/api/schedules', scheduleSettings.extend(byName.shape), schedule, { status: 201 }),
  updateSchedule: route('PATCH', '/api/schedules/:name', scheduleSettings.extend(byName.shape), schedule),
  /** Answers with the schedule as it was. Runs that it has started go on. */
  deleteSchedule: route('DELETE', '/api/schedules/:name', byName, schedule),
  pauseSchedule: route(
    'POST',
    '/api/schedules/:name/pause',
    byName.extend({ reason: z.string().trim().min(1).max(500) }),
    schedule,
  ),
  resumeSchedule: route(
    'POST',
    '/api/schedules/:name/resume',
    byName.extend({ reason: z.string().trim().min(1).max(500) }),
    schedule,
  ),
  triggerSchedule: route('POST', '/api/schedules/:name/trigger', byName, started, { status: 202 }),
} as const satisfies Record<string, Route>;

export type OperationName = keyof typeof routes;
type OperationReply<Name extends OperationName> = z.output<(typeof routes)[Name]['reply']>;

/** Whose call it is. `actor` goes into histories of approvals and escalations. */
export interface Caller {
  workspace: string;
  actor: string;
  /** Kept through workflow and activities in every log line. */
  correlationId?: string;
}

/** The operations as functions, whoever carries them out. They throw ReveilleError. */
export type Operations = {
  [Name in OperationName]: (
    caller: Caller,
    input: z.input<(typeof routes)[Name]['input']>,
  ) => Promise<OperationReply<Name>>;
};

/** What carries the operations out: it gets input that was parsed. */
export type OperationHandlers = {
  [Name in OperationName]: (
    caller: Caller,
    input: z.output<(typeof routes)[Name]['input']>,
  ) => Promise<OperationReply<Name>>;
};
