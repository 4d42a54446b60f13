import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import type { Run } from '../../domain/contracts/runs.ts';
import type { Schedule } from '../../domain/contracts/schedules.ts';
import { CliFolder, type CliProcess } from '../support/cli.ts';
import { until } from '../workflows/suite/desk.ts';

const NIGHTLY = ['--type', 'customerScan', '--cron', '0 2 * * *', '--timezone', 'america/new_york'];
const SKIPPED = '2099-01-01T00:00:00Z';

describe('schedules, beside a running service', () => {
  let folder: CliFolder;
  let up: CliProcess;
  const list = (...flags: string[]): Promise<Schedule[]> => folder.json(['schedules', 'list', ...flags]);
  const names = async (...flags: string[]): Promise<string[]> => (await list(...flags)).map(({ name }) => name);
  const create = (name: string, ...flags: string[]): Promise<Schedule> =>
    folder.json(['schedules', 'create', name, ...(flags.length > 0 ? flags : NIGHTLY)]);

  before(async () => {
    folder = new CliFolder();
    up = folder.start(['up'], { REVEILLE_LOG_LEVEL: 'warn' });
    await up.says(/Ctrl-C drains and stops all/);
  });
  after(() => folder.end());

  test('at first there are none, and no runs', async () => {
    assert.deepEqual(await list(), []);
    assert.deepEqual(await folder.json(['schedules', 'runs']), []);
    assert.deepEqual(await folder.json(['schedules', 'export']), { schedules: [] });
    assert.match((await folder.run(['schedules', 'list'])).stdout, /^No schedules$/m);
  });

  test('one is created, shown in words, and refused a second time', async () => {
    const created = await create('nightly', ...NIGHTLY, '--timeout', '30m', '--input', '{"riskThreshold":0.7}');
    assert.deepEqual(
      [created.scheduleId, created.kind, created.timezone, created.version, created.state, created.managed],
      ['default/nightly', 'customer-scan', 'America/New_York', 1, 'active', true],
    );
    assert.deepEqual([created.timing, created.description], Array(2).fill('at 02:00 every day, New York time'));
    assert.deepEqual(created.policies, {
      overlap: 'skip',
      catchUp: 'latest',
      catchUpWindow: '1h',
      jitter: null,
      timeout: '30m',
      pauseAfterFailures: null,
    });
    assert.equal(created.nextRuns.length, 5);
    const { stdout } = await folder.run(['schedules', 'show', 'nightly']);
    assert.match(stdout, /When +at 02:00 every day, New York time \(0 2 \* \* \*\)\n/);
    assert.match(stdout, /Limits +timeout 30m\n/);
    assert.equal((await folder.problem(1, ['schedules', 'create', 'nightly', ...NIGHTLY])).code, 'conflict');
  });

  test('what cannot be right changes nothing, and each field is named', async () => {
    const refused: [flags: string[], path: string, words: RegExp][] = [
      [['--type', 'customerScan', '--cron', '0 0 9 * * *'], 'cron', /six|seconds/i],
      [['--type', 'customerScan', '--cron', '0 9 30 2 *'], 'cron', /never comes/],
      [['--type', 'customerScan', '--cron', '61 9 * * *'], 'cron', /out of range/],
      [['--type', 'customerScan', '--cron', '0 9 L * *'], 'cron', /./],
      [['--type', 'customerScan', '--cron', '0 9 * * *', '--timezone', 'EST'], 'timezone', /America\//],
      [['--type', 'customerScan', '--cron', '0 9 * * *', '--timezone', '+05:30'], 'timezone', /Asia\/Kolkata/],
      [['--type', 'customerScan', '--cron', '0 9 * * *', '--timezone', 'Mars/Phobos'], 'timezone', /./],
      [['--type', 'customerScan', '--cron', '0 9 * * *', '--every', '5m'], 'every', /one of them/],
      [['--type', 'customerScan', '--every', '5s'], 'every', /10s is the least/],
      [['--type', 'customerScan', '--every', '5m', '--input', '{"riskThreshold":7}'], 'input.riskThreshold', /./],
      [['--type', 'customerScan', '--every', '5m', '--input', 'nonsense'], '--input', /JSON/],
      [['--type', 'nope', '--every', '5m'], 'workflowType', /customerScan/],
      [['--type', 'customerScan', '--every', '5m', '--jitter', 'some'], 'policies.jitter', /duration/],
    ];
    const before = await names();
    for (const [flags, path, words] of refused) {
      const problem = await folder.problem(2, ['schedules', 'create', 'refused', ...flags]);
      const error = problem.errors.find((each) => each.path === path);
      assert.ok(error, `${flags.join(' ')}: ${JSON.stringify(problem.errors)}`);
      assert.match(error.message, words);
    }
    assert.equal((await folder.problem(2, ['schedules', 'create', 'Not_A_Slug', ...NIGHTLY])).errors[0]?.path, 'name');
    assert.deepEqual(await names(), before);
  });

  test('a change makes a version; the same again makes none', async () => {
    const changed = await folder.json<Schedule>([
      'schedules',
      'update',
      'nightly',
      '--every',
      '2h',
      '--timeout',
      'none',
    ]);
    assert.deepEqual([changed.version, changed.cron, changed.every, changed.policies.timeout], [2, null, '2h', null]);
    assert.deepEqual(changed.input, { riskThreshold: 0.7 });
    assert.equal((await folder.json<Schedule>(['schedules', 'update', 'nightly', '--every', '120m'])).version, 2);
    const { versions } = await folder.json<{ versions: { version: number; cron: string | null }[] }>([
      ...['schedules', 'show', 'nightly', '--versions'],
    ]);
    assert.deepEqual(
      versions.map(({ version, cron }) => [version, cron]),
      [
        [2, null],
        [1, '0 2 * * *'],
      ],
    );
    assert.equal((await folder.problem(2, ['schedules', 'update', 'nightly'])).code, 'invalid_input');
    assert.equal((await folder.problem(1, ['schedules', 'update', 'nobody', '--every', '2h'])).code, 'not_found');
  });

  test('a pause resumes just what it stopped', async () => {
    await create('second');
    await create('third');
    const first = await folder.json<{ paused: string[] }>(['schedules', 'pause', 'second', '--reason', 'first']);
    assert.deepEqual(first.paused, ['second']);
    const all = await folder.json<{ pauseId: string; paused: string[] }>([
      ...['schedules', 'pause', '--all', '--reason', 'the rest'],
    ]);
    assert.deepEqual(all.paused.toSorted(), ['nightly', 'third']);
    assert.deepEqual((await names('--state', 'paused')).toSorted(), ['nightly', 'second', 'third']);
    const resumed = await folder.json<{ resumed: string[] }>(['schedules', 'resume', '--pause', all.pauseId]);
    assert.deepEqual(resumed.resumed.toSorted(), ['nightly', 'third']);
    const [second] = await list('--state', 'paused');
    assert.deepEqual([second?.name, second?.pausedReason, second?.nextRuns], ['second', 'first', []]);
    assert.equal((await folder.problem(2, ['schedules', 'pause', '--reason', 'what?'])).errors[0]?.path, 'names');
    assert.equal((await folder.problem(1, ['schedules', 'resume', 'nobody'])).code, 'not_found');
  });

  test('an occurrence is called off and on again; what is none is told with the next ones', async () => {
    const [next = '', then = ''] = (await folder.json<Schedule>(['schedules', 'show', 'third'])).nextRuns;
    const skipped = await folder.json<Schedule>(['schedules', 'skip', 'third', '--at', next]);
    assert.deepEqual([skipped.skips, skipped.nextRuns[0]], [[next], then]);
    const on = await folder.json<Schedule>(['schedules', 'unskip', 'third', '--at', next]);
    assert.deepEqual([on.skips, on.nextRuns[0]], [[], next]);
    const problem = await folder.problem(2, ['schedules', 'skip', 'third', '--at', SKIPPED]);
    assert.match(problem.errors[0]?.message ?? '', new RegExp(next));
  });

  test('a trigger runs a paused schedule and says so; its run is in the ledger, and followed live', async () => {
    const following = folder.start(['schedules', 'runs', 'second', '--follow', '--json']);
    const { stdout } = await folder.run(['schedules', 'trigger', 'second']);
    assert.match(stdout, /^second is paused, and was run all the same: workflow customer-scan\/default\/second\/\S+, run \S+\n$/); // prettier-ignore
    const [run] = await until(async () => {
      const runs = await folder.json<Run[]>(['schedules', 'runs', 'second', '--state', 'completed']);
      return runs.length === 1 && runs;
    });
    assert.deepEqual([run?.cause, run?.scheduleVersion, run?.error], ['trigger', 1, null]);
    assert.match(run?.plannedLocal ?? '', /-0[45]:00$/);
    await following.says(/"state":"completed"/);
    assert.equal((await following.kill('SIGINT')).code, 0);
    assert.equal((await folder.json<Schedule>(['schedules', 'show', 'second'])).lastRun?.runId, run?.runId);
  });

  test('a file of schedules: exported, applied, the difference told first', async () => {
    const file = join(folder.path, 'schedules.yaml');
    writeFileSync(file, (await folder.run(['schedules', 'export'])).stdout);
    const unchanged = await folder.json<{ unchanged: string[] }>(['schedules', 'apply', '-f', file]);
    assert.deepEqual(unchanged.unchanged.toSorted(), ['nightly', 'second', 'third']);

    const { schedules } = parseYaml(readFileSync(file, 'utf8')) as { schedules: { name: string; every?: string }[] };
    const entries = schedules.filter(({ name }) => name !== 'third');
    for (const entry of entries) if (entry.name === 'nightly') entry.every = '3h';
    const extra = { name: 'fourth', workflowType: 'maintenance', cron: '@daily' };
    writeFileSync(file, JSON.stringify({ schedules: [...entries, extra] }));
    const plan = { created: ['fourth'], updated: ['nightly'], deleted: ['third'] };
    for (const flags of [['--dry-run'], []]) {
      const before = (await list()).length;
      const done = await folder.json<{ created: string[]; updated: { name: string }[]; deleted: string[] }>([
        ...['schedules', 'apply', '-f', file, '--prune', ...flags],
      ]);
      assert.deepEqual(
        { ...plan },
        {
          created: done.created,
          updated: done.updated.map(({ name }) => name),
          deleted: done.deleted,
        },
      );
      if (flags.length > 0) assert.equal((await list()).length, before);
    }
    assert.deepEqual((await names()).toSorted(), ['fourth', 'nightly', 'second']);
    assert.equal((await folder.json<Schedule>(['schedules', 'show', 'second'])).state, 'paused');
  });

  test('a wrong file is told by place, and changes nothing', async () => {
    const file = join(folder.path, 'wrong.yaml');
    writeFileSync(file, 'schedules:\n  - name: fifth\n    workflowType: customerScan\n    cron: 0 9 30 2 *\n');
    const problem = await folder.problem(2, ['schedules', 'apply', '-f', file]);
    assert.deepEqual(problem.errors.map(({ path }) => path), ['schedules.0.cron']); // prettier-ignore
    writeFileSync(file, 'schedules: [\n');
    assert.equal((await folder.problem(2, ['schedules', 'apply', '-f', file])).errors[0]?.path, '--file');
    assert.equal((await folder.problem(2, ['schedules', 'apply', '-f', 'nowhere.yaml'])).errors[0]?.path, '--file');
    assert.deepEqual((await names()).toSorted(), ['fourth', 'nightly', 'second']);
  });

  test('without the service they are still read, and changing them names npm start', async () => {
    assert.equal((await up.kill('SIGTERM')).code, 0);
    assert.deepEqual((await names()).toSorted(), ['fourth', 'nightly', 'second']);
    const runs = await folder.json<Run[]>(['schedules', 'runs', 'second']);
    assert.deepEqual(runs.map(({ cause, state }) => `${cause}: ${state}`), ['trigger: completed']); // prettier-ignore
    const problem = await folder.problem(1, ['schedules', 'delete', 'second']);
    assert.match(problem.detail, /npm start/);
  });
});
