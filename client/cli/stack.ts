import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openDesk } from '../../services/calendars/open-desk.ts';
import type { Configuration } from '../../services/configuration.ts';
import { createDialler } from '../../services/dialler.ts';
import type { Logger } from '../../services/logging.ts';
import { acquireLock } from '../../services/lock-file.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type TemporalTarget, connectClient, localTarget } from '../../services/temporal/connection.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { type AcquireOptions, acquireTemporalCli } from '../../services/temporal/server/acquire-cli.ts';
import { runCommand } from '../../services/temporal/server/command.ts';
import { startDevServer } from '../../services/temporal/server/dev-server.ts';
import { sweepProcesses } from '../../services/temporal/server/processes.ts';
import type { RunningWorkers } from '../../workers/run-worker.ts';
import { installRuntime } from '../../workers/runtime.ts';
import { startReveilleWorkers } from '../../workers/start.ts';
import type { Operations } from '../api/routes.ts';
import { startApi } from '../api/server.ts';
import { createOperations } from '../operations/index.ts';
import { type Runtime, removeRuntime, writeRuntime } from '../runtime-file.ts';
import { newSecret } from '../token-secret.ts';
import { userName } from './context.ts';
import { startReconciliation } from './reconciliation.ts';

/** How long `/readyz` waits for Temporal, in milliseconds. */
const READY_MS = 3_000;

/** Everything of one data folder running in this process, with a Temporal server beside it. */
export interface Stack {
  operations: Operations;
  /** What other processes may know, without the token. */
  runtime: Omit<Runtime, 'token'>;
  /** What to look at, by name. */
  addresses: [name: string, address: string][];
  /** Rejects when the worker or our Temporal server, where we have them, ends by itself. */
  failed: Promise<never>;
  /** Drains the worker and releases everything, last in first out. */
  stop(): Promise<void>;
}

export interface StackOptions {
  configuration: Configuration;
  logger: Logger;
  /** Progress, a line at a time. */
  report: (line: string) => void;
  /** Ends the long part of a first start, which is getting the Temporal server. */
  signal: AbortSignal;
  /** False: only the API, beside workers that are processes of their own. */
  worker?: boolean;
  /** False: no schedule of our own, on a server where we are a guest. */
  maintenance?: boolean;
}

/**
 * Starts store, Temporal server (unless TEMPORAL_ADDRESS names one), worker (unless told not to) and API, and notes them
 * for other processes.
 * @throws ReveilleError `conflict` when another process holds the store, `unavailable` when something does not start
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { configuration, logger, report, worker = true, maintenance = true } = options;
  const { databaseUrl, dataDir, cacheDir } = configuration;
  await using starting = new AsyncDisposableStack();
  const runtime = installRuntime({ logger });
  starting.defer(() => runtime.release());
  // First the lock: it keeps a second stack of this folder from touching anything.
  const folder = join(dataDir, '.reveille');
  await mkdir(folder, { recursive: true });
  const lock = await acquireLock(join(folder, 'service.lock'), `The service of ${dataDir}`);
  starting.defer(() => lock.release());
  // The server starts in its own process, so that it costs no time to open the store meanwhile.
  const opening = openStore({ ...(databaseUrl === null ? {} : { databaseUrl }), dataDir, cacheDir, logger });
  const [opened, started] = await Promise.allSettled([opening, startTemporal(options, starting)]);
  if (opened.status === 'fulfilled') starting.defer(() => opened.value.close());
  const [store, temporal] = [valueOf(opened), valueOf(started)];
  report(worker ? 'Starting worker and API' : 'Starting the API');
  const client = await connectClient(temporal.target);
  starting.defer(() => client.connection.close());
  const workers = worker ? await startReveilleWorkers({ configuration, target: temporal.target, store, logger }) : null;
  if (workers) starting.defer(() => drained(workers));
  const { minIntervalMs, timezone } = configuration;
  const reconciler = await startReconciliation({ store, client, minIntervalMs, logger, maintenance });
  starting.defer(() => reconciler.close());
  const dialler = createDialler({ allowPrivateHosts: configuration.allowPrivateHosts });
  starting.use(dialler);
  const desk = openDesk(configuration, { store, dialler });
  const operations = createOperations({
    ...{ store, temporal: { client, webUi: temporal.webUi }, minIntervalMs, timezone, desk },
    wake: () => reconciler.wake(),
  });
  const token = newSecret();
  const api = await startApi({
    operations,
    store,
    runtimeToken: { secret: token, actor: userName(), workspace: configuration.workspace },
    host: configuration.host,
    port: configuration.port,
    rateLimit: configuration.rateLimit,
    links: configuration.links,
    contacts: createContactService(client),
    graceMs: configuration.shutdownGraceMs,
    logger,
    ready: () => ready(store, client),
  });
  starting.defer(() => api.close());
  const { address, namespace } = temporal.target;
  const shown = { pid: process.pid, api: api.url, temporal: address, namespace, webUi: temporal.webUi };
  await writeRuntime(dataDir, { ...shown, token });
  starting.defer(() => removeRuntime(dataDir, process.pid));
  const running = starting.move();
  const { port } = new URL(api.url);
  const moved = configuration.port !== 0 && Number(port) !== configuration.port;
  if (moved) report(`Port ${configuration.port} is taken; the API has port ${port}`);
  const failed = endedByItself(temporal.ended, workers, logger);
  return {
    operations,
    runtime: shown,
    addresses: [
      ['API', api.url],
      ['API documents', `${api.url}/docs`],
      ...(temporal.webUi ? [['Temporal Web UI', temporal.webUi] as [string, string]] : []),
      ['Temporal', `${address} (namespace ${namespace})`],
      ['Data', dataDir],
    ],
    failed,
    stop: () => running.disposeAsync(),
  };
}

/** @throws whatever the store or the Temporal server has to say when it is away */
async function ready(store: Store, { connection }: Client): Promise<void> {
  await store.ping();
  await connection.withDeadline(Date.now() + READY_MS, () => connection.workflowService.getSystemInfo({}));
}

