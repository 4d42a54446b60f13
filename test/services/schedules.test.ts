import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import type { Caller, Operations } from '../../client/api/routes.ts';
import { createOperations } from '../../client/operations/index.ts';
import { type Schedule, policies } from '../../domain/contracts/schedules.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../services/store/open-store.ts';
import { connectClient } from '../../services/temporal/connection.ts';
import { createScheduleService } from '../../services/temporal/schedules/service.ts';
import { quietLogger, temporaryFolder } from '../support/service.ts';
import { type TestTemporal, cacheDir, devServer } from '../support/temporal.ts';

const LIMIT = { timeout: 60_000 };
const MIN_INTERVAL_MS = 10_000;
const DAY = 86_400_000;

let temporal: TestTemporal;
let client: Client;
let store: Store;
let operations: Operations;
let woken = 0;
const folder = temporaryFolder();

before(async () => {
  temporal = await devServer();
  client = await connectClient(temporal.target);
  store = await openStore({ dataDir: folder.path, cacheDir: cacheDir(), logger: quietLogger() });
  operations = createOperations({
    store,
    temporal: { client, webUi: null },
    minIntervalMs: MIN_INTERVAL_MS,
    wake: () => void (woken += 1),
  });
});
after(async () => {
  await client.connection.close();
  await store.close();
  await temporal.stop();
  folder.remove();
});

const callerOf = (workspace: string): Caller => ({ workspace, actor: 'tester' });
const service = (of: { store?: Store; client?: Client; callMs?: number } = {}) =>
  createScheduleService({ store, client, minIntervalMs: MIN_INTERVAL_MS, ...of });
const nightly = {
  name: 'nightly',
  workflowType: 'customerScan',
  cron: '0 2 * * *',
  timezone: 'America/New_York',
} as const;
const named = { name: nightly.name };
const describeOnTemporal = (id: string) => client.schedule.getHandle(id).describe();

/** Whether Temporal has what the store says, and the store knows it. */
async function assertInStep(workspace: string): Promise<void> {
  for (const row of await store.schedules.all(workspace)) {
    assert.equal(row.appliedRevision, row.revision, `${row.name} is noted as applied`);
    assert.ok(await service().has(row), `Temporal has ${row.name} as it should be`);
  }
}

