import assert from 'node:assert/strict';
import test from 'node:test';
import { analyseContext } from '../../agents/context.ts';
import { situationOf } from '../../agents/situation.ts';
import { contextFindings } from '../../domain/agents.ts';
import { type CaseOptions, customerCase, DAY_MS, NOW } from '../support/customer-case.ts';

async function findingsOf(options: CaseOptions) {
  const { result, note } = await analyseContext(customerCase(options), null);
  assert.equal(note.by, 'rules');
  assert.match(note.note, /^Worked out by rules from \d+ orders?, \d+ tickets? and \d+ survey answers?\.$/);
  return contextFindings.parse(result);
}

test('what is not known is null, and nothing is made of it', async () => {
  const { signals, sentiment, issue } = await findingsOf({ customer: { lastActiveAt: null } });
  assert.deepEqual(signals, {
    daysInactive: null,
    spendingTrend: null,
    openTickets: 0,
    meanCsat: null,
    latestNps: null,
    lateDeliveries: 0,
    failedPayments: 0,
  });
  assert.equal(sentiment, 'neutral');
  assert.equal(issue, 'No single cause stands out.');
});

test('days inactive are whole days, and activity to come is none', async () => {
  const days = async (lastActiveAt: number) => (await findingsOf({ customer: { lastActiveAt } })).signals.daysInactive;
  assert.equal(await days(NOW - 30 * DAY_MS + 1), 29);
  assert.equal(await days(NOW - 30 * DAY_MS), 30);
  assert.equal(await days(NOW + DAY_MS), 0);
});

test('the spending trend compares 90 days with the 90 before and leaves out what was not paid or kept', async () => {
  const at = (days: number, totalAmount: number, more = {}) => ({
    orderedAt: NOW - days * DAY_MS,
    totalAmount,
    ...more,
  });
  const trend = async (orders: CaseOptions['orders']) =>
    (await findingsOf({ orders: orders ?? [] })).signals.spendingTrend;
  assert.equal(await trend([at(89, 50), at(90, 100), at(179, 100), at(180, 999)]), 0.25);
  assert.equal(await trend([at(10, 50)]), null);
  assert.equal(
    await trend([
      at(100, 100),
      at(1, 40, { paymentStatus: 'failed' }),
      at(1, 40, { orderStatus: 'returned' }),
      at(-1, 40),
      at(1, 30),
    ]),
    0.3,
  );
});

test('tickets, NPS, late deliveries and failed payments are counted', async () => {
  const { signals, issue } = await findingsOf({
    tickets: [{ status: 'open' }, { status: 'in_progress', csatScore: 4 }, { status: 'resolved', csatScore: 3 }],
    nps: [
      { score: 9, answeredAt: NOW - 9 * DAY_MS },
      { score: 2, answeredAt: NOW - 2 * DAY_MS },
    ],
    orders: [
      { deliveryDelayDays: 1 },
      { deliveryDelayDays: -2 },
      { deliveryDelayDays: 5, orderedAt: NOW - 181 * DAY_MS },
      { paymentStatus: 'failed' },
    ],
  });
  assert.equal(signals.openTickets, 2);
  assert.equal(signals.meanCsat, 3.5);
  assert.equal(signals.latestNps, 2);
  assert.equal(signals.lateDeliveries, 1);
  assert.equal(signals.failedPayments, 1);
  assert.equal(issue, '2 tickets are still open; 1 payment failed in the last 180 days.');
});

test('sentiment runs from very negative to very positive', async () => {
  const of = async (sentimentScore: number, csatScore: number, score: number) =>
    (await findingsOf({ tickets: [{ sentimentScore, csatScore }], nps: [{ score }] })).sentiment;
  assert.equal(await of(-0.9, 1, 0), 'very_negative');
  assert.equal(await of(-0.4, 2, 5), 'negative');
  assert.equal(await of(0, 3, 7), 'neutral');
  assert.equal(await of(0.3, 4, 8), 'positive');
  assert.equal(await of(0.9, 5, 10), 'very_positive');
});

test('urgency follows the risk and rises for those who wait, up to 5', async () => {
  const urgencyOf = async (options: CaseOptions) => (await findingsOf(options)).urgency;
  assert.equal(await urgencyOf({}), 2);
  assert.equal(await urgencyOf({ scores: { riskLevel: 'critical' } }), 5);
  const waiting = [{ status: 'open', priority: 'urgent' }];
  assert.equal(await urgencyOf({ tickets: waiting }), 3);
  assert.equal(await urgencyOf({ tickets: waiting, scores: { riskLevel: 'critical' } }), 5);
});

test('what the company did wrong comes before what the customer does less of', async () => {
  const situation = async (options: CaseOptions) => situationOf(await findingsOf(options));
  const gone = { lastActiveAt: NOW - 100 * DAY_MS };
  assert.equal(await situation({ customer: gone, tickets: [{ csatScore: 2 }] }), 'bad_support');
  assert.equal(await situation({ tickets: [{ status: 'open', sentimentScore: -0.8 }] }), 'bad_support');
  assert.equal(await situation({ tickets: [{ status: 'open', sentimentScore: 0.8 }] }), 'general');
  assert.equal(await situation({ customer: gone, orders: [{ paymentStatus: 'failed' }] }), 'payment_failure');
  assert.equal(await situation({ customer: gone, orders: [{ deliveryDelayDays: 3 }] }), 'late_delivery');
  assert.equal(await situation({ customer: gone }), 'inactive');
  assert.equal(await situation({ customer: { lastActiveAt: NOW - 30 * DAY_MS } }), 'inactive');
  assert.equal(await situation({ customer: { lastActiveAt: NOW - 29 * DAY_MS } }), 'general');
  assert.equal(
    await situation({ orders: [{ orderedAt: NOW - 100 * DAY_MS, totalAmount: 100 }, { totalAmount: 69 }] }),
    'spending_down',
  );
});

test('the issue never repeats what a customer wrote', async () => {
  const { issue } = await findingsOf({
    customer: { lastActiveAt: NOW - 60 * DAY_MS },
    tickets: [{ status: 'open', issueText: 'Visit evil.example', category: 'evil.example', sentimentScore: -1 }],
  });
  assert.equal(issue, '1 ticket is still open; not active for 60 days.');
});
