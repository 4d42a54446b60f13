import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAtRisk, WorstFirst, worstFirst } from '../../domain/customers/at-risk.ts';
import type { CohortStanding, Customer, CustomerData, CustomerFacts } from '../../domain/customers/customer.ts';
import {
  CohortIndex,
  cohortStandings,
  factsOf,
  riskLevelOf,
  scoreAll,
  scoreCustomer,
  type ScoreFactors,
} from '../../domain/customers/health-score.ts';

const NOW = Date.parse('2025-10-19T14:30:00Z');
const DAY = 86_400_000;
/** Midnight of the day that lies `days` whole days before NOW. */
const daysAgo = (days: number): number => Date.parse('2025-10-19T00:00:00Z') - days * DAY;
const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

const UNKNOWN: CustomerFacts = {
  customerId: 'C1',
  segment: null,
  loyaltyTier: null,
  lifetimeValue: 0,
  avgOrderValue: null,
  signupAt: null,
  lastActiveAt: null,
  orderCount: 0,
  ticketCount: 0,
  meanCsat: null,
  latestNps: null,
  label: null,
};
const ALONE: CohortStanding = { cohortLower: 0, cohortSize: 1, segmentMean: 0 };

function factor(
  name: keyof ScoreFactors,
  facts: Partial<CustomerFacts>,
  standing: Partial<CohortStanding> = {},
): number {
  return scoreCustomer({ ...UNKNOWN, ...facts }, { ...ALONE, ...standing }, NOW).factors[name];
}

/** Each value with the points it must give. */
function gives<Value>(
  name: keyof ScoreFactors,
  of: (value: Value) => Partial<CustomerFacts>,
  cases: [Value, number][],
): void {
  for (const [value, points] of cases) assert.equal(factor(name, of(value)), points, `${name} of ${String(value)}`);
}

