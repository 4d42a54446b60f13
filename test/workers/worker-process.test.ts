import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cacheDir, devServer } from '../support/temporal.ts';

const CLI = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'reveille-worker-'));
const temporal = await devServer();
const children: ChildProcess[] = [];
after(async () => {
  children.forEach((child) => child.kill('SIGKILL'));
  await temporal.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** `reveille worker` on a store of its own; `said` resolves with the first log line that has this message. */
function worker(env: NodeJS.ProcessEnv, ...flags: string[]) {
  const child = spawn(process.execPath, [CLI, 'worker', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      REVEILLE_CACHE_DIR: cacheDir(),
      REVEILLE_DATA_DIR: dataDir,
      REVEILLE_PORT: '0',
      ...env,
    },
  });
  children.push(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const said = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const line = log.split('\n').find((each) => each.includes(`"msg":"${message}"`));
      if (line) return JSON.parse(line) as Record<string, unknown>;
      assert.equal(child.exitCode, null, log);
      await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    }
  };
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return { said, exited, log: () => log, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

test('a worker process serves its state while it works, runs workflows, and drains on SIGTERM', async () => {
  const process = worker({ TEMPORAL_ADDRESS: temporal.address });
  const { address } = await process.said('Worker process ready');
  while ((await fetch(`${String(address)}/readyz`)).status !== 200);
  const metrics = await (await fetch(`${String(address)}/metrics`)).text();
  assert.match(metrics, /^reveille_worker_running\{task_queue="reveille"\} 1$/m);
  assert.match(metrics, /^temporal_/m);

  const handle = await temporal.client.workflow.start('customerScan', {
    workflowId: 'wrong-input',
    taskQueue: 'reveille',
    args: [{ riskTreshold: 1 }],
  });
  await assert.rejects(handle.result(), (error: Error & { cause?: { type?: string } }) => {
    assert.equal(error.cause?.type, 'InvalidInput');
    return true;
  });
  process.kill('SIGTERM');
  assert.deepEqual(await process.exited, [0, null], process.log());
});

test('a worker without a server, and one of a queue that is not there, end with code 2', async () => {
  const alone = worker({});
  assert.deepEqual(await alone.exited, [2, null]);
  assert.match(alone.log(), /TEMPORAL_ADDRESS/);
  const lost = worker({ TEMPORAL_ADDRESS: temporal.address }, '--queues', 'nope');
  assert.deepEqual(await lost.exited, [2, null]);
  assert.match(lost.log(), /reveille-agents/);
});
