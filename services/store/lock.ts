import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ReveilleError } from '../../domain/errors.ts';

/** What the lock file says. `processStart` tells a process from a later one with the same number. */
const lockRecord = z.object({
  pid: z.number().int().positive(),
  processStart: z.string().nullable(),
  command: z.string(),
  lockedAt: z.string(),
});
type LockRecord = z.infer<typeof lockRecord>;

export interface Lock {
  release(): Promise<void>;
}

/** What `processStart` says of a process that has ended but whose parent has not noticed yet. */
const ENDED = 'ended';

/** When a process started, in words that no other process of that number has; null where the system does not say. */
async function processStart(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxProcessStart(pid);
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** proc(5): after the command in parentheses come the state and, as the 22nd field, the start in ticks since boot. */
async function linuxProcessStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return ENDED;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${fields[19]} ticks after boot ${boot.trim()}`;
  } catch {
    return null;
  }
}

async function isAlive(holder: LockRecord): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const start = await processStart(holder.pid);
  if (start === null || holder.processStart === null) return start !== ENDED;
  return start === holder.processStart;
}

/** What to call this process: its script and arguments, such as `main.ts up`. */
function ownCommand(): string {
  const [program = '', script, ...rest] = process.argv;
  return [basename(script ?? program), ...rest].join(' ').slice(0, 200);
}

async function readLock(path: string): Promise<{ text: string; holder: LockRecord | null } | null> {
  try {
    const text = await readFile(path, 'utf8');
    return { text, holder: parseRecord(text) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function parseRecord(text: string): LockRecord | null {
  try {
    return lockRecord.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Makes `path` a copy of `own` when there is none, or when its holder is gone. Who finds a lock of the dead must first
 * take the claim on that very record, so that of many who find it one replaces it, and none replaces a newer one. A
 * claim is a lock like this one, and its holder may die too.
 * @returns null when taken, else the living holder.
 */
async function take(path: string, own: string): Promise<LockRecord | null> {
  for (;;) {
    try {
      await link(own, path);
      return null;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const found = await readLock(path);
    if (!found) continue;
    if (found.holder && (await isAlive(found.holder))) return found.holder;
    const claim = `${path}.${createHash('sha256').update(found.text).digest('hex').slice(0, 16)}`;
    if (await take(claim, own)) {
      await sleep(20);
      continue;
    }
    try {
      if ((await readLock(path))?.text !== found.text) continue;
      const replacement = `${own}.replacement`;
      await link(own, replacement);
      await rename(replacement, path);
      return null;
    } finally {
      await rm(claim, { force: true });
    }
  }
}

/**
 * Takes the lock file at `path` for this process. One left by a process that has died is taken over.
 * @throws ReveilleError `conflict` naming the living process that holds it.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const record: LockRecord = {
    pid: process.pid,
    processStart: await processStart(process.pid),
    command: ownCommand(),
    lockedAt: new Date().toISOString(),
  };
  const text = `${JSON.stringify(record)}\n`;
  const own = `${path}.${process.pid}-${randomUUID()}`;
  await writeFile(own, text, { mode: 0o600, flag: 'wx' });
  try {
    const holder = await take(path, own);
    if (holder) throw heldBy(holder);
  } finally {
    await rm(own, { force: true });
  }
  return {
    release: async () => {
      if ((await readLock(path))?.text === text) await rm(path, { force: true });
    },
  };
}

function heldBy(holder: LockRecord): ReveilleError {
  return new ReveilleError(
    'conflict',
    `The embedded store is open in process ${holder.pid} (${holder.command}) since ${holder.lockedAt}. ` +
      'Stop that process or use it through its service; DATABASE_URL takes a Postgres that several can share.',
  );
}
