import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReveilleError } from '../../../domain/errors.ts';
import { type CommandOptions, type CommandResult, lastLine, runCommand } from './command.ts';
import { withLock } from '../../lock-file.ts';

export const TEMPORAL_CLI_VERSION = '1.5.1';
/** The server inside that version, which tells builds by `go install` apart: they call themselves 0.0.0-DEV. */
const SERVER_VERSION = '1.29.1';
const MODULE = 'github.com/temporalio/cli/cmd/temporal';
const EXECUTABLE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const DOWNLOAD_SCRIPT = fileURLToPath(new URL('./download.ts', import.meta.url));
const SCRATCH = 'getting-cli-';
const MINUTE = 60_000;

export interface TemporalCli {
  path: string;
  /** As it calls itself. */
  version: string;
  how: 'path' | 'cache' | 'download' | 'go';
}

export interface AcquireOptions {
  /** Where downloaded and built executables are kept. */
  cacheDir: string;
  /** Progress, a line at a time. */
  report: (line: string) => void;
  /** What programs are started with. */
  env?: NodeJS.ProcessEnv;
  run?: (file: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;
}

interface Attempt {
  cli?: TemporalCli;
  /** Why there is none. */
  reason: string;
}

/**
 * The `temporal` executable: from the PATH, from the cache, by the SDK's download, or built by Go, in this order.
 * @throws ReveilleError `unavailable` saying what was tried, why each failed, and what can be done.
 */
export async function acquireTemporalCli(options: AcquireOptions): Promise<TemporalCli> {
  const target = join(options.cacheDir, `temporal-cli-${TEMPORAL_CLI_VERSION}`, EXECUTABLE);
  const onPath = await usable(EXECUTABLE, 'path', options);
  if (onPath.cli) return onPath.cli;
  const cached = await usable(target, 'cache', options);
  if (cached.cli) return cached.cli;

  const waiting = (holder: number): void =>
    options.report(`Process ${holder} is getting the Temporal server; waiting for it`);
  const lock = join(options.cacheDir, 'temporal-cli.lock');
  return withLock(lock, waiting, async () => {
    // Another process may have finished while we waited.
    const meanwhile = await usable(target, 'cache', options);
    if (meanwhile.cli) return meanwhile.cli;
    await removeLeftovers(options.cacheDir);
    const downloaded = await inScratch(options, (scratch) => download(scratch, target, options));
    if (downloaded.cli) return downloaded.cli;
    const built = await inScratch(options, (scratch) => build(scratch, target, options));
    if (built.cli) return built.cli;
    throw unobtainable({ onPath, downloaded, built });
  });
}

/** Whether `path` is a Temporal CLI of at least our version. */
async function usable(path: string, how: TemporalCli['how'], options: AcquireOptions): Promise<Attempt> {
  const { run = runCommand, env = process.env } = options;
  const { ok, output } = await run(path, ['--version'], { env, timeoutMs: 20_000 });
  if (!ok) return { reason: /ENOENT/.test(output) ? 'not found' : lastLine(output) };
  const version = /temporal version (\S+)/.exec(output)?.[1];
  const server = /Server (\d+\.\d+\.\d+)/.exec(output)?.[1];
  const recent = version === '0.0.0-DEV' ? atLeast(server, SERVER_VERSION) : atLeast(version, TEMPORAL_CLI_VERSION);
  if (!version || !recent) return { reason: `is ${version ?? 'something else'}, older than ${TEMPORAL_CLI_VERSION}` };
  return { cli: { path, version, how }, reason: '' };
}

/** Compares `a.b.c`; anything else is not at least anything. */
export function atLeast(version: string | undefined, minimum: string): boolean {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version ?? '')?.slice(1, 4);
  if (!parts) return false;
  const wanted = minimum.split('.').map(Number);
  const first = parts.findIndex((part, index) => Number(part) !== wanted[index]);
  return first === -1 || Number(parts[first]) > wanted[first]!;
}

async function download(scratch: string, target: string, options: AcquireOptions): Promise<Attempt> {
  const { run = runCommand, env = process.env, report } = options;
  report(`Getting the Temporal server, once only: downloading CLI v${TEMPORAL_CLI_VERSION}`);
  const { ok, output } = await run(
    process.execPath,
    [DOWNLOAD_SCRIPT, 'dev-server', `v${TEMPORAL_CLI_VERSION}`, scratch],
    {
      env,
      timeoutMs: 10 * MINUTE,
      onProgress: (seconds) => report(`Still downloading the Temporal CLI (${seconds} s)`),
    },
  );
  const [file] = ok ? await readdir(scratch) : [];
  if (!file) {
    report('The download is not possible here');
    return { reason: lastLine(output) };
  }
  return install(join(scratch, file), target, 'download', options);
}

async function build(scratch: string, target: string, options: AcquireOptions): Promise<Attempt> {
  const { run = runCommand, env = process.env, report } = options;
  if (!(await run('go', ['version'], { env, timeoutMs: MINUTE })).ok) return { reason: 'Go is not installed' };
  report(`Building the Temporal CLI v${TEMPORAL_CLI_VERSION} with Go, once only: 3 to 4 minutes on two cores`);
  const { ok, output } = await run('go', ['install', `${MODULE}@v${TEMPORAL_CLI_VERSION}`], {
    env: { ...env, GOBIN: scratch },
    // `go install module@version` must not see a go.mod of the folder it happens to run in.
    cwd: scratch,
    timeoutMs: 30 * MINUTE,
    onProgress: (seconds) => report(`Still building the Temporal CLI (${seconds} s)`),
  });
  if (!ok) return { reason: lastLine(output) };
  return install(join(scratch, EXECUTABLE), target, 'go', options);
}

/** Puts a finished executable where all processes look for it, at one stroke. */
async function install(from: string, to: string, how: 'download' | 'go', options: AcquireOptions): Promise<Attempt> {
  await mkdir(join(to, '..'), { recursive: true });
  await rename(from, to);
  const installed = await usable(to, how, options);
  if (installed.cli) options.report('The Temporal server is here; later starts use it as it is');
  return installed;
}

/** What a process that was killed in the middle of it has left. The lock is ours, so nobody is using it. */
async function removeLeftovers(cacheDir: string): Promise<void> {
  const left = (await readdir(cacheDir)).filter((name) => name.startsWith(SCRATCH));
  await Promise.all(left.map((name) => rm(join(cacheDir, name), { recursive: true, force: true })));
}

async function inScratch(options: AcquireOptions, work: (scratch: string) => Promise<Attempt>): Promise<Attempt> {
  await mkdir(options.cacheDir, { recursive: true });
  const scratch = await mkdtemp(join(options.cacheDir, SCRATCH));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function unobtainable(attempts: Record<'onPath' | 'downloaded' | 'built', Attempt>): ReveilleError {
  return new ReveilleError(
    'unavailable',
    [
      'There is no Temporal server to use. Tried:',
      `  temporal on the PATH: ${attempts.onPath.reason}`,
      `  download of the Temporal CLI v${TEMPORAL_CLI_VERSION}: ${attempts.downloaded.reason}`,
      `  go install ${MODULE}@v${TEMPORAL_CLI_VERSION}: ${attempts.built.reason}`,
      'Any one of these helps: set TEMPORAL_ADDRESS to a server that runs; install the Temporal CLI',
      `(https://docs.temporal.io/cli, at least ${TEMPORAL_CLI_VERSION}); install Go (https://go.dev/dl) and start again.`,
    ].join('\n'),
  );
}
