import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ReveilleError } from '../domain/errors.ts';
import { processStarted } from './process-identity.ts';

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

/** The lock is held by a living process. */
export class LockHeld extends ReveilleError {
  readonly pid: number;

  constructor(what: string, holder: LockRecord) {
    super(
      'conflict',
      `${what} is held by process ${holder.pid} (${holder.command}) since ${holder.lockedAt}. ` +
        'Stop that process, or use what it serves.',
    );
    this.pid = holder.pid;
  }
}

function isAlive({ pid, processStart }: LockRecord): boolean {
  if (processStart !== null) return processStarted(pid) === processStart;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
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
    if (found.holder && isAlive(found.holder)) return found.holder;
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
 * @param what it guards, as the error names it
 * @throws LockHeld `conflict` naming the living process that holds it
 */
export async function acquireLock(path: string, what: string): Promise<Lock> {
  const record: LockRecord = {
    pid: process.pid,
    processStart: processStarted(process.pid),
    command: ownCommand(),
    lockedAt: new Date().toISOString(),
  };
  const text = `${JSON.stringify(record)}\n`;
  const own = `${path}.${process.pid}-${randomUUID()}`;
  await writeFile(own, text, { mode: 0o600, flag: 'wx' });
  try {
    const holder = await take(path, own);
    if (holder) throw new LockHeld(what, holder);
  } finally {
    await rm(own, { force: true });
  }
  return {
    release: async () => {
      if ((await readLock(path))?.text === text) await rm(path, { force: true });
    },
  };
}

/**
 * Runs `work` while this process alone holds the lock at `path`, waiting for a living holder however long it takes.
 * @param onWait told once, which process it waits for
 */
export async function withLock<Result>(
  path: string,
  onWait: (holder: number) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  let lock: Lock | undefined;
  for (let waited = false; !lock;) {
    try {
      lock = await acquireLock(path, basename(path));
    } catch (error) {
      if (!(error instanceof LockHeld)) throw error;
      if (!waited) onWait(error.pid);
      waited = true;
      await sleep(500);
    }
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
