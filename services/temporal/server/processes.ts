import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { processStarted } from '../../process-identity.ts';

/** A process and the moment it started: a number alone may by now belong to someone else. */
const processIdentity = z.strictObject({ pid: z.int().positive(), started: z.string().min(1) });
type ProcessIdentity = z.infer<typeof processIdentity>;

const processRecord = z.strictObject({ what: z.string(), process: processIdentity, parent: processIdentity });

const POLL_MS = 50;

function identify(pid: number): ProcessIdentity | null {
  const started = processStarted(pid);
  return started === null ? null : { pid, started };
}

const alive = (identity: ProcessIdentity): boolean => processStarted(identity.pid) === identity.started;

/**
 * Notes in `pidDir` that this process has started `pid`, so that a later start can stop it if this one dies without
 * doing so. Returns how to take the note back.
 */
export function recordProcess(pidDir: string, what: string, pid: number): () => void {
  const started = identify(pid);
  const parent = identify(process.pid);
  if (!started || !parent) return () => {};
  mkdirSync(pidDir, { recursive: true });
  const file = join(pidDir, `${what}-${pid}.json`);
  writeFileSync(file, JSON.stringify({ what, process: started, parent }));
  return () => rmSync(file, { force: true });
}

/**
 * Stops what processes that are gone have left running, and only that: nothing whose parent lives, and no process that
 * has merely been given a number noted here. Returns what was stopped.
 */
export async function sweepProcesses(pidDir: string, graceMs = 5_000): Promise<{ what: string; pid: number }[]> {
  const stopped: { what: string; pid: number }[] = [];
  for (const name of recordsIn(pidDir)) {
    const file = join(pidDir, name);
    const record = readRecord(file);
    if (record && alive(record.parent)) continue;
    if (record && alive(record.process)) {
      await stopProcess(record.process.pid, graceMs);
      stopped.push({ what: record.what, pid: record.process.pid });
    }
    rmSync(file, { force: true });
  }
  return stopped;
}

function recordsIn(pidDir: string): string[] {
  try {
    return readdirSync(pidDir).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function readRecord(file: string): z.infer<typeof processRecord> | null {
  try {
    return processRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** SIGTERM, and SIGKILL when the process is still there after `graceMs`. Resolves when it has gone. */
export async function stopProcess(pid: number, graceMs: number): Promise<void> {
  const identity = identify(pid);
  if (!identity) return;
  send(pid, 'SIGTERM');
  if (await gone(identity, graceMs)) return;
  send(pid, 'SIGKILL');
  await gone(identity, 5_000);
}

async function gone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (alive(identity)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Sees to it that `child` gets SIGTERM when this process ends, by `kill -9` too: a shell waits for its end of a pipe to
 * close, which the system does for us whatever happens. (Windows has no such shell: there the sweep has to do.)
 */
export function endWithParent(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) return;
  const watcher = spawn('/bin/sh', ['-c', 'while read -r _; do :; done; kill -TERM "$1"', 'sh', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to all of a terminal's foreground; the watcher has to outlive it.
    detached: true,
  });
  watcher.on('error', () => {});
  watcher.unref();
  // The pipe must not keep this process alive.
  (watcher.stdin as Socket).unref();
  child.once('exit', () => watcher.kill('SIGKILL'));
}
