import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Worker as Thread } from 'node:worker_threads';
import { createLogger } from '../../services/logging.ts';
import { connectWorkers } from '../../services/temporal/connection.ts';
import { loadWorkflowBundle } from '../../workers/bundle.ts';
import { type RunningWorkers, startWorkers } from '../../workers/run-worker.ts';
import { devServer } from '../support/temporal.ts';

const TASK_QUEUE = 'threads';
const folder = fileURLToPath(new URL('../support/fixtures/workflows', import.meta.url));
const logger = createLogger({ level: 'silent' });
const temporal = await devServer();
const connection = await connectWorkers(temporal.target);
const started: RunningWorkers[] = [];
after(async () => {
  await Promise.all(started.map((workers) => workers.drain().catch(() => {})));
  await connection.close().finally(() => temporal.stop());
});

/** A worker with activities that are done at once, and the thread of its workflows. */
async function start() {
  const workflowBundle = await loadWorkflowBundle({
    ...{ production: false, logger },
    sources: { entry: `${folder}/slow.ts`, interceptors: [], folders: [folder] },
  });
  const threads: Thread[] = [];
  const made = (thread: Thread): number => threads.push(thread);
  process.on('worker', made);
  const workers = await startWorkers({
    ...{ connection, namespace: 'default', shutdownGraceMs: 1_000, logger },
    queues: [
      { taskQueue: TASK_QUEUE, workflowBundle, activities: { work: async ({ name }: { name: string }) => name } },
    ],
  });
  started.push(workers);
  process.off('worker', made);
  assert.equal(threads.length, 1);
  return { workers, thread: threads[0]! };
}

const begin = (workflowId: string) =>
  temporal.client.workflow.start('twoSlowSteps', { workflowId, taskQueue: TASK_QUEUE, args: [{ milliseconds: 0 }] });

test('a workflow goes on in its thread; asked for its call stack it says that none is kept', async () => {
  const { workers } = await start();
  const handle = await begin('goes-on');
  assert.deepEqual(await handle.result(), ['first', 'second']);
  await assert.rejects(handle.query('__stack_trace'), /stack traces are not enabled/);
  await workers.drain();
});

test('a worker whose workflow thread has ended fails instead of failing every task', async () => {
  const { workers, thread } = await start();
  await thread.terminate();
  const handle = await begin('left-alone');
  await assert.rejects(workers.completed, /The thread of the workflows has ended/);
  const another = await start();
  assert.deepEqual(await handle.result(), ['first', 'second']);
  await another.workers.drain();
});
