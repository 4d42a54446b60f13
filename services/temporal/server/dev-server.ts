import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { ReveilleError } from '../../../domain/errors.ts';
import { endWithParent, recordProcess, stopProcess } from './processes.ts';

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 60_000;
/** Go's collector runs when the heap has grown by so much; by default 100, which costs more processor time and less memory. */
const GARBAGE_PERCENT = '200';
/** Of SQLite in memory, which goes through the table of its pages at each commit: larger ones are fewer. */
const PAGE_BYTES = 16_384;
/** The state of so many workflows is kept ready; the CLI's server has 8,096, and reads each again at each step when more are running. */
const WORKFLOWS_AT_HAND = 50_000;
/** So many write at once what its lists show, a quarter of its work where workflows end: of 512, as it has, they are first in line. */
const LIST_WRITERS = 1;
const STOP_GRACE_MS = 10_000;
const ATTEMPTS = 5;

export interface DevServerOptions {
  /** The `temporal` executable. */
  cliPath: string;
  /** Where state is kept; null keeps it in memory. */
  dbFile: string | null;
  namespace: string;
  /** Search attributes of type Keyword. */
  searchAttributes: readonly string[];
  /** The server's own log is appended here. */
  logFile: string;
  /** Where the process is noted for `sweepProcesses`. */
  pidDir: string;
  /** Preferred port, else the next free one; 0: the system chooses. Default 7233. */
  port?: number;
  /** The same for the Web UI, default 8233; null: no Web UI. */
  uiPort?: number | null;
  report?: (line: string) => void;
}

export interface DevServer {
  /** `127.0.0.1:port` */
  address: string;
  webUi: string | null;
  pid: number;
  /** Resolves when the process has ended, by `stop` or by itself. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Temporal's development server on loopback and waits until it answers. It ends when this process does.
 * @throws ReveilleError `unavailable` with the server's last words when it does not come up.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port ?? 7233);
    const uiPort = options.uiPort === null ? null : await freePort(options.uiPort ?? 8233, port);
    const server = launch(options, port, uiPort);
    try {
      await answering(port, options.namespace, server);
      return server;
    } catch (error) {
      await server.stop();
      const words = server.lastWords();
      // Between finding a port free and listening on it someone else may have taken it.
      if (/address already in use|bind:|port \d+ is/i.test(words) && attempt < ATTEMPTS) {
        options.report?.('A port was taken meanwhile; trying others');
        continue;
      }
      throw new ReveilleError(
        'unavailable',
        `The Temporal server did not start${words ? `; its last words:\n${words}` : ''}\nIts log: ${options.logFile}`,
        { cause: error },
      );
    }
  }
}

interface Launched extends DevServer {
  exited(): boolean;
  lastWords(): string;
}

function launch(options: DevServerOptions, port: number, uiPort: number | null): Launched {
  mkdirSync(dirname(options.logFile), { recursive: true });
  if (options.dbFile) mkdirSync(dirname(options.dbFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const logStart = statSync(options.logFile).size;
  const child = spawn(options.cliPath, serverArguments(options, port, uiPort), {
    stdio: ['ignore', log, log],
    env: { ...process.env, GOGC: process.env['GOGC'] ?? GARBAGE_PERCENT },
    // Ctrl-C in a terminal must reach us alone: the server goes last, when workers have drained.
    detached: true,
  });
  closeSync(log);
  child.unref();
  let failure = '';
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = error.message;
      resolve();
    });
  });
  const forget = child.pid === undefined ? () => {} : recordProcess(options.pidDir, 'temporal', child.pid);
  endWithParent(child);
  void ended.then(forget);
  return {
    address: `${HOST}:${port}`,
    webUi: uiPort === null ? null : `http://${HOST}:${uiPort}`,
    pid: child.pid ?? 0,
    ended,
    exited: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
    lastWords: () => {
      const written = readFileSync(options.logFile).subarray(logStart).toString('utf8').trim();
      return failure || written.split('\n').slice(-8).join('\n');
    },
    stop: async () => {
      child.ref();
      if (child.pid !== undefined) await stopProcess(child.pid, STOP_GRACE_MS);
      await ended;
    },
  };
}

function serverArguments(options: DevServerOptions, port: number, uiPort: number | null): string[] {
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--namespace', options.namespace],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    // WAL makes it 2.9 times as fast; with synchronous=normal a power cut can lose the last moments, a crash cannot.
    ...(options.dbFile
      ? [
          '--db-filename',
          options.dbFile,
          '--sqlite-pragma',
          'journal_mode=wal',
          '--sqlite-pragma',
          'synchronous=normal',
        ]
      : ['--sqlite-pragma', `page_size=${PAGE_BYTES}`]),
    // By default a namespace's schedules start about 33 workflows a second.
    ...['--dynamic-config-value', 'worker.schedulerNamespaceStartWorkflowRPS=1000'],
    ...['--dynamic-config-value', `history.hostLevelCacheMaxSize=${WORKFLOWS_AT_HAND}`],
    ...['--dynamic-config-value', `history.visibilityProcessorSchedulerWorkerCount=${LIST_WRITERS}`],
    ...options.searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...['--log-level', 'error', '--log-format', 'json', '--color', 'never'],
    // TEMPORAL_* variables and profiles of the user speak of another server.
    ...['--disable-config-env', '--disable-config-file'],
  ];
}

/** Resolves when the frontend knows the namespace. */
async function answering(port: number, namespace: string, server: Launched): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  const wait = async (): Promise<void> => {
    if (server.exited()) throw new Error('it ended at once');
    if (performance.now() > deadline) throw new Error('it does not answer');
    await delay(20);
  };
  // gRPC waits a second after a connection that found nobody; a bare socket does not.
  while (!(await accepts(port))) await wait();
  const connection = Connection.lazy({ address: server.address });
  const known = (): Promise<boolean> =>
    connection
      .withDeadline(Date.now() + 2_000, () => connection.workflowService.describeNamespace({ namespace }))
      .then(() => true)
      .catch(() => false);
  try {
    while (!(await known())) await wait();
  } finally {
    await connection.close();
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * `preferred` where it is free on loopback, else the next that is, never `taken`; 0: any.
 * @throws ReveilleError `unavailable` when a hundred in a row are taken.
 */
export async function freePort(preferred: number, taken?: number): Promise<number> {
  if (preferred === 0) return (await listenOnce(0)) ?? freePort(0, taken);
  for (let port = preferred; port < Math.min(preferred + 100, 65_536); port++) {
    if (port !== taken && (await listenOnce(port)) !== null) return port;
  }
  throw new ReveilleError('unavailable', `No free port on this machine from ${preferred} on`);
}

/** The port when it could be listened on, else null. */
function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
