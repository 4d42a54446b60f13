import assert from 'node:assert/strict';
import test from 'node:test';
import { analyseContext } from '../../agents/context.ts';
import { findPattern } from '../../agents/pattern.ts';
import { patternFindings, type PatternFindings } from '../../domain/agents.ts';
import type { SupportTicket } from '../../domain/customers/customer.ts';
import type { SimilarCustomer } from '../../domain/customers/similarity.ts';
import { type CaseOptions, customerCase, ticketOf } from '../support/customer-case.ts';

async function patternOf(
  similar: SimilarCustomer[],
  resolvedTickets: SupportTicket[] = [],
  options: CaseOptions = {},
): Promise<PatternFindings> {
  const kase = customerCase(options);
  const { result: context } = await analyseContext(kase, null);
  const { result, note } = await findPattern(kase, context, { similar, resolvedTickets }, null);
  assert.equal(note.note, `Worked out by rules from ${similar.length} similar customers.`);
  return patternFindings.parse(result);
}

const similar = (churned: boolean | null, churnReason: string | null = null, index = 0): SimilarCustomer => ({
  customerId: `P${index}`,
  similarity: 0.9 - index / 100,
  churned,
  churnReason,
});

test('nobody similar is told as that', async () => {
  const found = await patternOf([]);
  assert.equal(found.churnShare, null);
  assert.equal(found.churnPattern, 'No similar customers are known.');
});

test('the share counts those with a label only, and the commonest reason is named', async () => {
  const found = await patternOf([
    similar(true, 'price'),
    similar(true, 'poor_support', 1),
    similar(true, 'poor_support', 2),
    similar(false, null, 3),
    similar(null, null, 4),
  ]);
  assert.equal(found.similarCount, 5);
  assert.equal(found.churnShare, 0.75);
  assert.equal(found.churnPattern, '3 of 4 similar customers left, most often over poor support.');
});

test('without labels it is not known who left', async () => {
  const found = await patternOf([similar(null)]);
  assert.equal(found.churnShare, null);
  assert.equal(found.churnPattern, 'Of 1 similar customers it is not known who left.');
});

test('ten similar customers are shown of all that are counted', async () => {
  const found = await patternOf(Array.from({ length: 30 }, (_, index) => similar(false, null, index)));
  assert.equal(found.similarCount, 30);
  assert.equal(found.similarCustomers.length, 10);
  assert.equal(found.similarCustomers[0]?.customerId, 'P0');
});

test('what resolved similar issues is sorted by its mean CSAT', async () => {
  const resolved = (category: string, resolution: string | null, csatScore: number) =>
    ticketOf({ category, resolution, csatScore });
  const tickets = [
    resolved('delivery', 'Sent again', 5),
    resolved('delivery', 'Sent again', 4),
    resolved('delivery', 'Explained', 5),
    resolved('account', 'Reset', 5),
  ];
  const own = await patternOf([similar(false)], tickets, { tickets: [{ category: 'delivery' }] });
  assert.deepEqual(own.whatResolved, [
    { category: 'delivery', resolution: 'Explained', meanCsat: 5 },
    { category: 'delivery', resolution: 'Sent again', meanCsat: 4.5 },
  ]);
  const anyCategory = await patternOf([similar(false)], tickets);
  assert.equal(anyCategory.whatResolved.length, 3);
  const late = await patternOf([similar(false)], tickets, { orders: [{ deliveryDelayDays: 4 }] });
  assert.deepEqual([...new Set(late.whatResolved.map(({ category }) => category))], ['delivery']);
});
