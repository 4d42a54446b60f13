import type { CustomerFacts, EpochMs } from './customer.ts';
import { SampleRandom, type WeightedChoices, weights } from './sample-random.ts';

const DAY_MS = 86_400_000;

/** What one sample customer is like: all that the score needs, before names, orders and tickets are made up. */
export interface SampleProfile {
  index: number;
  customerId: string;
  segment: string;
  loyaltyTier: string | null;
  lifetimeValue: number;
  avgOrderValue: number | null;
  /** Whole days before the as-of date; null when not known. */
  signupDays: number | null;
  activeDays: number | null;
  /** 0 to 1: how far the customer has drifted away. It shows in activity, CSAT, NPS and labels alike. */
  drift: number;
  orderCount: number;
  /** CSAT of each ticket; null where it was not asked. */
  csats: (number | null)[];
  nps: { daysAgo: number; score: number }[];
  label: { isChurn: boolean; predictedChurnScore: number | null } | null;
}

interface SegmentShape {
  name: string;
  medianValue: number;
  orders: number;
  /** Above 1, fewer have drifted away. */
  steadiness: number;
  tiers: WeightedChoices<string>;
}

function segment(name: string, shape: [number, number, number], tiers: [string, number][]): SegmentShape {
  const [medianValue, orders, steadiness] = shape;
  return { name, medianValue, orders, steadiness, tiers: weights(tiers) };
}

// prettier-ignore
const SEGMENTS = weights([
  [segment('VIP', [7_500, 14, 1], [['Platinum', 0.5], ['Gold', 0.35], ['Silver', 0.15]]), 0.05],
  [segment('Loyal', [3_800, 9, 1.2], [['Platinum', 0.08], ['Gold', 0.4], ['Silver', 0.37], ['Bronze', 0.15]]), 0.17],
  [segment('Regular', [1_700, 5, 2], [['Gold', 0.12], ['Silver', 0.33], ['Bronze', 0.55]]), 0.58],
  [segment('Occasional', [600, 2, 2.4], [['Silver', 0.15], ['Bronze', 0.85]]), 0.2],
]);
const TICKETS = weights([[0, 0.42], [1, 0.3], [2, 0.16], [3, 0.08], [4, 0.04]]); // prettier-ignore
const ANSWERS = weights([[0, 0.45], [1, 0.4], [2, 0.15]]); // prettier-ignore

const cents = (value: number): number => Math.round(value * 100) / 100;
const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

function sampleCsats(random: SampleRandom, drift: number): (number | null)[] {
  const tickets = random.weighted(TICKETS);
  const csats: (number | null)[] = [];
  while (csats.length < tickets) {
    const csat = Math.round(4.3 - 1.9 * drift + 1.1 * random.normal());
    csats.push(random.chance(0.25) ? null : between(csat, 1, 5));
  }
  return csats;
}

function sampleNps(random: SampleRandom, drift: number): { daysAgo: number; score: number }[] {
  const answers = random.weighted(ANSWERS);
  const given: { daysAgo: number; score: number }[] = [];
  while (given.length < answers) {
    const score = Math.round(8.2 - 4 * drift + 2.2 * random.normal());
    given.push({ daysAgo: random.int(3, 500), score: between(score, 0, 10) });
  }
  return given;
}

function sampleLabel(random: SampleRandom, drift: number): SampleProfile['label'] {
  if (random.chance(0.04)) return null;
  return {
    isChurn: random.chance(0.02 + 0.3 * drift ** 3),
    predictedChurnScore: random.chance(0.03)
      ? null
      : Math.round(1_000 * between(0.1 + 0.65 * drift + 0.16 * random.normal(), 0, 1)) / 1_000,
  };
}

/** The profile of customer number `index`, which depends on nothing but `seed` and `index`. */
export function sampleProfile(seed: number, index: number): SampleProfile {
  const random = new SampleRandom(seed, index, 0);
  const shape = random.weighted(SEGMENTS);
  // Most customers are well, a few are all but gone.
  const drift = random.next() ** shape.steadiness;
  const signupDays = random.chance(0.01) ? null : random.int(2, 1_400);
  const sinceActive = Math.floor(3 + 20 * random.next() + 320 * drift * random.next());
  const orderCount = Math.floor(shape.orders * (0.1 + 1.8 * random.next()) * (1 - 0.5 * drift));
  return {
    index,
    customerId: `C${100_000 + index}`,
    segment: shape.name,
    loyaltyTier: random.chance(0.01) ? null : random.weighted(shape.tiers),
    lifetimeValue: cents(shape.medianValue * Math.exp(0.6 * random.normal())),
    avgOrderValue: random.chance(0.03) ? null : cents(between(45 * Math.exp(0.5 * random.normal()), 8, 400)),
    signupDays,
    activeDays: random.chance(0.01) ? null : Math.min(sinceActive, signupDays ?? sinceActive),
    drift,
    orderCount,
    csats: sampleCsats(random, drift),
    nps: sampleNps(random, drift),
    label: sampleLabel(random, drift),
  };
}

/** Midnight UTC of the day `days` before `asOf`. */
export function midnightBefore(asOf: EpochMs, days: number): EpochMs {
  return (Math.floor(asOf / DAY_MS) - days) * DAY_MS;
}

/** What the score needs of a sample customer; equal to `factsOf` of the rows that are generated from the profile. */
export function sampleFacts(profile: SampleProfile, asOf: EpochMs): CustomerFacts {
  let rated = 0;
  let csatSum = 0;
  for (const csat of profile.csats) {
    if (csat === null) continue;
    rated += 1;
    csatSum += csat;
  }
  let latest: { daysAgo: number; score: number } | null = null;
  for (const answer of profile.nps) if (!latest || answer.daysAgo <= latest.daysAgo) latest = answer;
  return {
    customerId: profile.customerId,
    segment: profile.segment,
    loyaltyTier: profile.loyaltyTier,
    lifetimeValue: profile.lifetimeValue,
    avgOrderValue: profile.avgOrderValue,
    signupAt: profile.signupDays === null ? null : midnightBefore(asOf, profile.signupDays),
    lastActiveAt: profile.activeDays === null ? null : midnightBefore(asOf, profile.activeDays),
    orderCount: profile.orderCount,
    ticketCount: profile.csats.length,
    meanCsat: rated > 0 ? csatSum / rated : null,
    latestNps: latest?.score ?? null,
    label: profile.label,
  };
}
