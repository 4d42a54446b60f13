import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EndRun, StartRun } from '../../activities/runs.ts';
import { policies } from '../../domain/contracts/schedules.ts';
import type { Timing } from '../../domain/cron/index.ts';
import type { RunRow } from '../../domain/ports/schedule-store.ts';
import { type ActivityBench, openBench } from './bench.ts';

const PLANNED = '2027-03-14T07:00:00.000Z';
const NIGHTLY: Timing = { cron: '0 2 * * *', timezone: 'America/New_York' };
const at = '2027-03-14T07:00:05.000Z';
const act = { by: 'tester', at: '2027-01-01T00:00:00.000Z' };

let bench: ActivityBench;
/** What Temporal was asked to pause, and what happens meanwhile. */
let paused: string[] = [];
let meanwhile: () => Promise<unknown> = async () => undefined;
before(async () => {
  bench = await openBench({
    workflows: {
      isOpen: async () => true,
      nextRun: async () => null,
      pauseSchedule: async (id, note) => {
        paused.push(`${id}: ${note}`);
        await meanwhile();
      },
    },
  });
});
after(() => bench.close());

let count = 0;
const run = (scheduleId: string, more: Partial<StartRun> = {}): StartRun => ({
  scheduleId,
  scheduleVersion: 1,
  plannedAt: PLANNED,
  cause: null,
  workspace: null,
  workflowId: `run/${++count}`,
  runId: `run-${count}`,
  startedAt: at,
  ...more,
});
const end = (start: StartRun, state: EndRun['state'], more: Partial<EndRun> = {}): EndRun => ({
  start,
  state,
  finishedAt: '2027-03-14T07:01:00.000Z',
  summary: null,
  tokensUsed: null,
  error: null,
  ...more,
});

async function schedule(name: string, timing: Timing = NIGHTLY, pauseAfterFailures: number | null = null) {
  const { schedules } = bench.dependencies.store;
  const definition = {
    workflowType: 'customerScan' as const,
    timing,
    description: null,
    input: {},
    policies: { ...policies.parse({}), pauseAfterFailures },
  };
  const { revision } = await schedules.create('acme', name, definition, act);
  await schedules.applied('acme', name, revision);
  return {
    definition,
    row: async () => (await schedules.get('acme', name))!,
    resume: () => schedules.resume('acme', { names: [name] }, { by: 'tester', at: '2027-03-14T08:00:00.000Z' }),
  };
}

const rows = async (workspace: string, name: string): Promise<RunRow[]> =>
  (await bench.dependencies.store.runs.list(workspace, { limit: 50, schedule: name })).items;
const events = async (workspace: string): Promise<string[]> =>
  (await bench.dependencies.store.events.after(workspace, 0, 1_000)).map(({ type }) => type);

test('a start and an end written twice, in any order, leave what once leaves', async () => {
  await schedule('twice');
  const start = run('acme/twice');
  const done = end(start, 'completed', { summary: 'first', tokensUsed: 3 });
  await bench.run('startRun', start);
  await bench.run('startRun', { ...start, startedAt: '2027-03-14T09:00:00.000Z' });
  await bench.run('endRun', done);
  const [once] = await rows('acme', 'twice');
  const told = await events('acme');
  await bench.run('endRun', { ...done, state: 'failed', summary: 'second' });
  await bench.run('startRun', start);
  assert.deepEqual(await rows('acme', 'twice'), [once]);
  assert.deepEqual(await events('acme'), told);
  assert.deepEqual([once?.state, once?.summary, once?.startedAt, once?.latenessMs], ['completed', 'first', at, 5_000]);
  assert.deepEqual([once?.plannedLocal, once?.note], ['2027-03-14T03:00:00-04:00', '02:00 does not exist on this day']);
});

test('an end whose start was never written makes the whole row', async () => {
  await schedule('unseen');
  await bench.run('endRun', end(run('acme/unseen'), 'failed', { error: 'NotFound: gone' }));
  const [row] = await rows('acme', 'unseen');
  assert.deepEqual([row?.state, row?.startedAt, row?.cause, row?.error], ['failed', at, 'schedule', 'NotFound: gone']);
});

test('what nothing was planned for was triggered, unless an older version of the schedule planned it', async () => {
  const { definition } = await schedule('changed');
  await bench.run('startRun', run('acme/changed', { plannedAt: '2027-03-14T07:00:01.000Z' }));
  const { schedules } = bench.dependencies.store;
  const hourly = { ...definition, timing: { every: 3_600_000, anchor: null, timezone: 'UTC' } };
  await schedules.change('acme', 'changed', hourly, { by: 'tester', at: '2027-03-14T07:00:30.000Z' });
  const later = { ...definition, timing: { cron: '30 5 * * *', timezone: 'UTC' } };
  await schedules.change('acme', 'changed', later, { by: 'tester', at: '2027-03-14T07:10:00.000Z' });
  // It was planned by the first version and waited while there were two more.
  await bench.run('startRun', run('acme/changed', { scheduleVersion: 3 }));
  const found = await rows('acme', 'changed');
  assert.deepEqual(
    found.map(({ cause, note, scheduleVersion }) => [cause, note, scheduleVersion]),
    [
      ['trigger', null, 1],
      ['schedule', '02:00 does not exist on this day', 3],
    ],
  );
});

