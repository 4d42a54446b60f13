import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../domain/ports/store.ts';
import { type StoreUnderTest, act, definitionOf, endOf, inMinutes, newWorkspace, startOf } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const pauseOf = (pauseId: string, minutes = 0) => ({
  pauseId,
  by: 'mia',
  reason: 'stock-taking',
  at: inMinutes(minutes),
});

async function createAll(store: Store, workspace: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => store.schedules.create(workspace, name, definitionOf(), act(inMinutes(-60)))));
}

const namesOf = (rows: readonly { name: string }[]): string[] => rows.map(({ name }) => name);

export function schedulePausesSuite(open: StoreUnderTest): void {
  test('a pause stops those that are active, and says who and why; resuming it wakes just those', async () => {
    const store = open();
    const workspace = newWorkspace();
    await createAll(store, workspace, ['a', 'b', 'c', 'd']);
    const first = await store.schedules.pause(workspace, ['b'], pauseOf('p1'));
    assert.deepEqual(first[0]?.pause, pauseOf('p1'));
    assert.equal(first[0]?.revision, 2);
    assert.deepEqual(namesOf(await store.schedules.pause(workspace, null, pauseOf('p2', 1))), ['a', 'c', 'd']);
    assert.deepEqual(await store.schedules.pause(workspace, null, pauseOf('p3', 2)), []);
    assert.deepEqual(namesOf(await store.schedules.resume(workspace, { names: ['c'] }, act(inMinutes(3)))), ['c']);
    const resumed = await store.schedules.resume(workspace, { pauseId: 'p2' }, act(inMinutes(4)));
    assert.deepEqual(namesOf(resumed), ['a', 'd']);
    assert.deepEqual(
      resumed.map(({ pause, revision }) => [pause, revision]),
      [
        [null, 3],
        [null, 3],
      ],
    );
    assert.deepEqual(await store.schedules.resume(workspace, { pauseId: 'p2' }, act()), []);
    assert.deepEqual((await store.schedules.get(workspace, 'b'))?.pause, pauseOf('p1'));
    assert.deepEqual(namesOf(await store.schedules.resume(workspace, { all: true }, act(inMinutes(5)))), ['b']);
    assert.deepEqual(await store.schedules.resume(workspace, { all: true }, act()), []);
  });

  test('when it was paused is kept, over a deletion too', async () => {
    const store = open();
    const workspace = newWorkspace();
    await createAll(store, workspace, ['a']);
    await store.schedules.pause(workspace, ['a'], pauseOf('p1', 0));
    await store.schedules.resume(workspace, { all: true }, act(inMinutes(10)));
    await store.schedules.pause(workspace, ['a'], pauseOf('p1', 20));
    await store.schedules.remove(workspace, 'a', act(inMinutes(30)));
    const again = await store.schedules.create(workspace, 'a', definitionOf(), act(inMinutes(40)));
    assert.equal(again.pause, null);
    await store.schedules.pause(workspace, null, pauseOf('p2', 50));
    const pauses = async (from: number, to: number | null) => {
      const until = to === null ? null : inMinutes(to);
      return store.schedules.pauses(workspace, 'a', { since: inMinutes(from), until });
    };
    const [first, second, third] = [
      { since: inMinutes(0), until: inMinutes(10) },
      { since: inMinutes(20), until: inMinutes(30) },
      { since: inMinutes(50), until: null },
    ];
    assert.deepEqual(await pauses(-9, null), [first, second, third]);
    assert.deepEqual(await pauses(5, 20), [first]);
    assert.deepEqual(await pauses(10, 20), []);
    assert.deepEqual(await pauses(29, 60), [second, third]);
  });

  test('an unknown name is not found, and nothing is paused or resumed', async () => {
    const store = open();
    const workspace = newWorkspace();
    await createAll(store, workspace, ['a', 'b']);
    await store.schedules.pause(workspace, ['b'], pauseOf('p1'));
    await store.schedules.create(workspace, 'gone', definitionOf(), act());
    await store.schedules.remove(workspace, 'gone', act());
    const before = await store.schedules.all(workspace);
    for (const work of [
      () => store.schedules.pause(workspace, ['a', 'gone'], pauseOf('p2')),
      () => store.schedules.resume(workspace, { names: ['b', 'gone'] }, act()),
    ]) {
      assert.match((await rejectsAs('not_found', work())).message, /gone/);
    }
    assert.deepEqual(await store.schedules.all(workspace), before);
  });

  test('each is told, an automatic pause as disabled', async () => {
    const store = open();
    const workspace = newWorkspace();
    await createAll(store, workspace, ['a', 'b']);
    await store.schedules.pause(workspace, ['a'], pauseOf('p1', 1));
    await store.schedules.pause(workspace, ['b'], { ...pauseOf('p2', 2), automatic: true });
    await store.schedules.resume(workspace, { all: true }, { ...act(inMinutes(3), 'zoe'), reason: 'done' });
    const of = (name: string) => ({ scheduleId: `${workspace}/${name}`, workspace, name, version: 1 });
    const stopped = { state: 'paused', pausedBy: 'mia', pausedReason: 'stock-taking' };
    const active = {
      ...{ state: 'active', pausedBy: null, pausedReason: null, pauseId: null },
      ...{ resumedBy: 'zoe', resumedReason: 'done' },
    };
    const event = (seq: number, type: string, minutes: number, data: object) => ({
      ...{ seq, type, workspace, at: inMinutes(minutes), data },
    });
    assert.deepEqual(await store.events.after(workspace, 0, 10), [
      event(1, 'schedule.paused', 1, { ...of('a'), ...stopped, pauseId: 'p1' }),
      event(2, 'schedule.disabled', 2, { ...of('b'), ...stopped, pauseId: 'p2' }),
      event(3, 'schedule.resumed', 3, { ...of('a'), ...active }),
      event(4, 'schedule.resumed', 3, { ...of('b'), ...active }),
    ]);
  });

  test('resuming begins a new streak of failures', async () => {
    const store = open();
    const workspace = newWorkspace();
    await createAll(store, workspace, ['nightly']);
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    await store.runs.finish(workspace, 'r1', endOf('failed'));
    assert.equal((await store.schedules.get(workspace, 'nightly'))?.failureStreak, 1);
    await store.schedules.pause(workspace, null, pauseOf('p1'));
    assert.equal((await store.schedules.get(workspace, 'nightly'))?.failureStreak, 1);
    const [resumed] = await store.schedules.resume(workspace, { all: true }, act());
    assert.equal(resumed?.failureStreak, 0);
  });

  test('two who pause hundreds at the same time leave each with one pause', async () => {
    const store = open();
    const workspace = newWorkspace();
    const names = Array.from({ length: 300 }, (_, index) => `s-${String(index).padStart(3, '0')}`);
    await createAll(store, workspace, names);
    const stopped = await Promise.all([
      store.schedules.pause(workspace, names.toReversed(), pauseOf('p1')),
      store.schedules.pause(workspace, names, pauseOf('p2')),
    ]);
    assert.deepEqual(new Set(stopped.map((rows) => rows.length)), new Set([0, 300]));
    assert.deepEqual(namesOf(stopped.flat()), names);
    assert.equal((await store.schedules.resume(workspace, { all: true }, act())).length, 300);
    assert.equal(await store.events.last(workspace), 600);
    const events = await store.events.after(workspace, 0, 999);
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: 600 }, (_, index) => index + 1),
    );
  });
}