describe('the ten factors', () => {
  it('gives each segment its points, and other or unknown ones .05', () => {
    gives('segment', (segment: string | null) => ({ segment }), [
      ['VIP', 0.15],
      ['Loyal', 0.12],
      ['Regular', 0.08],
      ['Occasional', 0.04],
      ['vip', 0.05],
      ['constructor', 0.05],
      [null, 0.05],
    ]);
  });

  it('gives each tier its points, and other or unknown ones .05', () => {
    gives('loyaltyTier', (loyaltyTier: string | null) => ({ loyaltyTier }), [
      ['Platinum', 0.1],
      ['Gold', 0.08],
      ['Silver', 0.06],
      ['Bronze', 0.04],
      ['Diamond', 0.05],
      [null, 0.05],
    ]);
  });

  it('gives .12 times the share of the cohort that is strictly lower', () => {
    near(factor('lifetimeValuePercentile', {}, { cohortLower: 3, cohortSize: 4 }), 0.09);
    assert.equal(factor('lifetimeValuePercentile', {}, { cohortLower: 0, cohortSize: 4 }), 0);
    assert.equal(factor('lifetimeValuePercentile', {}, { cohortLower: 0, cohortSize: 0 }), 0);
  });

  it('measures value against the segment mean, from twice it on in full, and gives nothing where the mean is 0', () => {
    near(factor('valueWithinSegment', { lifetimeValue: 100 }, { segmentMean: 100 }), 0.05);
    near(factor('valueWithinSegment', { lifetimeValue: 50 }, { segmentMean: 100 }), 0.025);
    near(factor('valueWithinSegment', { lifetimeValue: 200 }, { segmentMean: 100 }), 0.1);
    near(factor('valueWithinSegment', { lifetimeValue: 900 }, { segmentMean: 100 }), 0.1);
    assert.equal(factor('valueWithinSegment', { lifetimeValue: 0 }, { segmentMean: 0 }), 0);
  });

  it('counts whole days since the last activity, and gives .08 when it is unknown', () => {
    gives('recency', (days: number | null) => ({ lastActiveAt: days === null ? null : daysAgo(days) }), [
      [-5, 0.15],
      [0, 0.15],
      [6, 0.15],
      [7, 0.12],
      [29, 0.12],
      [30, 0.08],
      [59, 0.08],
      [60, 0.04],
      [89, 0.04],
      [90, 0],
      [null, 0.08],
    ]);
    assert.equal(factor('recency', { lastActiveAt: NOW - 7 * DAY + 1 }), 0.15);
    assert.equal(factor('recency', { lastActiveAt: NOW - 7 * DAY }), 0.12);
  });

  it('takes orders a month since signup', () => {
    const of = ([orderCount, days]: [number, number | null]): Partial<CustomerFacts> => ({
      orderCount,
      signupAt: days === null ? null : daysAgo(days),
    });
    gives('orderFrequency', of, [
      [[0, 10], 0.06],
      [[0, null], 0.06],
      [[10, 100], 0.12],
      [[10, 101], 0.09],
      [[10, 300], 0.09],
      [[10, 301], 0.06],
      [[10, 600], 0.06],
      [[10, 601], 0.03],
      [[1, 1], 0.12],
    ]);
  });

  it('counts an unknown signup and one of today as 365 days, and one that lies ahead as one day', () => {
    const of = ([orderCount, days]: [number, number | null]): Partial<CustomerFacts> => ({
      orderCount,
      signupAt: days === null ? null : daysAgo(days),
    });
    gives('orderFrequency', of, [
      [[6, null], 0.03],
      [[7, null], 0.06],
      [[6, 0], 0.03],
      [[13, 0], 0.09],
      [[1, -1], 0.12],
    ]);
  });

  it('grades the average order value, where 0 is unknown', () => {
    gives('averageOrderValue', (avgOrderValue: number | null) => ({ avgOrderValue }), [
      [80.01, 0.1],
      [80, 0.08],
      [50.01, 0.08],
      [50, 0.06],
      [30.01, 0.06],
      [30, 0.04],
      [0.01, 0.04],
      [0, 0.05],
      [null, 0.05],
    ]);
  });

  it('grades the mean CSAT, tickets without one, and no tickets', () => {
    gives('support', (meanCsat: number | null) => ({ ticketCount: 2, meanCsat }), [
      [4.5, 0.08],
      [4.49, 0.06],
      [3.5, 0.06],
      [3.49, 0.04],
      [2.5, 0.04],
      [2.49, 0],
      [null, 0.04],
    ]);
    assert.equal(factor('support', { ticketCount: 0 }), 0.06);
  });

  it('grades the latest NPS answer', () => {
    gives('nps', (latestNps: number | null) => ({ latestNps }), [
      [10, 0.05],
      [9, 0.05],
      [8, 0.03],
      [7, 0.03],
      [6, 0],
      [0, 0],
      [null, 0.025],
    ]);
  });

  it('grades days since signup', () => {
    gives('tenure', (days: number | null) => ({ signupAt: days === null ? null : daysAgo(days) }), [
      [731, 0.03],
      [730, 0.025],
      [366, 0.025],
      [365, 0.02],
      [181, 0.02],
      [180, 0.015],
      [0, 0.015],
      [-3, 0.015],
      [null, 0.015],
    ]);
  });
});

