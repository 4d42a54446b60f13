import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type Runtime, readRuntime } from '../../client/runtime-file.ts';
import { temporalError } from '../../client/operations/temporal-errors.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/ports/failpoints.ts';
import type { Page } from '../../domain/ports/page.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../services/store/open-store.ts';
import { createDatabase } from './postgres.ts';
import { temporaryFolder } from './service.ts';
import { type StubVendors, startVendors } from './stub-vendors.ts';
import { type TestTemporal, cacheDir, devServer } from './temporal.ts';
import { WorkerProcess } from './worker-process.ts';

/** Waits for a state, never for time to go by. @throws AssertionError after `withinMs`, with what is there then */
export async function eventually<Result>(
  what: string,
  probe: () => Promise<Result | null | false | undefined>,
  options: { withinMs?: number; describe?: () => Promise<string> } = {},
): Promise<Result> {
  const deadline = performance.now() + (options.withinMs ?? 60_000);
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (performance.now() > deadline) assert.fail(`not in time: ${what}\n${(await options.describe?.()) ?? ''}`);
    await delay(100);
  }
}

/** Whoever waits for it in the end hears of a failure; until someone does, it must not end the process. */
export function quietly<Answer>(answer: Promise<Answer>): Promise<Answer> {
  answer.catch(() => {});
  return answer;
}

interface Parts {
  store: Store;
  vendors: StubVendors;
  temporal: TestTemporal;
  databaseUrl: string;
  folder: string;
}

/**
 * What all worlds of faults stand on, for real: a Temporal server, a database, vendors that write down what they accepted, and
 * as many worker processes as a test starts.
 */
export class FaultStack implements AsyncDisposable {
  readonly store: Store;
  readonly vendors: StubVendors;
  readonly temporal: TestTemporal;
  /** The data folder of its processes, which run in it. */
  readonly folder: string;
  /** Of its processes; more may be added before the first is started. */
  readonly env: Record<string, string>;
  /** Ends with it, the last first. */
  readonly resources: AsyncDisposableStack;
  readonly #workers: WorkerProcess[] = [];
  readonly #asked = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  private constructor({ store, vendors, temporal, databaseUrl, folder }: Parts, resources: AsyncDisposableStack) {
    this.store = store;
    this.vendors = vendors;
    this.temporal = temporal;
    this.folder = folder;
    this.resources = resources;
    this.env = {
      ...vendors.env,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
      REVEILLE_DATA_DIR: folder,
      REVEILLE_CACHE_DIR: cacheDir(),
      REVEILLE_PORT: '0',
      REVEILLE_QUIET_HOURS: 'none',
      REVEILLE_PROMOTION_CAP: '1000/1d',
    };
  }

  /** @param postgresUrl a server on which it makes a database of its own */
  static async open(postgresUrl: string): Promise<FaultStack> {
    await using opened = new AsyncDisposableStack();
    const folder = temporaryFolder();
    opened.defer(() => folder.remove());
    const database = await createDatabase(postgresUrl);
    opened.defer(() => database.stop());
    const temporal = await devServer();
    opened.defer(() => temporal.stop());
    const vendors = opened.use(await startVendors(folder.path));
    const store = await openStore({ databaseUrl: database.url, dataDir: folder.path });
    opened.defer(() => store.close());
    const parts = { store, vendors, temporal, databaseUrl: database.url, folder: folder.path };
    return new FaultStack(parts, opened.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
    // A call that is still being tried would meet a closed connection, and fail whichever test runs by then.
    this.#closing.abort();
    await Promise.allSettled(this.#asked);
    await this.resources.disposeAsync();
  }

  /** A worker process, which dies at `fault`. `script` stands in for `reveille worker`. */
  worker(options: { fault?: Fault; script?: string; env?: Record<string, string> } = {}): WorkerProcess {
    const { fault, script, env } = options;
    const worker = WorkerProcess.start({
      env: { ...this.env, ...env, ...(fault && { FAULT: `${fault.point}:${fault.nth}` }) },
      cwd: this.folder,
      ...(script !== undefined && { script }),
    });
    this.#workers.push(worker);
    return worker;
  }

  /** The API, as a process that nothing limits. */
  async serve(): Promise<Runtime> {
    const env = { ...this.env, REVEILLE_RATE_LIMIT: '10000000' };
    const api = WorkerProcess.start({ env, cwd: this.folder, command: 'serve' });
    this.#workers.push(api);
    const options = { describe: async () => api.log };
    return eventually('the API', async () => (api.running ? readRuntime(this.folder) : assert.fail(api.log)), options);
  }

  /** What the process that was started last has logged. */
  get lastLog(): string {
    return this.#workers.at(-1)?.log ?? '';
  }

  /** As a caller does who was told that the service is away for the moment: again, and the same. */
  ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { connection } = this.temporal.client;
    const { signal } = this.#closing;
    const untilAnswered = async (): Promise<Answer> => {
      for (;;) {
        try {
          return await connection.withAbortSignal(signal, question);
        } catch (error) {
          const told = temporalError(error);
          const again = told instanceof ReveilleError && told.code === 'unavailable';
          if (!again || signal.aborted) throw told;
          await delay(500);
        }
      }
    };
    const asked = untilAnswered();
    this.#asked.add(asked);
    return quietly(asked.finally(() => this.#asked.delete(asked)));
  }

  /** Keeps Temporal from handing what a dead worker was at to another, so that each meets what is meant for it. */
  async hold(workflowId: string): Promise<void> {
    await this.#ofPending(workflowId, (pending) => this.temporal.client.workflowService.pauseActivity(pending));
  }

  async release(workflowId: string): Promise<void> {
    await this.#ofPending(workflowId, (pending) => this.temporal.client.workflowService.unpauseActivity(pending));
  }

  /** How a workflow stands; `NONE` where there is none. */
  async status(workflowId: string): Promise<string> {
    try {
      return (await this.temporal.client.workflow.getHandle(workflowId).describe()).status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'NONE';
      throw error;
    }
  }

  async #ofPending(
    workflowId: string,
    act: (pending: {
      namespace: string;
      execution: { workflowId: string };
      id: string;
      identity: string;
    }) => Promise<unknown>,
  ): Promise<void> {
    const { raw } = await this.temporal.client.workflow.getHandle(workflowId).describe();
    for (const { activityId } of raw.pendingActivities ?? []) {
      if (!activityId) continue;
      await act({ namespace: this.temporal.namespace, execution: { workflowId }, id: activityId, identity: 'tester' });
    }
  }
}

/** The items of all pages. */
export async function everything<Row>(
  page: (options: { limit: number; cursor?: string }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { items, nextCursor }: Page<Row> = await page({ limit: 500, ...(cursor && { cursor }) });
    rows.push(...items);
    cursor = nextCursor;
  }
  return rows;
}
