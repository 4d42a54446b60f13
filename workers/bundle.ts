import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { ReveilleError } from '../domain/errors.ts';
import { type Logger, temporalLogger } from '../services/logging.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT_AHEAD = join(ROOT, 'dist', 'workflow-bundle.js');
const CACHE = join(ROOT, '.reveille', 'workflow-bundles');
const KEPT = 3;

/** What a bundle is made of: its entry, its interceptor modules, and every folder a change in which changes it. */
export interface BundleSources {
  entry: string;
  interceptors: readonly string[];
  folders: readonly string[];
  /** Modules that all workflows of a worker share, with whatever those import. */
  shared?: readonly string[];
}

export const WORKFLOW_SOURCES: BundleSources = {
  entry: join(ROOT, 'workflows', 'index.ts'),
  interceptors: [join(ROOT, 'workflows', 'interceptors.ts')],
  folders: [join(ROOT, 'workflows'), join(ROOT, 'domain')],
  shared: [join(ROOT, 'workflows', 'shared-modules.ts')],
};

export interface BundleOptions {
  logger: Logger;
  sources?: BundleSources;
  /** Where bundles made at start are kept. */
  cacheFolder?: string;
  /** The bundle that production takes. */
  builtAhead?: string;
}

/**
 * The workflow code as a worker takes it. In production it must have been built ahead, from these very sources; else it
 * is bundled now, or taken from the cache when nothing it is made of has changed.
 * @throws ReveilleError `unavailable` when production has no bundle of these sources.
 */
export async function loadWorkflowBundle(options: BundleOptions & { production: boolean }): Promise<{ code: string }> {
  const { sources = WORKFLOW_SOURCES, cacheFolder = CACHE, builtAhead = BUILT_AHEAD, logger } = options;
  const fingerprint = await fingerprintOf(sources);
  if (options.production) return loadBuiltAhead(builtAhead, fingerprint);

  const cached = join(cacheFolder, `${fingerprint}.js`);
  const found = await readIfThere(cached);
  if (found !== null) return { code: found };
  const started = performance.now();
  const code = await bundle(sources, logger);
  logger.info({ elapsedMs: Math.round(performance.now() - started) }, 'Workflow code bundled');
  // A folder that cannot be written costs the next start a few seconds and nothing else.
  await keep(cached, code).catch((error: unknown) => logger.warn({ err: error }, 'Workflow bundle not cached'));
  return { code };
}

/** Builds the bundle that production needs; returns its path and size in bytes. */
export async function buildWorkflowBundle(
  logger: Logger,
  path = BUILT_AHEAD,
): Promise<{ path: string; bytes: number }> {
  const code = (await bundle(WORKFLOW_SOURCES, logger)) + mark(await fingerprintOf(WORKFLOW_SOURCES));
  await writeAtomically(path, code);
  return { path, bytes: Buffer.byteLength(code) };
}

async function loadBuiltAhead(path: string, fingerprint: string): Promise<{ code: string }> {
  const code = await readIfThere(path);
  const end = mark(fingerprint);
  // Without the mark: whatever stands after the source map the SDK takes for a part of it.
  if (code?.endsWith(end)) return { code: code.slice(0, -end.length) };
  const what = code === null ? 'is not there' : 'was built from other sources';
  throw new ReveilleError('unavailable', `dist/workflow-bundle.js ${what}: run npm run build:workflows`);
}

const mark = (fingerprint: string): string => `\n// sources ${fingerprint}\n`;

async function bundle(sources: BundleSources, logger: Logger): Promise<string> {
  // Webpack's report is of use only when something is wrong with the sources.
  const level = logger.level === 'info' ? 'warn' : logger.level;
  const quiet = logger.child({ component: 'bundler' }, { level });
  const { code } = await bundleWorkflowCode({
    workflowsPath: sources.entry,
    preloadModules: [...(sources.shared ?? [])],
    workflowInterceptorModules: [...sources.interceptors],
    logger: temporalLogger(quiet),
  });
  return code;
}

/** Hex digits that change with any source file and with the locked versions of what they import. */
async function fingerprintOf(sources: BundleSources): Promise<string> {
  const hash = createHash('sha256');
  const files = await Promise.all(sources.folders.map(typescriptFiles));
  // Source maps hold absolute paths, so the same sources elsewhere are another bundle only in their maps: same name.
  for (const file of [join(ROOT, 'package-lock.json'), ...files.flat()]) {
    const content = (await readIfThere(file)) ?? '';
    hash.update(`${file.startsWith(ROOT) ? file.slice(ROOT.length) : file}\0${content.length}\0${content}`);
  }
  return hash.digest('hex').slice(0, 32);
}

async function typescriptFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .map((name) => join(folder, name));
}

async function keep(path: string, code: string): Promise<void> {
  await writeAtomically(path, code);
  const folder = dirname(path);
  const bundles = (await readdir(folder)).filter((name) => name.endsWith('.js')).map((name) => join(folder, name));
  const dated = await Promise.all(bundles.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
  const old = dated.toSorted((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}

/** Another process never sees half a file. */
async function writeAtomically(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, content);
  await rename(partial, path);
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
