import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../../domain/contracts/names.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { createLogger } from '../../services/logging.ts';
import {
  type TemporalTarget,
  connectClient,
  connectWorkers,
  ensureSearchAttributes,
  localTarget,
} from '../../services/temporal/connection.ts';
import { acquireTemporalCli } from '../../services/temporal/server/acquire-cli.ts';
import { startDevServer } from '../../services/temporal/server/dev-server.ts';
import { acquireTestServer } from '../../services/temporal/server/test-server.ts';
import { installRuntime } from '../../workers/runtime.ts';

const report = (line: string): void => void process.stderr.write(`${line}\n`);

/** Where this machine keeps servers, whatever data folder a test uses. */
export const cacheDir = (): string => readConfiguration({ ...process.env, REVEILLE_DATA_DIR: '' }, tmpdir()).cacheDir;

let quiet = false;

/** The SDK's own lines go where a test's other lines go: nowhere, unless `TEST_LOG_LEVEL` is set. */
export function quietRuntime(): void {
  if (!quiet) installRuntime({ logger: createLogger({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' }) });
  quiet = true;
}

/** Notes of the servers that tests start, swept by the runner. */
export const TEST_PID_DIR = join(tmpdir(), 'reveille-test-processes');

export const temporalCli = async (): Promise<string> =>
  (await acquireTemporalCli({ cacheDir: cacheDir(), report })).path;

export interface TestTemporal {
  address: string;
  namespace: string;
  target: TemporalTarget;
  client: Client;
  pid: number;
  /** Ends the client's connection and the server. */
  stop(): Promise<void>;
}

/**
 * A development server of the caller's own, in memory, with our search attributes: it is there in a quarter of a second,
 * so no test file shares one with another. Stop it in `after`.
 */
export async function devServer(options: { dbFile?: string; port?: number } = {}): Promise<TestTemporal> {
  quietRuntime();
  const folder = mkdtempSync(join(tmpdir(), 'reveille-temporal-'));
  const server = await startDevServer({
    cliPath: await temporalCli(),
    dbFile: options.dbFile ?? null,
    namespace: 'default',
    searchAttributes: SEARCH_ATTRIBUTES,
    logFile: join(folder, 'temporal.log'),
    pidDir: TEST_PID_DIR,
    port: options.port ?? 0,
    uiPort: null,
    report,
  });
  const target = localTarget(server.address);
  const client = await connectClient(target);
  // The SDK's runtime ends with its last connection; without this one, where a file runs no worker, it never would.
  const anchor = await connectWorkers(target);
  return {
    address: server.address,
    namespace: target.namespace,
    target,
    client,
    pid: server.pid,
    stop: async () => {
      await client.connection.close();
      await anchor.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server that skips time, or the reason for which its tests are skipped: `test(title, { skip: reason ?? false }, …)`. */
export type TimeSkipping =
  { env: TestWorkflowEnvironment; target: TemporalTarget; reason: null } | { env: null; target: null; reason: string };

/** The time-skipping environment with our search attributes; `env.teardown()` in `after`. */
export async function timeSkippingEnv(): Promise<TimeSkipping> {
  const { path, reason } = await acquireTestServer({ cacheDir: cacheDir(), report });
  if (path === null) return { env: null, target: null, reason: `no time-skipping server: ${reason}` };
  quietRuntime();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const target = localTarget(env.address);
  await ensureSearchAttributes(env.nativeConnection, target);
  return { env, target, reason: null };
}
