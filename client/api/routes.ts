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
import { SCHEDULED_TYPES, identifier, slug } from '../../domain/contracts/names.ts';
import { customerScanInput, scan } from '../../domain/contracts/scans.ts';
import { RUN_CAUSES, RUN_STATES, run } from '../../domain/contracts/runs.ts';
import {
  applySchedules,
  appliedSchedules,
  backfill,
  backfilled,
  fire,
  occurrence,
  pauseOne,
  pauseSchedules,
  paused,
  previewTiming,
  resumeOne,
  resumeSchedules,
  resumed,
  schedule,
  scheduleChanges,
  scheduleSettings,
  scheduleVersion,
  triggered,
} from '../../domain/contracts/schedules.ts';
import { score } from '../../domain/contracts/scores.ts';
import { instant } from '../../domain/contracts/time-values.ts';
import { type Scope, createToken, createdToken, token } from '../../domain/contracts/tokens.ts';

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
  /** One line for the OpenAPI document. */
  summary: string;
  /** What the caller's token must allow. */
  scope: Scope;
  /** Largest body in bytes, where it is not the usual 1 MiB. */
  bodyLimit?: number;
}

const route = <Input extends z.ZodType, Reply extends z.ZodType>(
  method: Route['method'],
  path: string,
  summary: string,
  input: Input,
  reply: Reply,
  more: { status?: Route['status']; bodyLimit?: number; scope?: Scope } = {},
): Route<Input, Reply> => ({
  method,
  path,
  summary,
  input,
  reply,
  status: 200,
  scope: method === 'GET' ? 'read' : 'write',
  ...more,
});

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
    'Replace or extend the customers of the workspace',
    customerData.extend({ merge: z.boolean().default(false) }),
    z.object({ customers: z.number().int() }),
    { bodyLimit: 512 * 1024 * 1024 },
  ),
  scoreCustomers: route('GET', '/api/customers/scores', 'Score every customer', z.strictObject(at), z.array(score)),
  evaluateCustomers: route(
    'GET',
    '/api/customers/evaluation',
    'How well churn risk tells who leaves',
    z.strictObject({ ...at, threshold: z.coerce.number().min(0).max(1).default(0.6) }),
    evaluation,
  ),

  listCustomers: route(
    'GET',
    '/api/customers',
    'Customers with their scores, in the order of their sheet',
    z.strictObject({ ...list, ...at }),
    page(score),
  ),
  getCustomer: route('GET', '/api/customers/:id', 'One customer with its score', byId.extend(at), score),

  startScan: route(
    'POST',
    '/api/scans',
    'Start a scan of the customers',
    customerScanInput.omit({ workspace: true }),
    started,
    { status: 202 },
  ),
  listScans: route('GET', '/api/scans', 'Scans, newest first', z.strictObject(list), page(scan)),
  getScan: route('GET', '/api/scans/:id', 'One scan', byId, scan),

  listInterventions: route(
    'GET',
    '/api/interventions',
    'Interventions, newest first',
    z.strictObject({
      ...list,
      state: interventionState.optional(),
      customerId: identifier.optional(),
      scanId: identifier.optional(),
    }),
    page(intervention),
  ),
  getIntervention: route('GET', '/api/interventions/:id', 'One intervention', byId, intervention),

  listApprovals: route(
    'GET',
    '/api/approvals',
    'Interventions that wait for approval',
    z.strictObject(list),
    page(intervention),
  ),
  getApproval: route('GET', '/api/approvals/:id', 'One that waits for approval', byId, intervention),
  approve: route(
    'POST',
    '/api/approvals/:id/approve',
    'Approve the text of this hash',
    approveMessage.omit({ actor: true }).extend(byId.shape),
    intervention,
  ),
  reject: route(
    'POST',
    '/api/approvals/:id/reject',
    'Reject it, with a reason',
    rejectMessage.omit({ actor: true }).extend(byId.shape),
    intervention,
  ),
  edit: route(
    'POST',
    '/api/approvals/:id/edit',
    'Change the text; it waits on, under a new hash',
    editMessage.omit({ actor: true }).extend(byId.shape),
    intervention,
  ),

  listEscalations: route(
    'GET',
    '/api/escalations',
    'Escalations, newest first',
    z.strictObject({ ...list, state: z.enum(['open', 'resolved']).optional() }),
    page(escalation),
  ),
  getEscalation: route('GET', '/api/escalations/:id', 'One escalation', byId, escalation),
  assignEscalation: route(
    'POST',
    '/api/escalations/:id/assign',
    'Give it to someone',
    byId.extend({ owner: z.string().trim().min(1).max(200) }),
    escalation,
  ),
  resolveEscalation: route(
    'POST',
    '/api/escalations/:id/resolve',
    'Say that it is settled',
    byId.extend({ note: z.string().trim().max(2_000).optional() }),
    escalation,
  ),

  listOutbox: route(
    'GET',
    '/api/outbox',
    'Messages that could go nowhere else',
    z.strictObject(list),
    page(outboxMessage),
  ),

  getOutboxMessage: route('GET', '/api/outbox/:id', 'One message of the outbox', byId, outboxMessage),

  listSchedules: route(
    'GET',
    '/api/schedules',
    'Schedules, newest first',
    z.strictObject({
      ...list,
      state: z.enum(['active', 'paused']).optional(),
      workflowType: z.enum(SCHEDULED_TYPES).optional(),
    }),
    page(schedule),
  ),
  getSchedule: route('GET', '/api/schedules/:name', 'One schedule', byName, schedule),
  listScheduleVersions: route(
    'GET',
    '/api/schedules/:name/versions',
    'What the schedule was before, newest first',
    byName,
    z.object({ items: z.array(scheduleVersion), nextCursor: z.null() }),
  ),
  createSchedule: route(
    'POST',
    '/api/schedules',
    'Create a schedule',
    scheduleSettings.extend(byName.shape),
    schedule,
    { status: 201 },
  ),
  updateSchedule: route(
    'PATCH',
    '/api/schedules/:name',
    'Change a schedule; what is absent stays',
    scheduleChanges.extend(byName.shape),
    schedule,
  ),
  applySchedules: route(
    'PUT',
    '/api/schedules',
    'Make the schedules what the list says',
    applySchedules,
    appliedSchedules,
    { bodyLimit: 16 * 1024 * 1024 },
  ),
  deleteSchedule: route(
    'DELETE',
    '/api/schedules/:name',
    'Delete a schedule and answer with what it was; runs that it has started go on',
    byName,
    schedule,
  ),
  previewTiming: route(
    'POST',
    '/api/schedules/preview',
    'When a schedule of this timing would fire',
    previewTiming,
    z.array(fire),
    { scope: 'read' },
  ),
  pauseSchedules: route('POST', '/api/schedules/pause', 'Pause several schedules', pauseSchedules, paused),
  resumeSchedules: route(
    'POST',
    '/api/schedules/resume',
    'Resume several schedules, or those that one pause stopped',
    resumeSchedules,
    resumed,
  ),
  pauseSchedule: route(
    'POST',
    '/api/schedules/:name/pause',
    'Pause a schedule',
    pauseOne.extend(byName.shape),
    schedule,
  ),
  resumeSchedule: route(
    'POST',
    '/api/schedules/:name/resume',
    'Resume a schedule',
    resumeOne.extend(byName.shape),
    schedule,
  ),
  triggerSchedule: route(
    'POST',
    '/api/schedules/:name/trigger',
    'Run a schedule now, paused or not',
    byName,
    triggered,
    { status: 202 },
  ),
  skipOccurrence: route(
    'POST',
    '/api/schedules/:name/skip',
    'Call off one coming occurrence',
    occurrence.extend(byName.shape),
    schedule,
  ),
  unskipOccurrence: route(
    'POST',
    '/api/schedules/:name/unskip',
    'Call it on again',
    occurrence.extend(byName.shape),
    schedule,
  ),
  backfillSchedule: route(
    'POST',
    '/api/schedules/:name/backfill',
    'Run every fire of a past span, one after the other',
    backfill.extend(byName.shape),
    backfilled,
    { status: 202 },
  ),

  listRuns: route(
    'GET',
    '/api/runs',
    'The run ledger, newest planned instant first',
    z.strictObject({
      ...list,
      schedule: slug.optional(),
      state: z.enum(RUN_STATES).optional(),
      cause: z.enum(RUN_CAUSES).optional(),
      from: instant.optional(),
      to: instant.optional(),
    }),
    page(run),
  ),
  getRun: route('GET', '/api/runs/:id', 'One run, by the run id of Temporal', byId, run),

  createToken: route('POST', '/api/tokens', 'Create a token; its secret is shown once', createToken, createdToken, {
    status: 201,
    scope: 'admin',
  }),
  listTokens: route('GET', '/api/tokens', 'Tokens, newest first', z.strictObject(list), page(token), {
    scope: 'admin',
  }),
  revokeToken: route('DELETE', '/api/tokens/:id', 'Revoke a token', byId, token, { scope: 'admin' }),
} as const satisfies Record<string, Route>;

export type OperationName = keyof typeof routes;
type OperationReply<Name extends OperationName> = z.output<(typeof routes)[Name]['reply']>;

/** Whose call it is. `actor` goes into histories of approvals and escalations. */
export interface Caller {
  workspace: string;
  actor: string;
  /** Kept through workflow and activities in every log line. */
  correlationId?: string;
  /** The same for a request and its repeats: what is started for one is then the same thing. */
  requestKey?: string;
  /** Whether the caller may see to tokens of every workspace. */
  everyWorkspace?: boolean;
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
