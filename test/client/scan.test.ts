import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { remoteOperations } from '../../client/api/remote.ts';
import type { Operations } from '../../client/api/routes.ts';
import type { Scan } from '../../domain/contracts/scans.ts';
import { connectClient, localTarget } from '../../services/temporal/connection.ts';
import { CliFolder, type CliProcess } from '../support/cli.ts';

const AS_OF = '2026-01-31T09:00:00.000Z';
const caller = { workspace: 'default', actor: 'tester' };
const schedule = { name: 'customer-scan' };

async function withSample(): Promise<CliFolder> {
  const folder = new CliFolder();
  await folder.run(['customers', 'generate', '--count', '200', '--seed', '7', '--out', 'sample.xlsx']);
  return folder;
}

describe('without a service', () => {
  let folder: CliFolder;
  before(async () => {
    folder = await withSample();
    await folder.run(['customers', 'import', 'sample.xlsx']);
  });
  after(() => folder.end());

  test('a scan brings one up for its duration, says so on stderr, and leaves nothing running', async () => {
    const { code, stdout, stderr } = await folder.run(['scan', '--max-interventions', '3']);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^=+\nPROACTIVE SCAN #1\n(.*\n)+Scan #1 complete: 3 interventions opened(.*\n)+.*scheduled\n$/,
    );
    assert.match(
      stderr,
      /^No service is running here: bringing one up for this scan\n {3}Starting the Temporal server/,
    );
    assert.deepEqual(folder.notes(), []);
    assert.deepEqual(folder.contents().filter((name) => /lock|runtime/.test(name)), []); // prettier-ignore
  });

  test('SIGINT in the middle of it takes everything down, with exit code 1', async () => {
    const scan = folder.start(['scan']);
    await scan.says(/Starting worker and API/);
    const { code, stderr } = await scan.kill('SIGINT');
    assert.equal(code, 1);
    assert.match(stderr, /reveille: Told to stop before it was done\n$/);
    assert.deepEqual(folder.notes(), []);
    assert.deepEqual(folder.contents().filter((name) => /lock|runtime/.test(name)), []); // prettier-ignore
  });
});

describe('beside a service', () => {
  let folder: CliFolder;
  let operations: Operations;
  before(async () => {
    folder = await withSample();
    const up = folder.start(['up'], { REVEILLE_LOG_LEVEL: 'warn', REVEILLE_MIN_INTERVAL: '1s' });
    await up.says(/Ctrl-C/);
    await folder.run(['customers', 'import', 'sample.xlsx']);
    const { api, token } = folder.runtime();
    operations = remoteOperations(api, token);
  });
  after(() => folder.end());

  /** The input that the scan's workflow was started with. */
  async function inputOf({ workflowId }: Scan): Promise<unknown> {
    const client = await connectClient(localTarget(folder.runtime().temporal));
    try {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      return JSON.parse(Buffer.from(payload?.data ?? []).toString());
    } finally {
      await client.connection.close();
    }
  }

  test('every flag reaches the workflow, and a dry run opens nothing', async () => {
    const scan = await folder.json<Scan>([
      ...['scan', '--mode', 'once', '--risk-threshold', '0.55', '--health-threshold', '0.35'],
      ...['--max-interventions', '4', '--min-lifetime-value', '10', '--segments', 'Regular, Occasional'],
      ...['--as-of', AS_OF, '--dry-run'],
    ]);
    assert.deepEqual(await inputOf(scan), {
      workspace: 'default',
      riskThreshold: 0.55,
      healthThreshold: 0.35,
      maxInterventions: 4,
      minLifetimeValue: 10,
      segments: ['Regular', 'Occasional'],
      asOf: AS_OF,
      dryRun: true,
    });
    assert.equal(scan.number, null);
    assert.ok(scan.interventions.length > 0 && scan.interventions.length <= 4);
    assert.ok(scan.interventions.every(({ segment }) => /^(Regular|Occasional)$/.test(segment ?? '')));
    assert.deepEqual((await operations.listInterventions(caller, {})).items, []);
  });

  test('without flags the defaults of the contract are used', async () => {
    const scan = await folder.json<Scan>(['scan']);
    const defaults = { riskThreshold: 0.6, healthThreshold: 0.4, maxInterventions: 10, minLifetimeValue: 0 };
    assert.deepEqual(await inputOf(scan), { workspace: 'default', ...defaults, segments: [], dryRun: false });
    assert.equal(scan.number, 1);
    assert.equal(scan.interventions.length, 10);
    assert.equal(scan.totals.scans, 1);
  });

  /** Follows the schedule until `says`, then Ctrl-C. */
  async function follow(args: string[], says: RegExp): Promise<CliProcess> {
    const following = folder.start(['scan', '--mode', 'continuous', ...args]);
    await following.says(says);
    assert.equal((await following.kill('SIGINT')).code, 0);
    return following;
  }

  test('continuous prints each scan once with running totals until Ctrl-C, and the schedule goes on', async () => {
    const { stdout } = await follow(['--interval', '2s', '--max-interventions', '1'], /Scan #4 complete(.*\n)+.*Next/);
    assert.match(stdout, /^Scanning every 2s; schedule default\/customer-scan, next scan at .* UTC\nCtrl-C ends this/);
    assert.match(stdout, /No longer watching; the schedule goes on\n$/);
    const numbers = [...stdout.matchAll(/^PROACTIVE SCAN #(\d+)$/gm)].map((match) => Number(match[1]));
    assert.deepEqual(numbers.slice(0, 3), [2, 3, 4]);
    assert.deepEqual(numbers, [...new Set(numbers)]);
    const totals = [...stdout.matchAll(/^Totals: (\d+) scans/gm)].map((match) => Number(match[1]));
    assert.deepEqual(totals, totals.toSorted((a, b) => a - b)); // prettier-ignore
    assert.ok(totals.at(-1)! >= 4);
    const { state, every } = await operations.getSchedule(caller, schedule);
    assert.deepEqual({ state, every }, { state: 'active', every: '2s' });
  });

  test('--stop pauses the schedule and says so', async () => {
    const { code, stdout } = await folder.run(['scan', '--mode', 'continuous', '--stop']);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'Schedule default/customer-scan is paused\n' });
    const { state, pausedReason } = await operations.getSchedule(caller, schedule);
    assert.equal(state, 'paused');
    assert.match(pausedReason ?? '', /^Stopped by /);
  });

  test('another interval changes the schedule and resumes it', async () => {
    const { stdout } = await follow(['--interval', '90', '--risk-threshold', '0.7'], /Ctrl-C ends this view/);
    assert.match(stdout, /^Scanning every 90m; /);
    const { state, every } = await operations.getSchedule(caller, schedule);
    assert.deepEqual({ state, every }, { state: 'active', every: '90m' });
  });

  test('with --json each scan is one line of JSON', async () => {
    const { stdout } = await follow(['--interval', '2s', '--json'], /"scanId"(.*\n)+.*"scanId"/);
    const scans = stdout.trim().split('\n').map((line) => JSON.parse(line) as Scan); // prettier-ignore
    assert.ok(scans.length >= 2);
    assert.ok(scans.every((scan) => scan.number !== null && scan.elapsedMs !== null));
    await folder.run(['scan', '--mode', 'continuous', '--stop']);
  });
});
