import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEFAULT_WORKSPACE, identifier, slug } from '../domain/contracts/names.ts';
import { invalidInput } from '../domain/errors.ts';
import type { MemoryFiles } from '../domain/ports/memory-files.ts';

/**
 * Memory files under `<dataDir>/data/memory/`, other workspaces than `default` in a folder of their own. A file is
 * replaced whole, so a kill at any moment leaves the old or the new one, never half a line.
 */
export function createMemoryFiles(dataDir: string): MemoryFiles {
  const last = new Map<string, Promise<void>>();

  async function append(path: string, interventionId: string, line: string): Promise<void> {
    const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    if (before.includes(`"interventionId":"${interventionId}"`)) return;
    await mkdir(dirname(path), { recursive: true });
    const whole = before === '' || before.endsWith('\n') ? before : `${before}\n`;
    const next = `${path}.${process.pid}.tmp`;
    await using file = await open(next, 'w');
    await file.writeFile(`${whole}${line}\n`);
    await file.sync();
    await rename(next, path);
  }

  return {
    async append({ workspace, customerId, interventionId, line }) {
      const path = memoryFile(dataDir, workspace, customerId);
      // Two writers of one file would both read the old text and the later rename would lose a line.
      const turn = (last.get(path) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => append(path, interventionId, line));
      last.set(path, turn);
      try {
        await turn;
      } finally {
        if (last.get(path) === turn) last.delete(path);
      }
    },
  };
}

/** Path of a customer's memory file. @throws ReveilleError `invalid_input` when an id is no safe file name */
export function memoryFile(dataDir: string, workspace: string, customerId: string): string {
  if (!identifier.safeParse(customerId).success || !slug.safeParse(workspace).success) {
    throw invalidInput([{ path: 'customerId', message: 'is no safe file name' }]);
  }
  const folder = join(dataDir, 'data', 'memory', ...(workspace === DEFAULT_WORKSPACE ? [] : [workspace]));
  return join(folder, `${customerId}.jsonl`);
}
