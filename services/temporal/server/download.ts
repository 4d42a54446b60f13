/**
 * Downloads a server through the SDK into an empty folder: `node download.ts dev-server|time-skipping VERSION FOLDER`.
 * A process of its own, because the SDK also starts what it has downloaded, on a Runtime that can be set up only once.
 */
import { createRequire } from 'node:module';
import { Runtime } from '@temporalio/worker';

const [kind, version = 'default', downloadDir = '.'] = process.argv.slice(2);
const sdk = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
const exe = {
  type: 'cached-download' as const,
  downloadDir,
  version,
  ttl: Number.MAX_SAFE_INTEGER,
  sdkName: 'sdk-typescript',
  sdkVersion: sdk.version,
};
const log = { format: 'json', level: 'error' };
const local = { namespace: 'default', ip: '127.0.0.1', ui: false, uiPort: null, dbFilename: null, log };

const runtime = Runtime.instance();
try {
  const server = await runtime.createEphemeralServer(
    kind === 'dev-server'
      ? { type: 'dev-server', exe, port: null, extraArgs: [], ...local }
      : { type: 'time-skipping', exe, port: null, extraArgs: [] },
  );
  await runtime.shutdownEphemeralServer(server);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await runtime.shutdown();
}
