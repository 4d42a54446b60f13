import {
  type ActivityInterceptorsFactory,
  type NativeConnection,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from '../services/logging.ts';

/** Past the grace time cancelled activities get this long to notice; then their attempts are given up. */
const FORCE_AFTER_GRACE_MS = 5_000;
/** How long a workflow waits for the worker that has it cached; then any worker takes it, as after a kill. */
const STICKY_MS = 5_000;
/** So many workflows a worker keeps at hand; others are read again from their history. More cost more memory than they save time. */
const CACHED_WORKFLOWS = 1_000;

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

/**
 * A worker that calls into workflows without the guard against endless loops. Node's guard is a thread that is made for each call
 * and ended after it (nodejs/node#47739), some ten for a workflow task, which was half the time that tasks took. Workflows here
 * are of this project alone, and have no loop that does not wait.
 */
class UnguardedWorker extends Worker {
  protected static override createWorkflowCreator(
    ...[bundle, options, logger]: Parameters<typeof Worker.createWorkflowCreator>
  ): ReturnType<typeof Worker.createWorkflowCreator> {
    // The SDK takes any duration, and hands on to Node that there is none.
    const unguarded = { ...options, isolateExecutionTimeoutMs: undefined as unknown as number };
    return super.createWorkflowCreator(bundle, unguarded, logger);
  }
}

/** Starts one worker per queue on one connection. */
export async function startWorkers(options: WorkersOptions): Promise<RunningWorkers> {
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
  const worker = await UnguardedWorker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue,
    activities,
    // The SDK's own default is no grace at all.
    shutdownGraceTime: options.shutdownGraceMs,
    shutdownForceTime: options.shutdownGraceMs + FORCE_AFTER_GRACE_MS,
    stickyQueueScheduleToStartTimeout: STICKY_MS,
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
