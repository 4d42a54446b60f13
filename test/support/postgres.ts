import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, glob, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** A fresh database, gone after `stop`. */
export interface TestDatabase {
  url: string;
  stop(): Promise<void>;
}

/** A throwaway server that tests may take away and bring back. */
export interface TestServer extends TestDatabase {
  /** Shuts down; its connections break. */
  shutDown(): Promise<void>;
  start(): Promise<void>;
}

/** The folder of `initdb` and `postgres`: on the PATH, else the newest of Debian's. */
async function findPrograms(): Promise<string | null> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const packaged: string[] = [];
  for await (const folder of glob('/usr/lib/postgresql/*/bin')) packaged.push(folder);
  const newest = packaged.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const folder of [...folders, ...newest]) {
    try {
      // The programs look for their files next to where they really are.
      await realpath(join(folder, 'postgres'));
      const initdb = await realpath(join(folder, 'initdb'));
      return join(initdb, '..');
    } catch {
      // Not here.
    }
  }
  return null;
}

/** Postgres refuses to run as root, so root runs it as another user. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | Record<string, never>> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // The next one.
    }
  }
  throw new Error('running as root, and neither user postgres nor nobody is there to run Postgres');
}

const DURABILITY_OFF = ['fsync', 'full_page_writes', 'synchronous_commit'].flatMap((name) => ['-c', `${name}=off`]);

/** Resolves when the server takes connections. */
async function ready(server: ChildProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: server.stderr! })) {
    if (line.includes('database system is ready to accept connections')) {
      server.stderr!.resume();
      return;
    }
    said.push(line);
  }
  throw new Error(`Postgres did not start: ${said.join('\n')}`);
}

/**
 * A server of its own in a temporary folder, on a Unix socket; null when there is no Postgres here. Unless it is durable, a power
 * cut would cost it its data, and nothing waits for the disk.
 */
export async function startPostgresServer({ durable = false } = {}): Promise<TestServer | null> {
  const programs = process.platform === 'win32' ? null : await findPrograms();
  if (!programs) return null;
  const user = await unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), 'pg-'));
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder };
  const initial = ['-D', data, '-U', 'reveille', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await run(join(programs, 'initdb'), initial, options);

  let server: ChildProcess | undefined;
  const killAtExit = (): void => void server?.kill('SIGKILL');
  process.once('exit', killAtExit);
  const start = async (): Promise<void> => {
    const settings = [
      '-D',
      data,
      '-k',
      folder,
      '-p',
      '5432',
      '-c',
      'listen_addresses=',
      ...(durable ? [] : DURABILITY_OFF),
    ];
    server = spawn(join(programs, 'postgres'), settings, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    await ready(server);
  };
  const shutDown = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    // "Fast shutdown": breaks connections, ends in order.
    server.kill('SIGINT');
    await exited;
  };
  await start();
  return {
    url: `postgresql://reveille@${encodeURIComponent(folder)}:5432/postgres`,
    start,
    shutDown,
    stop: async () => {
      await shutDown();
      process.removeListener('exit', killAtExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function command(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A fresh database on the server at `url`. */
export async function createDatabase(url: string): Promise<TestDatabase> {
  const name = `reveille_test_${randomUUID().replaceAll('-', '')}`;
  await command(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, stop: () => command(url, `drop database ${name} with (force)`) };
}

/**
 * A fresh database: on the server of `TEST_DATABASE_URL` where that is set, else on a throwaway server; null when there
 * is neither.
 */
export async function startPostgres(): Promise<TestDatabase | null> {
  const url = process.env['TEST_DATABASE_URL'];
  return url ? createDatabase(url) : startPostgresServer();
}
