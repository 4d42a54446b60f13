import type { Decision, ContextFindings, PatternFindings, Scores } from '../agents.ts';
import type {
  AgentNote,
  Escalation,
  Intervention,
  InterventionState,
  OutboxMessage,
} from '../contracts/interventions.ts';
import type { BookingStore, CalendarConnectionStore } from './booking-store.ts';
import type { ContactStore, FollowUpStore } from './contact-store.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { EffectStore } from './effect-store.ts';
import type { ListOptions, Page } from './page.ts';
import type { EventStore, IdempotencyStore, TokenStore } from './access-store.ts';
import type { LeaseStore, OutageStore, RunStore, ScheduleStore } from './schedule-store.ts';
import type { ExclusionCounts, ExclusionReason, ScanTotals } from '../contracts/scans.ts';
import type {
  CohortStanding,
  CustomerData,
  CustomerFacts,
  CustomerRecord,
  Peer,
  SupportTicket,
} from '../customers/customer.ts';

/**
 * What people list, query and audit. Every method belongs to one workspace and sees nothing of another. Writes are keyed
 * so that a second attempt finds the first. Methods throw ReveilleError `unavailable` when the database is away.
 */
export interface Store {
  readonly customers: CustomerStore;
  readonly scans: ScanStore;
  readonly interventions: InterventionStore;
  readonly escalations: EscalationStore;
  readonly outbox: OutboxStore;
  readonly schedules: ScheduleStore;
  readonly runs: RunStore;
  readonly outages: OutageStore;
  readonly leases: LeaseStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  readonly events: EventStore;
  readonly contacts: ContactStore;
  readonly followUps: FollowUpStore;
  readonly effects: EffectStore;
  readonly deliveries: DeliveryStore;
  readonly bookings: BookingStore;
  readonly calendarConnections: CalendarConnectionStore;
  /** One trivial query. @throws ReveilleError `unavailable` */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type ScorableCustomer = CustomerFacts & CohortStanding;

export interface CustomerStore {
  /**
   * Makes the workspace's customers those of `data` (or with `merge` adds and overwrites by id: a customer's orders,
   * tickets, answers and label come from `data` only where `data` has rows with those ids), in one transaction, and
   * works out each customer's standing anew.
   */
  import(workspace: string, data: CustomerData, options: { merge: boolean }): Promise<{ customers: number }>;
  count(workspace: string): Promise<number>;
  /** Customers in the order of their sheet, `limit` after position `after` (−1 from the start). */
  page(
    workspace: string,
    options: { after: number; limit: number },
  ): Promise<{ customers: ScorableCustomer[]; next: number | null }>;
  /** One customer as the score needs them; null when unknown. */
  facts(workspace: string, customerId: string): Promise<ScorableCustomer | null>;
  /** Everything the agents may read; null when unknown. */
  record(workspace: string, customerId: string): Promise<CustomerRecord | null>;
  /**
   * Customers that may be similar: at most 1,000 of the same segment nearest in lifetime value, and at most 200 others
   * of the same category and tier with a lifetime value within 30 %. Not the customer itself.
   */
  peers(workspace: string, customerId: string): Promise<Peer[]>;
  /** Tickets of these customers that have a CSAT and a status of resolved or closed, newest 500. */
  resolvedTickets(workspace: string, customerIds: readonly string[]): Promise<SupportTicket[]>;
}

export interface ScanRow {
  scanId: string;
  /** null for a dry run. */
  number: number | null;
  workflowId: string;
  startedAt: string;
  elapsedMs: number | null;
  customersScanned: number;
  atRisk: number;
  excluded: ExclusionCounts;
  nextScanAt: string | null;
  interventions: Intervention[];
}

export interface ScanStore {
  /**
   * Writes the scan's row and gives it the workspace's next number; the same scan again gets the same number. A dry run
   * has a row without a number, and counts in no total.
   */
  open(
    workspace: string,
    scan: {
      scanId: string;
      workflowId: string;
      startedAt: string;
      riskThreshold: number;
      healthThreshold: number;
      dryRun: boolean;
    },
  ): Promise<{ number: number | null }>;
  /** Keeps what a dry run would have written; `get` and `list` then give it as the scan's interventions. */
  savePreview(workspace: string, scanId: string, interventions: Intervention[]): Promise<void>;
  finish(
    workspace: string,
    scanId: string,
    result: {
      finishedAt: string;
      customersScanned: number;
      atRisk: number;
      excluded: ExclusionCounts;
      nextScanAt: string | null;
    },
  ): Promise<void>;
  get(workspace: string, scanId: string): Promise<ScanRow | null>;
  list(workspace: string, options: ListOptions): Promise<Page<ScanRow>>;
  /** Over finished scans that were not dry runs. */
  totals(workspace: string): Promise<ScanTotals>;
  /** For those of `customerIds` that must be left out, the first reason that applies. */
  exclusions(workspace: string, customerIds: readonly string[], now: string): Promise<Map<string, ExclusionReason>>;
}

/** What the agents add to an intervention; absent fields stay as they are. */
export interface InterventionChanges {
  context?: ContextFindings;
  pattern?: PatternFindings;
  decision?: Decision;
  language?: string;
  subject?: string;
  body?: string;
  textHash?: string;
  state?: InterventionState;
  stateReason?: string | null;
  deadline?: string | null;
  /** Set once, when the intervention is over whatever became of it. */
  endedAt?: string;
  /** Replaces the note of the same agent. */
  note?: AgentNote;
}

/** An intervention with what the contract's object leaves out. */
export interface InterventionRow extends Intervention {
  scanId: string | null;
  runId: string;
  openedAt: string;
  endedAt: string | null;
  context: ContextFindings | null;
  pattern: PatternFindings | null;
  decision: Decision | null;
}

export interface InterventionStore {
  /**
   * Writes the row unless the customer is excluded (`exclusions`, decided in the same transaction, so that two scans at
   * once open one). For one started by hand (`scanId` null) only `open` excludes. Opening the same one again is `opened`.
   */
  open(
    workspace: string,
    intervention: {
      interventionId: string;
      workflowId: string;
      runId: string;
      customerId: string;
      scanId: string | null;
      scores: Scores;
      openedAt: string;
    },
  ): Promise<'opened' | ExclusionReason>;
  /** Changes an intervention that has not ended; one that has stays as it is. Returns the row as it then is. */
  update(workspace: string, interventionId: string, changes: InterventionChanges): Promise<InterventionRow>;
  get(workspace: string, interventionId: string): Promise<InterventionRow | null>;
  list(
    workspace: string,
    options: ListOptions & {
      state?: InterventionState | undefined;
      customerId?: string | undefined;
      scanId?: string | undefined;
    },
  ): Promise<Page<InterventionRow>>;
  /** Interventions without an end that were opened before `openedBefore`, oldest first, at most `limit`. */
  unfinished(workspace: string, openedBefore: string, limit: number): Promise<InterventionRow[]>;
}

export interface EscalationStore {
  /** One an intervention; opening it again finds the first. */
  open(
    workspace: string,
    escalation: {
      interventionId: string;
      customerId: string;
      owner: string;
      openedAt: string;
      deadline: string;
      what: string;
    },
  ): Promise<Escalation>;
  /** Adds to the history; the same `at` and `what` twice is once. */
  note(
    workspace: string,
    escalationId: string,
    entry: { at: string; actor: string; what: string },
  ): Promise<Escalation | null>;
  assign(
    workspace: string,
    escalationId: string,
    to: { owner: string; actor: string; at: string },
  ): Promise<Escalation | null>;
  /** Resolving a resolved one changes nothing. */
  resolve(
    workspace: string,
    escalationId: string,
    by: { actor: string; note?: string | undefined; at: string },
  ): Promise<Escalation | null>;
  get(workspace: string, escalationId: string): Promise<Escalation | null>;
  ofIntervention(workspace: string, interventionId: string): Promise<Escalation | null>;
  /** Whether the customer has an escalation opened after `since`. */
  anySince(workspace: string, customerId: string, since: string): Promise<boolean>;
  list(
    workspace: string,
    options: ListOptions & { state?: 'open' | 'resolved' | undefined },
  ): Promise<Page<Escalation>>;
}

export interface OutboxStore {
  /** Keyed by `messageId`; putting it again changes nothing. */
  put(workspace: string, message: OutboxMessage): Promise<void>;
  get(workspace: string, messageId: string): Promise<OutboxMessage | null>;
  list(workspace: string, options: ListOptions): Promise<Page<OutboxMessage>>;
}
