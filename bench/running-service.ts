import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Runtime, readRuntime } from '../client/runtime-file.ts';
import { DEFAULT_WORKSPACE } from '../domain/contracts/names.ts';
import { generateCustomers } from '../domain/customers/generator.ts';
import { createLogger } from '../services/logging.ts';
import { openStore } from '../services/store/open-store.ts';
import { loadWorkflowBundle } from '../workers/bundle.ts';
import { type TestServer, startPostgresServer } from '../test/support/postgres.ts';
import { type TestTemporal, cacheDir, devServer } from '../test/support/temporal.ts';

const CLI = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));
const START_MS = 120_000;

export interface ServiceOptions {
  /** People to write to; each has a mail address. */
  contacts: number;
  /** Where the Temporal server keeps its state: in memory, or in a file as `up` has it. */
  server: 'memory' | 'file';
  /** `embedded`: all in one process, as `up` has it; `postgres`: API and worker are processes of their own, on one. */
  store: 'embedded' | 'postgres';
  /** A folder for CPU profiles of the service; null for none. */
  profiles: string | null;
}

/** What a process has used up to now; its most memory since it was up. */
export interface Usage {
  cpuSeconds: number;
  peakMegabytes: number;
}

interface Parts {
  temporal: TestTemporal;
  /** The one that works; it answers too where there is no other. */
  worker: ChildProcess;
  api: ChildProcess;
  postgres: TestServer | null;
  folder: string;
}

/** A service and a Temporal server, each in a process or more of its own. */
export class RunningService {
  readonly contactIds: readonly string[];
  readonly #runtime: Runtime;
  readonly #parts: Parts;

  private constructor(contactIds: readonly string[], runtime: Runtime, parts: Parts) {
    this.contactIds = contactIds;
    this.#runtime = runtime;
    this.#parts = parts;
  }

  static async start({ contacts, server, store, profiles }: ServiceOptions): Promise<RunningService> {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-bench-'));
    const postgres = store === 'postgres' ? await startPostgresServer({ durable: true }) : null;
    if (store === 'postgres' && !postgres) throw new Error('There is no Postgres here');
    const contactIds = await importContacts(folder, postgres?.url ?? null, contacts);
    // Made here where it is not yet, so that what it takes is not in the figures of the service.
    await loadWorkflowBundle({ production: false, logger: createLogger({ level: 'silent' }) });
    const temporal = await devServer(server === 'file' ? { dbFile: join(folder, 'temporal.db') } : {});
    const env = { ...process.env, ...settings(temporal, folder), ...(postgres && { DATABASE_URL: postgres.url }) };
    const start = (command: string, flags: readonly string[] = []): ChildProcess =>
      spawn(process.execPath, [...flags, CLI, command], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const worker = start(
      postgres ? 'worker' : 'up',
      profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`],
    );
    const api = postgres ? start('serve') : worker;
    const runtime = await answering(folder, api);
    // Loading code and database takes more for a moment than anything after it; from here on counts what is done.
    writeFileSync(`/proc/${worker.pid}/clear_refs`, '5');
    return new RunningService(contactIds, runtime, { temporal, worker, api, postgres, folder });
  }

  /** @throws when the answer is none of success */
  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#runtime.api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#runtime.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** All pages of a list. */
  async list<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { items: Item[]; nextCursor: string | null } = await this.call('GET', `${path}?limit=500${from}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  usage(): { worker: Usage; temporal: Usage } {
    return { worker: usageOf(this.#parts.worker.pid ?? 0), temporal: usageOf(this.#parts.temporal.pid) };
  }

  async stop(): Promise<void> {
    const { worker, api, temporal, postgres, folder } = this.#parts;
    for (const child of new Set([worker, api])) {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    }
    await temporal.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Customers are contacts too, and are imported many at once. */
async function importContacts(dataDir: string, databaseUrl: string | null, count: number): Promise<string[]> {
  const logger = createLogger({ level: 'silent' });
  const store = await openStore({
    ...(databaseUrl !== null && { databaseUrl }),
    dataDir,
    cacheDir: cacheDir(),
    logger,
  });
  try {
    const sample = generateCustomers({ count, seed: 1, asOf: Date.now() });
    // Some of the sample have no address.
    const customers = sample.customers.map((customer) => ({
      ...customer,
      email: `${customer.customerId}@example.com`,
    }));
    const none = { orders: [], supportTickets: [], npsAnswers: [], churnLabels: [] };
    await store.customers.import(DEFAULT_WORKSPACE, { ...none, customers }, { merge: false });
    return customers.map(({ customerId }) => customerId);
  } finally {
    await store.close();
  }
}

const settings = ({ address, namespace }: TestTemporal, dataDir: string): NodeJS.ProcessEnv => ({
  REVEILLE_DATA_DIR: dataDir,
  REVEILLE_CACHE_DIR: cacheDir(),
  REVEILLE_PORT: '0',
  REVEILLE_RATE_LIMIT: '10000000',
  REVEILLE_LOG_LEVEL: 'error',
  // The figures must not hang on the time of day.
  REVEILLE_QUIET_HOURS: 'none',
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: namespace,
});

async function answering(folder: string, child: ChildProcess): Promise<Runtime> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const runtime = await readRuntime(folder);
    if (runtime) return runtime;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error('The service did not start');
    await delay(50);
  }
}

/** From Linux' /proc; a hundred ticks are a second everywhere. */
function usageOf(pid: number): Usage {
  const [, peak = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  // The name, in brackets, may have spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuSeconds: ticks / 100, peakMegabytes: Math.round(Number(peak) / 1_024) };
}
