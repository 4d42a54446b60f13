import assert from 'node:assert/strict';
import { type TestContext, after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Worker as Thread } from 'node:worker_threads';
import { createLogger } from '../../services/logging.ts';
import { connectWorkers } from '../../services/temporal/connection.ts';
import { loadWorkflowBundle } from '../../workers/bundle.ts';
import { startWorkers } from '../../workers/run-worker.ts';
import { devServer } from '../support/temporal.ts';

const TASK_QUEUE = 'threads';
const folder = fileURLToPath(new URL('../support/fixtures/workflows', import.meta.url));
const logger = createLogger({ level: 'silent' });
const temporal = await devServer();
const connection = await connectWorkers(temporal.target);
after(() => connection.close().finally(() => temporal.stop()));

/** A worker with activities that are done at once, and the thread of its workflows; it stops with the test. */
async function start(context: TestContext) {
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
  context.after(() => workers.drain().catch(() => {}));
  process.off('worker', made);
  assert.equal(threads.length, 1);
  return { workers, thread: threads[0]! };
}

const begin = (workflowId: string) =>
  temporal.client.workflow.start('twoSlowSteps', { workflowId, taskQueue: TASK_QUEUE, args: [{ milliseconds: 0 }] });

test('a workflow goes on in its thread; asked for its call stack it says that none is kept', async (context) => {
  await start(context);
  const handle = await begin('goes-on');
  assert.deepEqual(await handle.result(), ['first', 'second']);
  await assert.rejects(handle.query('__stack_trace'), /stack traces are not enabled/);
});

test('a worker whose workflow thread has ended fails instead of failing every task', async (context) => {
  const { workers, thread } = await start(context);
  await thread.terminate();
  const handle = await begin('left-alone');
  await assert.rejects(workers.completed, /The thread of the workflows has ended/);
  await start(context);
  assert.deepEqual(await handle.result(), ['first', 'second']);
});
