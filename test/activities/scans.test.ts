import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { policies } from '../../domain/contracts/schedules.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { ScheduleDefinition } from '../../domain/ports/schedule-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import { customer, emptyData } from '../support/customers.ts';
import { type ActivityBench, openBench } from './bench.ts';

let bench: ActivityBench;
const open = new Set(['still-running']);
before(async () => {
  bench = await openBench({
    workflows: {
      isOpen: async (workflowId) => open.has(workflowId),
      nextRun: async () => {
        throw new Error('the server has no schedules');
      },
      pauseSchedule: async () => {},
    },
  });
});
after(() => bench.close());

const many = (count: number) => ({
  ...emptyData(),
  customers: Array.from({ length: count }, (_, index) =>
    customer(`C${index}`, { segment: 'Occasional', lifetimeValue: index }),
  ),
});
const page = (workspace: string, more: object = {}) => ({
  workspace,
  riskThreshold: 0.6,
  healthThreshold: 0.4,
  maxInterventions: 3,
  minLifetimeValue: 0,
  segments: [],
  dryRun: false,
  asOf: new Date().toISOString(),
  now: new Date().toISOString(),
  after: -1,
  limit: 10_000,
  ...more,
});
const begin = (workspace: string, scanId: string) => ({
  ...page(workspace),
  scanId,
  workflowId: `customer-scan/${workspace}`,
  startedAt: new Date().toISOString(),
});

test('a page of customers is read in parts, with a heartbeat before each', async () => {
  await bench.dependencies.store.customers.import('pages', many(5_000), { merge: false });
  const { result, heartbeats } = await bench.run('scorePage', page('pages', { riskThreshold: 0 }));
  assert.equal(result.scanned, 5_000);
  assert.equal(result.atRisk, 5_000);
  assert.equal(result.candidates.length, 3);
  assert.equal(result.next, null);
  assert.equal(heartbeats, 3);
});

test('pages join without a gap or an overlap, and give the same worst as one', async () => {
  const whole = (await bench.run('scorePage', page('pages', { asOf: '2026-01-01T00:00:00.000Z' }))).result;
  let scanned = 0;
  const seen: string[] = [];
  for (let from: number | null = -1; from !== null;) {
    const asked = page('pages', { asOf: '2026-01-01T00:00:00.000Z', after: from, limit: 1_700, maxInterventions: 500 });
    const { result }: { result: Awaited<ReturnType<ActivityBench['activities']['scorePage']>> } = await bench.run(
      'scorePage',
      asked,
    );
    assert.ok(result.scanned <= 1_700);
    scanned += result.scanned;
    seen.push(...result.candidates.map((candidate) => candidate.customerId));
    from = result.next;
  }
  assert.equal(scanned, 5_000);
  assert.equal(new Set(seen).size, seen.length);
  for (const { customerId } of whole.candidates) assert.ok(seen.includes(customerId));
});

test('a scan begun twice has one number', async () => {
  const first = await bench.run('beginScan', begin('numbers', 'scan-1'));
  const again = await bench.run('beginScan', begin('numbers', 'scan-1'));
  const second = await bench.run('beginScan', begin('numbers', 'scan-2'));
  assert.deepEqual([first.result.number, again.result.number, second.result.number], [1, 1, 2]);
});

test('a scan settles interventions whose workflow is gone, and no others', async () => {
  const { store } = bench.dependencies;
  await store.customers.import('settle', many(3), { merge: false });
  const opened = (customerId: string, workflowId: string) =>
    store.interventions.open('settle', {
      interventionId: `of-${customerId}`,
      workflowId,
      runId: 'run',
      customerId,
      scanId: null,
      scores: { health: 0.3, churnRisk: 0.7, riskLevel: 'high' },
      openedAt: new Date(Date.now() - 1_000).toISOString(),
    });
  await opened('C0', 'still-running');
  await opened('C1', 'terminated');
  const { heartbeats } = await bench.run('beginScan', begin('settle', 'scan-1'));
  assert.equal(heartbeats, 2);
  const [alive, lost] = await Promise.all(['of-C0', 'of-C1'].map((id) => store.interventions.get('settle', id)));
  assert.deepEqual([alive?.state, alive?.endedAt], ['deciding', null]);
  assert.equal(lost?.state, 'failed');
  assert.ok(lost?.endedAt);
});

