import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, NOW, type StoreUnderTest, customer, daysAgo, newWorkspace, opening, scanOf } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const RESULT = {
  finishedAt: '2026-03-01T10:00:01.250Z',
  customersScanned: 1_000,
  atRisk: 298,
  excluded: { open: 2, cool_off: 1 },
  nextScanAt: '2026-03-01T10:05:00.000Z',
};

export function scansSuite(open: StoreUnderTest): void {
  test('scans are numbered from 1 in each workspace, and the same scan keeps its number', async () => {
    const store = open();
    const [one, two] = [newWorkspace(), newWorkspace()];
    assert.deepEqual(await store.scans.open(one, scanOf('a')), { number: 1 });
    assert.deepEqual(await store.scans.open(one, scanOf('b')), { number: 2 });
    assert.deepEqual(await store.scans.open(two, scanOf('a')), { number: 1 });
    assert.deepEqual(await store.scans.open(one, scanOf('a', { startedAt: daysAgo(-1) })), { number: 1 });
    assert.equal((await store.scans.get(one, 'a'))?.startedAt, NOW);
  });

  test('scans that open at once get numbers without a gap or a double', async () => {
    const store = open();
    const workspace = newWorkspace();
    const scanIds = Array.from({ length: 30 }, (_, index) => `scan-${index % 20}`);
    const numbers = await Promise.all(scanIds.map((scanId) => store.scans.open(workspace, scanOf(scanId))));
    const distinct = new Set(numbers.map(({ number }) => number));
    assert.deepEqual(
      [...distinct].toSorted((a, b) => Number(a) - Number(b)),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    scanIds.forEach((scanId, index) => {
      assert.deepEqual(numbers[index], numbers[scanIds.indexOf(scanId)]);
    });
  });

  test('a scan is read back with its result and interventions, the worst first', async () => {
    const store = open();
    const workspace = newWorkspace();
    const customers = [
      customer('c1', { lifetimeValue: 1 }),
      customer('c2', { lifetimeValue: 2 }),
      customer('c3', { lifetimeValue: 2 }),
      customer('c4'),
    ];
    await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    await store.scans.open(workspace, scanOf('s1'));
    const unfinished = await store.scans.get(workspace, 's1');
    assert.equal(unfinished?.elapsedMs, null);
    assert.deepEqual(unfinished?.interventions, []);
    for (const id of ['c1', 'c3', 'c2'])
      await store.interventions.open(workspace, opening(`i-${id}`, id, { scanId: 's1' }));
    const worst = { health: 0.1, churnRisk: 0.9, riskLevel: 'critical' } as const;
    await store.interventions.open(workspace, opening('i-c4', 'c4', { scanId: 's1', scores: worst }));
    await store.scans.finish(workspace, 's1', RESULT);
    const { interventions, ...scan } = (await store.scans.get(workspace, 's1'))!;
    assert.deepEqual(scan, {
      scanId: 's1',
      number: 1,
      workflowId: 'customer-scan/default/manual/s1',
      startedAt: NOW,
      elapsedMs: 1_250,
      customersScanned: 1_000,
      atRisk: 298,
      excluded: { open: 2, cool_off: 1 },
      nextScanAt: '2026-03-01T10:05:00.000Z',
    });
    assert.deepEqual(
      interventions.map((each) => each.customerId),
      ['c4', 'c2', 'c3', 'c1'],
    );
    assert.deepEqual((await store.scans.list(workspace, { limit: 5 })).items, [{ ...scan, interventions }]);
    assert.equal(await store.scans.get(workspace, 's2'), null);
  });

  test('finishing a scan again changes nothing, and an unknown one is not found', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.scans.open(workspace, scanOf('s1'));
    await store.scans.finish(workspace, 's1', RESULT);
    await store.scans.finish(workspace, 's1', { ...RESULT, finishedAt: daysAgo(-2), atRisk: 0, nextScanAt: null });
    const scan = await store.scans.get(workspace, 's1');
    assert.equal(scan?.elapsedMs, 1_250);
    assert.equal(scan?.atRisk, 298);
    assert.equal(scan?.nextScanAt, RESULT.nextScanAt);
    await rejectsAs('not_found', store.scans.finish(workspace, 's2', RESULT));
    await rejectsAs('not_found', store.scans.savePreview(workspace, 's2', []));
  });

  test('totals are over finished scans that were not dry runs', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.deepEqual(await store.scans.totals(workspace), { scans: 0, interventions: 0, averageInterventions: 0 });
    const customers = ['c1', 'c2', 'c3', 'c4'].map((id) => customer(id));
    await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    for (const [id, scanId] of [
      ['c1', 's1'],
      ['c2', 's1'],
      ['c3', 's2'],
      ['c4', null],
    ] as const) {
      await store.interventions.open(workspace, opening(`i-${id}`, id, { scanId }));
    }
    for (const scanId of ['s1', 's2', 's3']) await store.scans.open(workspace, scanOf(scanId));
    await store.scans.open(workspace, scanOf('dry', { dryRun: true }));
    for (const scanId of ['s1', 's3', 'dry']) await store.scans.finish(workspace, scanId, RESULT);
    assert.deepEqual(await store.scans.totals(workspace), { scans: 2, interventions: 2, averageInterventions: 1 });
    await store.scans.finish(workspace, 's2', RESULT);
    assert.deepEqual(await store.scans.totals(workspace), { scans: 3, interventions: 3, averageInterventions: 1 });
  });

  test('a dry run has no number and shows what it would have written', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.deepEqual(await store.scans.open(workspace, scanOf('dry', { dryRun: true })), { number: null });
    assert.deepEqual(await store.scans.open(workspace, scanOf('dry2', { dryRun: true })), { number: null });
    assert.deepEqual(await store.scans.open(workspace, scanOf('real')), { number: 1 });
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')] }, { merge: false });
    await store.interventions.open(workspace, opening('i1', 'c1', { scanId: 'real' }));
    const preview = (await store.scans.get(workspace, 'real'))!.interventions.map((each) => ({
      ...each,
      body: 'नमस्ते',
    }));
    for (let time = 0; time < 2; time++) await store.scans.savePreview(workspace, 'dry', preview);
    await store.scans.finish(workspace, 'dry', RESULT);
    const scan = await store.scans.get(workspace, 'dry');
    assert.equal(scan?.number, null);
    assert.deepEqual(scan?.interventions, preview);
    assert.deepEqual(
      (await store.scans.list(workspace, { limit: 10 })).items.find((each) => each.scanId === 'dry'),
      scan,
    );
  });

  test('customers are left out for the first reason that applies', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = ['open', 'escalated', 'escalated-long-ago', 'cool', 'cooled', 'failed', 'cancelled', 'all', 'none'];
    await store.customers.import(workspace, { ...EMPTY, customers: ids.map((id) => customer(id)) }, { merge: false });
    const escalate = (id: string, openedAt: string) =>
      store.escalations.open(workspace, {
        interventionId: `e-${id}`,
        customerId: id,
        owner: 'lead',
        openedAt,
        deadline: openedAt,
        what: 'late',
      });
    const end = async (id: string, endedAt: string, state: 'sent' | 'failed' | 'cancelled' | 'rejected') => {
      const opened = await store.interventions.open(
        workspace,
        opening(`old-${id}`, id, { openedAt: daysAgo(20), scanId: null }),
      );
      assert.equal(opened, 'opened');
      await store.interventions.update(workspace, `old-${id}`, { state, endedAt });
    };
    await end('cool', daysAgo(6.99), 'rejected');
    await end('cooled', daysAgo(7), 'sent');
    await end('failed', daysAgo(1), 'failed');
    await end('cancelled', daysAgo(1), 'cancelled');
    await end('all', daysAgo(1), 'sent');
    for (const id of ['open', 'all']) {
      await store.interventions.open(workspace, opening(`now-${id}`, id, { scanId: null }));
    }
    await escalate('escalated', daysAgo(6.99));
    await escalate('escalated-long-ago', daysAgo(7));
    await escalate('all', daysAgo(1));
    const expected = { open: 'open', escalated: 'escalated', cool: 'cool_off', all: 'open' };
    assert.deepEqual(Object.fromEntries(await store.scans.exclusions(workspace, ids, NOW)), expected);
    await store.interventions.update(workspace, 'now-all', { state: 'failed', endedAt: NOW });
    assert.equal((await store.scans.exclusions(workspace, ['all'], NOW)).get('all'), 'escalated');
    assert.equal((await store.scans.exclusions(workspace, [], NOW)).size, 0);
    const many = Array.from({ length: 70_000 }, (_, index) => `x${index}`);
    assert.equal((await store.scans.exclusions(workspace, [...many, 'open'], NOW)).size, 1);
  });

  test('only an opt-out of promotion on all channels leaves a customer out; a missing opt-in does not', async () => {
    const store = open();
    const workspace = newWorkspace();
    const cases = [
      ['everything', null, null],
      ['promotion', null, 'promotion'],
      ['service', null, 'service'],
      ['email', 'email', null],
      ['email-promotion', 'email', 'promotion'],
      ['cool', null, null],
    ] as const;
    const ids = [...cases.map(([id]) => id), 'no-opt-in'];
    const customers = ids.map((id) => customer(id, { optInMarketing: false }));
    await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    await store.interventions.open(workspace, opening('i1', 'cool', { openedAt: daysAgo(2) }));
    await store.interventions.update(workspace, 'i1', { state: 'sent', endedAt: daysAgo(1) });
    for (const [id, channel, purpose] of cases) {
      await store.contacts.optOut(workspace, id, { channel, purpose, at: NOW, actor: id });
    }
    const excluded = await store.scans.exclusions(workspace, ids, NOW);
    assert.deepEqual(Object.fromEntries(excluded), {
      everything: 'opted_out',
      promotion: 'opted_out',
      cool: 'cool_off',
    });
    assert.equal(await store.interventions.open(workspace, opening('i2', 'promotion')), 'opted_out');
    await store.contacts.optIn(workspace, 'promotion', { channel: null, purpose: null, at: NOW, actor: 'promotion' });
    assert.equal(await store.interventions.open(workspace, opening('i2', 'promotion')), 'opened');
  });
}
