import { randomUUID } from 'node:crypto';
import type { Scores } from '../../../domain/agents.ts';
import type {
  ChurnLabel,
  Customer,
  CustomerData,
  NpsAnswer,
  Order,
  SupportTicket,
} from '../../../domain/customers/customer.ts';
import type { SendDecision } from '../../../domain/contracts/contacts.ts';
import type { DeliveryFacts, DeliveryOf, DeliveryPlan } from '../../../domain/ports/delivery-store.ts';
import type { PlannedEffect } from '../../../domain/ports/effect-store.ts';
import type { PlannedRun, ScheduleDefinition, StartedRun } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';

/** A store to test: `store` is shared by the tests, each of which works in a workspace of its own. */
export type StoreUnderTest = () => Store;

export const newWorkspace = (): string => `w-${randomUUID()}`;

export const EMPTY: CustomerData = {
  customers: [],
  orders: [],
  supportTickets: [],
  npsAnswers: [],
  churnLabels: [],
};

export const customer = (customerId: string, more: Partial<Customer> = {}): Customer => ({
  customerId,
  firstName: 'Asha',
  lastName: 'Rao',
  email: `${customerId}@example.com`,
  phone: null,
  signupAt: Date.UTC(2023, 0, 2),
  country: 'IN',
  city: 'Chennai',
  segment: 'Loyal',
  lifetimeValue: 100,
  avgOrderValue: 20,
  preferredCategory: 'Books',
  lastActiveAt: Date.UTC(2025, 8, 1, 12, 30, 0, 125),
  loyaltyTier: 'Gold',
  optInMarketing: true,
  language: 'en',
  ...more,
});

export const order = (orderId: string, customerId: string, more: Partial<Order> = {}): Order => ({
  orderId,
  customerId,
  orderedAt: Date.UTC(2025, 5, 1),
  totalAmount: 19.99,
  orderStatus: 'delivered',
  paymentStatus: 'paid',
  deliveryDelayDays: null,
  ...more,
});

export const ticket = (ticketId: string, customerId: string, more: Partial<SupportTicket> = {}): SupportTicket => ({
  ticketId,
  customerId,
  createdAt: Date.UTC(2025, 6, 1),
  category: 'delivery',
  priority: 'high',
  status: 'Resolved',
  sentimentScore: -0.25,
  csatScore: 4,
  issueText: 'late',
  resolution: 'refund',
  ...more,
});

export const answer = (customerId: string, score: number, more: Partial<NpsAnswer> = {}): NpsAnswer => ({
  customerId,
  answeredAt: Date.UTC(2025, 4, 1),
  score,
  feedback: null,
  ...more,
});

export const label = (customerId: string, more: Partial<ChurnLabel> = {}): ChurnLabel => ({
  customerId,
  isChurn: false,
  churnedAt: null,
  churnReason: null,
  predictedChurnScore: 0.25,
  ...more,
});

export const SCORES: Scores = { health: 0.1 + 0.2, churnRisk: 0.7000000000000001, riskLevel: 'high' };

export const NOW = '2026-03-01T10:00:00.000Z';

/** `days` before NOW. */
export const daysAgo = (days: number): string => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

export type Opening = Parameters<Store['interventions']['open']>[1];

export const opening = (interventionId: string, customerId: string, more: Partial<Opening> = {}): Opening => ({
  interventionId,
  workflowId: `intervention/default/${customerId}`,
  runId: 'run-1',
  customerId,
  scanId: 'scan-1',
  scores: SCORES,
  openedAt: NOW,
  ...more,
});

export const scanOf = (scanId: string, more: { startedAt?: string; dryRun?: boolean } = {}) => ({
  scanId,
  workflowId: `customer-scan/default/manual/${scanId}`,
  startedAt: NOW,
  riskThreshold: 0.6,
  healthThreshold: 0.4,
  dryRun: false,
  ...more,
});

export const definitionOf = (more: Partial<ScheduleDefinition> = {}): ScheduleDefinition => ({
  workflowType: 'customerScan',
  timing: { cron: '0 2 * * *', timezone: 'America/New_York' },
  description: null,
  input: { riskThreshold: 0.6, segments: ['Loyal', 'नया'] },
  policies: {
    overlap: 'skip',
    catchUp: 'latest',
    catchUpWindow: 3_600_000,
    jitter: null,
    timeout: 60_000,
    pauseAfterFailures: 3,
  },
  ...more,
});

export const act = (at = NOW, by = 'mia') => ({ by, at });

/** `minutes` after NOW. */
export const inMinutes = (minutes: number): string => daysAgo(-minutes / 1_440);

/** A fire of the schedule `nightly` of the workspace, `minutes` after NOW. */
export const fireOf = (workspace: string, minutes: number, more: Partial<PlannedRun> = {}): PlannedRun => ({
  scheduleId: `${workspace}/nightly`,
  scheduleVersion: 1,
  plannedAt: inMinutes(minutes),
  plannedLocal: `${minutes} minutes after`,
  note: null,
  state: 'planned',
  reason: null,
  ...more,
});

