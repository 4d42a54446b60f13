import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { devServer } from '../support/temporal.ts';

const SCRIPT = fileURLToPath(new URL('../support/fixtures/slow-worker.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reveille-drain-'));
const temporal = await devServer();
const children: ChildProcess[] = [];
after(async () => {
  children.forEach((child) => child.kill('SIGKILL'));
  await temporal.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A worker process on a task queue of its own, and what it noted so far. */
function worker(name: string, { graceMs, deaf = false }: { graceMs: number; deaf?: boolean }) {
  const file = join(folder, name);
  const child = spawn(
    process.execPath,
    [SCRIPT, temporal.address, name, file, String(graceMs), ...(deaf ? ['deaf'] : [])],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  children.push(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const noted = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
  return {
    exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    log: () => log,
    noted: () => noted().map((line) => line.replace(/ \d+$/, '')),
    until: async (line: string) => {
      while (!noted().some((each) => each.startsWith(line))) {
        assert.equal(child.exitCode, null, `the worker ended before "${line}"\n${log}`);
        await delay(20);
      }
    },
  };
}

const start = (taskQueue: string, milliseconds: number) =>
  temporal.client.workflow.start('twoSlowSteps', { workflowId: taskQueue, taskQueue, args: [{ milliseconds }] });

test(
  'told to stop, a worker lets the slow activity end, begins no other, and exits with 0',
  { timeout: 60_000 },
  async () => {
    const first = worker('graceful', { graceMs: 20_000 });
    await first.until('ready');
    const handle = await start('graceful', 2_000);
    await first.until('begin first');
    first.kill('SIGTERM');
    assert.deepEqual(await first.exited, [0, null]);
    assert.deepEqual(first.noted(), ['ready', 'begin first', 'end first', 'exit']);
    assert.match(first.log(), /"msg":"Draining: no new work is taken"[\s\S]*"msg":"Drained"/);

    const second = worker('graceful', { graceMs: 1_000 });
    assert.deepEqual(await handle.result(), ['first', 'second']);
    second.kill('SIGTERM');
    await second.exited;
    const begun = second.noted().filter((line) => line.startsWith('begin'));
    assert.deepEqual(begun, ['begin first', 'begin second']);
  },
);

test(
  'an activity that outlasts the grace time is cancelled, and another worker does it again',
  { timeout: 60_000 },
  async () => {
    const first = worker('impatient', { graceMs: 300 });
    await first.until('ready');
    const handle = await start('impatient', 3_000);
    await first.until('begin first');
    first.kill('SIGTERM');
    assert.deepEqual(await first.exited, [0, null]);
    assert.deepEqual(first.noted(), ['ready', 'begin first', 'exit']);

    const second = worker('impatient', { graceMs: 1_000 });
    assert.deepEqual(await handle.result(), ['first', 'second']);
    second.kill('SIGTERM');
    await second.exited;
  },
);

test('a second signal ends a worker at once', { timeout: 60_000 }, async () => {
  const stubborn = worker('stubborn', { graceMs: 60_000, deaf: true });
  await stubborn.until('ready');
  const handle = await start('stubborn', 60_000);
  await stubborn.until('begin first');
  stubborn.kill('SIGTERM');
  while (!stubborn.log().includes('Draining')) await delay(20);
  stubborn.kill('SIGINT');
  assert.deepEqual(await stubborn.exited, [1, null]);
  await handle.terminate('the test is over');
});

test(
  'an activity deaf to cancellation is given up after grace and a little more, and the exit code says so',
  { timeout: 60_000 },
  async () => {
    const deaf = worker('deaf', { graceMs: 200, deaf: true });
    await deaf.until('ready');
    const handle = await start('deaf', 30_000);
    await deaf.until('begin first');
    deaf.kill('SIGTERM');
    const [code] = await deaf.exited;
    assert.equal(code, 1, deaf.log());
    await handle.terminate('the test is over');
  },
);
