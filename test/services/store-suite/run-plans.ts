import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedRun, RunRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { type StoreUnderTest, act, definitionOf, endOf, fireOf, inMinutes, newWorkspace, startOf } from './fixtures.ts';

const all = (store: Store, workspace: string): Promise<RunRow[]> =>
  store.runs.between(workspace, `${workspace}/nightly`, inMinutes(-1_000), inMinutes(1_000));

const shown = (rows: readonly RunRow[]) => rows.map(({ state, cause, reason }) => [state, cause, reason]);

const typesOf = async (store: Store, workspace: string): Promise<string[]> =>
  (await store.events.after(workspace, 0, 500)).map(({ type }) => type);

const MISSED = { state: 'missed', reason: 'outage' } as const;
const SKIPPED = { state: 'skipped', reason: 'operator' } as const;

export function runPlansSuite(open: StoreUnderTest): void {
  test('planning again changes nothing; what became of a fire replaces its plan, and is told once', async () => {
    const store = open();
    const workspace = newWorkspace();
    const plan = (more: Partial<PlannedRun>) => store.runs.plan(workspace, [fireOf(workspace, 0, more)]);
    await plan({});
    const [planned] = await all(store, workspace);
    await plan({});
    assert.deepEqual(await all(store, workspace), [planned]);
    await plan({ scheduleVersion: 2, plannedLocal: 'other', note: 'n' });
    const [moved] = await all(store, workspace);
    assert.deepEqual(moved, { ...planned, scheduleVersion: 2, plannedLocal: 'other', note: 'n' });
    for (const more of [SKIPPED, SKIPPED, {}, SKIPPED, MISSED, MISSED]) await plan(more);
    assert.deepEqual(shown(await all(store, workspace)), [['missed', 'schedule', 'outage']]);
    assert.deepEqual(await typesOf(store, workspace), ['run.skipped', 'run.missed']);
    const [event] = await store.events.after(workspace, 0, 1);
    assert.deepEqual([event?.data['state'], event?.data['reason']], ['skipped', 'operator']);
  });

  test('a fire that has run stays as it is, whatever is planned', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    const before = await all(store, workspace);
    for (const more of [{}, SKIPPED, MISSED, { state: 'late' as const }]) {
      await store.runs.plan(workspace, [fireOf(workspace, 0, more)]);
    }
    assert.deepEqual(await all(store, workspace), before);
    assert.deepEqual(await typesOf(store, workspace), ['run.started']);
  });

  test('more fires than one statement takes are planned and told in order, one told twice only once', async () => {
    const store = open();
    const workspace = newWorkspace();
    const fires = Array.from({ length: 1_100 }, (_, index) => fireOf(workspace, index / 2, MISSED));
    await store.runs.plan(workspace, [...fires.toReversed(), ...fires]);
    assert.equal((await all(store, workspace)).length, 1_100);
    assert.equal(await store.events.last(workspace), 1_100);
    const [last] = await store.events.after(workspace, 1_099, 9);
    assert.equal(last?.data['plannedAt'], fires.at(-1)?.plannedAt);
    await store.runs.plan(workspace, fires);
    assert.equal(await store.events.last(workspace), 1_100);
  });

  test('what is no longer planned is taken away, what ran or waits is not', async () => {
    const store = open();
    const workspace = newWorkspace();
    const other = { scheduleId: `${workspace}/other` };
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    await store.runs.plan(workspace, [
      fireOf(workspace, 10, MISSED),
      fireOf(workspace, 20, { state: 'late' }),
      fireOf(workspace, 30),
      fireOf(workspace, 40),
      fireOf(workspace, 50, other),
    ]);
    await store.runs.unplan(workspace, `${workspace}/nightly`, inMinutes(40));
    const left = async () => (await all(store, workspace)).map(({ state }) => state);
    assert.deepEqual(await left(), ['running', 'missed', 'late', 'planned']);
    await store.runs.unplan(workspace, `${workspace}/nightly`, null);
    assert.deepEqual(await left(), ['running', 'missed', 'late']);
    assert.equal((await store.runs.list(workspace, { limit: 9, schedule: 'other' })).items.length, 1);
  });

  test('with a schedule goes what is planned, and what waits for a run to end is called off', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    const waiting = { state: 'late', workflowId: 'w', runId: 'r20' } as const;
    await store.runs.plan(workspace, [
      fireOf(workspace, 0, MISSED),
      fireOf(workspace, 10, { state: 'late' }),
      fireOf(workspace, 20, waiting),
      fireOf(workspace, 30),
    ]);
    await store.schedules.remove(workspace, 'nightly', act());
    assert.deepEqual(
      (await all(store, workspace)).map(({ state, reason }) => [state, reason]),
      [
        ['missed', MISSED.reason],
        ['skipped', 'operator'],
        ['late', null],
      ],
    );
  });

  test('a workflow that waits for a worker has its row, and ends in it even if it never starts', async () => {
    const store = open();
    const workspace = newWorkspace();
    const waiting = (minutes: number): PlannedRun => {
      const { workflowId, runId } = startOf(workspace, minutes, `r${minutes}`);
      return fireOf(workspace, minutes, { state: 'late', workflowId, runId });
    };
    await store.runs.plan(workspace, [fireOf(workspace, 0), fireOf(workspace, 10)]);
    await store.runs.plan(workspace, [waiting(0), waiting(10)]);
    await store.runs.plan(workspace, [waiting(0), waiting(10)]);
    await store.runs.plan(workspace, [fireOf(workspace, 0, MISSED)]);
    const started = await store.runs.start(workspace, startOf(workspace, 0, 'r0'));
    assert.equal(started.state, 'running');
    await store.runs.finish(workspace, 'r10', endOf('timed_out'));
    assert.deepEqual(
      (await all(store, workspace)).map(({ state, runId, startedAt }) => [state, runId, startedAt === null]),
      [
        ['running', 'r0', false],
        ['timed_out', 'r10', true],
      ],
    );
    await store.runs.plan(workspace, [waiting(0), waiting(10)]);
    assert.deepEqual(await typesOf(store, workspace), ['run.started', 'run.failed']);
  });

  test('a fire that has not run takes the cause of being made up for, and keeps it when it runs', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.runs.plan(workspace, [fireOf(workspace, 0, MISSED)]);
    const before = await all(store, workspace);
    const intended = await store.runs.intend(workspace, 'catch-up', [fireOf(workspace, 10), fireOf(workspace, 0)]);
    assert.deepEqual(shown(intended), [
      ['late', 'catch-up', null],
      ['late', 'catch-up', null],
    ]);
    assert.deepEqual(
      intended.map(({ plannedAt }) => plannedAt),
      [inMinutes(0), inMinutes(10)],
    );
    assert.equal(intended[0]?.ledgerId, before[0]?.ledgerId);
    assert.deepEqual(
      await store.runs.intend(workspace, 'catch-up', [fireOf(workspace, 0), fireOf(workspace, 10)]),
      intended,
    );
    await store.runs.plan(workspace, [fireOf(workspace, 0, MISSED), fireOf(workspace, 10, SKIPPED)]);
    assert.deepEqual(await all(store, workspace), intended, 'a plan does not undo it');
    await store.runs.requested(workspace, intended[1]!.ledgerId, 'w1');
    assert.deepEqual(
      (await all(store, workspace)).map((row) => row.workflowId),
      [null, 'w1'],
    );
    const started = await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    assert.deepEqual([started.ledgerId, started.cause], [intended[0]?.ledgerId, 'catch-up']);
    await store.runs.requested(workspace, started.ledgerId, 'w2');
    assert.equal((await store.runs.get(workspace, 'r1'))?.workflowId, started.workflowId, 'it has its workflow');
  });

  test('an instant that has run, or is about to, gets a further row, once for each cause', async () => {
    const store = open();
    const workspace = newWorkspace();
    const intend = async (cause: 'catch-up' | 'backfill') =>
      (await store.runs.intend(workspace, cause, [fireOf(workspace, 0)]))[0]!;
    const { ledgerId } = await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    const made = await Promise.all([intend('backfill'), intend('backfill'), intend('backfill')]);
    assert.notEqual(made[0]!.ledgerId, ledgerId);
    assert.equal(new Set(made.map((row) => row.ledgerId)).size, 1);
    assert.notEqual((await intend('catch-up')).ledgerId, made[0]!.ledgerId);
    await store.runs.start(workspace, startOf(workspace, 0, 'r2'));
    assert.equal((await store.runs.get(workspace, 'r2'))?.ledgerId, made[0]!.ledgerId);
    const again = await intend('backfill');
    assert.ok(![ledgerId, made[0]!.ledgerId].includes(again.ledgerId));
    assert.equal((await all(store, workspace)).length, 4);
  });

  test('a run whose start is told by many at once fills one of two rows that wait for it', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const cause of ['catch-up', 'backfill'] as const) {
      await store.runs.intend(workspace, cause, [fireOf(workspace, 0)]);
    }
    const starts = Array.from({ length: 8 }, () => store.runs.start(workspace, startOf(workspace, 0, 'r1')));
    assert.equal(new Set((await Promise.all(starts)).map(({ ledgerId }) => ledgerId)).size, 1);
    assert.deepEqual(shown(await all(store, workspace)), [
      ['running', 'catch-up', null],
      ['late', 'backfill', null],
    ]);
  });

  test('what was intended is given up once, and not once it runs; then it may be intended again', async () => {
    const store = open();
    const workspace = newWorkspace();
    const intend = async () => (await store.runs.intend(workspace, 'catch-up', [fireOf(workspace, 0)]))[0]!;
    const { ledgerId } = await intend();
    const end = { state: 'missed', reason: 'catch-up-window' } as const;
    for (let time = 0; time < 2; time++) await store.runs.giveUp(workspace, ledgerId, end);
    assert.deepEqual(shown(await all(store, workspace)), [['missed', 'catch-up', 'catch-up-window']]);
    assert.deepEqual(await typesOf(store, workspace), ['run.missed']);
    assert.equal((await intend()).ledgerId, ledgerId);
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    await store.runs.giveUp(workspace, ledgerId, end);
    assert.deepEqual(shown(await all(store, workspace)), [['running', 'catch-up', null]]);
  });

  test('intending a thousand while they are planned gives each one row', async () => {
    const store = open();
    const workspace = newWorkspace();
    const fires = Array.from({ length: 1_000 }, (_, index) => fireOf(workspace, index / 2));
    await store.runs.plan(
      workspace,
      fires.filter((_, index) => index % 100 > 50),
    );
    const missed = fires.map((fire) => ({ ...fire, ...MISSED }));
    const [intended] = await Promise.all([
      store.runs.intend(workspace, 'backfill', fires),
      store.runs.plan(workspace, missed),
      store.runs.intend(workspace, 'backfill', fires),
      store.runs.plan(workspace, fires),
    ]);
    assert.equal(intended.length, 1_000);
    assert.deepEqual(await all(store, workspace), intended);
    assert.deepEqual(await store.runs.intend(workspace, 'backfill', []), []);
  });

  test('the open runs are those with a workflow and those intended, of every workspace', async () => {
    const store = open();
    const workspaces = [newWorkspace(), newWorkspace()];
    for (const workspace of workspaces) {
      await store.runs.plan(workspace, [
        fireOf(workspace, 0, MISSED),
        fireOf(workspace, 10),
        fireOf(workspace, 20, { state: 'late' }),
        fireOf(workspace, 30, { state: 'late', workflowId: 'w' }),
      ]);
      await store.runs.intend(workspace, 'catch-up', [fireOf(workspace, 40)]);
      for (const minutes of [50, 60]) await store.runs.start(workspace, startOf(workspace, minutes, `r${minutes}`));
      await store.runs.finish(workspace, 'r50', endOf('completed'));
    }
    const open_ = (await store.runs.open()).filter(({ workspace }) => workspaces.includes(workspace));
    assert.deepEqual(
      new Set(open_.map(({ workspace, plannedAt }) => `${workspace} ${plannedAt}`)),
      new Set(workspaces.flatMap((workspace) => [30, 40, 60].map((minutes) => `${workspace} ${inMinutes(minutes)}`))),
    );
    assert.equal(open_.length, 6);
  });

  test('the last run of each schedule is the one that began last, not the one planned last', async () => {
    const store = open();
    const workspace = newWorkspace();
    const [nightly, other, idle] = ['nightly', 'other', 'idle'].map((name) => `${workspace}/${name}`) as [
      string,
      string,
      string,
    ];
    await store.runs.start(workspace, startOf(workspace, 10, 'r1'));
    await store.runs.start(workspace, startOf(workspace, 0, 'r2', { cause: 'backfill', startedAt: inMinutes(30) }));
    await store.runs.start(workspace, startOf(workspace, 5, 'r3', { scheduleId: other }));
    await store.runs.plan(workspace, [fireOf(workspace, 40, MISSED), fireOf(workspace, 1, { scheduleId: idle })]);
    const last = await store.runs.last(workspace, [nightly, other, idle]);
    assert.deepEqual(
      [...last].map(([schedule, run]) => [schedule, run.runId]).toSorted(),
      [
        [nightly, 'r2'],
        [other, 'r3'],
      ].toSorted(),
    );
    assert.equal((await store.runs.last(workspace, [])).size, 0);
  });

  test('lists filter by schedule, state, cause and span; a schedule not of ours goes by its id', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.runs.plan(workspace, [fireOf(workspace, 0, MISSED), fireOf(workspace, 30)]);
    await store.runs.start(workspace, startOf(workspace, 10, 'r1'));
    await store.runs.start(workspace, startOf(workspace, 20, 'r2', { scheduleId: 'by/cli', scheduleVersion: null }));
    await store.runs.intend(workspace, 'backfill', [fireOf(workspace, 40)]);
    const minutesOf = async (filter: object) =>
      (await store.runs.list(workspace, { limit: 9, ...filter })).items.map(
        ({ plannedAt }) => (Date.parse(plannedAt) - Date.parse(inMinutes(0))) / 60_000,
      );
    assert.deepEqual(await minutesOf({}), [40, 30, 20, 10, 0]);
    assert.deepEqual(await minutesOf({ schedule: 'nightly' }), [40, 30, 10, 0]);
    assert.deepEqual(await minutesOf({ schedule: 'by/cli' }), [20]);
    assert.deepEqual(await minutesOf({ state: 'running' }), [20, 10]);
    assert.deepEqual(await minutesOf({ cause: 'backfill' }), [40]);
    assert.deepEqual(await minutesOf({ from: inMinutes(10), to: inMinutes(30) }), [20, 10]);
    assert.deepEqual(await minutesOf({ schedule: 'nightly', state: 'running', cause: 'schedule' }), [10]);
    const page = await store.runs.list(workspace, { limit: 1, state: 'running' });
    const next = await store.runs.list(workspace, { limit: 1, state: 'running', cursor: page.nextCursor! });
    assert.deepEqual([page.items[0]?.runId, next.items[0]?.runId, next.nextCursor], ['r2', 'r1', null]);
  });

  test('ended rows are dropped when they are old, open ones never', async () => {
    const store = open();
    const workspace = newWorkspace();
    const year = -8 * 365 * 1_440;
    await store.runs.start(workspace, startOf(workspace, year, 'r1'));
    await store.runs.finish(workspace, 'r1', endOf('failed'));
    await store.runs.start(workspace, startOf(workspace, year + 1, 'r2'));
    await store.runs.plan(workspace, [fireOf(workspace, year + 2, SKIPPED), fireOf(workspace, year + 9, MISSED)]);
    assert.equal(await store.runs.dropBefore(inMinutes(year + 9)), 2);
    const { items } = await store.runs.list(workspace, { limit: 9 });
    assert.deepEqual(
      items.map(({ state }) => state),
      ['missed', 'running'],
    );
  });
}