/** The run of that fire, two seconds late. */
export const startOf = (
  workspace: string,
  minutes: number,
  runId: string,
  more: Partial<StartedRun> = {},
): StartedRun => {
  const { scheduleId, scheduleVersion, plannedAt, plannedLocal, note } = fireOf(workspace, minutes);
  const startedAt = new Date(Date.parse(plannedAt) + 2_000).toISOString();
  const fire = { scheduleId, scheduleVersion, plannedAt, plannedLocal, note, startedAt };
  return { ...fire, cause: 'schedule', workflowId: `customer-scan/${workspace}/nightly-${minutes}`, runId, ...more };
};

export const endOf = (state: 'completed' | 'completed_with_errors' | 'failed' | 'timed_out' | 'cancelled') => ({
  state,
  finishedAt: inMinutes(60),
  summary: 'done',
  tokensUsed: 12,
  error: null,
});

export const tokenOf = (tokenId: string, workspace: string | null, createdAt = NOW) => ({
  tokenId,
  name: 'Mia',
  workspace,
  scopes: ['read' as const, 'write' as const],
  hash: `hash of ${tokenId}`,
  createdAt,
  createdBy: 'root',
});

export type NewFollowUp = Parameters<Store['followUps']['schedule']>[1][number];

export const followUpOf = (followUpId: string, contactId: string, more: Partial<NewFollowUp> = {}): NewFollowUp => ({
  followUpId,
  contactId,
  type: 'follow_up',
  scheduledFor: inMinutes(120),
  payload: { message_template: 'Still interested?', reason: 'a quote of Monday' },
  actor: 'mia',
  createdAt: NOW,
  ...more,
});

/** A message to a contact, to be sent once. */
export const effectOf = (key: string, contactId = 'c1', more: Partial<PlannedEffect> = {}): PlannedEffect => ({
  key,
  kind: 'message',
  channel: 'email',
  contactId,
  purpose: 'promotion',
  subject: 'A word',
  plannedAt: NOW,
  ...more,
});

export const ONCE = { leaseMs: 60_000, repeatable: false };
export const REPEATABLE = { leaseMs: 60_000, repeatable: true };

/** The message of a follow-up to a contact, promotion. */
export const deliveryOf = (
  followUpId: string,
  contactId = 'c1',
  more: Partial<DeliveryOf> = {},
): DeliveryOf & { messageId: string } => ({
  key: `follow-up/${followUpId}/message`,
  contactId,
  purpose: 'promotion',
  followUpId,
  messageId: followUpId,
  ...more,
});

/** When a follow-up of `followUpOf` is due. */
export const DUE = inMinutes(120);
/** Of an attempt: a minute. */
export const LEASE = { leaseMs: 60_000, promotionsSince: daysAgo(7) };

export const decisionOf = (decision: SendDecision['decision'], more: Partial<SendDecision> = {}): SendDecision => ({
  decision,
  at: null,
  channel: decision === 'never' ? null : 'email',
  ...(decision === 'now'
    ? { reason: 'allowed', detail: 'Nothing is in the way.' }
    : { reason: 'opted_out', detail: 'They want no mail.' }),
  ...more,
});

/** Sends it by mail, which cannot tell the same message twice from two. */
export const byMail = (): DeliveryPlan => ({
  decision: decisionOf('now'),
  effect: { channel: 'email', subject: 'A word', repeatable: false },
});

/** Sends it through a gateway, which can. */
export const byGateway = (): DeliveryPlan => ({
  decision: decisionOf('now', { channel: 'sms' }),
  effect: { channel: 'sms', subject: 'A word', repeatable: true },
});

export const held = (decision: SendDecision) => (): DeliveryPlan => ({ decision, effect: null });

/** Begins a message, which must be let go. @returns its fence */
export async function beginGo(
  store: Store,
  workspace: string,
  delivery: ReturnType<typeof deliveryOf>,
  at = DUE,
  plan: (facts: DeliveryFacts) => DeliveryPlan = byMail,
): Promise<number> {
  const begun = await store.deliveries.begin(workspace, delivery, at, LEASE, plan);
  if (begun.outcome !== 'go') throw new Error(`not let go: ${JSON.stringify(begun)}`);
  return begun.fence;
}

/** Follow-ups that are due at `DUE`, of a contact that is known. */
export async function scheduleKnown(
  store: Store,
  workspace: string,
  contactId: string,
  ...ids: string[]
): Promise<void> {
  await store.contacts.put(workspace, contactId, { email: `${contactId}@example.com`, marketing: true }, NOW);
  await store.followUps.schedule(
    workspace,
    ids.map((id) => followUpOf(id, contactId)),
  );
}
