import { spawn } from 'node:child_process';
import { access, mkdtemp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withLock } from '../../services/lock-file.ts';
import { runCommand } from '../../services/temporal/server/command.ts';
import { cacheDir } from './temporal.ts';

/** Of the CalDAV server, from the Python Package Index. */
const VERSION = '3.5.10';
const PYTHON = 'python3';
const MINUTE = 60_000;

/** The server ends with the process that started it, however that ends: then its input is closed. */
const PROGRAM = `
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from radicale.__main__ import run
run()
`;

/** A CalDAV server with one user and one calendar. */
export interface Radicale extends AsyncDisposable {
  /** Of the calendar's collection. */
  url: string;
  user: string;
  password: string;
  /** Asks as another client would: the path is within the collection. */
  request(method: string, path: string, body?: string): Promise<Response>;
}

/** The server's Python, made once for this machine; or the reason for which tests with it are skipped. */
export async function radicalePython(): Promise<{ path: string; reason: null } | { path: null; reason: string }> {
  const folder = join(cacheDir(), `radicale-${VERSION}`);
  const path = join(folder, 'bin', 'python');
  const isThere = (): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  if (await isThere()) return { path, reason: null };
  const python = await runCommand(PYTHON, ['--version'], { timeoutMs: MINUTE });
  if (!python.ok) return { path: null, reason: 'no Radicale: there is no python3' };
  await mkdir(cacheDir(), { recursive: true });
  return withLock(
    join(cacheDir(), 'radicale.lock'),
    () => undefined,
    async () => {
      if (await isThere()) return { path, reason: null };
      const installed = await install(folder);
      return installed.ok
        ? { path, reason: null }
        : { path: null, reason: `no Radicale: ${installed.output.slice(-200)}` };
    },
  );
}

/** It is there when it is whole. Only its `python` is used, which may be moved. */
async function install(folder: string): Promise<{ ok: boolean; output: string }> {
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  const made = await runCommand(PYTHON, ['-m', 'venv', making], { timeoutMs: 2 * MINUTE });
  if (!made.ok) return made;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `radicale==${VERSION}`];
  const installed = await runCommand(join(making, 'bin', 'python'), pip, { timeoutMs: 5 * MINUTE });
  if (installed.ok) await rename(making, folder);
  return installed;
}

/** Starts the server with an empty calendar, on a port of its own. */
export async function startRadicale(python: string): Promise<Radicale> {
  const folder = await mkdtemp(join(tmpdir(), 'reveille-radicale-'));
  const [user, password] = ['asha', 'canary-password-of-asha'];
  await writeFile(join(folder, 'users'), `${user}:${password}\n`);
  const options = [
    ...['--server-hosts', '127.0.0.1:0', '--logging-level', 'info'],
    ...['--auth-type', 'htpasswd', '--auth-htpasswd-filename', join(folder, 'users')],
    ...['--auth-htpasswd-encryption', 'plain', '--auth-delay', '0'],
    ...['--storage-filesystem-folder', join(folder, 'collections')],
  ];
  const child = spawn(python, ['-c', PROGRAM, '--config', '', ...options], { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = `${await listening(child.stderr)}/${user}/work/`;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const request: Radicale['request'] = (method, path, body) =>
      fetch(new URL(path, url), { method, headers: { authorization }, ...(body === undefined ? {} : { body }) });
    const made = await request('MKCALENDAR', '');
    if (made.status !== 201) throw new Error(`Radicale made no calendar: ${made.status}`);
    return { url, user, password, request, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** It says where it listens; whatever it says later is read and dropped, so that it never waits for a reader. */
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface(output);
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (said.length < 50) said.push(line);
      const port = /Listening on '127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
    lines.once('close', () => reject(new Error(`Radicale did not start:\n${said.join('\n')}`)));
  });
}
