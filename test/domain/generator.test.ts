import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAtRisk } from '../../domain/customers/at-risk.ts';
import { generateCustomers, generateFacts, generateRecords } from '../../domain/customers/generator.ts';
import { factsOf, scoreAll } from '../../domain/customers/health-score.ts';

const DAY = 86_400_000;
const AS_OF = Date.parse('2026-03-01T12:34:56.789Z');
const options = { count: 300, seed: 7, asOf: AS_OF };

describe('sample customers', () => {
  it('are the same rows for the same arguments, and others for another seed', () => {
    assert.deepEqual(generateCustomers(options), generateCustomers(options));
    assert.notDeepEqual(generateCustomers(options), generateCustomers({ ...options, seed: 8 }));
    assert.notDeepEqual(generateCustomers({ ...options, seed: 2 ** 40 + 7 }), generateCustomers(options));
  });

  it('do not change when more are asked for', () => {
    const few = generateCustomers({ ...options, count: 20 });
    const many = generateCustomers(options);
    assert.deepEqual(few.customers, many.customers.slice(0, 20));
    assert.deepEqual(few.orders, many.orders.slice(0, few.orders.length));
  });

  it('move with the as-of date and change in nothing else', () => {
    const later = generateCustomers({ ...options, asOf: AS_OF + 40 * DAY });
    const shiftedBack = JSON.parse(JSON.stringify(later), (key: string, value: unknown) =>
      key.endsWith('At') && typeof value === 'number' ? value - 40 * DAY : value,
    ) as unknown;
    assert.deepEqual(shiftedBack, generateCustomers(options));
  });

  it('stream the facts that follow from their rows', () => {
    assert.deepEqual([...generateFacts(options)], factsOf(generateCustomers(options)));
    assert.deepEqual(
      [...generateRecords(options)].map((record) => record.customer),
      generateCustomers(options).customers,
    );
  });

  it('refuse a count or seed that does not fit', () => {
    for (const count of [0, -1, 1.5, Number.NaN, 1_000_001]) {
      assert.throws(() => generateCustomers({ ...options, count }), { code: 'invalid_input', message: /count/ });
    }
    assert.throws(() => generateCustomers({ ...options, seed: 0.5 }), { code: 'invalid_input', message: /seed/ });
  });

  it('use addresses and numbers that belong to nobody', () => {
    for (const { email, phone } of generateCustomers(options).customers) {
      if (email !== null) assert.match(email, /^[a-z]+\.[a-z]+\d+@example\.(com|org)$/);
      if (phone !== null) assert.match(phone, /^(\+1\d{3}55501\d\d|\+447700900\d{3})$/);
    }
  });

  it('lie in the past, orders and tickets after the signup', () => {
    const data = generateCustomers(options);
    const signups = new Map(data.customers.map((customer) => [customer.customerId, customer.signupAt]));
    for (const order of data.orders) {
      assert.ok(order.orderedAt! <= AS_OF);
      assert.ok(order.orderedAt! >= (signups.get(order.customerId) ?? 0), order.orderId);
    }
    for (const ticket of data.supportTickets) {
      assert.ok(ticket.createdAt! <= AS_OF);
      assert.ok(ticket.createdAt! >= (signups.get(ticket.customerId) ?? 0), ticket.ticketId);
    }
  });

  it('have what the agents need to see, and enough of them are at risk', () => {
    const data = generateCustomers({ ...options, count: 1_000 });
    const customers = new Map(data.customers.map((customer) => [customer.customerId, customer]));
    const facts = new Map(factsOf(data).map((one) => [one.customerId, one]));
    const atRisk = scoreAll(data, AS_OF).filter((score) =>
      isAtRisk(score, { riskThreshold: 0.6, healthThreshold: 0.4 }),
    );
    const lowCsat = atRisk.filter(({ customerId }) => (facts.get(customerId)!.meanCsat ?? 5) < 2.5);
    assert.ok(atRisk.length > 50 && atRisk.length < 400, `${atRisk.length} at risk`);
    assert.ok(lowCsat.length > 5 && lowCsat.length < atRisk.length / 2, `${lowCsat.length} with low CSAT`);
    assert.ok(new Set(atRisk.map(({ customerId }) => customers.get(customerId)!.segment)).size >= 3);
    const optedIn = atRisk.filter(({ customerId }) => customers.get(customerId)!.optInMarketing).length;
    assert.ok(optedIn > atRisk.length / 4 && optedIn < atRisk.length);
    for (const language of ['en', 'hi', 'ta', 'te', 'bn']) {
      assert.ok(
        atRisk.some(({ customerId }) => customers.get(customerId)!.language === language),
        language,
      );
    }
    assert.ok(data.orders.some((order) => order.paymentStatus === 'failed'));
    assert.ok(data.orders.some((order) => (order.deliveryDelayDays ?? 0) > 3));
    assert.ok(data.churnLabels.some((label) => label.isChurn));
    assert.ok(new Set(data.supportTickets.map((ticket) => ticket.issueText)).size > 20);
  });
});
