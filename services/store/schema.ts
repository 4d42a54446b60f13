import { isNull, sql } from 'drizzle-orm';
import { boolean, doublePrecision, index, integer, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import type { ContextFindings, Decision, PatternFindings } from '../../domain/agents.ts';
import type {
  Action,
  AgentNote,
  Channel,
  Escalation,
  Intervention,
  InterventionState,
  OutboxMessage,
  Priority,
  RiskLevel,
  Sentiment,
} from '../../domain/contracts/interventions.ts';
import type { ExclusionCounts } from '../../domain/contracts/scans.ts';
import { epochMs, instant, json, safeText } from './columns.ts';

/**
 * Every table begins with its workspace, and `position` is the order of rows in the sheet they came from. After a change
 * here: `npx drizzle-kit generate`.
 */
export const customers = pgTable(
  'customers',
  {
    workspace: safeText('workspace').notNull(),
    customerId: safeText('customer_id').notNull(),
    position: integer('position').notNull(),
    firstName: safeText('first_name'),
    lastName: safeText('last_name'),
    email: safeText('email'),
    phone: safeText('phone'),
    signupAt: epochMs('signup_at'),
    country: safeText('country'),
    city: safeText('city'),
    segment: safeText('segment'),
    lifetimeValue: doublePrecision('lifetime_value').notNull(),
    avgOrderValue: doublePrecision('avg_order_value'),
    preferredCategory: safeText('preferred_category'),
    lastActiveAt: epochMs('last_active_at'),
    loyaltyTier: safeText('loyalty_tier'),
    optInMarketing: boolean('opt_in_marketing').notNull(),
    language: safeText('language'),
    /** Where the lifetime value stands among the workspace's, as of the last import. */
    cohortLower: integer('cohort_lower').notNull(),
    cohortSize: integer('cohort_size').notNull(),
    segmentMean: doublePrecision('segment_mean').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.customerId] }),
    uniqueIndex('customers_position').on(table.workspace, table.position),
    index('customers_segment_value').on(table.workspace, table.segment, table.lifetimeValue),
    index('customers_category_tier_value').on(
      table.workspace,
      table.preferredCategory,
      table.loyaltyTier,
      table.lifetimeValue,
    ),
  ],
);

export const orders = pgTable(
  'orders',
  {
    workspace: safeText('workspace').notNull(),
    orderId: safeText('order_id').notNull(),
    customerId: safeText('customer_id').notNull(),
    position: integer('position').notNull(),
    orderedAt: epochMs('ordered_at'),
    totalAmount: doublePrecision('total_amount'),
    orderStatus: safeText('order_status'),
    paymentStatus: safeText('payment_status'),
    deliveryDelayDays: doublePrecision('delivery_delay_days'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.orderId] }),
    index('orders_customer').on(table.workspace, table.customerId, table.position),
  ],
);

export const supportTickets = pgTable(
  'support_tickets',
  {
    workspace: safeText('workspace').notNull(),
    ticketId: safeText('ticket_id').notNull(),
    customerId: safeText('customer_id').notNull(),
    position: integer('position').notNull(),
    createdAt: epochMs('created_at'),
    category: safeText('category'),
    priority: safeText('priority'),
    status: safeText('status'),
    sentimentScore: doublePrecision('sentiment_score'),
    csatScore: doublePrecision('csat_score'),
    issueText: safeText('issue_text'),
    resolution: safeText('resolution'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.ticketId] }),
    index('support_tickets_customer').on(table.workspace, table.customerId, table.position),
  ],
);

export const npsAnswers = pgTable(
  'nps_answers',
  {
    workspace: safeText('workspace').notNull(),
    customerId: safeText('customer_id').notNull(),
    position: integer('position').notNull(),
    answeredAt: epochMs('answered_at'),
    score: doublePrecision('score').notNull(),
    feedback: safeText('feedback'),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.customerId, table.position] })],
);

export const churnLabels = pgTable(
  'churn_labels',
  {
    workspace: safeText('workspace').notNull(),
    customerId: safeText('customer_id').notNull(),
    isChurn: boolean('is_churn'),
    churnedAt: epochMs('churned_at'),
    churnReason: safeText('churn_reason'),
    predictedChurnScore: doublePrecision('predicted_churn_score'),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.customerId] })],
);

export const scans = pgTable(
  'scans',
  {
    workspace: safeText('workspace').notNull(),
    scanId: safeText('scan_id').notNull(),
    /** null for a dry run. */
    number: integer('number'),
    dryRun: boolean('dry_run').notNull(),
    workflowId: safeText('workflow_id').notNull(),
    startedAt: instant('started_at').notNull(),
    finishedAt: instant('finished_at'),
    riskThreshold: doublePrecision('risk_threshold').notNull(),
    healthThreshold: doublePrecision('health_threshold').notNull(),
    customersScanned: integer('customers_scanned').notNull().default(0),
    atRisk: integer('at_risk').notNull().default(0),
    excluded: json('excluded').$type<ExclusionCounts>().notNull().default({}),
    nextScanAt: instant('next_scan_at'),
    /** What a dry run would have written. */
    preview: json('preview').$type<Intervention[]>(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.scanId] }),
    uniqueIndex('scans_number').on(table.workspace, table.number),
    index('scans_newest').on(table.workspace, table.startedAt, table.scanId),
  ],
);

