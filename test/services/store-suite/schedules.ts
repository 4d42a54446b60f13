import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type StoreUnderTest,
  act,
  daysAgo,
  definitionOf,
  fireOf,
  inMinutes,
  newWorkspace,
  startOf,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const EVERY = definitionOf({
  timing: { every: 40 * 86_400_000, anchor: '2026-01-01T00:00:00.000Z', timezone: 'UTC' },
  description: 'now and then',
  workflowType: 'maintenance',
});

export function schedulesSuite(open: StoreUnderTest): void {
  test('a schedule is read back as it was made, by cron or by interval', async () => {
    const store = open();
    const workspace = newWorkspace();
    const created = await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    assert.deepEqual(created, {
      workspace,
      name: 'nightly',
      ...definitionOf(),
      version: 1,
      createdAt: act().at,
      pause: null,
      skips: [],
      failureStreak: 0,
      revision: 1,
      appliedRevision: 0,
      settledUntil: act().at,
    });
    assert.deepEqual(await store.schedules.get(workspace, 'nightly'), created);
    const interval = await store.schedules.create(workspace, 'interval', EVERY, act());
    assert.deepEqual(interval.timing, EVERY.timing);
    assert.deepEqual(await store.schedules.all(workspace), [interval, created]);
    assert.ok((await store.schedules.all()).some((row) => row.workspace === workspace));
    const error = await rejectsAs('conflict', store.schedules.create(workspace, 'nightly', EVERY, act()));
    assert.match(error.message, /nightly/);
    assert.deepEqual(await store.schedules.get(workspace, 'nightly'), created);
    assert.equal(await store.schedules.get(workspace, 'other'), null);
  });

  test('of many that create one name at once, one does', async () => {
    const store = open();
    const workspace = newWorkspace();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => store.schedules.create(workspace, 'nightly', definitionOf(), act())),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await store.schedules.versions(workspace, 'nightly')).length, 1);
  });

  test('a change makes a version; the same definition, its keys in another order, makes none', async () => {
    const store = open();
    const workspace = newWorkspace();
    const { input, policies } = definitionOf();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    const reordered = (value: object) => Object.fromEntries(Object.entries(value).toReversed());
    const same = { ...definitionOf({ input: reordered(input) }), policies: { ...policies } };
    const unchanged = await store.schedules.change(workspace, 'nightly', same, act(inMinutes(1)));
    assert.deepEqual([unchanged?.version, unchanged?.revision], [1, 1]);
    const changed = await store.schedules.change(workspace, 'nightly', EVERY, act(inMinutes(2), 'zoe'));
    assert.deepEqual([changed?.version, changed?.revision], [2, 2]);
    assert.deepEqual(changed?.timing, EVERY.timing);
    const again = { ...EVERY, timing: { ...EVERY.timing, anchor: '2026-01-01T01:00:00+01:00' } };
    assert.equal((await store.schedules.change(workspace, 'nightly', again, act(inMinutes(3))))?.version, 2);
    assert.deepEqual(await store.schedules.versions(workspace, 'nightly'), [
      { ...definitionOf(), version: 1, since: act().at, by: 'mia' },
      { ...EVERY, version: 2, since: inMinutes(2), by: 'zoe' },
    ]);
    assert.equal(await store.schedules.change(workspace, 'other', EVERY, act()), null);
  });

  test('changes at once are all versions, one after the other', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    const many = Array.from({ length: 10 }, (_, index) => definitionOf({ description: `change ${index}` }));
    await Promise.all(many.map((definition) => store.schedules.change(workspace, 'nightly', definition, act())));
    const versions = await store.schedules.versions(workspace, 'nightly');
    assert.deepEqual(
      versions.map(({ version }) => version),
      Array.from({ length: 11 }, (_, index) => index + 1),
    );
    const { version, revision, description } = (await store.schedules.get(workspace, 'nightly'))!;
    assert.deepEqual([version, revision, description], [11, 11, versions.at(-1)?.description]);
  });

  test('versions and lives of a span are those that held in it, over a deletion too', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act(inMinutes(0)));
    await store.schedules.change(workspace, 'nightly', EVERY, act(inMinutes(10)));
    // Nothing held for no time at all.
    await store.schedules.change(workspace, 'nightly', definitionOf(), act(inMinutes(10)));
    await store.schedules.remove(workspace, 'nightly', act(inMinutes(20)));
    assert.equal(await store.schedules.get(workspace, 'nightly'), null);
    assert.equal(await store.schedules.remove(workspace, 'nightly', act()), null);
    assert.equal(await store.schedules.change(workspace, 'nightly', EVERY, act()), null);
    const again = await store.schedules.create(workspace, 'nightly', EVERY, act(inMinutes(30)));
    assert.deepEqual([again.version, again.revision, again.createdAt], [4, 5, inMinutes(30)]);
    const span = (from: number, to: number | null) => ({
      since: inMinutes(from),
      until: to === null ? null : inMinutes(to),
    });
    const versionsIn = async (from: number, to: number | null) =>
      (await store.schedules.versions(workspace, 'nightly', span(from, to))).map(({ version }) => version);
    assert.deepEqual(await versionsIn(0, null), [1, 3, 4]);
    assert.deepEqual(await versionsIn(0, 10), [1]);
    assert.deepEqual(await versionsIn(5, 15), [1, 3]);
    assert.deepEqual(await versionsIn(20, 30), []);
    assert.deepEqual(await versionsIn(29, 31), [4]);
    assert.equal((await store.schedules.versions(workspace, 'nightly')).length, 4);
    assert.deepEqual(await store.schedules.lives(workspace, 'nightly', span(-5, null)), [span(0, 20), span(30, null)]);
    assert.deepEqual(await store.schedules.lives(workspace, 'nightly', span(20, 30)), []);
  });

  test('a process with a slow clock makes no version that held before the one it follows', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act(inMinutes(10)));
    await store.schedules.change(workspace, 'nightly', EVERY, act(inMinutes(9)));
    await store.schedules.remove(workspace, 'nightly', act(inMinutes(8)));
    await store.schedules.create(workspace, 'nightly', definitionOf(), act(inMinutes(7)));
    const since = (await store.schedules.versions(workspace, 'nightly')).map((version) => version.since);
    assert.deepEqual(since, [inMinutes(10), inMinutes(10), inMinutes(10)]);
  });

  test('Temporal is behind until it is told of the last revision, also of a deletion', async () => {
    const store = open();
    const workspace = newWorkspace();
    const applied = async () => (await store.schedules.get(workspace, 'nightly'))?.appliedRevision;
    const removed = async () => (await store.schedules.removed()).filter((row) => row.workspace === workspace);
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    await store.schedules.change(workspace, 'nightly', EVERY, act());
    await store.schedules.applied(workspace, 'nightly', 2);
    await store.schedules.applied(workspace, 'nightly', 1);
    assert.equal(await applied(), 2);
    await store.schedules.unapplied(workspace, 'nightly');
    assert.ok((await applied())! < 2);
    await store.schedules.applied(workspace, 'nightly', 2);
    assert.deepEqual(await removed(), []);
    await store.schedules.remove(workspace, 'nightly', act());
    assert.deepEqual(await removed(), [{ workspace, name: 'nightly', revision: 3 }]);
    await store.schedules.applied(workspace, 'nightly', 3);
    assert.deepEqual(await removed(), []);
    await store.schedules.create(workspace, 'nightly', EVERY, act());
    await store.schedules.remove(workspace, 'nightly', act());
    await store.schedules.create(workspace, 'nightly', EVERY, act());
    assert.deepEqual(await removed(), [], 'one that is there again is told by its own revision');
    const { revision, appliedRevision } = (await store.schedules.get(workspace, 'nightly'))!;
    assert.deepEqual([revision, appliedRevision], [6, 3]);
  });

  test('coming instants are called off once, in order, and forgotten when settled', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    const skip = (minutes: number, skipped = true) =>
      store.schedules.setSkip(workspace, 'nightly', inMinutes(minutes).replace('.000Z', 'Z'), skipped);
    for (const minutes of [20, 10, 30, 10]) await skip(minutes);
    const skipped = await skip(20);
    assert.deepEqual(skipped?.skips, [inMinutes(10), inMinutes(20), inMinutes(30)]);
    assert.equal(skipped?.revision, 4);
    assert.equal((await skip(15, false))?.revision, 4);
    assert.deepEqual((await skip(20, false))?.skips, [inMinutes(10), inMinutes(30)]);
    await store.schedules.settled(workspace, 'nightly', inMinutes(30));
    await store.schedules.settled(workspace, 'nightly', inMinutes(5));
    const settled = await store.schedules.get(workspace, 'nightly');
    assert.deepEqual([settled?.settledUntil, settled?.skips], [inMinutes(30), [inMinutes(30)]]);
    assert.equal(settled?.revision, 5);
    assert.equal(await store.schedules.setSkip(workspace, 'other', inMinutes(1), true), null);
  });

  test('deleting takes what was only planned, and leaves what ran', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.schedules.create(workspace, 'nightly', definitionOf(), act(daysAgo(1)));
    await store.schedules.setSkip(workspace, 'nightly', inMinutes(5), true);
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    await store.runs.plan(workspace, [fireOf(workspace, 10)]);
    await store.schedules.remove(workspace, 'nightly', act());
    const { items } = await store.runs.list(workspace, { limit: 9 });
    assert.deepEqual(
      items.map((run) => run.runId),
      ['r1'],
    );
    const again = await store.schedules.create(workspace, 'nightly', definitionOf(), act(inMinutes(1)));
    assert.deepEqual([again.skips, again.pause, again.failureStreak], [[], null, 0]);
  });

  test('lists filter by state and type', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const name of ['a', 'b', 'c']) await store.schedules.create(workspace, name, definitionOf(), act());
    await store.schedules.create(workspace, 'd', EVERY, act());
    await store.schedules.pause(workspace, ['b', 'd'], { pauseId: 'p', by: 'mia', reason: 'r', at: act().at });
    await store.schedules.remove(workspace, 'c', act());
    const names = async (filter: object) =>
      (await store.schedules.list(workspace, { limit: 9, ...filter })).items.map(({ name }) => name);
    assert.deepEqual(await names({}), ['d', 'b', 'a']);
    assert.deepEqual(await names({ state: 'active' }), ['a']);
    assert.deepEqual(await names({ state: 'paused' }), ['d', 'b']);
    assert.deepEqual(await names({ state: 'paused', workflowType: 'customerScan' }), ['b']);
    assert.deepEqual(await names({ workflowType: 'maintenance' }), ['d']);
  });
}