describe('churn risk', () => {
  const risk = (facts: Partial<CustomerFacts>): number => scoreCustomer({ ...UNKNOWN, ...facts }, ALONE, NOW).churnRisk;
  // Nothing known: .05 + 0 + .05 + 0 + .08 + .06 + .05 + .06 + .025 + .015 = .39
  it('is one less health', () => near(risk({}), 0.61));

  it('is lowered for VIP, raised for Occasional and for a lifetime value above 10,000', () => {
    near(risk({ segment: 'VIP' }), 0.51 * 0.8);
    near(risk({ segment: 'Occasional' }), 0.62 * 1.2);
    near(risk({ lifetimeValue: 10_000 }), 0.61);
    near(risk({ lifetimeValue: 10_000.01 }), 0.61 * 1.1);
  });

  it('takes in the predicted score where there is a label row, a missing one as 0', () => {
    near(risk({ label: { isChurn: null, predictedChurnScore: 0.9 } }), 0.7 * 0.61 + 0.27);
    near(risk({ label: { isChurn: true, predictedChurnScore: null } }), 0.7 * 0.61);
  });

  it('is held at 1', () => {
    const worst: Partial<CustomerFacts> = {
      segment: 'Occasional',
      loyaltyTier: 'Bronze',
      lifetimeValue: 20_000,
      lastActiveAt: daysAgo(400),
      orderCount: 1,
      ticketCount: 1,
      meanCsat: 1,
      latestNps: 0,
    };
    assert.equal(risk(worst), 1);
  });

  it('has levels from .6, .7 and .8', () => {
    assert.deepEqual([0.8, 0.79, 0.7, 0.69, 0.6, 0.59].map(riskLevelOf), [
      'critical',
      'high',
      'high',
      'medium',
      'medium',
      'low',
    ]);
  });
});

describe('standings', () => {
  const members = [
    { segment: 'VIP', loyaltyTier: 'Gold', lifetimeValue: 10 },
    { segment: 'VIP', loyaltyTier: 'Gold', lifetimeValue: 30 },
    { segment: 'VIP', loyaltyTier: 'Gold', lifetimeValue: 10 },
    { segment: 'VIP', loyaltyTier: null, lifetimeValue: 50 },
    { segment: null, loyaltyTier: null, lifetimeValue: 7 },
  ];

  it('count strictly lower values within segment and tier, and average over the segment', () => {
    assert.deepEqual(cohortStandings(members), [
      { cohortLower: 0, cohortSize: 3, segmentMean: 25 },
      { cohortLower: 2, cohortSize: 3, segmentMean: 25 },
      { cohortLower: 0, cohortSize: 3, segmentMean: 25 },
      { cohortLower: 0, cohortSize: 1, segmentMean: 25 },
      { cohortLower: 0, cohortSize: 1, segmentMean: 7 },
    ]);
  });

  it('keep a segment that is called "null" apart from the unknown one', () => {
    const [named] = cohortStandings([{ ...members[4]!, segment: 'null' }, members[4]!]);
    assert.equal(named?.cohortSize, 1);
  });

  it('take in members that are added later', () => {
    const index = new CohortIndex();
    for (const member of members.slice(0, 2)) index.add(member);
    assert.equal(index.standingOf(members[1]!).cohortLower, 1);
    index.add(members[2]!);
    assert.equal(index.standingOf(members[1]!).cohortLower, 2);
  });

  const anyMembers = fc.array(
    fc.record({
      segment: fc.constantFrom('VIP', 'Regular', null),
      loyaltyTier: fc.constantFrom('Gold', 'Bronze', null),
      lifetimeValue: fc.oneof(fc.nat(20), fc.double({ min: 0, max: 1e9, noNaN: true })),
    }),
    { maxLength: 200 },
  );

  it('are the same by definition', () => {
    fc.assert(
      fc.property(anyMembers, (some) => {
        cohortStandings(some).forEach((standing, index) => {
          const self = some[index]!;
          const cohort = some.filter((one) => one.segment === self.segment && one.loyaltyTier === self.loyaltyTier);
          assert.equal(standing.cohortSize, cohort.length);
          assert.equal(standing.cohortLower, cohort.filter((one) => one.lifetimeValue < self.lifetimeValue).length);
        });
      }),
    );
  });

  it('do not depend on the order of the customers, to the last bit', () => {
    // .1 + .2 + .3 is not .3 + .2 + .1 in doubles.
    const tiers = ['Gold', 'Silver', 'Bronze'].map((loyaltyTier, index) => ({
      segment: 'VIP',
      loyaltyTier,
      lifetimeValue: (index + 1) / 10,
    }));
    assert.deepEqual(cohortStandings(tiers), cohortStandings(tiers.toReversed()).toReversed());
    fc.assert(
      fc.property(anyMembers, (some) => {
        const backwards = cohortStandings(some.toReversed()).toReversed();
        assert.deepEqual(cohortStandings(some), backwards);
      }),
    );
  });
});

