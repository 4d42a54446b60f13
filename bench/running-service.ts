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
import { type TestTemporal, cacheDir, devServer } from '../test/support/temporal.ts';

const CLI = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));
const START_MS = 120_000;

export interface ServiceOptions {
  /** People to write to; each has a mail address. */
  contacts: number;
  /** Where the Temporal server keeps its state: in memory, or in a file as `up` has it. */
  server: 'memory' | 'file';
  /** A folder for CPU profiles of the service; null for none. */
  profiles: string | null;
}

/** What a process has used up to now; its most memory since it was up. */
export interface Usage {
  cpuSeconds: number;
  peakMegabytes: number;
}

/** Store, worker and API in one process, as `up` has them, and a Temporal server in another. */
export class RunningService {
  readonly contactIds: readonly string[];
  readonly #runtime: Runtime;
  readonly #temporal: TestTemporal;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(
    contactIds: readonly string[],
    runtime: Runtime,
    { temporal, child, folder }: { temporal: TestTemporal; child: ChildProcess; folder: string },
  ) {
    this.contactIds = contactIds;
    this.#runtime = runtime;
    this.#temporal = temporal;
    this.#child = child;
    this.#folder = folder;
  }

  static async start({ contacts, server, profiles }: ServiceOptions): Promise<RunningService> {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-bench-'));
    const contactIds = await importContacts(folder, contacts);
    // Made here where it is not yet, so that what it takes is not in the figures of the service.
    await loadWorkflowBundle({ production: false, logger: createLogger({ level: 'silent' }) });
    const temporal = await devServer(server === 'file' ? { dbFile: join(folder, 'temporal.db') } : {});
    const flags = profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
    const child = spawn(process.execPath, [...flags, CLI, 'up'], {
      cwd: folder,
      env: { ...process.env, ...settings(temporal, folder) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const runtime = await answering(folder, child);
    // Loading code and database takes more for a moment than anything after it; from here on counts what is done.
    writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
    return new RunningService(contactIds, runtime, { temporal, child, folder });
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

  usage(): { service: Usage; temporal: Usage } {
    return { service: usageOf(this.#child.pid ?? 0), temporal: usageOf(this.#temporal.pid) };
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
    await this.#temporal.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Customers are contacts too, and are imported many at once. */
async function importContacts(dataDir: string, count: number): Promise<string[]> {
  const logger = createLogger({ level: 'silent' });
  const store = await openStore({ dataDir, cacheDir: cacheDir(), logger });
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