export const interventions = pgTable(
  'interventions',
  {
    workspace: safeText('workspace').notNull(),
    interventionId: safeText('intervention_id').notNull(),
    customerId: safeText('customer_id').notNull(),
    scanId: safeText('scan_id'),
    workflowId: safeText('workflow_id').notNull(),
    runId: safeText('run_id').notNull(),
    openedAt: instant('opened_at').notNull(),
    endedAt: instant('ended_at'),
    state: safeText('state').$type<InterventionState>().notNull(),
    stateReason: safeText('state_reason'),
    deadline: instant('deadline'),
    /** The customer as it was when the intervention opened. */
    name: safeText('name').notNull(),
    segment: safeText('segment'),
    loyaltyTier: safeText('loyalty_tier'),
    lifetimeValue: doublePrecision('lifetime_value').notNull(),
    health: doublePrecision('health').notNull(),
    churnRisk: doublePrecision('churn_risk').notNull(),
    riskLevel: safeText('risk_level').$type<RiskLevel>().notNull(),
    /** Of the findings and the decision, what a reader of the table looks for, in columns that follow by themselves. */
    issue: safeText('issue').generatedAlwaysAs(sql`context_findings ->> 'issue'`),
    sentiment: safeText('sentiment')
      .$type<Sentiment>()
      .generatedAlwaysAs(sql`context_findings ->> 'sentiment'`),
    urgency: integer('urgency').generatedAlwaysAs(sql`(context_findings ->> 'urgency')::integer`),
    priority: safeText('priority')
      .$type<Priority>()
      .generatedAlwaysAs(sql`decision ->> 'priority'`),
    action: safeText('action')
      .$type<Action>()
      .generatedAlwaysAs(sql`decision ->> 'action'`),
    channels: json('channels')
      .$type<Channel[]>()
      .generatedAlwaysAs(sql`decision -> 'channels'`),
    discountPercent: doublePrecision('discount_percent').generatedAlwaysAs(
      sql`(decision ->> 'discountPercent')::double precision`,
    ),
    language: safeText('language'),
    subject: safeText('subject'),
    body: safeText('body'),
    textHash: safeText('text_hash'),
    context: json('context_findings').$type<ContextFindings>(),
    pattern: json('pattern_findings').$type<PatternFindings>(),
    decision: json('decision').$type<Decision>(),
    notes: json('notes').$type<AgentNote[]>().notNull().default([]),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.interventionId] }),
    uniqueIndex('interventions_one_open').on(table.workspace, table.customerId).where(isNull(table.endedAt)),
    index('interventions_customer').on(table.workspace, table.customerId, table.openedAt),
    index('interventions_newest').on(table.workspace, table.openedAt, table.interventionId),
    index('interventions_scan').on(table.workspace, table.scanId),
    index('interventions_unfinished').on(table.workspace, table.openedAt).where(isNull(table.endedAt)),
  ],
);

export const escalations = pgTable(
  'escalations',
  {
    workspace: safeText('workspace').notNull(),
    escalationId: safeText('escalation_id').notNull(),
    interventionId: safeText('intervention_id').notNull(),
    customerId: safeText('customer_id').notNull(),
    owner: safeText('owner').notNull(),
    state: safeText('state').$type<Escalation['state']>().notNull(),
    openedAt: instant('opened_at').notNull(),
    deadline: instant('deadline').notNull(),
    history: json('history').$type<Escalation['history']>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.escalationId] }),
    uniqueIndex('escalations_intervention').on(table.workspace, table.interventionId),
    index('escalations_customer').on(table.workspace, table.customerId, table.openedAt),
    index('escalations_newest').on(table.workspace, table.openedAt, table.escalationId),
  ],
);

export const outbox = pgTable(
  'outbox',
  {
    workspace: safeText('workspace').notNull(),
    messageId: safeText('message_id').notNull(),
    kind: safeText('kind').$type<OutboxMessage['kind']>().notNull(),
    interventionId: safeText('intervention_id'),
    customerId: safeText('customer_id'),
    contactId: safeText('contact_id'),
    channel: safeText('channel').notNull(),
    to: safeText('recipient'),
    subject: safeText('subject'),
    body: safeText('body').notNull(),
    reason: safeText('reason').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.messageId] }),
    index('outbox_newest').on(table.workspace, table.createdAt, table.messageId),
  ],
);
