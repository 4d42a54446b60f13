import type { Store } from '../../domain/ports/store.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { createLogger } from '../../services/logging.ts';
import { openStore } from '../../services/store/open-store.ts';
import { installRuntime } from '../../workers/runtime.ts';
import { type ReveilleWorkersOptions, startReveilleWorkers } from '../../workers/start.ts';
import { untilStopped } from '../../workers/until-stopped.ts';

/** The worker process of `reveille worker`, with what its activities see of the store changed. */
export async function runWorkerOn(
  change: (store: Store) => Store,
  tuning: NonNullable<ReveilleWorkersOptions['tuning']> = {},
): Promise<void> {
  const configuration = readConfiguration(process.env, process.cwd());
  const { databaseUrl, dataDir, cacheDir, temporal, shutdownGraceMs } = configuration;
  const { address } = temporal;
  if (databaseUrl === null || address === null) throw new Error('DATABASE_URL and TEMPORAL_ADDRESS are not set');
  const logger = createLogger({ level: 'info' });
  installRuntime({ logger });
  const store = await openStore({ databaseUrl, dataDir, cacheDir, logger });
  const target = { ...temporal, address };
  const workers = await startReveilleWorkers({ configuration, target, store: change(store), logger, tuning });
  logger.info('Worker process ready');
  process.exitCode = await untilStopped(workers, { logger, graceMs: shutdownGraceMs });
  await store.close();
}
