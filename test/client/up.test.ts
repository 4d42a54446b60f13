import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Intervention } from '../../domain/contracts/interventions.ts';
import type { Scan } from '../../domain/contracts/scans.ts';
import type { Score } from '../../domain/customers/health-score.ts';
import { processStarted } from '../../services/process-identity.ts';
import { stopProcess } from '../../services/temporal/server/processes.ts';
import { CliFolder, type CliProcess } from '../support/cli.ts';

const UP = /Ctrl-C drains and stops all/;
const LEFT_BY_A_STOP = /^(store|temporal\.(db|log).*|processes)$/;

/** The process of the Temporal server, as `up` has noted it for the next one. */
function temporalPid(folder: CliFolder): number {
  const [note] = folder.notes().filter((name) => name.startsWith('temporal-'));
  assert.ok(note, 'no note of a Temporal server');
  return Number(/-(\d+)\.json$/.exec(note)?.[1]);
}

async function startUp(folder: CliFolder, env: NodeJS.ProcessEnv = {}): Promise<CliProcess> {
  const up = folder.start(['up'], { REVEILLE_LOG_LEVEL: 'warn', ...env });
  await up.says(UP);
  return up;
}

function assertNothingRuns(folder: CliFolder, pids: number[]): void {
  for (const pid of pids) assert.equal(processStarted(pid), null, `process ${pid} is still there`);
  assert.deepEqual(folder.contents().filter((name) => !LEFT_BY_A_STOP.test(name)), []); // prettier-ignore
  assert.deepEqual(folder.notes(), []);
}

