import { invalidInput } from '../errors.ts';
import type {
  Customer,
  CustomerData,
  CustomerFacts,
  CustomerRecord,
  EpochMs,
  NpsAnswer,
  Order,
  SupportTicket,
} from './customer.ts';
import { midnightBefore, sampleFacts, type SampleProfile, sampleProfile } from './sample-profile.ts';
import { SampleRandom, weights } from './sample-random.ts';
import * as texts from './sample-texts.ts';

export interface SampleOptions {
  /** 1 to 1,000,000. */
  count: number;
  /** A whole number. */
  seed: number;
  /** Every date of the sample lies so many days before this moment; nothing else depends on it. */
  asOf: EpochMs;
}

const MAX_COUNT = 1_000_000;
const DAY_MS = 86_400_000;
const LANGUAGES = weights(texts.LANGUAGES);
// prettier-ignore
const SETTLED = weights([['delivered', 0.86], ['cancelled', 0.07], ['returned', 0.07]]);
// prettier-ignore
const PRIORITIES = weights([['low', 0.5], ['medium', 0.35], ['high', 0.11], ['urgent', 0.04]]);
// prettier-ignore
const PAID = weights([['success', 0.97], ['pending', 0.03]]);

function checkOptions({ count, seed }: SampleOptions): void {
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    throw invalidInput([{ path: 'count', message: `must be a whole number from 1 to ${MAX_COUNT}` }]);
  }
  if (!Number.isSafeInteger(seed)) throw invalidInput([{ path: 'seed', message: 'must be a whole number' }]);
}

/** A moment in the 24 hours from `days` (1 at least) before `asOf` on, in whole seconds. */
function momentBefore(random: SampleRandom, asOf: EpochMs, days: number): EpochMs {
  return Math.floor((asOf - (days - random.next()) * DAY_MS) / 1_000) * 1_000;
}

/** From ranges that are kept for fiction: 555-0100 to 0199 in North America, 07700 900000 to 900999 in the UK. */
function samplePhone(random: SampleRandom): string {
  if (random.chance(0.3)) return `+447700900${String(random.int(0, 999)).padStart(3, '0')}`;
  return `+1${random.pick(['202', '212', '312', '415', '617', '713'])}55501${String(random.int(0, 99)).padStart(2, '0')}`;
}

function sampleCustomer(random: SampleRandom, profile: SampleProfile, asOf: EpochMs): Customer {
  const firstName = random.pick(texts.FIRST_NAMES);
  const lastName = random.pick(texts.LAST_NAMES);
  const [country, city] = random.pick(texts.PLACES);
  const domain = random.chance(0.5) ? 'example.com' : 'example.org';
  const { signupAt, lastActiveAt } = sampleFacts(profile, asOf);
  return {
    customerId: profile.customerId,
    firstName,
    lastName,
    email: random.chance(0.02) ? null : `${firstName}.${lastName}${profile.index}@${domain}`.toLowerCase(),
    phone: random.chance(0.05) ? null : samplePhone(random),
    signupAt,
    country,
    city,
    segment: profile.segment,
    lifetimeValue: profile.lifetimeValue,
    avgOrderValue: profile.avgOrderValue,
    preferredCategory: random.pick(texts.CATEGORIES),
    lastActiveAt,
    loyaltyTier: profile.loyaltyTier,
    optInMarketing: random.chance(0.65),
    language: random.chance(0.01) ? null : random.weighted(LANGUAGES),
  };
}

function sampleOrders(random: SampleRandom, profile: SampleProfile, asOf: EpochMs): Order[] {
  const newest = profile.activeDays ?? 30;
  const oldest = Math.max(newest + 1, Math.min(profile.signupDays ?? 700, 900));
  return Array.from({ length: profile.orderCount }, (_, index) => {
    const daysAgo = index === 0 ? newest : random.int(newest, oldest - 1);
    const orderStatus = daysAgo < 6 ? random.pick(['placed', 'processing', 'shipped']) : random.weighted(SETTLED);
    const late = random.chance(0.12 + 0.3 * profile.drift);
    return {
      orderId: `O${100_000 + profile.index}-${index + 1}`,
      customerId: profile.customerId,
      orderedAt: momentBefore(random, asOf, daysAgo),
      totalAmount: Math.round((profile.avgOrderValue ?? 40) * (0.5 + random.next()) * 100) / 100,
      orderStatus,
      paymentStatus: random.chance(0.04 + 0.1 * profile.drift) ? 'failed' : random.weighted(PAID),
      deliveryDelayDays: orderStatus === 'delivered' ? (late ? random.int(1, 9) : random.int(-2, 0)) : null,
    };
  });
}