/** Lets work in progress end. @throws ReveilleError `unavailable` when some of it had to be given up */
async function drained(workers: RunningWorkers): Promise<void> {
  try {
    await workers.drain();
  } catch (cause) {
    const why = 'Work in progress did not end in time; it goes on where it was at the next start';
    throw new ReveilleError('unavailable', why, { cause });
  }
}

/** Rejects as soon as the Temporal server or the worker ends without having been told to. */
function endedByItself(temporalEnded: Promise<string>, workers: RunningWorkers | null, logger: Logger): Promise<never> {
  const workersEnded = (workers?.completed ?? new Promise<never>(() => {})).then(
    () => 'The worker',
    (error: unknown) => {
      logger.error({ err: error }, 'Worker failed');
      return 'The worker';
    },
  );
  const failed = Promise.race([temporalEnded, workersEnded]).then((what): never => {
    throw new ReveilleError('unavailable', `${what} ended by itself; the logs say more`);
  });
  failed.catch(() => undefined);
  return failed;
}

function valueOf<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

interface Temporal {
  target: TemporalTarget;
  webUi: string | null;
  ended: Promise<string>;
}

/** The configured server, or one of our own whose state is in the data folder. */
async function startTemporal(
  { configuration, report, signal }: StackOptions,
  starting: AsyncDisposableStack,
): Promise<Temporal> {
  const { temporal, dataDir, cacheDir } = configuration;
  if (temporal.address !== null) {
    report(`Using the Temporal server at ${temporal.address}`);
    return {
      target: { ...temporal, address: temporal.address },
      webUi: null,
      ended: new Promise(() => {}),
    };
  }
  const folder = join(dataDir, '.reveille');
  const pidDir = join(folder, 'processes');
  for (const { what, pid } of await sweepProcesses(pidDir))
    report(`Stopped ${what} (process ${pid}), left over by a crash`);
  const run: AcquireOptions['run'] = (file, args, options) => runCommand(file, args, { ...options, signal });
  const cli = await acquireTemporalCli({ cacheDir, report, run });
  report('Starting the Temporal server and opening the store');
  const server = await startDevServer({
    cliPath: cli.path,
    dbFile: join(folder, 'temporal.db'),
    namespace: temporal.namespace,
    searchAttributes: SEARCH_ATTRIBUTES,
    logFile: join(folder, 'temporal.log'),
    pidDir,
    report,
  });
  starting.defer(() => server.stop());
  return {
    target: localTarget(server.address, temporal.namespace),
    webUi: server.webUi,
    ended: server.ended.then(() => 'The Temporal server'),
  };
}