test('a run that Reveille triggered fills the row that was made for it', async () => {
  await schedule('asked');
  const start = run('acme/asked', { cause: 'trigger', plannedAt: at });
  const { scheduleId, workflowId } = start;
  const planned = { scheduleId, scheduleVersion: 1, plannedAt: PLANNED, plannedLocal: 'then', note: null, workflowId };
  await bench.dependencies.store.runs.trigger('acme', planned, { exclusive: true });
  await bench.run('startRun', start);
  const [row, ...others] = await rows('acme', 'asked');
  assert.deepEqual(others, []);
  assert.deepEqual([row?.state, row?.cause, row?.runId], ['running', 'trigger', start.runId]);
});

test('a run of a schedule that is not ours has no version, and the workspace that its input names', async () => {
  const cases: [id: string, input: string | null, workspace: string][] = [
    ['beta/plain', 'acme', 'beta'],
    ['plain', 'beta', 'beta'],
    ['Not/a slug', 'beta', 'beta'],
    ['one/two/three', 'beta', 'beta'],
    ['plain', '../etc', 'default'],
    ['plain', null, 'default'],
  ];
  for (const [id, input, workspace] of cases) {
    const start = run(id, { scheduleVersion: null, workspace: input });
    await bench.run('startRun', start);
    await bench.run('endRun', end(start, 'completed'));
    const row = await bench.dependencies.store.runs.get(workspace, start.runId);
    assert.deepEqual([row?.scheduleId, row?.scheduleVersion, row?.state], [id, null, 'completed'], id);
    assert.equal(row?.plannedLocal, '2027-03-14T07:00:00+00:00');
  }
});

test('a version that the store does not know is none', async () => {
  const start = run('acme/forgotten', { scheduleVersion: 7 });
  await bench.run('startRun', start);
  assert.equal((await rows('acme', 'forgotten'))[0]?.scheduleVersion, null);
});

test('too many failures in a row pause the schedule once; cancelled runs do not count', async () => {
  const { row } = await schedule('fragile', NIGHTLY, 2);
  paused = [];
  await bench.run('endRun', end(run('acme/fragile'), 'failed'));
  await bench.run('endRun', end(run('acme/fragile'), 'cancelled'));
  assert.equal((await row()).pause, null);
  const last = end(run('acme/fragile'), 'timed_out');
  await bench.run('endRun', last);
  await bench.run('endRun', last);
  const { pause, revision, appliedRevision } = await row();
  assert.deepEqual([pause?.by, pause?.reason], ['reveille', 'paused after 2 failures in a row']);
  assert.equal(appliedRevision, revision);
  assert.deepEqual(paused, ['acme/fragile: Paused by reveille: paused after 2 failures in a row']);
});

test('a worker that died between pausing here and there does what is left', async () => {
  const { row, resume } = await schedule('half', NIGHTLY, 1);
  paused = [];
  meanwhile = () => Promise.reject(new Error('killed'));
  const failed = end(run('acme/half'), 'failed');
  await assert.rejects(bench.run('endRun', failed), /killed/);
  assert.ok((await row()).appliedRevision < (await row()).revision);
  meanwhile = async () => undefined;
  await bench.run('endRun', failed);
  assert.deepEqual([paused.length, (await row()).appliedRevision], [2, (await row()).revision]);
  await resume();
  await bench.run('endRun', failed);
  assert.deepEqual([paused.length, (await row()).pause], [2, null], 'an old end does not pause it anew');
});

test('somebody who resumes it at that very moment has the last word', async () => {
  const { row, resume } = await schedule('contested', NIGHTLY, 1);
  meanwhile = resume;
  await bench.run('endRun', end(run('acme/contested'), 'failed'));
  meanwhile = async () => undefined;
  const { pause, appliedRevision } = await row();
  assert.deepEqual([pause, appliedRevision], [null, 0], 'Temporal is told again');
});

test('changes that Temporal has yet to learn stay unapplied when a failure pauses the schedule', async () => {
  const { row, definition } = await schedule('behind', NIGHTLY, 1);
  const changed = { ...definition, description: 'changed' };
  await bench.dependencies.store.schedules.change('acme', 'behind', changed, act);
  await bench.run('endRun', end(run('acme/behind'), 'failed'));
  const { pause, appliedRevision, revision } = await row();
  assert.ok(pause && appliedRevision < revision);
});

test('maintenance beats while it works, and drops what is old at the time of the workflow', async () => {
  const { heartbeats } = await bench.run('renewSchedules', { workspace: null });
  assert.ok(heartbeats >= 1);
  const start = run('acme/old', { scheduleVersion: null });
  await bench.run('endRun', end(start, 'completed'));
  const before = await bench.run('dropOldRuns', { now: '2027-06-12T06:00:00.000Z' });
  assert.equal(before.result.runs, 0);
  const then = await bench.run('dropOldRuns', { now: '2027-06-12T08:00:00.000Z' });
  assert.ok(then.result.runs > 0 && then.heartbeats >= 1);
  const again = await bench.run('dropOldRuns', { now: '2027-06-12T08:00:00.000Z' });
  assert.deepEqual(again.result, { runs: 0, events: 0, answers: 0 });
});
