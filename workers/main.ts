import { ReveilleError } from '../domain/errors.ts';
import type { Configuration } from '../services/configuration.ts';
import { createLogger } from '../services/logging.ts';
import { openStore } from '../services/store/open-store.ts';
import { freePort } from '../services/temporal/server/dev-server.ts';
import { parseQueues } from './registry.ts';
import { installRuntime } from './runtime.ts';
import { startReveilleWorkers } from './start.ts';
import { startStatusServer } from './status-server.ts';
import { untilStopped } from './until-stopped.ts';

/**
 * The worker process: set up, run until SIGTERM or SIGINT or a worker's failure, drain within the grace time, release
 * everything in reverse order. A second signal ends the process at once.
 * @returns the exit code, 0 when all work in progress ended
 * @throws ReveilleError `invalid_input` or `unavailable` when it cannot start
 */
export async function runWorkerProcess(
  configuration: Configuration,
  options: { queues?: readonly string[] } = {},
): Promise<number> {
  const { databaseUrl, dataDir, cacheDir, temporal } = configuration;
  const queues = parseQueues(options.queues ?? []);
  const { address } = temporal;
  if (address === null) {
    throw new ReveilleError('invalid_input', 'TEMPORAL_ADDRESS: a worker of its own needs a server to connect to');
  }
  const logger = createLogger({ level: configuration.logLevel, secrets: configuration.secrets });
  const metricsAddress = `127.0.0.1:${await freePort(0)}`;
  await using release = new AsyncDisposableStack();
  const runtime = installRuntime({ logger, metricsAddress });
  release.defer(() => runtime.release());
  const store = await openStore({ ...(databaseUrl === null ? {} : { databaseUrl }), dataDir, cacheDir, logger });
  release.defer(() => store.close());
  const workers = await startReveilleWorkers({
    configuration,
    target: { ...temporal, address },
    store,
    logger,
    queues,
  });
  // Where what follows fails; else it has happened by then, and its failure is told.
  release.defer(() => workers.drain().catch(() => {}));
  const status = await startStatusServer({
    port: configuration.port,
    state: workers.state,
    check: () => store.ping(),
    metrics: async () => (await fetch(`http://${metricsAddress}/metrics`)).text(),
  });
  release.defer(() => status.close());
  logger.info({ queues, address: status.url }, 'Worker process ready');
  // Without this await everything above would be released at once.
  return await untilStopped(workers, { logger, graceMs: configuration.shutdownGraceMs });
}
