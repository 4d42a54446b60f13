import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Peer } from '../../domain/customers/customer.ts';
import { similarCustomers } from '../../domain/customers/similarity.ts';

const customer = {
  customerId: 'C1',
  segment: 'VIP',
  lifetimeValue: 1_000,
  preferredCategory: 'Books',
  loyaltyTier: 'Gold',
};

const peer = (changes: Partial<Peer> = {}): Peer => ({
  customerId: 'P1',
  segment: 'VIP',
  loyaltyTier: 'Gold',
  lifetimeValue: 1_000,
  preferredCategory: 'Books',
  isChurn: null,
  churnReason: null,
  ...changes,
});

const similarityOf = (changes: Partial<Peer>): number | undefined =>
  similarCustomers(customer, [peer(changes)])[0]?.similarity;

function near(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

test('the same in everything is 1, and each difference takes its own weight', () => {
  near(similarityOf({}), 1);
  near(similarityOf({ segment: 'Loyal' }), 0.6);
  near(similarityOf({ preferredCategory: 'Toys' }), 0.8);
  near(similarityOf({ loyaltyTier: null }), 0.9);
  near(similarityOf({ lifetimeValue: 5_000 }), 0.7);
});

test('a lifetime value counts less the further it is, and nothing from 30 % on, in both directions', () => {
  near(similarityOf({ lifetimeValue: 1_100 }), 0.9);
  near(similarityOf({ lifetimeValue: 900 }), 0.9);
  near(similarityOf({ lifetimeValue: 1_300 }), 0.7);
  near(similarityOf({ lifetimeValue: 700 }), 0.7);
});

test('exactly .5 is not similar', () => {
  assert.equal(similarityOf({ lifetimeValue: 9_000, preferredCategory: 'Toys' }), undefined);
  assert.equal(similarityOf({ segment: 'Loyal', loyaltyTier: 'Silver' }), undefined);
});

test('what is not known is never the same', () => {
  const unknown = { ...customer, segment: null, preferredCategory: null, loyaltyTier: null };
  const peers = [peer({ segment: null, preferredCategory: null, loyaltyTier: null })];
  assert.deepEqual(similarCustomers(unknown, peers), []);
});

test('best first, then by id, and never the customer itself', () => {
  const peers = [
    peer({ customerId: 'B', loyaltyTier: 'Silver' }),
    peer({ customerId: 'C1' }),
    peer({ customerId: 'Z' }),
    peer({ customerId: 'A', loyaltyTier: 'Silver', isChurn: true, churnReason: 'price' }),
  ];
  const similar = similarCustomers(customer, peers);
  assert.deepEqual(
    similar.map(({ customerId }) => customerId),
    ['Z', 'A', 'B'],
  );
  assert.equal(similar[1]?.churned, true);
  assert.equal(similar[1]?.churnReason, 'price');
});

test('similarity stays above .5 and at most 1 for any peers', () => {
  const anyPeer = fc.record({
    customerId: fc.string(),
    segment: fc.option(fc.constantFrom('VIP', 'Loyal')),
    loyaltyTier: fc.option(fc.constantFrom('Gold', 'Silver')),
    lifetimeValue: fc.double({ min: -1e6, max: 1e9, noNaN: true }),
    preferredCategory: fc.option(fc.constantFrom('Books', 'Toys')),
    isChurn: fc.option(fc.boolean()),
    churnReason: fc.constant(null),
  });
  fc.assert(
    fc.property(anyPeer, fc.array(anyPeer), (own, peers) => {
      const similar = similarCustomers(own, peers);
      for (const [index, { similarity }] of similar.entries()) {
        assert.ok(similarity > 0.5 && similarity <= 1 + 1e-9);
        assert.ok(index === 0 || similarity <= (similar[index - 1]?.similarity ?? 0));
      }
    }),
  );
});
