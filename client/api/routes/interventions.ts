import { z } from 'zod';
import {
  approveMessage,
  editMessage,
  escalation,
  intervention,
  interventionState,
  outboxMessage,
  rejectMessage,
} from '../../../domain/contracts/interventions.ts';
import { identifier } from '../../../domain/contracts/names.ts';
import { type Route, byId, list, page, route } from './route.ts';

/** Interventions and what comes of them: approvals, escalations, messages. */
export const interventionRoutes = {
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
} as const satisfies Record<string, Route>;
