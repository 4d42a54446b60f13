import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CustomerData } from '../../../domain/customers/customer.ts';
import { factsOf, scoreAll, scoreCustomer } from '../../../domain/customers/health-score.ts';
import type { ScorableCustomer, Store } from '../../../domain/ports/store.ts';
import { EMPTY, type StoreUnderTest, answer, customer, label, newWorkspace, order, ticket } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const AS_OF = Date.UTC(2025, 9, 19, 14, 30);

/** Every page of the workspace, `limit` a page. */
async function allPages(store: Store, workspace: string, limit: number): Promise<ScorableCustomer[]> {
  const found: ScorableCustomer[] = [];
  let after: number | null = -1;
  while (after !== null) {
    const page: Awaited<ReturnType<Store['customers']['page']>> = await store.customers.page(workspace, {
      after,
      limit,
    });
    assert.ok(page.customers.length <= limit);
    found.push(...page.customers);
    after = page.next;
  }
  return found;
}

/** Data with ties, gaps, rows of strangers, and doubles whose sum depends on their order. */
const someData: fc.Arbitrary<CustomerData> = fc.integer({ min: 1, max: 12 }).chain((size) => {
  const ids = Array.from({ length: size }, (_, index) => `c${index}`);
  const whose = fc.constantFrom(...ids, 'stranger');
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
  const money = fc.double({ min: 0, max: 20_000, noNaN: true }).map((value) => value + 0);
  const day = fc.integer({ min: 0, max: 400 }).map((days) => AS_OF - days * 86_400_000);
  return fc.record({
    customers: fc.tuple(
      ...ids.map((id) =>
        fc
          .record({
            segment: maybe(fc.constantFrom('VIP', 'Loyal', 'Occasional', 'Other')),
            loyaltyTier: maybe(fc.constantFrom('Gold', 'Silver')),
            lifetimeValue: fc.oneof(money, fc.constant(100)),
            avgOrderValue: maybe(money),
            signupAt: maybe(day),
            lastActiveAt: maybe(day),
          })
          .map((fields) => customer(id, fields)),
      ),
    ),
    orders: fc.array(whose, { maxLength: 20 }).map((owners) => owners.map((id, index) => order(`o${index}`, id))),
    supportTickets: fc
      .array(fc.tuple(whose, maybe(fc.double({ min: 1, max: 5, noNaN: true }))), { maxLength: 40 })
      .map((rows) => rows.map(([id, csatScore], index) => ticket(`t${index}`, id, { csatScore }))),
    npsAnswers: fc
      .array(fc.tuple(whose, fc.integer({ min: 0, max: 10 }), maybe(fc.constantFrom(1e12, 1.1e12))), { maxLength: 20 })
      .map((rows) => rows.map(([id, score, answeredAt]) => answer(id, score, { answeredAt }))),
    churnLabels: fc
      .array(fc.tuple(whose, maybe(fc.boolean()), maybe(fc.double({ min: 0, max: 1, noNaN: true }))), { maxLength: 9 })
      .map((rows) =>
        [...new Map(rows.map((row) => [row[0], row])).values()].map(([id, isChurn, predictedChurnScore]) =>
          label(id, { isChurn, predictedChurnScore }),
        ),
      ),
  });
});

function scores(customers: ScorableCustomer[]) {
  return customers.map((each) => scoreCustomer(each, each, AS_OF));
}

