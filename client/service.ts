import { z } from 'zod';
import type { Configuration } from '../services/configuration.ts';
import type { Logger } from '../services/logging.ts';
import { remoteOperations } from './api/remote.ts';
import type { Operations } from './api/routes.ts';
import { noService } from './no-service.ts';
import { type Runtime, readRuntime } from './runtime-file.ts';

/** The operations, and whether a running service carries them out. */
export interface Service {
  operations: Operations;
  /** null: carried out here, on the store alone. */
  runtime: Runtime | null;
  close(): Promise<void>;
}

/** A port that nobody listens on refuses at once; a busy service may take seconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * The running service of this data folder.
 * @throws ReveilleError `unavailable` that names `npm start` when none answers
 */
export async function connectRunning({ dataDir }: Pick<Configuration, 'dataDir'>): Promise<Service> {
  const runtime = await runningService(dataDir);
  if (!runtime) throw noService();
  return { operations: remoteOperations(runtime.api, runtime.token), runtime, close: async () => {} };
}

/** The service of this data folder when one answers, else the store opened here under its lock. */
export async function connectService(configuration: Configuration, logger: Logger): Promise<Service> {
  const runtime = await runningService(configuration.dataDir);
  if (runtime) return { operations: remoteOperations(runtime.api, runtime.token), runtime, close: async () => {} };
  const { databaseUrl, dataDir, cacheDir } = configuration;
  // Databases take a while to load, and a running service makes them unneeded.
  const [{ openStore }, { createOperations }, { createDialler }, { openDesk }] = await Promise.all([
    import('../services/store/open-store.ts'),
    import('./operations/index.ts'),
    import('../services/dialler.ts'),
    import('../services/calendars/open-desk.ts'),
  ]);
  const store = await openStore({ ...(databaseUrl === null ? {} : { databaseUrl }), dataDir, cacheDir, logger });
  const { minIntervalMs, timezone, allowPrivateHosts } = configuration;
  const dialler = createDialler({ allowPrivateHosts });
  const desk = openDesk(configuration, { store, dialler });
  return {
    operations: createOperations({ store, temporal: null, minIntervalMs, timezone, desk }),
    runtime: null,
    close: () => Promise.all([store.close(), dialler[Symbol.asyncDispose]()]).then(() => {}),
  };
}

const health = z.object({ pid: z.number() });

/** The service that `.reveille/runtime.json` names, if it answers. */
export async function runningService(dataDir: string): Promise<Runtime | null> {
  const runtime = await readRuntime(dataDir);
  if (!runtime) return null;
  try {
    const answer = await fetch(`${runtime.api}/healthz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    // A killed service leaves its file, and its port may by now be another's: that one must not get the token.
    return health.parse(await answer.json()).pid === runtime.pid ? runtime : null;
  } catch {
    return null;
  }
}