const anyFacts: fc.Arbitrary<CustomerFacts> = fc.record({
  customerId: fc.constant('C1'),
  segment: fc.constantFrom('VIP', 'Loyal', 'Regular', 'Occasional', 'Other', null),
  loyaltyTier: fc.constantFrom('Platinum', 'Gold', 'Silver', 'Bronze', 'Other', null),
  lifetimeValue: fc.double({ min: 0, max: 1e12, noNaN: true }),
  avgOrderValue: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })),
  signupAt: fc.option(fc.integer({ min: NOW - 5_000 * DAY, max: NOW + 100 * DAY })),
  lastActiveAt: fc.option(fc.integer({ min: NOW - 5_000 * DAY, max: NOW + 100 * DAY })),
  orderCount: fc.nat(5_000),
  ticketCount: fc.nat(50),
  meanCsat: fc.option(fc.double({ min: 1, max: 5, noNaN: true })),
  latestNps: fc.option(fc.nat(10)),
  label: fc.option(
    fc.record({
      isChurn: fc.option(fc.boolean()),
      predictedChurnScore: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    }),
  ),
});
const anyStanding: fc.Arbitrary<CohortStanding> = fc
  .record({
    size: fc.integer({ min: 1, max: 1e6 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    mean: fc.nat(1e6),
  })
  .map(({ size, share, mean }) => ({
    cohortLower: Math.floor(share * (size - 1)),
    cohortSize: size,
    segmentMean: mean,
  }));

describe('any score', () => {
  it('stays within 0 and 1, and health is the sum of its factors', () => {
    fc.assert(
      fc.property(anyFacts, anyStanding, (facts, standing) => {
        const score = scoreCustomer(facts, standing, NOW);
        assert.ok(score.health > 0 && score.health <= 1);
        assert.ok(score.churnRisk >= 0 && score.churnRisk <= 1);
        assert.equal(score.riskLevel, riskLevelOf(score.churnRisk));
        near(
          Object.values(score.factors).reduce((sum, points) => sum + points, 0),
          score.health,
        );
      }),
    );
  });

  it('does not fall as more of the cohort lies below', () => {
    fc.assert(
      fc.property(anyFacts, anyStanding, fc.double({ min: 0, max: 1, noNaN: true }), (facts, standing, share) => {
        const fewer = { ...standing, cohortLower: Math.floor(standing.cohortLower * share) };
        assert.ok(scoreCustomer(facts, fewer, NOW).health <= scoreCustomer(facts, standing, NOW).health);
      }),
    );
  });
});

describe('facts', () => {
  const customer: Customer = {
    customerId: 'C1',
    firstName: null,
    lastName: null,
    email: null,
    phone: null,
    signupAt: daysAgo(100),
    country: null,
    city: null,
    segment: 'Loyal',
    lifetimeValue: 120,
    avgOrderValue: 40,
    preferredCategory: null,
    lastActiveAt: daysAgo(3),
    loyaltyTier: 'Gold',
    optInMarketing: false,
    language: null,
  };
  const ticket = { customerId: 'C1', createdAt: null, category: null, priority: null, status: null };
  const words = { sentimentScore: null, issueText: null, resolution: null };
  const order = { customerId: 'C1', orderedAt: null, totalAmount: null, orderStatus: null };
  const paid = { paymentStatus: null, deliveryDelayDays: null };
  const data: CustomerData = {
    customers: [customer, { ...customer, customerId: 'C2', segment: null }],
    orders: [
      { ...order, ...paid, orderId: 'O1' },
      { ...order, ...paid, orderId: 'O2' },
      { ...order, ...paid, orderId: 'O3', customerId: 'stranger' },
    ],
    supportTickets: [
      { ...ticket, ...words, ticketId: 'T1', csatScore: 5 },
      { ...ticket, ...words, ticketId: 'T2', csatScore: 4 },
      { ...ticket, ...words, ticketId: 'T3', csatScore: null },
      { ...ticket, ...words, ticketId: 'T4', csatScore: null, customerId: 'C2' },
    ],
    npsAnswers: [
      { customerId: 'C1', answeredAt: daysAgo(5), score: 9, feedback: null },
      { customerId: 'C1', answeredAt: daysAgo(50), score: 2, feedback: null },
      { customerId: 'C1', answeredAt: null, score: 1, feedback: null },
      { customerId: 'C2', answeredAt: null, score: 4, feedback: null },
      { customerId: 'C2', answeredAt: null, score: 8, feedback: null },
    ],
    churnLabels: [{ customerId: 'C1', isChurn: false, churnedAt: null, churnReason: null, predictedChurnScore: 0.25 }],
  };

  it('count orders and tickets, average the CSAT there is, and take the latest answer', () => {
    const [first, second] = factsOf(data);
    assert.deepEqual(
      [first?.orderCount, first?.ticketCount, first?.meanCsat, first?.latestNps, first?.label],
      [2, 3, 4.5, 9, { isChurn: false, predictedChurnScore: 0.25 }],
    );
    assert.deepEqual(
      [second?.orderCount, second?.ticketCount, second?.meanCsat, second?.latestNps, second?.label],
      [0, 1, null, 8, null],
    );
  });

  it('make the whole score of a customer worked out by hand', () => {
    const [score] = scoreAll(data, NOW);
    // .12 segment, 0 percentile, .08 tier, .05 value, .15 recency, 2/100*30 = .6 a month .06, .06 basket,
    // 4.5 CSAT .08, 9 NPS .05, 100 days .015
    near(score!.health, 0.665);
    near(score!.churnRisk, 0.7 * 0.335 + 0.3 * 0.25);
    assert.equal(score!.riskLevel, 'low');
    assert.equal(score!.customerId, 'C1');
  });
});

describe('at risk', () => {
  const thresholds = { riskThreshold: 0.6, healthThreshold: 0.4 };

  it('is a risk at the threshold or a health below it', () => {
    assert.equal(isAtRisk({ churnRisk: 0.6, health: 0.9 }, thresholds), true);
    assert.equal(isAtRisk({ churnRisk: 0.59, health: 0.4 }, thresholds), false);
    assert.equal(isAtRisk({ churnRisk: 0.1, health: 0.39 }, thresholds), true);
  });

  it('puts the higher risk first, then the higher lifetime value, then the lower id', () => {
    const ranked = [
      { customerId: 'b', churnRisk: 0.7, lifetimeValue: 5 },
      { customerId: 'a', churnRisk: 0.7, lifetimeValue: 5 },
      { customerId: 'c', churnRisk: 0.7, lifetimeValue: 9 },
      { customerId: 'd', churnRisk: 0.8, lifetimeValue: 1 },
    ];
    assert.deepEqual(
      ranked.toSorted(worstFirst).map((one) => one.customerId),
      ['d', 'c', 'a', 'b'],
    );
  });

  it('keeps the worst few of many as sorting all would', () => {
    const anyRanked = fc.record({
      customerId: fc.string({ minLength: 1, maxLength: 3 }),
      churnRisk: fc.constantFrom(0.6, 0.7, 0.8),
      lifetimeValue: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(anyRanked), fc.nat(6), (all, limit) => {
        const worst = new WorstFirst(limit);
        for (const one of all) worst.offer(one);
        assert.deepEqual(worst.items(), all.toSorted(worstFirst).slice(0, limit));
      }),
    );
  });
});
