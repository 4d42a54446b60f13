import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Fire } from '../../domain/cron/index.ts';
import { CliFolder } from '../support/cli.ts';

const cli = new CliFolder();
after(() => cli.end());

const preview = (...args: string[]): Promise<Fire[]> => cli.json<Fire[]>(['schedules', 'preview', ...args]);

test('the night without 02:00 has its run, with the reason', async () => {
  const fires = await preview(
    ...['--cron', '0 2 * * *', '--timezone', 'America/New_York'],
    ...['--from', '2027-03-12T00:00:00Z', '--to', '2027-03-17T00:00:00Z'],
  );
  assert.equal(fires.length, 5);
  assert.deepEqual(fires[2], {
    at: '2027-03-14T07:00:00.000Z',
    local: '2027-03-14T03:00:00-04:00',
    note: '02:00 does not exist on this day',
  });
  assert.deepEqual(fires.filter(({ note }) => note !== null).length, 1);
});

test('the night with two 01:30 has one run', async () => {
  const fires = await preview(
    ...['--cron', '30 1 * * *', '--timezone', 'America/New_York'],
    ...['--from', '2027-11-07T00:00:00Z', '--to', '2027-11-08T00:00:00Z'],
  );
  assert.deepEqual(
    fires.map(({ at }) => at),
    ['2027-11-07T05:30:00.000Z'],
  );
});

test('an interval is previewed too, ten fires where nothing else is asked for', async () => {
  const fires = await preview('--every', '6h', '--anchor', '2027-03-14T01:30:00Z', '--from', '2027-03-13T00:00:00Z');
  assert.equal(fires.length, 10);
  assert.deepEqual(fires[0], { at: '2027-03-13T01:30:00.000Z', local: '2027-03-13T01:30:00+00:00', note: null });
});

test('without --from it begins now, and --count says how many', async () => {
  const before = new Date().toISOString();
  const fires = await preview('--cron', '*/5 * * * *', '--timezone', 'asia/calcutta', '--count', '3');
  assert.equal(fires.length, 3);
  assert.ok(fires.every(({ at, local }) => at >= before && local.endsWith('+05:30')));
});

test('at a terminal it is a table under the timing in words; nothing was started or stored', async () => {
  const { code, stdout, stderr } = await cli.run([
    ...['schedules', 'preview', '--cron', '0 2 * * *', '--timezone', 'America/New_York'],
    ...['--from', '2027-03-13T00:00:00Z', '--count', '2'],
  ]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.deepEqual(stdout.split('\n'), [
    'at 02:00 every day, New York time (0 2 * * * in America/New_York)',
    '',
    'Local time                      UTC',
    'Sat 2027-03-13 02:00:00 -05:00  2027-03-13T07:00:00Z',
    'Sun 2027-03-14 03:00:00 -04:00  2027-03-14T07:00:00Z  02:00 does not exist on this day',
    '',
  ]);
  assert.equal(existsSync(join(cli.path, '.reveille')), false);
});

test('a span without fires is an empty list, or says so', async () => {
  const span = ['--cron', '0 9 29 2 *', '--from', '2027-01-01T00:00:00Z', '--to', '2028-01-01T00:00:00Z'];
  assert.deepEqual(await preview(...span), []);
  assert.match(
    (await cli.run(['schedules', 'preview', ...span])).stdout,
    /in leap years.*\n\nNo fires in this time\n$/,
  );
});

const REFUSED: [args: string[], path: string, said: RegExp][] = [
  [['--cron', '0 0 9 * * *'], 'cron', /six fields.*"0 9 \* \* \*"/],
  [['--cron', '0 9 30 2 *'], 'cron', /30 never comes in February/],
  [['--cron', '61 9 * * *'], 'cron', /out of range: use 0 to 59/],
  [['--cron', '0 9 L * *'], 'cron', /L .* is not taken: write 28/],
  [['--cron', '0 9 * * *', '--timezone', 'EST'], 'timezone', /America\/New_York/],
  [['--cron', '0 9 * * *', '--timezone', 'PST'], 'timezone', /America\/Los_Angeles/],
  [['--cron', '0 9 * * *', '--timezone', '+05:30'], 'timezone', /Asia\/Kolkata/],
  [['--cron', '0 9 * * *', '--timezone', 'Mars/Phobos'], 'timezone', /is not in tzdata/],
  [['--every', 'often'], '--every', /must be a duration/],
  [['--cron', '0 9 * * *', '--from', '2027-01-02T00:00:00Z', '--to', '2027-01-01T00:00:00Z'], '--to', /is before/],
  [
    ['--cron', '* * * * *', '--from', '2027-01-01T00:00:00Z', '--to', '2028-01-01T00:00:00Z'],
    '--to',
    /more than 10000 fires.*--count/,
  ],
];

test('what is refused exits with 2, the reason in one line or as a problem', { timeout: 120_000 }, async () => {
  for (const [args, path, said] of REFUSED) {
    const problem = await cli.problem(2, ['schedules', 'preview', ...args]);
    assert.deepEqual(
      problem.errors.map((error) => error.path),
      [path],
    );
    assert.match(problem.errors[0]?.message ?? '', said);
  }
  const { code, stdout, stderr } = await cli.run(['schedules', 'preview', '--cron', '0 0 9 * * *']);
  assert.deepEqual({ code, stdout, lines: stderr.split('\n').length }, { code: 2, stdout: '', lines: 2 });
});

test('REVEILLE_MIN_INTERVAL bounds how often', async () => {
  const env = { REVEILLE_MIN_INTERVAL: '15m' };
  const refused = await cli.problem(2, ['schedules', 'preview', '--cron', '*/5 * * * *'], env);
  assert.match(refused.detail, /5m apart, and 15m is the least: write "\*\/15 \* \* \* \*"/);
  const fires = await cli.json<Fire[]>(['schedules', 'preview', '--cron', '*/15 * * * *'], env);
  assert.equal(fires.length, 10);
});
