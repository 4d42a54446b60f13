import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Caller, Operations } from '../../client/api/routes.ts';
import { createOperations } from '../../client/operations/index.ts';
import { DEFAULT_WORKSPACE, TASK_QUEUES } from '../../domain/contracts/names.ts';
import { DEFAULT_SEND_POLICY } from '../../domain/contacts/policy.ts';
import type { CustomerData } from '../../domain/customers/customer.ts';
import { generateCustomers } from '../../domain/customers/generator.ts';
import type { Store } from '../../domain/ports/store.ts';
import { type Configuration, readConfiguration } from '../../services/configuration.ts';
import { openDesk } from '../../services/calendars/open-desk.ts';
import { createDialler } from '../../services/dialler.ts';
import { type Logger, createLogger } from '../../services/logging.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type TemporalTarget, connectClient } from '../../services/temporal/connection.ts';
import type { RunningWorkers } from '../../workers/run-worker.ts';
import { type ReveilleWorkersOptions, startReveilleWorkers } from '../../workers/start.ts';
import { cacheDir, devServer } from './temporal.ts';

export const quietLogger = (): Logger => createLogger({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });

/** A folder that `remove` takes away again. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'reveille-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Sample customers scored as of now, so that scans find some at risk. */
export const sampleCustomers = (count = 200, seed = 7): CustomerData =>
  generateCustomers({ count, seed, asOf: Date.now() });

export interface TestService {
  store: Store;
  client: Client;
  operations: Operations;
  caller: Caller;
  dataDir: string;
  /** Starts a workflow on the main queue and waits for its result. */
  run(type: string, args: unknown[], workflowId: string): Promise<unknown>;
  /** Takes the workers away; store and client stay. */
  pauseWorkers(): Promise<void>;
  resumeWorkers(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestServiceOptions {
  /** null imports none. */
  customers?: CustomerData | null;
  /** A folder that outlives the service; one of its own when absent. */
  dataDir?: string;
  /** What the workers see of the store; all of it when absent. */
  workersStore?: (store: Store) => Store;
  tuning?: ReveilleWorkersOptions['tuning'] | undefined;
  llm?: Configuration['llm'];
  /** Other settings than the defaults; there are no quiet hours unless these say so, since tests run at any time of day. */
  configuration?: Partial<Configuration>;
}

/** A service on a development server of its own, which ends with it. */
export async function startTestStack(options: TestServiceOptions = {}): Promise<TestService> {
  const temporal = await devServer();
  const service = await startTestService(temporal.target, options).catch(async (error: unknown) => {
    await temporal.stop();
    throw error;
  });
  return {
    ...service,
    async stop() {
      await service.stop();
      await temporal.stop();
    },
  };
}

/** Store, workers and operations as `up` has them, in a folder of their own, on a Temporal server of the caller's. */
export async function startTestService(target: TemporalTarget, options: TestServiceOptions = {}): Promise<TestService> {
  const folder = options.dataDir ? { path: options.dataDir, remove: () => {} } : temporaryFolder();
  const logger = quietLogger();
  const configuration = {
    ...readConfiguration({ REVEILLE_DATA_DIR: folder.path }, folder.path),
    llm: options.llm ?? null,
    sendPolicy: { ...DEFAULT_SEND_POLICY, quietHours: null },
    ...options.configuration,
  };
  const store = await openStore({ dataDir: folder.path, cacheDir: cacheDir(), logger });
  const { customers = sampleCustomers() } = options;
  if (customers) await store.customers.import(DEFAULT_WORKSPACE, customers, { merge: false });
  const client = await connectClient(target);
  const startWorkers = () =>
    startReveilleWorkers({
      configuration,
      target,
      store: options.workersStore?.(store) ?? store,
      logger,
      ...(options.tuning && { tuning: options.tuning }),
    });
  const dialler = createDialler({ allowPrivateHosts: configuration.allowPrivateHosts });
  const desk = openDesk(configuration, { store, dialler });
  let workers: RunningWorkers | null = await startWorkers();
  const pauseWorkers = async (): Promise<void> => {
    await workers?.drain();
    workers = null;
  };
  return {
    store,
    client,
    operations: createOperations({ store, temporal: { client, webUi: null }, minIntervalMs: 1_000, desk }),
    caller: { workspace: DEFAULT_WORKSPACE, actor: 'tester' },
    dataDir: folder.path,
    run: (type, args, workflowId) => client.workflow.execute(type, { args, workflowId, taskQueue: TASK_QUEUES.main }),
    pauseWorkers,
    resumeWorkers: async () => {
      workers ??= await startWorkers();
    },
    async stop() {
      await pauseWorkers();
      await client.connection.close();
      await dialler[Symbol.asyncDispose]();
      await store.close();
      folder.remove();
    },
  };
}
