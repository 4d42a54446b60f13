import { setFlagsFromString } from 'node:v8';
import {
  type ActivityInterceptorsFactory,
  type NativeConnection,
  type Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from '../services/logging.ts';
import { LightWorker } from './workflow-threads.ts';

/** Past the grace time cancelled activities get this long to notice; then their attempts are given up. */
const FORCE_AFTER_GRACE_MS = 5_000;
/**
 * So many workflows a worker keeps at hand, at some 100 kB each; others are read again from their history, which adds a fifth to what
 * a task takes of the worker and of the server.
 */
const CACHED_WORKFLOWS = 4_000;
/** V8 lets a heap grow to several times what is kept before it looks for garbage: of workflows at hand that is much. */
const HEAP_GROWTH_PERCENT = 20;

/** One task queue and what runs on it. */
export interface QueueService {
  taskQueue: string;
  /** null: activities only. */
  workflowBundle: { code: string } | null;
  activities: object;
}

export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  queues: readonly QueueService[];
  /** How long running work may go on after `drain`, in milliseconds. */
  shutdownGraceMs: number;
  logger: Logger;
  /** Shown by Temporal for each attempt; `pid@host` when absent. */
  identity?: string;
  activityInterceptors?: readonly ActivityInterceptorsFactory[];
  /** SDK options that a test or a load profile sets, such as `maxCachedWorkflows: 0`. */
  tuning?: Pick<
    WorkerOptions,
    | 'maxCachedWorkflows'
    | 'maxConcurrentActivityTaskExecutions'
    | 'maxConcurrentLocalActivityExecutions'
    | 'maxConcurrentWorkflowTaskExecutions'
  >;
}

export interface WorkerState {
  taskQueue: string;
  /** As the SDK names it: RUNNING when it takes work, DRAINING when it no longer does. */
  state: string;
  workflowTasks: number;
  activityTasks: number;
  cachedWorkflows: number;
}

export interface RunningWorkers {
  /** Settles when all have stopped; rejects when one failed, after stopping the others. */
  completed: Promise<void>;
  /**
   * Takes no new work, lets running work end within the grace time, then cancels it. Resolves when all have stopped.
   * @throws when one had to be given up with work still running
   */
  drain(): Promise<void>;
  state(): WorkerState[];
}

/** Starts one worker per queue on one connection. */
export async function startWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const workers = await Promise.all(options.queues.map((queue) => createWorker(queue, options)));
  const stop = (): void => {
    for (const { worker } of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runs = workers.map(({ worker }) =>
    worker.run().catch((error: unknown) => {
      stop();
      throw error;
    }),
  );
  const completed = Promise.allSettled(runs).then((results) => {
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  });
  // Whoever waits for it hears of a failure; until someone does, it must not end the process.
  completed.catch(() => {});
  return {
    completed,
    drain: () => {
      stop();
      return completed;
    },
    state: () => workers.map(({ taskQueue, worker }) => stateOf(taskQueue, worker)),
  };
}

async function createWorker(
  queue: QueueService,
  options: WorkersOptions,
): Promise<{ taskQueue: string; worker: Worker }> {
  const { taskQueue, workflowBundle, activities } = queue;
  const worker = await LightWorker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue,
    activities,
    // The SDK's own default is no grace at all.
    shutdownGraceTime: options.shutdownGraceMs,
    shutdownForceTime: options.shutdownGraceMs + FORCE_AFTER_GRACE_MS,
    maxCachedWorkflows: CACHED_WORKFLOWS,
    interceptors: { activity: [...(options.activityInterceptors ?? [])] },
    ...(workflowBundle ? { workflowBundle } : {}),
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    ...options.tuning,
  });
  options.logger.info({ taskQueue, namespace: options.namespace }, 'Worker ready');
  return { taskQueue, worker };
}

function stateOf(taskQueue: string, worker: Worker): WorkerState {
  const status = worker.getStatus();
  return {
    taskQueue,
    state: status.runState,
    workflowTasks: status.numInFlightWorkflowActivations,
    activityTasks: status.numInFlightActivities,
    cachedWorkflows: status.numCachedWorkflows,
  };
}
