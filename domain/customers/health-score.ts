import type { RiskLevel } from '../contracts/interventions.ts';
import { cohortStandings } from './cohort-index.ts';
import type { CohortStanding, CustomerData, CustomerFacts, EpochMs } from './customer.ts';

export { CohortIndex, type CohortMember, cohortStandings } from './cohort-index.ts';

/** Points of the ten factors; health is their plain sum. */
export interface ScoreFactors {
  segment: number;
  lifetimeValuePercentile: number;
  loyaltyTier: number;
  valueWithinSegment: number;
  recency: number;
  orderFrequency: number;
  averageOrderValue: number;
  support: number;
  nps: number;
  tenure: number;
}

export interface Score {
  customerId: string;
  /** 0 to 1. */
  health: number;
  /** 0 to 1. */
  churnRisk: number;
  riskLevel: RiskLevel;
  factors: ScoreFactors;
}

const DAY_MS = 86_400_000;
const DAYS_WHEN_SIGNUP_UNKNOWN = 365;
const SEGMENT_POINTS = new Map([
  ['VIP', 0.15],
  ['Loyal', 0.12],
  ['Regular', 0.08],
  ['Occasional', 0.04],
]);
const TIER_POINTS = new Map([
  ['Platinum', 0.1],
  ['Gold', 0.08],
  ['Silver', 0.06],
  ['Bronze', 0.04],
]);

/** Whole days from `since` to `now`, rounded down; negative when `since` lies ahead. */
function daysSince(since: EpochMs | null, now: EpochMs): number | null {
  return since === null ? null : Math.floor((now - since) / DAY_MS);
}

/** A segment whose mean is 0 has no value to compare with, and gives no points. */
function valueWithinSegmentPoints(lifetimeValue: number, segmentMean: number): number {
  if (segmentMean <= 0 || lifetimeValue <= 0) return 0;
  return (0.1 * Math.min(lifetimeValue / segmentMean, 2)) / 2;
}

function recencyPoints(days: number | null): number {
  if (days === null) return 0.08;
  if (days < 7) return 0.15;
  if (days < 30) return 0.12;
  if (days < 60) return 0.08;
  return days < 90 ? 0.04 : 0;
}

/** A signup that lies ahead counts as one day. */
function orderFrequencyPoints(orders: number, days: number | null): number {
  if (orders === 0) return 0.06;
  const perMonth = (orders / Math.max(1, days || DAYS_WHEN_SIGNUP_UNKNOWN)) * 30;
  if (perMonth >= 3) return 0.12;
  if (perMonth >= 1) return 0.09;
  return perMonth >= 0.5 ? 0.06 : 0.03;
}

function averageOrderValuePoints(value: number | null): number {
  if (!value) return 0.05;
  if (value > 80) return 0.1;
  if (value > 50) return 0.08;
  return value > 30 ? 0.06 : 0.04;
}

function supportPoints(tickets: number, meanCsat: number | null): number {
  if (tickets === 0) return 0.06;
  if (meanCsat === null) return 0.04;
  if (meanCsat >= 4.5) return 0.08;
  if (meanCsat >= 3.5) return 0.06;
  return meanCsat >= 2.5 ? 0.04 : 0;
}

function npsPoints(latest: number | null): number {
  if (latest === null) return 0.025;
  if (latest >= 9) return 0.05;
  return latest >= 7 ? 0.03 : 0;
}

function tenurePoints(days: number | null): number {
  if (days === null) return 0.015;
  if (days > 730) return 0.03;
  if (days > 365) return 0.025;
  return days > 180 ? 0.02 : 0.015;
}

function churnRiskOf(health: number, facts: CustomerFacts): number {
  let risk = 1 - health;
  if (facts.segment === 'VIP') risk *= 0.8;
  if (facts.segment === 'Occasional') risk *= 1.2;
  if (facts.lifetimeValue > 10_000) risk *= 1.1;
  if (facts.label) risk = 0.7 * risk + 0.3 * (facts.label.predictedChurnScore ?? 0);
  return Math.min(1, Math.max(0, risk));
}

export function riskLevelOf(churnRisk: number): RiskLevel {
  if (churnRisk >= 0.8) return 'critical';
  if (churnRisk >= 0.7) return 'high';
  return churnRisk >= 0.6 ? 'medium' : 'low';
}