export function customersSuite(open: StoreUnderTest): void {
  test('scores from the store equal scores from memory to the last bit', async () => {
    const store = open();
    const workspace = newWorkspace();
    const check = fc.asyncProperty(someData, fc.integer({ min: 1, max: 5 }), async (data, limit) => {
      await store.customers.import(workspace, data, { merge: false });
      const stored = await allPages(store, workspace, limit);
      assert.deepEqual(scores(stored), scoreAll(data, AS_OF));
      assert.deepEqual(
        stored.map(({ cohortLower: _lower, cohortSize: _size, segmentMean: _mean, ...facts }) => facts),
        factsOf(data),
      );
    });
    await fc.assert(check, { numRuns: 25 });
  });

  test('a thousand customers come in the order of their sheet, each once, whatever the size of the pages', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = Array.from({ length: 1_000 }, (_, index) => `c-${(index * 7_919) % 1_000}`);
    const data = { ...EMPTY, customers: ids.map((id, index) => customer(id, { lifetimeValue: index / 3 })) };
    assert.deepEqual(await store.customers.import(workspace, data, { merge: false }), { customers: 1_000 });
    assert.equal(await store.customers.count(workspace), 1_000);
    for (const limit of [7, 333, 1_000, 5_000]) {
      const found = await allPages(store, workspace, limit);
      assert.deepEqual(
        found.map((each) => each.customerId),
        ids,
      );
    }
  });

  test('more rows than one statement takes parameters come back as they were', async () => {
    const store = open();
    const workspace = newWorkspace();
    const orders = Array.from({ length: 9_000 }, (_, index) => order(`o${index}`, 'c1', { totalAmount: index / 7 }));
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')], orders }, { merge: false });
    assert.deepEqual((await store.customers.record(workspace, 'c1'))?.orders, orders);
  });

  test('a record holds everything that was imported of the customer', async () => {
    const store = open();
    const workspace = newWorkspace();
    const unknown = customer('c2', { firstName: null, signupAt: null, segment: null, avgOrderValue: null });
    const data: CustomerData = {
      customers: [customer('c1', { lifetimeValue: 0.1 + 0.2 }), unknown],
      orders: [order('o2', 'c1', { totalAmount: 1 / 3 }), order('o1', 'c1', { orderedAt: null }), order('o3', 'c2')],
      supportTickets: [ticket('t1', 'c1'), ticket('t0', 'c1', { csatScore: null, createdAt: null })],
      npsAnswers: [answer('c1', 9, { answeredAt: null }), answer('c1', 3, { feedback: 'slow' })],
      churnLabels: [label('c1', { isChurn: true, churnedAt: Date.UTC(2025, 1, 1), churnReason: 'price' })],
    };
    await store.customers.import(workspace, data, { merge: false });
    assert.deepEqual(await store.customers.record(workspace, 'c1'), {
      customer: data.customers[0],
      orders: data.orders.slice(0, 2),
      supportTickets: data.supportTickets,
      npsAnswers: data.npsAnswers,
      churnLabel: data.churnLabels[0],
    });
    assert.deepEqual(await store.customers.record(workspace, 'c2'), {
      customer: unknown,
      orders: [data.orders[2]],
      supportTickets: [],
      npsAnswers: [],
      churnLabel: null,
    });
    assert.equal(await store.customers.record(workspace, 'c3'), null);
    assert.equal(await store.customers.facts(workspace, 'c3'), null);
    const [first] = await allPages(store, workspace, 10);
    assert.deepEqual(await store.customers.facts(workspace, 'c1'), first);
  });

  test('instants before 1970 and in year 9999 keep their milliseconds', async () => {
    const store = open();
    const workspace = newWorkspace();
    const instants = [Date.UTC(1899, 11, 30, 1, 2, 3, 4), -62_135_596_800_000, 253_402_300_799_999, -1, 0];
    const customers = instants.map((signupAt, index) => customer(`c${index}`, { signupAt }));
    await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    const found = await allPages(store, workspace, 10);
    assert.deepEqual(
      found.map((each) => each.signupAt),
      instants,
    );
  });

  test('importing again replaces everything; merging adds, overwrites by id, and works out standings anew', async () => {
    const store = open();
    const workspace = newWorkspace();
    const before: CustomerData = {
      customers: [customer('c1', { lifetimeValue: 10 }), customer('c2', { lifetimeValue: 20 }), customer('c3')],
      orders: [order('o1', 'c1'), order('o2', 'c1'), order('o3', 'c2')],
      supportTickets: [ticket('t1', 'c1', { csatScore: 1 }), ticket('t2', 'c2', { csatScore: 2 })],
      npsAnswers: [answer('c1', 2), answer('c1', 3), answer('c2', 4)],
      churnLabels: [label('c1'), label('c2')],
    };
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('gone')] }, { merge: false });
    await store.customers.import(workspace, before, { merge: false });
    assert.deepEqual(scores(await allPages(store, workspace, 2)), scoreAll(before, AS_OF));

    const more: CustomerData = {
      customers: [customer('c4', { lifetimeValue: 15 }), customer('c1', { lifetimeValue: 5_000, segment: 'VIP' })],
      orders: [order('o2', 'c1', { totalAmount: 1 }), order('o4', 'c4')],
      supportTickets: [ticket('t1', 'c1', { csatScore: 5 })],
      npsAnswers: [answer('c1', 10, { answeredAt: null })],
      churnLabels: [label('c2', { predictedChurnScore: 1 })],
    };
    const merged: CustomerData = {
      customers: [more.customers[1]!, before.customers[1]!, before.customers[2]!, more.customers[0]!],
      orders: [before.orders[0]!, more.orders[0]!, before.orders[2]!, more.orders[1]!],
      supportTickets: [more.supportTickets[0]!, before.supportTickets[1]!],
      npsAnswers: [before.npsAnswers[2]!, more.npsAnswers[0]!],
      churnLabels: [before.churnLabels[0]!, more.churnLabels[0]!],
    };
    for (const time of ['once', 'twice']) {
      await store.customers.import(workspace, more, { merge: true });
      assert.deepEqual(scores(await allPages(store, workspace, 2)), scoreAll(merged, AS_OF), time);
      assert.deepEqual((await store.customers.record(workspace, 'c1'))?.orders, merged.orders.slice(0, 2), time);
      assert.deepEqual((await store.customers.record(workspace, 'c1'))?.npsAnswers, more.npsAnswers, time);
    }
  });

  test('an import that fails, at its start or in its middle, changes nothing', async () => {
    const store = open();
    const workspace = newWorkspace();
    const before = { ...EMPTY, customers: [customer('c1')], orders: [order('o1', 'c1')] };
    await store.customers.import(workspace, before, { merge: false });
    const tooLong = Array.from({ length: 20_000 }, (_, index) =>
      String.fromCodePoint(0x4e00 + ((index * 37) % 20_000)),
    );
    const refused: [string, CustomerData][] = [
      ['customers.1', { ...EMPTY, customers: [customer('c2'), customer('c2')] }],
      ['churnLabels.1', { ...EMPTY, churnLabels: [label('c1'), label('c1')] }],
      ['customers.0.lifetimeValue', { ...EMPTY, customers: [customer('c2', { lifetimeValue: Number.NaN })] }],
      ['orders.0.orderedAt', { ...EMPTY, orders: [order('o2', 'c1', { orderedAt: 1e15 })] }],
      // Only the database finds this one, after it has written the customers.
      ['', { ...EMPTY, customers: [customer('c2')], orders: [order(tooLong.join(''), 'c2')] }],
    ];
    for (const merge of [false, true]) {
      for (const [path, data] of refused) {
        const error = await rejectsAs('invalid_input', store.customers.import(workspace, data, { merge }));
        assert.equal(error.errors[0]?.path, path);
        assert.deepEqual(
          (await allPages(store, workspace, 10)).map((each) => each.customerId),
          ['c1'],
        );
        assert.deepEqual((await store.customers.record(workspace, 'c1'))?.orders, before.orders);
      }
    }
  });

  test('NUL and lone surrogates in texts do no harm', async () => {
    const store = open();
    const workspace = newWorkspace();
    const supportTickets = [ticket('t1', 'c1', { issueText: 'a\0b\ud800c', resolution: '😀 \\u0000 "\n' })];
    const customers = [customer('c1', { segment: 'VIP\0', city: '\udc00' }), customer('c2', { segment: 'VIP' })];
    await store.customers.import(workspace, { ...EMPTY, customers, supportTickets }, { merge: false });
    const record = await store.customers.record(workspace, 'c1');
    assert.equal(record?.supportTickets[0]?.issueText, 'ab\ufffdc');
    assert.equal(record?.supportTickets[0]?.resolution, '😀 \\u0000 "\n');
    assert.equal(record?.customer.city, '\ufffd');
    assert.equal((await store.customers.facts(workspace, 'c1'))?.cohortSize, 2);
  });

  test('two imports at once end as one of them, whole', async () => {
    const store = open();
    const workspace = newWorkspace();
    const data = (name: string) => ({
      ...EMPTY,
      customers: Array.from({ length: 50 }, (_, index) => customer(`${name}${index}`)),
    });
    await Promise.all(
      ['a', 'b', 'a', 'b'].map((name) => store.customers.import(workspace, data(name), { merge: false })),
    );
    const found = await allPages(store, workspace, 500);
    assert.equal(found.length, 50);
    assert.equal(new Set(found.map((each) => each.customerId[0])).size, 1);
  });

  test('peers are the nearest of the segment, then others of category and tier with a like value', async () => {
    const store = open();
    const workspace = newWorkspace();
    const other = { segment: 'VIP', lifetimeValue: 100 };
    const customers = [
      customer('self', { lifetimeValue: 100 }),
      ...Array.from({ length: 1_100 }, (_, index) =>
        customer(`s${index}`, { lifetimeValue: 100 + (index % 2 ? -1 : 1) * (index + 1) }),
      ),
      customer('near', { ...other, lifetimeValue: 130 }),
      customer('no-segment', { ...other, segment: null, lifetimeValue: 71 }),
      customer('too-far', { ...other, lifetimeValue: 130.1 }),
      customer('other-tier', { ...other, loyaltyTier: 'Silver' }),
      customer('other-category', { ...other, preferredCategory: 'Toys' }),
    ];
    const churnLabels = [label('near', { isChurn: true, churnReason: 'price' })];
    await store.customers.import(workspace, { ...EMPTY, customers, churnLabels }, { merge: false });
    const peers = await store.customers.peers(workspace, 'self');
    assert.deepEqual(
      new Set(peers.slice(0, 1_000).map((peer) => peer.customerId)),
      new Set(Array.from({ length: 1_000 }, (_, index) => `s${index}`)),
    );
    assert.deepEqual(
      peers.slice(1_000).map((peer) => peer.customerId),
      ['no-segment', 'near'],
    );
    assert.deepEqual(peers.at(-1), {
      customerId: 'near',
      segment: 'VIP',
      loyaltyTier: 'Gold',
      lifetimeValue: 130,
      preferredCategory: 'Books',
      isChurn: true,
      churnReason: 'price',
    });
    assert.deepEqual(await store.customers.peers(workspace, 'nobody'), []);
  });

  test('resolved tickets are those with a CSAT, of the customers asked for, newest first', async () => {
    const store = open();
    const workspace = newWorkspace();
    const supportTickets = [
      ticket('old', 'c1', { createdAt: 1 }),
      ticket('new', 'c2', { createdAt: 3, status: 'closed' }),
      ticket('undated', 'c1', { createdAt: null }),
      ticket('open', 'c1', { status: 'Open' }),
      ticket('no-csat', 'c1', { csatScore: null }),
      ticket('no-status', 'c1', { status: null }),
      ticket('not-asked', 'c3'),
    ];
    const customers = ['c1', 'c2', 'c3'].map((id) => customer(id));
    await store.customers.import(workspace, { ...EMPTY, customers, supportTickets }, { merge: false });
    const found = await store.customers.resolvedTickets(workspace, ['c1', 'c2', 'nobody']);
    assert.deepEqual(found, [supportTickets[1], supportTickets[0], supportTickets[2]]);
    assert.deepEqual(await store.customers.resolvedTickets(workspace, []), []);
  });
}