function sampleTickets(random: SampleRandom, profile: SampleProfile, asOf: EpochMs): SupportTicket[] {
  const newest = profile.activeDays ?? 30;
  return profile.csats.map((csatScore, index) => {
    const category = random.pick(texts.TICKET_CATEGORIES);
    const daysAgo = random.int(newest, Math.min(newest + 200, profile.signupDays ?? Infinity));
    const done = daysAgo > 30 || random.chance(0.5);
    const mood = (csatScore === null ? 0 : (csatScore - 3) / 2.5) + 0.2 * random.normal();
    return {
      ticketId: `T${100_000 + profile.index}-${index + 1}`,
      customerId: profile.customerId,
      createdAt: momentBefore(random, asOf, daysAgo),
      category,
      priority: random.weighted(PRIORITIES),
      status: done
        ? random.pick(['resolved', 'resolved', 'closed'])
        : random.pick(['open', 'in_progress', 'escalated']),
      // Adding 0 makes 0 of −0, which no file tells apart.
      sentimentScore: Math.round(100 * Math.max(-1, Math.min(1, mood))) / 100 + 0,
      csatScore,
      issueText: random.pick(texts.TICKET_TEXTS[category].issues),
      resolution: done ? random.pick(texts.TICKET_TEXTS[category].resolutions) : null,
    };
  });
}

function sampleAnswers(random: SampleRandom, profile: SampleProfile, asOf: EpochMs): NpsAnswer[] {
  const second = Math.floor(asOf / 1_000) * 1_000;
  return profile.nps.map(({ daysAgo, score }) => {
    const group = score >= 9 ? 'promoter' : score >= 7 ? 'passive' : 'detractor';
    return {
      customerId: profile.customerId,
      answeredAt: second - daysAgo * DAY_MS,
      score,
      feedback: random.chance(0.2) ? null : random.pick(texts.NPS_FEEDBACK[group]),
    };
  });
}

function sampleRecord(seed: number, index: number, asOf: EpochMs): CustomerRecord {
  const profile = sampleProfile(seed, index);
  const random = new SampleRandom(seed, index, 1);
  const customer = sampleCustomer(random, profile, asOf);
  const left = profile.label?.isChurn === true;
  return {
    customer,
    orders: sampleOrders(random, profile, asOf),
    supportTickets: sampleTickets(random, profile, asOf),
    npsAnswers: sampleAnswers(random, profile, asOf),
    churnLabel: profile.label && {
      customerId: profile.customerId,
      ...profile.label,
      churnedAt: left ? midnightBefore(asOf, Math.max(0, (profile.activeDays ?? 30) - random.int(0, 20))) : null,
      churnReason: left ? random.pick(texts.CHURN_REASONS) : null,
    },
  };
}

/**
 * Sample customers one after another, each independent of how many there are. Who has drifted away shows in activity,
 * satisfaction and labels alike, so unlike much real data these labels can be predicted.
 * @throws ReveilleError `invalid_input` when `count` or `seed` does not fit.
 */
export function* generateRecords(options: SampleOptions): Generator<CustomerRecord, void, undefined> {
  checkOptions(options);
  for (let index = 0; index < options.count; index += 1) yield sampleRecord(options.seed, index, options.asOf);
}

/** The same customers as the score needs them, without making up their rows. */
export function* generateFacts(options: SampleOptions): Generator<CustomerFacts, void, undefined> {
  checkOptions(options);
  for (let index = 0; index < options.count; index += 1) {
    yield sampleFacts(sampleProfile(options.seed, index), options.asOf);
  }
}

/** The same customers as the sheets of a workbook; the same options give the same rows. */
export function generateCustomers(options: SampleOptions): CustomerData {
  const data: CustomerData = { customers: [], orders: [], supportTickets: [], npsAnswers: [], churnLabels: [] };
  for (const record of generateRecords(options)) {
    data.customers.push(record.customer);
    data.orders.push(...record.orders);
    data.supportTickets.push(...record.supportTickets);
    data.npsAnswers.push(...record.npsAnswers);
    if (record.churnLabel) data.churnLabels.push(record.churnLabel);
  }
  return data;
}
