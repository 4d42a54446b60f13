import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event } from '../../../domain/contracts/events.ts';
import { intervention } from '../../../domain/contracts/interventions.ts';
import { scan } from '../../../domain/contracts/scans.ts';
import type { InterventionChanges } from '../../../domain/ports/store.ts';
import {
  EMPTY,
  NOW,
  type StoreUnderTest,
  customer,
  daysAgo,
  newWorkspace,
  opening,
  scanOf,
  startOf,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const RESULT = { finishedAt: daysAgo(-1), customersScanned: 9, atRisk: 3, excluded: { open: 1 }, nextScanAt: null };

const eventOf = (key: string, data: object = {}) => ({ type: 'scan.completed' as const, at: NOW, data, key });

export function eventsSuite(open: StoreUnderTest): void {
  test('events come in order after a number, each key once', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.equal(await store.events.last(workspace), 0);
    for (const key of ['a', 'b', 'a', 'c']) await store.events.append(workspace, eventOf(key, { key }));
    const events = await store.events.after(workspace, 0, 10);
    assert.deepEqual(
      events,
      ['a', 'b', 'c'].map((key, index) => ({
        ...{ seq: index + 1, type: 'scan.completed', workspace, at: NOW, data: { key } },
      })),
    );
    assert.deepEqual(await store.events.after(workspace, 1, 1), [events[1]]);
    assert.deepEqual(await store.events.after(workspace, 3, 10), []);
    assert.equal(await store.events.last(workspace), 3);
    for (const each of events) assert.deepEqual(event.strict().parse(each), each);
  });

  test('events of many at once are numbered without a gap; a reader that follows misses none', async () => {
    const store = open();
    const workspace = newWorkspace();
    const seen: number[] = [];
    let done = false;
    const follow = async (): Promise<void> => {
      for (let last = false; !last;) {
        last = done;
        const events = await store.events.after(workspace, seen.at(-1) ?? 0, 7);
        seen.push(...events.map(({ seq }) => seq));
        if (events.length > 0) last = false;
      }
    };
    const following = follow();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 2 === 0
          ? store.events.append(workspace, eventOf(`k${index % 8}`))
          : store.runs.start(workspace, startOf(workspace, index, `r${index}`)),
      ),
    );
    done = true;
    await following;
    assert.deepEqual(
      seen,
      Array.from({ length: 24 }, (_, index) => index + 1),
    );
  });

  test('old events are dropped, and numbers count on', async () => {
    const store = open();
    const workspace = newWorkspace();
    const old = { ...eventOf('a'), at: '2018-01-01T00:00:00.000Z' };
    for (const key of ['a', 'b']) await store.events.append(workspace, { ...old, key });
    await store.events.append(workspace, eventOf('c'));
    assert.equal(await store.events.dropBefore('2018-01-01T00:00:00.001Z'), 2);
    await store.events.append(workspace, eventOf('d'));
    assert.deepEqual(
      (await store.events.after(workspace, 0, 9)).map(({ seq }) => seq),
      [3, 4],
    );
  });

  test('a scan is told when it ends, once; a dry run and one that is unknown are not', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')] }, { merge: false });
    await store.scans.open(workspace, scanOf('s1'));
    await store.scans.open(workspace, scanOf('dry', { dryRun: true }));
    await store.interventions.open(workspace, opening('i1', 'c1', { scanId: 's1' }));
    for (const scanId of ['s1', 'dry', 's1']) await store.scans.finish(workspace, scanId, RESULT);
    await rejectsAs('not_found', store.scans.finish(workspace, 's2', RESULT));
    const events = await store.events.after(workspace, 0, 9);
    const row = await store.scans.get(workspace, 's1');
    const data = { ...row, totals: await store.scans.totals(workspace), webUi: null };
    assert.deepEqual(events, [{ seq: 1, type: 'scan.completed', workspace, at: RESULT.finishedAt, data }]);
    assert.deepEqual(scan.strict().parse(events[0]?.data), data);
    assert.equal(data.totals.scans, 1);
  });

  test('an intervention is told each time that it comes into a state people wait for', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')] }, { merge: false });
    await store.interventions.open(workspace, opening('i1', 'c1'));
    const steps: InterventionChanges[] = [
      { subject: 'Sorry', body: 'one', state: 'waiting_approval', deadline: daysAgo(-2) },
      { body: 'two', state: 'waiting_approval' },
      { note: { agent: 'empathy', by: 'rules', note: 'n' } },
      { state: 'approved' },
      { state: 'ready' },
      { state: 'sent', endedAt: daysAgo(-1) },
      { state: 'suppressed' },
    ];
    for (const changes of steps) await store.interventions.update(workspace, 'i1', changes);
    const events = await store.events.after(workspace, 0, 9);
    assert.deepEqual(
      events.map(({ seq, type, data }) => [seq, type, data['state'], data['body']]),
      [
        [1, 'intervention.waiting_approval', 'waiting_approval', 'one'],
        [2, 'intervention.approved', 'approved', 'two'],
        [3, 'intervention.sent', 'sent', 'two'],
      ],
    );
    assert.equal(events[2]?.at, daysAgo(-1));
    for (const { data } of events) assert.deepEqual(intervention.strict().parse(data), data);
    for (const state of ['rejected', 'expired', 'suppressed', 'failed', 'cancelled'] as const) {
      await store.interventions.open(workspace, opening(`i-${state}`, 'c1', { scanId: null }));
      await store.interventions.update(workspace, `i-${state}`, { state, endedAt: NOW });
    }
    assert.deepEqual(
      (await store.events.after(workspace, 3, 9)).map(({ type }) => type),
      ['intervention.rejected', 'intervention.expired', 'intervention.suppressed'],
    );
  });
}
