import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run as runObject } from '../../../domain/contracts/runs.ts';
import type { RunRow, StartedRun } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { type StoreUnderTest, act, definitionOf, endOf, fireOf, inMinutes, newWorkspace, startOf } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const all = (store: Store, workspace: string): Promise<RunRow[]> =>
  store.runs.between(workspace, `${workspace}/nightly`, inMinutes(-1_000), inMinutes(1_000));

const statesOf = (rows: readonly RunRow[]) => rows.map(({ state, runId }) => [state, runId]);

const typesOf = async (store: Store, workspace: string): Promise<string[]> =>
  (await store.events.after(workspace, 0, 500)).map(({ type }) => type);

const triggerOf = (workspace: string, unique: string, more: Partial<StartedRun> = {}): StartedRun =>
  startOf(workspace, 0, `run-${unique}`, {
    workflowId: `customer-scan/${workspace}/nightly/${unique}`,
    cause: 'trigger',
    ...more,
  });

export function runsSuite(open: StoreUnderTest): void {
  test('a planned fire, its run and its end are one row, told as they come', async () => {
    const store = open();
    const workspace = newWorkspace();
    const note = '02:00 does not exist on this day';
    await store.runs.plan(workspace, [fireOf(workspace, 0, { note })]);
    const [planned] = await all(store, workspace);
    assert.deepEqual([planned?.state, planned?.note, planned?.latenessMs], ['planned', note, null]);
    const started = await store.runs.start(workspace, startOf(workspace, 0, 'r1', { note, scheduleVersion: 2 }));
    const running = {
      ...{ workspace, ledgerId: planned!.ledgerId, scheduleId: `${workspace}/nightly`, scheduleVersion: 2 },
      ...{ plannedAt: inMinutes(0), plannedLocal: '0 minutes after', note, cause: 'schedule', state: 'running' },
      ...{ reason: null, startedAt: inMinutes(2 / 60), finishedAt: null, latenessMs: 2_000, runId: 'r1' },
      ...{ workflowId: `customer-scan/${workspace}/nightly-0`, summary: null, tokensUsed: null, error: null },
    };
    assert.deepEqual(started, running);
    const finished = await store.runs.finish(workspace, 'r1', endOf('completed'));
    const completed = { ...running, ...endOf('completed') };
    assert.deepEqual(finished, { run: completed, failureStreak: 0, changed: true });
    assert.deepEqual(await store.runs.get(workspace, 'r1'), completed);
    assert.deepEqual(await all(store, workspace), [completed]);
    const events = await store.events.after(workspace, 0, 9);
    assert.deepEqual(
      events.map(({ seq, type, at }) => [seq, type, at]),
      [
        [1, 'run.started', running.startedAt],
        [2, 'run.completed', endOf('completed').finishedAt],
      ],
    );
    for (const { data } of events) assert.deepEqual(runObject.strict().parse(data), data);
  });

  test('a start that is told again, also by many at once, is one run', async () => {
    const store = open();
    const workspace = newWorkspace();
    const starting = () => store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    const rows = await Promise.all(Array.from({ length: 8 }, starting));
    for (const row of rows) assert.deepEqual(row, rows[0]);
    assert.deepEqual(
      await store.runs.start(workspace, startOf(workspace, 0, 'r1', { startedAt: inMinutes(9) })),
      rows[0],
    );
    await store.runs.finish(workspace, 'r1', endOf('completed'));
    assert.equal((await starting()).state, 'completed');
    assert.equal((await all(store, workspace)).length, 1);
    assert.deepEqual(await typesOf(store, workspace), ['run.started', 'run.completed']);
  });

  test('plans and several runs of one instant at once: the fire has one row, each further run its own', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = ['r1', 'r2', 'r3', 'r4'];
    await Promise.all([
      ...ids.map((runId) => store.runs.start(workspace, startOf(workspace, 0, runId))),
      ...ids.map(() => store.runs.plan(workspace, [fireOf(workspace, 0), fireOf(workspace, 0, { state: 'missed' })])),
      ...ids.map((runId) => store.runs.start(workspace, startOf(workspace, 0, runId))),
    ]);
    const rows = await all(store, workspace);
    assert.deepEqual(rows.map(({ runId }) => runId).toSorted(), ids);
    assert.equal(new Set(rows.map(({ ledgerId }) => ledgerId)).size, 4);
  });

  test('a run that comes after all fills the row of the fire that was said to be missed or skipped', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.runs.plan(workspace, [
      fireOf(workspace, 0, { state: 'missed', reason: 'outage' }),
      fireOf(workspace, 10, { state: 'skipped', reason: 'overlap' }),
      fireOf(workspace, 20, { state: 'late' }),
    ]);
    for (const minutes of [0, 10, 20]) await store.runs.start(workspace, startOf(workspace, minutes, `r${minutes}`));
    const rows = await all(store, workspace);
    assert.deepEqual(
      rows.map(({ state, reason, runId }) => [state, reason, runId]),
      [
        ['running', null, 'r0'],
        ['running', null, 'r10'],
        ['running', null, 'r20'],
      ],
    );
  });

  test('what was told of an end first stays; a run without a row is none', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    const first = await store.runs.finish(workspace, 'r1', { ...endOf('timed_out'), error: 'too slow' });
    const second = await store.runs.finish(workspace, 'r1', endOf('completed'));
    assert.deepEqual(second, { ...first, changed: false });
    assert.equal(await store.runs.finish(workspace, 'r2', endOf('completed')), null);
    assert.deepEqual(await typesOf(store, workspace), ['run.started', 'run.failed']);
  });

  test('failures in a row are counted for schedules of ours that are there', async () => {
    const store = open();
    const workspace = newWorkspace();
    let count = 0;
    const streakAfter = async (state: Parameters<typeof endOf>[0], scheduleId = `${workspace}/nightly`) => {
      const runId = `r${++count}`;
      await store.runs.start(workspace, startOf(workspace, count, runId, { scheduleId }));
      return (await store.runs.finish(workspace, runId, endOf(state)))?.failureStreak;
    };
    assert.equal(await streakAfter('failed'), 0, 'no such schedule');
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    const states = ['failed', 'timed_out', 'cancelled', 'completed', 'failed', 'completed_with_errors'] as const;
    const streaks = [];
    for (const state of states) streaks.push(await streakAfter(state));
    assert.deepEqual(streaks, [1, 2, 2, 0, 1, 0]);
    assert.equal(await streakAfter('failed'), 1);
    assert.equal(await streakAfter('failed', 'nightly'), 0, 'made with the Temporal CLI');
    assert.equal((await store.schedules.get(workspace, 'nightly'))?.failureStreak, 1);
    const again = await store.runs.finish(workspace, `r${count - 1}`, endOf('failed'));
    assert.deepEqual([again?.failureStreak, again?.changed], [1, false]);
    await store.schedules.remove(workspace, 'nightly', act());
    assert.equal(await streakAfter('failed'), 0, 'deleted');
    assert.ok(!(await typesOf(store, workspace)).includes('run.cancelled'));
  });

  test('a run is marked while it is open', async () => {
    const store = open();
    const workspace = newWorkspace();
    const { ledgerId } = await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    for (const state of ['stuck', 'late', 'running'] as const) {
      await store.runs.mark(workspace, ledgerId, state);
      assert.equal((await store.runs.get(workspace, 'r1'))?.state, state);
    }
    await store.runs.finish(workspace, 'r1', endOf('completed'));
    await store.runs.mark(workspace, ledgerId, 'stuck');
    assert.equal((await store.runs.get(workspace, 'r1'))?.state, 'completed');
  });

  test('a triggered run is refused while another is open, unless runs may overlap; asked again it is the same', async () => {
    const store = open();
    const workspace = newWorkspace();
    const exclusive = { exclusive: true };
    await store.runs.plan(workspace, [fireOf(workspace, 10), fireOf(workspace, 20, { state: 'late' })]);
    const row = await store.runs.trigger(workspace, triggerOf(workspace, 'a'), exclusive);
    assert.deepEqual([row.cause, row.state, row.runId, row.startedAt], ['trigger', 'late', null, null]);
    assert.deepEqual(await store.runs.trigger(workspace, triggerOf(workspace, 'a'), exclusive), row);
    await rejectsAs('conflict', store.runs.trigger(workspace, triggerOf(workspace, 'b'), exclusive));
    await store.runs.trigger(workspace, triggerOf(workspace, 'c'), { exclusive: false });
    assert.equal((await all(store, workspace)).length, 4);
    for (const each of await all(store, workspace)) {
      if (each.cause === 'trigger') {
        await store.runs.giveUp(workspace, each.ledgerId, { state: 'missed', reason: 'unknown' });
      }
    }
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    for (const state of ['running', 'stuck'] as const) {
      await store.runs.mark(workspace, (await store.runs.get(workspace, 'r1'))!.ledgerId, state);
      await rejectsAs('conflict', store.runs.trigger(workspace, triggerOf(workspace, 'd'), exclusive));
    }
    await store.runs.finish(workspace, 'r1', endOf('failed'));
    await store.runs.intend(workspace, 'backfill', [fireOf(workspace, 30)]);
    await rejectsAs('conflict', store.runs.trigger(workspace, triggerOf(workspace, 'd'), exclusive));
  });

  test('of many that trigger at once, one does', async () => {
    const store = open();
    const workspace = newWorkspace();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        store.runs.trigger(workspace, triggerOf(workspace, `t${index}`), { exclusive: true }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await all(store, workspace)).length, 1);
  });

  test('a triggered row becomes its run, whichever of the two is told first, and no fire fills it', async () => {
    const store = open();
    const workspace = newWorkspace();
    const plannedLocal = 'when it was asked for';
    const later = { plannedAt: inMinutes(1), startedAt: inMinutes(2) };
    for (const [unique, first] of [
      ['a', 'triggered'],
      ['b', 'start'],
    ] as const) {
      const run = triggerOf(workspace, unique, { plannedLocal });
      const { ledgerId } = await store.runs.trigger(workspace, run, { exclusive: false });
      await store.runs.start(workspace, startOf(workspace, 0, `fire-${unique}`));
      const steps = [
        () => store.runs.triggered(workspace, ledgerId, run.runId),
        () => store.runs.start(workspace, { ...run, ...later, plannedLocal: 'when it began' }),
      ];
      for (const step of first === 'triggered' ? steps : steps.toReversed()) await step();
      const row = await store.runs.get(workspace, run.runId);
      assert.deepEqual([row?.ledgerId, row?.state, row?.startedAt], [ledgerId, 'running', inMinutes(2)]);
      assert.deepEqual([row?.plannedAt, row?.plannedLocal, row?.cause], [inMinutes(0), plannedLocal, 'trigger']);
    }
    assert.deepEqual(
      statesOf(await all(store, workspace))
        .map(([, runId]) => runId)
        .toSorted(),
      ['fire-a', 'fire-b', 'run-a', 'run-b'],
    );
  });

  test('a run that ends before its start is told has both', async () => {
    const store = open();
    const workspace = newWorkspace();
    const run = triggerOf(workspace, 'a');
    const { ledgerId } = await store.runs.trigger(workspace, run, { exclusive: true });
    await store.runs.triggered(workspace, ledgerId, run.runId);
    await store.runs.finish(workspace, run.runId, endOf('completed'));
    const row = await store.runs.start(workspace, run);
    assert.deepEqual([row.state, row.startedAt, row.latenessMs], ['completed', run.startedAt, 2_000]);
    assert.deepEqual(await typesOf(store, workspace), ['run.completed']);
  });
}
