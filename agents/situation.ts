import type { ContextFindings } from '../domain/agents.ts';

/** What a message answers. Each has its texts in every language (agents/messages). */
export const SITUATIONS = [
  'bad_support',
  'payment_failure',
  'late_delivery',
  'inactive',
  'spending_down',
  'general',
] as const;
export type Situation = (typeof SITUATIONS)[number];

/** Customers to whom something went wrong are met with an apology, and with no festive words. */
export const isTrouble = (situation: Situation): boolean =>
  situation === 'bad_support' || situation === 'payment_failure' || situation === 'late_delivery';

export const LOW_CSAT = 2.5;
export const INACTIVE_DAYS = 30;
const FALLING_TREND = 0.7;

/** The situation the findings speak of: what the company did wrong comes before what the customer does less of. */
export function situationOf({ signals, sentiment }: Pick<ContextFindings, 'signals' | 'sentiment'>): Situation {
  const unhappy = sentiment === 'very_negative' || sentiment === 'negative';
  if (signals.meanCsat !== null && signals.meanCsat < LOW_CSAT) return 'bad_support';
  if (signals.openTickets > 0 && unhappy) return 'bad_support';
  if (signals.failedPayments > 0) return 'payment_failure';
  if (signals.lateDeliveries > 0) return 'late_delivery';
  if (signals.daysInactive !== null && signals.daysInactive >= INACTIVE_DAYS) return 'inactive';
  if (signals.spendingTrend !== null && signals.spendingTrend < FALLING_TREND) return 'spending_down';
  return 'general';
}
