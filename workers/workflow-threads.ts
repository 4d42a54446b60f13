import { Worker as Thread } from 'node:worker_threads';
import type { coresdk } from '@temporalio/proto';
import { UnexpectedError, Worker } from '@temporalio/worker';
import type { Workflow, WorkflowCreator } from '@temporalio/worker/lib/workflow/interface.js';
import type { WorkflowBundleWithSourceMapAndFilename as Bundle } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js';
import type { SinkCall } from '@temporalio/workflow';
import type { WorkflowCreateOptions } from '@temporalio/workflow/lib/interfaces.js';
import { createUnsafeRandomSource } from '@temporalio/workflow/lib/random-helpers.js';
import { sendableInfo } from './sendable-info.ts';

type Activation = coresdk.workflow_activation.IWorkflowActivation;
type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** What a thread is asked: to load the code of workflows; to go on with one, made before where `creation` is given; to end one. */
export type Question =
  | { bundle: Bundle; activityNames: Set<string> }
  | { runId: string; creation: WorkflowCreateOptions | null; activation: Activation }
  | { disposed: string };

/** How a workflow went on, and what it wants to have logged. */
export interface Activated {
  completion: Completion;
  calls: SinkCall[];
}

/** What a thread says to the question of that number. */
export interface Answer {
  id: number;
  said: Activated | null;
  error: unknown;
}

interface Asked {
  resolve(said: Activated | null): void;
  reject(error: unknown): void;
}

/** A thread in which workflows run. */
class WorkflowThread {
  readonly #thread = new Thread(new URL('./workflow-thread.ts', import.meta.url));
  readonly #asked = new Map<number, Asked>();
  #count = 0;
  #ended: Error | null = null;
  /** Workflows that are kept there. */
  workflows = 0;

  constructor() {
    this.#thread.on('message', ({ id, said, error }: Answer) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === null) asked?.resolve(said);
      else asked?.reject(error);
    });
    this.#thread.on('error', (error) => this.#end(error));
    this.#thread.on('exit', () => this.#end(undefined));
  }

  /** @throws the SDK's `UnexpectedError`, which ends the worker, when the thread is gone */
  ask(question: Question): Promise<Activated | null> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = (this.#count += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Activated | null>();
    this.#asked.set(id, { resolve, reject });
    this.#thread.postMessage({ id, question });
    return promise;
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }

  #end(cause: unknown): void {
    this.#ended ??= new UnexpectedError('The thread of the workflows has ended', cause);
    for (const { reject } of this.#asked.values()) reject(this.#ended);
    this.#asked.clear();
  }
}

/** A workflow in a thread; it is made there with its first activation. */
class ThreadedWorkflow implements Workflow {
  readonly #thread: WorkflowThread;
  readonly #runId: string;
  #creation: WorkflowCreateOptions | null;
  #calls: SinkCall[] = [];

  constructor(thread: WorkflowThread, creation: WorkflowCreateOptions) {
    this.#thread = thread;
    this.#runId = creation.info.runId;
    this.#creation = { ...creation, info: sendableInfo(creation.info) };
    thread.workflows += 1;
  }

  async activate(activation: Activation): Promise<Completion> {
    const creation = this.#creation;
    this.#creation = null;
    const activated = await this.#thread.ask({ runId: this.#runId, creation, activation });
    if (activated === null) throw new UnexpectedError('A workflow went on without an answer', undefined);
    this.#calls.push(...activated.calls);
    return activated.completion;
  }

  async getAndResetSinkCalls(): Promise<SinkCall[]> {
    const calls = this.#calls;
    this.#calls = [];
    for (const { workflowInfo } of calls) {
      Object.assign(workflowInfo.unsafe, { now: Date.now, random: createUnsafeRandomSource(Math.random) });
    }
    return calls;
  }

  /** What is asked of the thread after it comes after it, so nobody waits. */
  async dispose(): Promise<void> {
    this.#thread.workflows -= 1;
    if (this.#creation !== null) return;
    this.#thread.ask({ disposed: this.#runId }).catch(() => {});
  }
}

class WorkflowThreads implements WorkflowCreator {
  readonly #threads: readonly WorkflowThread[];

  constructor(threads: readonly WorkflowThread[]) {
    this.#threads = threads;
  }

  async createWorkflow(options: WorkflowCreateOptions): Promise<Workflow> {
    const idlest = this.#threads.reduce((one, other) => (other.workflows < one.workflows ? other : one));
    return new ThreadedWorkflow(idlest, options);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

/**
 * A worker that spares its workflows three things that the SDK does around each and that were most of what a task took
 * (docs/decisions/2026-11-21-workflow-thread.md): the guard against endless loops, for which Node makes a thread for each call and
 * ends it after; the place where each promise was made; and three messages to the thread and back where one does.
 */
export class LightWorker extends Worker {
  protected static override async createWorkflowCreator(
    ...[bundle, options]: Parameters<typeof Worker.createWorkflowCreator>
  ): Promise<WorkflowCreator> {
    const threads = Array.from({ length: options.workflowThreadPoolSize }, () => new WorkflowThread());
    const activityNames = new Set(options.activities.keys());
    await Promise.all(threads.map((thread) => thread.ask({ bundle, activityNames })));
    return new WorkflowThreads(threads);
  }
}
