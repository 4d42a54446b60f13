import { z } from 'zod';
import type { CustomerRecord } from './customers/customer.ts';
import { action, type agentNote, channel, priority, riskLevel, sentiment } from './contracts/interventions.ts';

/** What the four agents pass on to each other. Each schema also holds a model's answer. */

export const contextFindings = z.object({
  sentiment,
  urgency: z.number().int().min(1).max(5),
  /** The likely issue in one English sentence. */
  issue: z.string().min(1).max(300),
  /** The signals the issue rests on; null where not known. */
  signals: z.object({
    daysInactive: z.number().int().nullable(),
    /** Spending of the last 90 days over that of the 90 before, 1 is unchanged; null without orders before. */
    spendingTrend: z.number().nullable(),
    openTickets: z.number().int(),
    meanCsat: z.number().nullable(),
    latestNps: z.number().nullable(),
    lateDeliveries: z.number().int(),
    failedPayments: z.number().int(),
  }),
});
export type ContextFindings = z.infer<typeof contextFindings>;

export const patternFindings = z.object({
  /** How many customers are similar (similarity above .5), and the most similar of them. */
  similarCount: z.number().int(),
  similarCustomers: z.array(
    z.object({ customerId: z.string(), similarity: z.number(), churned: z.boolean().nullable() }),
  ),
  /** Share of the similar customers with a label who left; null when none has one. */
  churnShare: z.number().nullable(),
  /** Ticket categories of similar issues, best mean CSAT first. */
  whatResolved: z.array(z.object({ category: z.string(), resolution: z.string().nullable(), meanCsat: z.number() })),
  /** The churn pattern in one English sentence. */
  churnPattern: z.string().min(1).max(300),
});
export type PatternFindings = z.infer<typeof patternFindings>;

export const decision = z.object({
  action,
  priority,
  channels: z.array(channel),
  discountPercent: z.number().min(0).max(15),
  /** Without marketing opt-in: a service message only, no promotion. */
  serviceOnly: z.boolean(),
  /** Why a person must approve; empty when none must. */
  approvalReasons: z.array(z.enum(['discount', 'vip', 'low_csat', 'high_value'])),
  /** One English sentence for a reader. */
  rationale: z.string().min(1).max(500),
});
export type Decision = z.infer<typeof decision>;

export const message = z.object({
  /** Primary language subtag the text is written in. */
  language: z.string(),
  subject: z.string().min(1).max(200),
  body: z.string().min(1).max(5_000),
});
export type Message = z.infer<typeof message>;

/** An agent's result with what it noted about its own work. */
export interface Noted<Result> {
  result: Result;
  note: z.infer<typeof agentNote>;
}

export const scores = z.object({ health: z.number(), churnRisk: z.number(), riskLevel });
export type Scores = z.infer<typeof scores>;

/** What every agent may know of the case before it. */
export interface InterventionCase {
  record: CustomerRecord;
  scores: Scores;
  /** Milliseconds since the epoch; agents have no clock of their own. */
  now: number;
  /** Whether an escalation for this customer is younger than 7 days. */
  escalatedRecently: boolean;
}