async function problemOf(work: Promise<unknown>): Promise<ReveilleError> {
  const error: unknown = await work.then(
    () => assert.fail('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ReveilleError, String(error));
  return error;
}

const refused = async (work: Promise<unknown>): Promise<string[]> => {
  const { code, errors } = await problemOf(work);
  assert.equal(code, 'invalid_input');
  return errors.map(({ path }) => path);
};

describe('A schedule', () => {
  test('owes no run of the moment before Temporal had it', LIMIT, async () => {
    const settings = { workflowType: 'customerScan', every: 10_000, input: {}, policies: policies.parse({}) } as const;
    const asked = new Date(Date.now() - 30_000).toISOString();
    await service().create('fresh', 'often', settings, { by: 'tester', at: asked });
    const { info } = await describeOnTemporal('fresh/often');
    const row = await store.schedules.get('fresh', 'often');
    assert.equal(row?.createdAt, asked);
    assert.equal(row?.settledUntil, info.createdAt.toISOString());
  });

  test('is created in the store and on Temporal, with everything its runs need', LIMIT, async () => {
    const caller = callerOf('made');
    const made = await operations.createSchedule(caller, {
      ...nightly,
      description: 'Looks after VIPs',
      input: { segments: ['VIP'] },
      policies: { overlap: 'buffer-one', timeout: '1h', jitter: '5m' },
    });
    assert.equal(made.scheduleId, 'made/nightly');
    assert.equal(made.kind, 'customer-scan');
    assert.equal(made.version, 1);
    assert.equal(made.timing, 'at 02:00 every day, New York time');
    assert.equal(made.nextRuns.length, 5);
    assert.equal(made.policies.timeout, '1h');
    await assertInStep('made');
    const { action, policies: told, state, spec } = await describeOnTemporal('made/nightly');
    assert.equal(action.workflowId, 'customer-scan/made/nightly');
    assert.equal(action.workflowType, 'customerScan');
    assert.equal(action.taskQueue, 'reveille');
    assert.deepEqual(action.args, [{ workspace: 'made', segments: ['VIP'] }]);
    assert.deepEqual(action.memo, { scheduleId: 'made/nightly', scheduleVersion: 1, timeoutMs: 3_600_000 });
    assert.equal(action.workflowExecutionTimeout, 4_200_000);
    assert.match(action.staticDetails ?? '', /^Looks after VIPs\n\nStarted at 02:00 .*version 1, made by tester/);
    const labels = [
      { key: defineSearchAttributeKey('Workspace', 'KEYWORD'), value: 'made' },
      { key: defineSearchAttributeKey('ScheduleName', 'KEYWORD'), value: 'nightly' },
    ];
    assert.deepEqual(action.typedSearchAttributes, new TypedSearchAttributes(labels));
    assert.deepEqual(told, { overlap: 'BUFFER_ONE', catchupWindow: 60_000, pauseOnFailure: false });
    assert.equal(state.paused, false);
    assert.equal(spec.jitter, 300_000);
  });

  test('that is there already is not made again', LIMIT, async () => {
    const caller = callerOf('twice');
    await operations.createSchedule(caller, nightly);
    const { code } = await problemOf(operations.createSchedule(caller, { ...nightly, cron: '0 3 * * *' }));
    assert.equal(code, 'conflict');
    assert.equal((await operations.getSchedule(caller, named)).cron, '0 2 * * *');
  });

  test('that could not run is refused with every wrong field, and nothing is left of it', LIMIT, async () => {
    const caller = callerOf('wrong');
    const create = (settings: object) =>
      refused(operations.createSchedule(caller, { ...nightly, ...settings } as typeof nightly));
    const input = { riskThreshold: 7, workspace: 'elsewhere' };
    assert.deepEqual(await create({ cron: '61 9 * * *', input }), ['cron', 'input.riskThreshold', 'input.workspace']);
    assert.deepEqual(await create({ timezone: 'EST' }), ['timezone']);
    assert.deepEqual(await create({ every: '1h' }), ['every']);
    assert.deepEqual(await create({ cron: undefined, every: '5s' }), ['every']);
    assert.deepEqual(await create({ workflowType: 'maintenance', input: { riskThreshold: 0.5 } }), [
      'input.riskThreshold',
    ]);
    assert.deepEqual(await store.schedules.all('wrong'), []);
    await assert.rejects(describeOnTemporal('wrong/nightly'), ScheduleNotFoundError);
  });

  test('keeps what an update does not name, and its versions', LIMIT, async () => {
    const caller = callerOf('changed');
    await operations.createSchedule(caller, { ...nightly, description: 'first', input: { maxInterventions: 3 } });
    const { name } = nightly;
    const second = await operations.updateSchedule(caller, { name, cron: '30 2 * * *', policies: { jitter: '1m' } });
    assert.deepEqual(
      [second.version, second.cron, second.timezone, second.description, second.input, second.policies.jitter],
      [2, '30 2 * * *', 'America/New_York', 'first', { maxInterventions: 3 }, '1m'],
    );
    const same = await operations.updateSchedule(caller, { name, cron: '30 2 * * *' });
    assert.equal(same.version, 2);
    const third = await operations.updateSchedule(caller, { name, every: '6h', description: null });
    assert.deepEqual([third.cron, third.every, third.description], [null, '6h', 'every 6 hours']);
    await assertInStep('changed');
    const { action } = await describeOnTemporal('changed/nightly');
    assert.equal(action.memo?.['scheduleVersion'], 3);
    const { items } = await operations.listScheduleVersions(caller, { name });
    assert.deepEqual(
      items.map(({ version, cron, every, by }) => [version, cron, every, by]),
      [
        [3, null, '6h', 'tester'],
        [2, '30 2 * * *', null, 'tester'],
        [1, '0 2 * * *', null, 'tester'],
      ],
    );
    assert.deepEqual(await refused(operations.updateSchedule(caller, { name, every: '1s' })), ['every']);
    assert.equal((await problemOf(operations.updateSchedule(caller, { name: 'none', every: '1h' }))).code, 'not_found');
  });

  test('changed by many at once is on Temporal what it is in the store', LIMIT, async () => {
    const caller = callerOf('crowd');
    await operations.createSchedule(caller, nightly);
    const minutes = Array.from({ length: 12 }, (_, minute) => minute);
    await Promise.all(
      minutes.map((minute) => operations.updateSchedule(caller, { name: 'nightly', cron: `${minute + 1} 2 * * *` })),
    );
    assert.equal((await operations.getSchedule(caller, named)).version, 13);
    await assertInStep('crowd');
  });

  test('that Temporal has lost is created again, and one that it has otherwise is put right', LIMIT, async () => {
    const caller = callerOf('drift');
    await operations.createSchedule(caller, nightly);
    await operations.createSchedule(caller, { ...nightly, name: 'other' });
    await client.schedule.getHandle('drift/nightly').delete();
    await client.schedule
      .getHandle('drift/other')
      .update((given) => ({ ...given, spec: { intervals: [{ every: '1m' }] } }));
    let seen = 0;
    assert.deepEqual(await service().renew('drift', () => void (seen += 1)), { checked: 2, renewed: 2 });
    assert.equal(seen, 2);
    await assertInStep('drift');
    assert.deepEqual(await service().renew('drift', () => {}), { checked: 2, renewed: 0 });
  });

  test('takes the data of its zone along, and is put right without it', LIMIT, async () => {
    const caller = callerOf('zones');
    const zoneData = async (): Promise<number | undefined> =>
      (await describeOnTemporal('zones/nightly')).raw.schedule?.spec?.timezoneData?.length;
    await operations.createSchedule(caller, nightly);
    const full = await zoneData();
    assert.ok(full !== undefined && full > 500, `${full} bytes`);
    await operations.updateSchedule(caller, { name: 'nightly', cron: '0 4 * * *' });
    assert.equal(await zoneData(), full);
    // The SDK reads and writes everything else.
    await client.schedule.getHandle('zones/nightly').update((given) => given);
    assert.equal(await zoneData(), 0);
    assert.deepEqual(await service().renew('zones', () => {}), { checked: 1, renewed: 1 });
    assert.equal(await zoneData(), full);
    await operations.createSchedule(caller, { name: 'every', workflowType: 'customerScan', every: '1h' });
    assert.equal((await describeOnTemporal('zones/every')).raw.schedule?.spec?.timezoneData?.length, 0);
    await assertInStep('zones');
  });

  test('is deleted on both sides, and its name can be used again', LIMIT, async () => {
    const caller = callerOf('deleted');
    await operations.createSchedule(caller, nightly);
    const was = await operations.deleteSchedule(caller, named);
    assert.equal(was.cron, nightly.cron);
    await assert.rejects(describeOnTemporal('deleted/nightly'), ScheduleNotFoundError);
    assert.deepEqual(await store.schedules.removed(), []);
    assert.equal((await problemOf(operations.deleteSchedule(caller, named))).code, 'not_found');
    assert.equal((await operations.createSchedule(caller, nightly)).version, 2);
    await assertInStep('deleted');
  });
});

describe('Pausing', () => {
  test('says who and why on both sides, outlives a change, and ends with resuming', LIMIT, async () => {
    const caller = callerOf('still');
    await operations.createSchedule(caller, nightly);
    const paused = await operations.pauseSchedule(caller, { name: 'nightly', reason: 'sale week' });
    assert.deepEqual(
      [paused.state, paused.pausedBy, paused.pausedReason, paused.nextRuns],
      ['paused', 'tester', 'sale week', []],
    );
    await operations.updateSchedule(caller, { name: 'nightly', cron: '0 4 * * *' });
    const { state } = await describeOnTemporal('still/nightly');
    assert.deepEqual([state.paused, state.note], [true, 'Paused by tester: sale week']);
    const again = await operations.pauseSchedule({ ...caller, actor: 'other' }, { name: 'nightly', reason: 'too' });
    assert.equal(again.pausedBy, 'tester', 'the first pause stays');
    const resumed = await operations.resumeSchedule(caller, { name: 'nightly' });
    assert.deepEqual([resumed.state, resumed.pausedReason, resumed.nextRuns.length], ['active', null, 5]);
    await assertInStep('still');
    assert.equal((await problemOf(operations.pauseSchedule(caller, { name: 'x', reason: 'y' }))).code, 'not_found');
  });

  test('many at once ends for exactly those that this pause stopped', LIMIT, async () => {
    const caller = callerOf('many');
    const names = Array.from({ length: 60 }, (_, index) => `s-${index}`);
    const schedules = names.map((name) => ({ ...nightly, name }));
    assert.deepEqual((await operations.applySchedules(caller, { schedules })).created, names);
    const first = await operations.pauseSchedules(caller, { names: names.slice(0, 7), reason: 'these stay' });
    assert.equal(first.paused.length, 7);
    const all = await operations.pauseSchedules(caller, { all: true, reason: 'all' });
    assert.match(all.pauseId, /^[A-Za-z0-9_-]{1,64}$/);
    assert.deepEqual(all.paused.toSorted(), names.slice(7).toSorted());
    // Two come out of this pause: one goes on, the other is stopped again, by another pause.
    await operations.resumeSchedules(caller, { names: ['s-10', 's-11'] });
    await operations.pauseSchedules(caller, { names: ['s-11'], reason: 'again' });
    const { resumed } = await operations.resumeSchedules(caller, { pauseId: all.pauseId });
    const stay = [...names.slice(0, 7), 's-11'].toSorted();
    assert.deepEqual(
      resumed.toSorted(),
      names
        .slice(7)
        .filter((name) => !['s-10', 's-11'].includes(name))
        .toSorted(),
    );
    const { items } = await operations.listSchedules(caller, { state: 'paused', limit: 500 });
    assert.deepEqual(items.map(({ name }) => name).toSorted(), stay);
    await assertInStep('many');
    const onTemporal = await Promise.all(names.map((name) => describeOnTemporal(`many/${name}`)));
    assert.deepEqual(names.filter((_, index) => onTemporal[index]!.state.paused).toSorted(), stay);
    const unknown = operations.pauseSchedules(caller, { names: ['s-20', 'none'], reason: 'x' });
    assert.equal((await problemOf(unknown)).code, 'not_found');
    assert.equal((await operations.getSchedule(caller, { name: 's-20' })).state, 'active');
  });
});

describe('One occurrence', () => {
  test('is called off and on again; what is none is refused with the next ones', LIMIT, async () => {
    const caller = callerOf('skips');
    const { nextRuns } = await operations.createSchedule(caller, nightly);
    const [first, second] = nextRuns as [string, string];
    const skipped = await operations.skipOccurrence(caller, { name: 'nightly', at: second });
    assert.deepEqual(skipped.skips, [second]);
    assert.equal(skipped.version, 1);
    assert.deepEqual(skipped.nextRuns.slice(0, 2), [first, nextRuns[2]]);
    const { info } = await describeOnTemporal('skips/nightly');
    assert.deepEqual(
      info.nextActionTimes.slice(0, 2).map((time) => time.toISOString()),
      [first, nextRuns[2]],
    );
    const again = await operations.skipOccurrence(caller, { name: 'nightly', at: second });
    assert.deepEqual(again.skips, [second]);
    const elsewhen = await operations.updateSchedule(caller, { name: 'nightly', cron: '1 2 * * *' });
    assert.deepEqual(elsewhen.skips, [], 'no fire of the new timing');
    await operations.updateSchedule(caller, { name: 'nightly', cron: nightly.cron });
    const back = await operations.unskipOccurrence(caller, { name: 'nightly', at: second });
    assert.deepEqual([back.skips, back.nextRuns], [[], nextRuns]);
    await assertInStep('skips');
    const at = new Date(Date.parse(first) + 60_000).toISOString();
    const { errors } = await problemOf(operations.skipOccurrence(caller, { name: 'nightly', at }));
    assert.equal(errors[0]?.path, 'at');
    assert.match(errors[0]?.message ?? '', new RegExp(`not a coming run.*the next are ${first}, ${second}`));
    const past = new Date(Date.parse(first) - DAY).toISOString();
    assert.deepEqual(await refused(operations.unskipOccurrence(caller, { name: 'nightly', at: past })), ['at']);
  });
});

describe('A trigger', () => {
  test('runs at once with an id of its own, and not beside another run', LIMIT, async () => {
    const caller = callerOf('now');
    await operations.createSchedule(caller, { ...nightly, input: { dryRun: true }, policies: { timeout: '10m' } });
    const run = await operations.triggerSchedule({ ...caller, requestKey: 'request-1' }, { name: 'nightly' });
    assert.equal(run.workflowId, 'customer-scan/now/nightly/request-1');
    assert.equal(run.paused, false);
    const described = await client.workflow.getHandle(run.workflowId).describe();
    assert.equal(described.runId, run.runId);
    const memo = { scheduleId: 'now/nightly', scheduleVersion: 1, timeoutMs: 600_000, cause: 'trigger' };
    assert.deepEqual(described.memo, memo);
    // No worker runs here, so it is open.
    const { code, message } = await problemOf(operations.triggerSchedule(caller, { name: 'nightly' }));
    assert.equal(code, 'conflict');
    assert.match(message, /run of this schedule has not ended/);
    const again = await operations.triggerSchedule({ ...caller, requestKey: 'request-1' }, { name: 'nightly' });
    assert.deepEqual(again, run);
    const { items } = await operations.listRuns(caller, { schedule: 'nightly' });
    assert.deepEqual(
      items.map(({ cause, workflowId, runId }) => ({ cause, workflowId, runId })),
      [{ cause: 'trigger', workflowId: run.workflowId, runId: run.runId }],
    );
    assert.equal((await operations.getRun(caller, { id: run.runId })).cause, 'trigger');
    assert.equal((await problemOf(operations.getRun(callerOf('elsewhere'), { id: run.runId }))).code, 'not_found');
  });

  test('runs a paused schedule and says that it is, and beside others where runs may overlap', LIMIT, async () => {
    const caller = callerOf('beside');
    await operations.createSchedule(caller, { ...nightly, policies: { overlap: 'allow-all' } });
    await operations.pauseSchedule(caller, { name: 'nightly', reason: 'x' });
    const runs = await Promise.all([1, 2].map(() => operations.triggerSchedule(caller, { name: 'nightly' })));
    assert.deepEqual(
      runs.map(({ paused }) => paused),
      [true, true],
    );
    assert.equal(new Set(runs.map(({ runId }) => runId)).size, 2);
  });
});

test('A backfill notes every past fire of a span for reconciliation, and refuses other spans', LIMIT, async () => {
  const caller = callerOf('past');
  await operations.createSchedule(caller, { ...nightly, cron: '30 1 * * *' });
  const year = new Date().getUTCFullYear() - 1;
  const span = { from: `${year}-10-20T00:00:00Z`, to: `${year}-11-20T00:00:00Z` };
  const before = woken;
  const { fires } = await operations.backfillSchedule(caller, { name: 'nightly', ...span });
  assert.equal(fires.length, 31);
  assert.equal(woken, before + 1);
  const { items } = await operations.listRuns(caller, { cause: 'backfill', limit: 500 });
  assert.deepEqual(items.map(({ plannedAt }) => plannedAt).toReversed(), fires);
  assert.equal(items.filter(({ note }) => note !== null).length, 1, 'the hour that came twice is told');
  const soon = new Date(Date.now() + 60_000).toISOString();
  const refusals: [object, string][] = [
    [{ from: span.from, to: soon }, 'to'],
    [{ from: span.to, to: span.from }, 'from'],
    [{ from: '2001-01-01T00:00:00Z', to: span.to }, 'from'],
    [{ from: `${year}-10-20T12:00:00Z`, to: `${year}-10-20T13:00:00Z` }, 'to'],
  ];
  for (const [given, path] of refusals) {
    const asked = { name: 'nightly', ...span, ...given };
    assert.deepEqual(await refused(operations.backfillSchedule(caller, asked)), [path]);
  }
  await operations.createSchedule(caller, { name: 'often', workflowType: 'maintenance', every: '1m' });
  assert.deepEqual(await refused(operations.backfillSchedule(caller, { name: 'often', ...span })), ['to']);
});

describe('A list of schedules', () => {
  /** As `schedules export` writes it. */
  const exported = (items: Schedule[]) =>
    items.map(({ name, workflowType, cron, every, anchor, timezone, description, timing, input, policies }) => ({
      ...{ name, workflowType: workflowType as 'customerScan', timezone, input, policies },
      ...(cron === null ? { every: every!, anchor } : { cron }),
      ...(description !== timing && { description }),
    }));

  test('makes the schedules what it says, and says what that takes', LIMIT, async () => {
    const caller = callerOf('listed');
    await operations.createSchedule(caller, { ...nightly, description: 'old' });
    await operations.createSchedule(caller, { ...nightly, name: 'extra' });
    await operations.pauseSchedule(caller, { name: 'nightly', reason: 'x' });
    const schedules = [
      { ...nightly, cron: '0 5 * * *', input: { riskThreshold: 0.7 }, policies: { catchUpWindow: '2h' } },
      { name: 'young', workflowType: 'maintenance' as const, every: '1h', anchor: '2026-01-01T00:10:00Z' },
    ];
    const expected = {
      created: ['young'],
      updated: [
        {
          name: 'nightly',
          changes: [
            'cron: 0 2 * * * → 0 5 * * *',
            'description: old → none',
            'policies.catchUpWindow: 1h → 2h',
            'input.riskThreshold: none → 0.7',
          ],
        },
      ],
      unchanged: [],
      deleted: ['extra'],
    };
    const dry = await operations.applySchedules(caller, { schedules, prune: true, dryRun: true });
    assert.deepEqual(dry, expected);
    assert.equal((await operations.getSchedule(caller, named)).version, 1);
    // On the store alone the same can be told, but not done.
    const alone = createOperations({ store, temporal: null, minIntervalMs: MIN_INTERVAL_MS });
    assert.deepEqual(await alone.applySchedules(caller, { schedules, prune: true, dryRun: true }), expected);
    assert.equal((await problemOf(alone.applySchedules(caller, { schedules }))).code, 'unavailable');
    assert.deepEqual(await operations.applySchedules(caller, { schedules, prune: true }), expected);
    await assertInStep('listed');
    await assert.rejects(describeOnTemporal('listed/extra'), ScheduleNotFoundError);
    const { items } = await alone.listSchedules(caller, {});
    assert.deepEqual(
      items.map(({ name, version, state }) => [name, version, state]),
      [
        ['young', 1, 'active'],
        ['nightly', 2, 'paused'],
      ],
    );
    const again = await operations.applySchedules(caller, { schedules: exported(items), prune: true });
    assert.deepEqual(again, { created: [], updated: [], unchanged: ['young', 'nightly'], deleted: [] });
    const copy = await operations.applySchedules(callerOf('copied'), { schedules: exported(items) });
    assert.deepEqual(copy.created, ['young', 'nightly']);
    const copied = await operations.listSchedules(callerOf('copied'), {});
    const sorted = (list: Schedule[]) => exported(list).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual(sorted(copied.items), sorted(items));
  });

  test('with anything wrong changes nothing and names all of it', LIMIT, async () => {
    const caller = callerOf('unsound');
    const schedules = [
      nightly,
      { ...nightly, name: 'b', cron: '0 9 30 2 *' },
      { ...nightly, timezone: 'EST' },
      { ...nightly, name: 'c', input: { nope: 1 } },
    ];
    const paths = await refused(operations.applySchedules(caller, { schedules }));
    assert.deepEqual(paths, ['schedules.1.cron', 'schedules.2.name', 'schedules.2.timezone', 'schedules.3.input.nope']);
    assert.deepEqual(await store.schedules.all('unsound'), []);
  });
});

test('A schedule made outside Reveille is shown as it is, and left alone', LIMIT, async () => {
  const caller = callerOf('guest');
  await client.schedule.create({
    scheduleId: 'guest/theirs',
    spec: { cronExpressions: ['0 9 * * MON-FRI'], timezone: 'Europe/Paris' },
    action: {
      type: 'startWorkflow',
      workflowType: 'customerScan',
      workflowId: 'theirs',
      taskQueue: 'reveille',
      args: [{ workspace: 'guest', riskThreshold: 0.7 }],
    },
    state: { paused: true, note: 'not now' },
  });
  const name = 'theirs';
  const shown = await operations.getSchedule(caller, { name });
  assert.deepEqual(
    [shown.managed, shown.version, shown.cron, shown.timezone, shown.input, shown.state, shown.pausedReason],
    [false, null, '0 9 * * 1-5', 'Europe/Paris', { riskThreshold: 0.7 }, 'paused', 'not now'],
  );
  const changes = [
    operations.createSchedule(caller, { ...nightly, name }),
    operations.applySchedules(caller, { schedules: [nightly, { ...nightly, name }] }),
    operations.updateSchedule(caller, { name, every: '1h' }),
    operations.pauseSchedule(caller, { name, reason: 'x' }),
    operations.resumeSchedule(caller, { name }),
    operations.triggerSchedule(caller, { name }),
    operations.deleteSchedule(caller, { name }),
  ];
  for (const { code, message } of await Promise.all(changes.map(problemOf))) {
    assert.equal(code, 'conflict');
    assert.match(message, /made outside Reveille/);
  }
  assert.deepEqual(await store.schedules.all('guest'), []);
  assert.equal((await describeOnTemporal('guest/theirs')).state.note, 'not now');
});

test('One made outside without a workspace in its id is in the workspace that its input names', LIMIT, async () => {
  const action = {
    type: 'startWorkflow',
    workflowType: 'customerScan',
    workflowId: 'bare',
    taskQueue: 'none',
  } as const;
  for (const [scheduleId, args] of [
    ['bare', [{ workspace: 'bare-guest' }]],
    ['bare-default', []],
  ] as const) {
    const spec = { intervals: [{ every: '1h' }] };
    await client.schedule.create({ scheduleId, spec, action: { ...action, args }, state: { paused: true } });
  }
  const guest = callerOf('bare-guest');
  const shown = await operations.getSchedule(guest, { name: 'bare' });
  assert.deepEqual([shown.scheduleId, shown.name, shown.workspace], ['bare', 'bare', 'bare-guest']);
  assert.equal((await operations.getSchedule(callerOf('default'), { name: 'bare-default' })).managed, false);
  assert.equal((await problemOf(operations.getSchedule(callerOf('default'), { name: 'bare' }))).code, 'not_found');
  assert.equal((await problemOf(operations.getSchedule(guest, { name: 'bare-default' }))).code, 'not_found');
  const { code, message } = await problemOf(operations.triggerSchedule(guest, { name: 'bare' }));
  assert.deepEqual([code, message.endsWith('--schedule-id bare')], ['conflict', true]);
  const planned = { state: 'planned', reason: null, scheduleVersion: 1, note: null } as const;
  const at = { plannedAt: '2027-01-01T00:00:00.000Z', plannedLocal: '2027-01-01T00:00:00+00:00' };
  await store.runs.plan('bare-guest', [{ ...planned, ...at, scheduleId: 'Bare_Guest.1' }]);
  const { items } = await operations.listRuns(guest, { schedule: 'Bare_Guest.1' });
  assert.deepEqual(
    items.map(({ scheduleId }) => scheduleId),
    ['Bare_Guest.1'],
  );
});

describe('Without Temporal', () => {
  test('nothing is changed and everything can be read', LIMIT, async () => {
    const caller = callerOf('away');
    const { nextRuns } = await operations.createSchedule(caller, nightly);
    const other = await devServer();
    const cut = await connectClient(other.target);
    await other.stop();
    const away = createOperations({ store, temporal: { client: cut, webUi: null }, minIntervalMs: MIN_INTERVAL_MS });
    const row = await store.schedules.get('away', 'nightly');
    const { name } = nightly;
    const changes = [
      away.createSchedule(caller, { ...nightly, name: 'young' }),
      away.updateSchedule(caller, { name, every: '1h' }),
      away.applySchedules(caller, { schedules: [{ ...nightly, name: 'young' }], prune: true }),
      away.pauseSchedule(caller, { name, reason: 'x' }),
      away.pauseSchedules(caller, { all: true, reason: 'x' }),
      away.resumeSchedules(caller, { all: true }),
      away.skipOccurrence(caller, { name, at: nextRuns[0]! }),
      away.triggerSchedule(caller, { name }),
      away.backfillSchedule(caller, { name, from: '2026-11-01T00:00:00Z', to: '2026-11-05T00:00:00Z' }),
      away.deleteSchedule(caller, { name }),
    ].map(async (change) => (await problemOf(change)).code);
    assert.deepEqual(new Set(await Promise.all(changes)), new Set(['unavailable']));
    await cut.connection.close();
    assert.deepEqual(await store.schedules.all('away'), [row]);
    const alone = createOperations({ store, temporal: null, minIntervalMs: MIN_INTERVAL_MS });
    assert.deepEqual((await alone.listRuns(caller, {})).items, []);
    assert.equal((await alone.getSchedule(caller, { name })).cron, nightly.cron);
    assert.equal((await alone.listSchedules(caller, {})).items.length, 1);
    assert.equal((await problemOf(alone.getSchedule(caller, { name: 'young' }))).code, 'not_found');
    const bad = alone.listRuns(caller, { from: '2026-11-05T00:00:00Z', to: '2026-11-01T00:00:00Z' });
    assert.deepEqual(await refused(bad), ['from']);
  });

  test('a change that it goes away in the middle of stays noted, and is carried out later', LIMIT, async () => {
    const workspace = 'cut-short';
    const other = await devServer();
    const cut = await connectClient(other.target);
    const create: Store['schedules']['create'] = async (...given) => {
      const row = await store.schedules.create(...given);
      await other.stop();
      return row;
    };
    const half = service({
      client: cut,
      callMs: 1_000,
      store: { ...store, schedules: { ...store.schedules, create } },
    });
    const act = { by: 'tester', at: new Date().toISOString() };
    const settings = { workflowType: 'customerScan' as const, every: 3_600_000, input: {}, policies: POLICIES };
    const { code, message } = await problemOf(half.create(workspace, 'nightly', settings, act));
    assert.equal(code, 'unavailable');
    assert.match(message, /is noted/);
    await cut.connection.close();
    const row = (await store.schedules.get(workspace, 'nightly'))!;
    assert.equal(row.appliedRevision, 0);
    await service().apply(row);
    await assertInStep(workspace);
  });
});

const POLICIES = {
  overlap: 'skip',
  catchUp: 'latest',
  catchUpWindow: 3_600_000,
  jitter: null,
  timeout: null,
  pauseAfterFailures: null,
} as const;
