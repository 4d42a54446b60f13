import { z } from 'zod';
import { DEFAULT_WORKSPACE, identifier, slug } from './names.ts';
import { instant, instantOut } from './time-values.ts';

export const RISK_LEVELS = ['critical', 'high', 'medium', 'low'] as const;
export const riskLevel = z.enum(RISK_LEVELS);
export type RiskLevel = z.infer<typeof riskLevel>;

export const priority = z.enum([...RISK_LEVELS, 'handled']);
export type Priority = z.infer<typeof priority>;

export const sentiment = z.enum(['very_negative', 'negative', 'neutral', 'positive', 'very_positive']);
export type Sentiment = z.infer<typeof sentiment>;

export const ACTIONS = [
  'immediate_personal_outreach',
  'retention_offer_premium',
  'retention_offer_standard',
  'engagement_campaign',
] as const;
export const action = z.enum(ACTIONS);
export type Action = z.infer<typeof action>;

export const channel = z.enum(['email', 'telegram', 'phone', 'sms', 'in_app', 'whatsapp']);
export type Channel = z.infer<typeof channel>;

export const interventionState = z.enum([
  'deciding',
  'waiting_approval',
  'approved',
  'rejected',
  'expired',
  'ready',
  'deferred',
  'sent',
  'suppressed',
  'failed',
  'cancelled',
]);
export type InterventionState = z.infer<typeof interventionState>;

/** What an agent noted about its own work: who did it, and what a reader should know. */
export const agentNote = z.object({
  agent: z.enum(['context', 'pattern', 'decision', 'empathy']),
  by: z.enum(['rules', 'model']),
  note: z.string(),
});
export type AgentNote = z.infer<typeof agentNote>;

/**
 * Input of the `intervention` workflow. A scan passes its id and scores; started by hand without them, the customer is
 * scored when the intervention opens.
 */
export const interventionInput = z.strictObject({
  workspace: slug.default(DEFAULT_WORKSPACE),
  customerId: identifier,
  scanId: identifier.nullable().default(null),
  health: z.number().min(0).max(1).optional(),
  churnRisk: z.number().min(0).max(1).optional(),
  riskLevel: riskLevel.optional(),
  /** The moment the customer is looked at; the run's start when absent. */
  asOf: instant.optional(),
});
export type InterventionInput = z.infer<typeof interventionInput>;

/** The intervention object (contracts.md). `textHash`: hex SHA-256 of subject, a line feed, body. */
export const intervention = z.object({
  interventionId: identifier,
  customerId: identifier,
  name: z.string(),
  segment: z.string().nullable(),
  loyaltyTier: z.string().nullable(),
  health: z.number(),
  churnRisk: z.number(),
  riskLevel,
  issue: z.string().nullable(),
  sentiment: sentiment.nullable(),
  urgency: z.number().int().min(1).max(5).nullable(),
  priority: priority.nullable(),
  action: action.nullable(),
  channels: z.array(channel),
  discountPercent: z.number().min(0).max(15).nullable(),
  language: z.string().nullable(),
  subject: z.string().nullable(),
  body: z.string().nullable(),
  textHash: z.string().nullable(),
  state: interventionState,
  stateReason: z.string().nullable(),
  deadline: instantOut.nullable(),
  notes: z.array(agentNote),
  workflowId: z.string().nullable(),
});
export type Intervention = z.infer<typeof intervention>;

const actor = z.string().trim().min(1).max(200);
const note = z.string().trim().max(2_000);

/** Messages of the `intervention` workflow, which HTTP bodies and the CLI take without `actor`. */
export const approveMessage = z.strictObject({
  actor,
  textHash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hex digits of the message text hash'),
  note: note.optional(),
});
export type ApproveMessage = z.infer<typeof approveMessage>;

export const rejectMessage = z.strictObject({ actor, note: note.min(1) });
export type RejectMessage = z.infer<typeof rejectMessage>;

export const editMessage = z.strictObject({
  actor,
  subject: z.string().trim().min(1).max(200).optional(),
  body: z.string().trim().min(1).max(5_000),
});
export type EditMessage = z.infer<typeof editMessage>;

export const cancelInterventionMessage = z.strictObject({ reason: z.string().trim().min(1).max(2_000) });
export type CancelInterventionMessage = z.infer<typeof cancelInterventionMessage>;

/** Answer of the `state` query: identifiers and states, no message text. */
export interface InterventionStatus {
  interventionId: string;
  customerId: string;
  state: InterventionState;
  stateReason: string | null;
  textHash: string | null;
  deadline: string | null;
}

export const escalation = z.object({
  escalationId: identifier,
  interventionId: identifier,
  customerId: identifier,
  owner: z.string(),
  state: z.enum(['open', 'resolved']),
  openedAt: instantOut,
  deadline: instantOut,
  history: z.array(z.object({ at: instantOut, actor: z.string(), what: z.string() })),
});
export type Escalation = z.infer<typeof escalation>;

/**
 * `intervention`, `follow_up`: messages for which no channel is configured; `in_app`: kept for the person to see in the application;
 * `call`: a task for somebody to call; `escalation`: a notice to its owner.
 */
export const OUTBOX_KINDS = ['intervention', 'follow_up', 'booking', 'in_app', 'call', 'escalation'] as const;

/** A message that lies here: what it says, whom it is for, and why. */
export const outboxMessage = z.object({
  messageId: identifier,
  kind: z.enum(OUTBOX_KINDS),
  interventionId: identifier.nullable(),
  customerId: identifier.nullable(),
  contactId: identifier.nullable(),
  channel: z.string(),
  to: z.string().nullable(),
  subject: z.string().nullable(),
  body: z.string(),
  reason: z.string(),
  createdAt: instantOut,
});
export type OutboxMessage = z.infer<typeof outboxMessage>;