test('a scan ends also when nobody can tell when the next one is due', async () => {
  await bench.run('beginScan', begin('unknown', 'scan-1'));
  const finished = {
    workspace: 'unknown',
    scanId: 'scan-1',
    schedule: 'unknown/customer-scan',
    finishedAt: new Date().toISOString(),
    customersScanned: 5,
    atRisk: 2,
    excluded: { open: 1 },
  };
  await bench.run('finishScan', finished);
  await bench.run('finishScan', { ...finished, customersScanned: 99 });
  const row = await bench.dependencies.store.scans.get('unknown', 'scan-1');
  assert.deepEqual([row?.customersScanned, row?.nextScanAt, row?.excluded], [5, null, { open: 1 }]);
});

test('after a scan by hand the next one is the first of all schedules that scan and are not paused', async () => {
  const { store } = bench.dependencies;
  const act = { by: 'tester', at: new Date().toISOString() };
  const every = (milliseconds: number, more: object = {}): ScheduleDefinition => ({
    ...{ workflowType: 'customerScan', description: null, input: {}, policies: policies.parse({}) },
    timing: { every: milliseconds, anchor: new Date(Date.now() + milliseconds).toISOString(), timezone: 'UTC' },
    ...more,
  });
  await store.schedules.create('by-hand', 'soon', every(3_600_000), act);
  await store.schedules.create('by-hand', 'sooner', every(1_800_000), act);
  await store.schedules.create('by-hand', 'other', every(600_000, { workflowType: 'maintenance' }), act);
  await store.schedules.pause('by-hand', ['sooner'], { pauseId: 'p', reason: 'x', ...act });
  await bench.run('beginScan', begin('by-hand', 'scan-1'));
  const counts = { customersScanned: 0, atRisk: 0, excluded: {} };
  const finished = { workspace: 'by-hand', scanId: 'scan-1', schedule: 'by-hand/customer-scan', ...counts };
  await bench.run('finishScan', { ...finished, finishedAt: new Date().toISOString() });
  const soon = await store.schedules.get('by-hand', 'soon');
  const row = await store.scans.get('by-hand', 'scan-1');
  assert.equal(row?.nextScanAt, soon && 'anchor' in soon.timing ? soon.timing.anchor : '');
});

test('a preview leaves out a customer deleted since, and writes nothing but itself', async () => {
  const { store } = bench.dependencies;
  await store.customers.import('preview', many(1), { merge: false });
  await bench.run('beginScan', { ...begin('preview', 'scan-1'), dryRun: true });
  const candidate = { customerId: 'C0', health: 0.3, churnRisk: 0.8, riskLevel: 'critical', lifetimeValue: 0 } as const;
  const now = new Date().toISOString();
  const { heartbeats } = await bench.run('previewInterventions', {
    workspace: 'preview',
    scanId: 'scan-1',
    customers: [candidate, { ...candidate, customerId: 'GONE' }],
    asOf: now,
    at: now,
  });
  assert.equal(heartbeats, 2);
  const row = await store.scans.get('preview', 'scan-1');
  assert.deepEqual(
    row?.interventions.map((each) => each.customerId),
    ['C0'],
  );
  assert.deepEqual((await store.interventions.list('preview', { limit: 5 })).items, []);
});

test('a store that is away is tried again, a scan nobody began is not', async () => {
  const away: Store['customers']['page'] = async () => {
    throw new ReveilleError('unavailable', 'The database is not available at the moment.');
  };
  const { store } = bench.dependencies;
  const broken = await openBench({ store: { ...store, customers: { ...store.customers, page: away } } });
  try {
    await assert.rejects(broken.run('scorePage', page('pages')), { type: 'Unavailable', nonRetryable: false });
  } finally {
    await broken.close();
  }
  const preview = { workspace: 'nobody', scanId: 'nothing', customers: [], asOf: '', at: '' };
  await assert.rejects(bench.run('previewInterventions', preview), { type: 'NotFound', nonRetryable: true });
});