/**
 * Health, churn risk and level of one customer, in full double precision. Formula: docs/customers.md, whose table these
 * factors follow line by line. It is a rule of thumb, not a fitted model: `evaluate` says how well it does.
 */
export function scoreCustomer(facts: CustomerFacts, standing: CohortStanding, now: EpochMs): Score {
  const tenureDays = daysSince(facts.signupAt, now);
  const factors: ScoreFactors = {
    segment: SEGMENT_POINTS.get(facts.segment ?? '') ?? 0.05,
    lifetimeValuePercentile: standing.cohortSize > 0 ? 0.12 * (standing.cohortLower / standing.cohortSize) : 0,
    loyaltyTier: TIER_POINTS.get(facts.loyaltyTier ?? '') ?? 0.05,
    valueWithinSegment: valueWithinSegmentPoints(facts.lifetimeValue, standing.segmentMean),
    recency: recencyPoints(daysSince(facts.lastActiveAt, now)),
    orderFrequency: orderFrequencyPoints(facts.orderCount, tenureDays),
    averageOrderValue: averageOrderValuePoints(facts.avgOrderValue),
    support: supportPoints(facts.ticketCount, facts.meanCsat),
    nps: npsPoints(facts.latestNps),
    tenure: tenurePoints(tenureDays),
  };
  const health =
    factors.segment +
    factors.lifetimeValuePercentile +
    factors.loyaltyTier +
    factors.valueWithinSegment +
    factors.recency +
    factors.orderFrequency +
    factors.averageOrderValue +
    factors.support +
    factors.nps +
    factors.tenure;
  const churnRisk = churnRiskOf(health, facts);
  return { customerId: facts.customerId, health, churnRisk, riskLevel: riskLevelOf(churnRisk), factors };
}

/**
 * What the score needs of each customer, in the order of the customers. Of several NPS answers the one with the latest
 * date counts; one without a date is older than any with; of equals the later row. Rows of unknown customers are ignored.
 */
export function factsOf(data: CustomerData): CustomerFacts[] {
  const rows = new Map(data.customers.map((customer) => [customer.customerId, { ...EMPTY_COUNTS }]));
  for (const order of data.orders) {
    const row = rows.get(order.customerId);
    if (row) row.orders += 1;
  }
  for (const ticket of data.supportTickets) {
    const row = rows.get(ticket.customerId);
    if (!row) continue;
    row.tickets += 1;
    if (ticket.csatScore === null) continue;
    row.csatSum += ticket.csatScore;
    row.csatCount += 1;
  }
  for (const answer of data.npsAnswers) {
    const row = rows.get(answer.customerId);
    const answeredAt = answer.answeredAt ?? Number.NEGATIVE_INFINITY;
    if (!row || answeredAt < row.npsAt) continue;
    row.npsAt = answeredAt;
    row.nps = answer.score;
  }
  const labels = new Map(data.churnLabels.map((label) => [label.customerId, label]));
  return data.customers.map((customer) => {
    const row = rows.get(customer.customerId) ?? EMPTY_COUNTS;
    const label = labels.get(customer.customerId);
    return {
      customerId: customer.customerId,
      segment: customer.segment,
      loyaltyTier: customer.loyaltyTier,
      lifetimeValue: customer.lifetimeValue,
      avgOrderValue: customer.avgOrderValue,
      signupAt: customer.signupAt,
      lastActiveAt: customer.lastActiveAt,
      orderCount: row.orders,
      ticketCount: row.tickets,
      meanCsat: row.csatCount > 0 ? row.csatSum / row.csatCount : null,
      latestNps: row.nps,
      label: label ? { isChurn: label.isChurn, predictedChurnScore: label.predictedChurnScore } : null,
    };
  });
}

const EMPTY_COUNTS = {
  orders: 0,
  tickets: 0,
  csatSum: 0,
  csatCount: 0,
  nps: null as number | null,
  npsAt: Number.NEGATIVE_INFINITY,
};

/** Every customer of `data` scored as of `now`, in the order of the customers. */
export function scoreAll(data: CustomerData, now: EpochMs): Score[] {
  const facts = factsOf(data);
  const standings = cohortStandings(facts);
  return facts.map((customer, index) => scoreCustomer(customer, standings[index]!, now));
}