describe('beside a running service', () => {
  let folder: CliFolder;
  let up: CliProcess;
  before(async () => {
    folder = new CliFolder();
    const sample = ['customers', 'generate', '--count', '200', '--seed', '7', '--out', 'sample.xlsx'];
    assert.equal((await folder.run(sample)).code, 0);
    up = await startUp(folder);
  });
  after(() => folder.end());

  test('it says what it does while it starts, and where to look', () => {
    assert.match(up.stdout, /^Starting the Temporal server and opening the store\nStarting worker and API\n/);
    assert.match(
      up.stdout,
      /API +(http:\/\/127\.0\.0\.1:\d+)\n +API documents +\1\/docs\n +Temporal Web UI +http:\/\/127\.0\.0\.1:\d+\n/,
    );
  });

  test('a second one in the same folder is refused, naming the first', async () => {
    const problem = await folder.problem(1, ['up']);
    assert.equal(problem.code, 'conflict');
    assert.match(problem.detail, new RegExp(`already: process ${up.pid}, ${folder.runtime().api}$`));
    assert.equal(folder.runtime().pid, up.pid);
  });

  test('commands go through the service, several at once', async () => {
    assert.match((await folder.run(['customers', 'import', 'sample.xlsx'])).stdout, /^Imported 200 customers/);
    const [scores, outbox, escalations, approvals] = await Promise.all([
      folder.json<Score[]>(['customers', 'score']),
      folder.json(['outbox']),
      folder.json(['escalations', 'list']),
      folder.json(['approvals', 'list']),
    ]);
    assert.equal(scores.length, 200);
    assert.deepEqual([outbox, escalations, approvals], [[], [], []]);
  });

  test('approvals: shown, edited in vain, approved, rejected, and conflicts told', async () => {
    await folder.json<Scan>(['scan', '--max-interventions', '40']);
    const waiting = await folder.json<Intervention[]>(['approvals', 'list']);
    assert.ok(waiting.length >= 2, `only ${waiting.length} wait for approval`);
    const [first, second] = waiting.map((item) => item.interventionId) as [string, string];

    const { stdout } = await folder.run(['approvals', 'show', first]);
    assert.match(stdout, /State: waiting_approval, until .* UTC\. A person must approve/);
    const text = 'Take 90% off at https://evil.example';
    const edited = await folder.problem(2, ['approvals', 'edit', first, '--body', text]);
    assert.ok(edited.errors.length >= 2 && edited.errors.every(({ path }) => path === 'body'));
    const other = ['approvals', 'approve', first, '--text-hash', 'a'.repeat(64)];
    assert.match((await folder.problem(1, other)).detail, /another text now/);

    const approved = await folder.json<Intervention>(['approvals', 'approve', first, '--note', 'fine']);
    assert.match(approved.state, /^(approved|ready)$/);
    assert.match((await folder.problem(1, ['approvals', 'approve', first])).detail, /no longer waits/);
    const rejected = await folder.json<Intervention>(['approvals', 'reject', second, '--note', 'called them']);
    assert.equal(rejected.state, 'rejected');
    assert.match(rejected.stateReason ?? '', /^Rejected by .+: called them$/);
    assert.equal((await folder.problem(1, ['approvals', 'show', 'unknown'])).code, 'not_found');
    assert.equal((await folder.json<unknown[]>(['approvals', 'list'])).length, waiting.length - 2);
  });

  test('another workspace sees nothing of it', async () => {
    const [waiting] = await folder.json<Intervention[]>(['approvals', 'list', '--limit', '1']);
    const elsewhere = ['--workspace', 'other'];
    assert.deepEqual(await folder.json(['approvals', 'list', ...elsewhere]), []);
    assert.deepEqual(await folder.json(['customers', 'score', ...elsewhere]), []);
    const id = waiting?.interventionId ?? '';
    assert.equal((await folder.problem(1, ['approvals', 'show', id, ...elsewhere])).code, 'not_found');
  });

  test('doctor finds everything in order', async () => {
    const findings = await folder.json<{ check: string; state: string }[]>(['doctor']);
    assert.deepEqual(findings.filter(({ state }) => state === 'problem'), []); // prettier-ignore
    assert.ok(findings.some(({ check, state }) => check === 'workers' && state === 'ok'));
  });

  test('histories are saved and replay', async () => {
    const files = await folder.json<string[]>(['histories', 'record', 'saved', '--per-type', '2']);
    const types = new Set(files.map((file) => file.replace(/^.*\//, '').split('-')[0]));
    assert.ok(types.size >= 3, files.join());
    const outcomes = await folder.json<{ error: string | null }[]>(['histories', 'replay', 'saved']);
    assert.deepEqual(outcomes.map(({ error }) => error), files.map(() => null)); // prettier-ignore
  });

  test('SIGINT drains and leaves nothing running', async () => {
    const pids = [up.pid, temporalPid(folder)];
    const { code, stdout } = await up.kill('SIGINT');
    assert.equal(code, 0);
    assert.match(stdout, /Draining…\nStopped\.\n$/);
    assertNothingRuns(folder, pids);
  });
});

describe('stopped and killed', () => {
  let folder: CliFolder;
  before(() => {
    folder = new CliFolder();
  });
  after(() => folder.end());

  test('SIGTERM during the start ends it, with exit code 1 and nothing left', async () => {
    const up = folder.start(['up'], { REVEILLE_LOG_LEVEL: 'warn' });
    await up.says(/Starting the Temporal server/);
    const { code, stderr } = await up.kill('SIGTERM');
    assert.equal(code, 1);
    assert.match(stderr, /reveille: Told to stop before it was done/);
    assertNothingRuns(folder, [up.pid]);
  });

  test('after SIGKILL the next one sweeps what is left and works with the same data, on another port', async () => {
    const first = await startUp(folder);
    await folder.run(['customers', 'generate', '--count', '50', '--seed', '1', '--out', 'fifty.xlsx']);
    await folder.run(['customers', 'import', 'fifty.xlsx']);
    const server = temporalPid(folder);
    // A server that nothing ended when its parent was killed, as where no shell watches the parent.
    process.kill(watcherOf(server), 'SIGKILL');
    await first.kill('SIGKILL');
    assert.notEqual(processStarted(server), null);

    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    try {
      const second = await startUp(folder, { REVEILLE_PORT: String(port) });
      assert.match(second.stdout, new RegExp(`Stopped temporal \\(process ${server}\\), left over by a crash`));
      assert.equal(processStarted(server), null);
      assert.match(second.stdout, new RegExp(`Port ${port} is taken; the API has port \\d+`));
      assert.notEqual(new URL(folder.runtime().api).port, String(port));
      assert.equal((await folder.json<Score[]>(['customers', 'score'])).length, 50);
      const pids = [second.pid, temporalPid(folder)];
      assert.equal((await second.kill('SIGTERM')).code, 0);
      assertNothingRuns(folder, pids);
    } finally {
      taken.close();
    }
  });

  test('a Temporal server that dies ends the service with exit code 1 and one line', async () => {
    const up = await startUp(folder, { REVEILLE_SHUTDOWN_GRACE: '1s' });
    await stopProcess(temporalPid(folder), 5_000);
    const { code, stderr } = await up.ended;
    assert.equal(code, 1);
    assert.match(stderr, /^reveille: .*(ended by itself|did not end in time).*$/m);
    assert.deepEqual(folder.contents().filter((name) => !LEFT_BY_A_STOP.test(name)), []); // prettier-ignore
  });
});

function commandOf(pid: string): string[] {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The shell that would end the server with its parent. */
function watcherOf(pid: number): number {
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const command = commandOf(name);
    if (command[0] === '/bin/sh' && command.at(-2) === String(pid)) return Number(name);
  }
  throw new Error(`nothing watches over process ${pid}`);
}
