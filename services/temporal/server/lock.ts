import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processStarted } from './processes.ts';

/**
 * Runs `work` while this process alone holds `file`. Waits for a holder that is alive, however long it takes, and takes
 * over from one that has died. It only saves work: what it guards must be harmless when done twice.
 */
export async function withLock<Result>(
  file: string,
  onWait: (holder: number) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${process.pid} ${processStarted(process.pid)}`;
  for (let waits = 0; !take(file, mine); waits++) {
    const holder = holderOf(file);
    if (holder === null) {
      rmSync(file, { force: true });
      continue;
    }
    if (waits === 0) onWait(holder);
    await delay(500);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, mine: string): boolean {
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The living process that holds the lock; null when it has died. */
function holderOf(file: string): number | null {
  try {
    const [pid = '', ...started] = readFileSync(file, 'utf8').split(' ');
    return processStarted(Number(pid)) === started.join(' ') ? Number(pid) : null;
  } catch {
    return null;
  }
}
