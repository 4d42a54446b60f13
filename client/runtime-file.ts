import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** How callers on this machine find the running service, and the token that lets them in. */
export const runtime = z.object({
  pid: z.number().int(),
  api: z.url(),
  token: z.string(),
  temporal: z.string(),
  namespace: z.string(),
  webUi: z.string().nullable(),
});
export type Runtime = z.infer<typeof runtime>;

const runtimeFile = (dataDir: string): string => join(dataDir, '.reveille', 'runtime.json');

/** Writes the file so that only its owner can read the token. */
export async function writeRuntime(dataDir: string, value: Runtime): Promise<void> {
  const path = runtimeFile(dataDir);
  await mkdir(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}.tmp`;
  await writeFile(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(next, path);
}

/** The file's content; null when there is none or it is not ours. */
export async function readRuntime(dataDir: string): Promise<Runtime | null> {
  const text = await readFile(runtimeFile(dataDir), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return runtime.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Removes the file unless another process has written its own since. */
export async function removeRuntime(dataDir: string, pid: number): Promise<void> {
  if ((await readRuntime(dataDir))?.pid === pid) await rm(runtimeFile(dataDir), { force: true });
}
