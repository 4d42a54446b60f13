import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLine, runCommand } from './command.ts';
import { withLock } from '../../lock-file.ts';

const VERSION = '1.38.0';
const SCRATCH = 'getting-test-server-';
const DOWNLOAD_SCRIPT = fileURLToPath(new URL('./download.ts', import.meta.url));
const MINUTE = 60_000;

/** An executable that serves Temporal with skipped time, or why there is none. */
export type TestServer = { path: string; reason: null } | { path: null; reason: string };

export interface AcquireTestServerOptions {
  cacheDir: string;
  report: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}

/**
 * The time-skipping test server, for `TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type:
 * 'existing-path', path } } })`: from the cache, by the SDK's download, or from Maven where Java is there.
 */
export async function acquireTestServer(options: AcquireTestServerOptions): Promise<TestServer> {
  const { cacheDir, report } = options;
  const home = join(cacheDir, `temporal-test-server-${VERSION}`);
  const executable = join(home, 'temporal-test-server');
  const found: TestServer = { path: executable, reason: null };
  if (await exists(executable)) return found;
  await mkdir(cacheDir, { recursive: true });
  const waiting = (holder: number): void =>
    report(`Process ${holder} is getting the time-skipping test server; waiting for it`);
  return withLock(join(cacheDir, 'temporal-test-server.lock'), waiting, async () => {
    if (await exists(executable)) return found;
    await removeLeftovers(cacheDir);
    const scratch = await mkdtemp(join(cacheDir, SCRATCH));
    try {
      const refused = await download(scratch, options);
      const impossible = refused && (await fromMaven(scratch, options));
      if (impossible) return { path: null, reason: `its download failed (${refused}); ${impossible}` };
      await rename(scratch, home);
      return found;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}

/** Downloads into `scratch`; returns why it did not work, or null. */
async function download(scratch: string, options: AcquireTestServerOptions): Promise<string | null> {
  options.report('Getting the time-skipping test server, once only: downloading it');
  const { ok, output } = await runCommand(process.execPath, [DOWNLOAD_SCRIPT, 'time-skipping', 'default', scratch], {
    ...environment(options),
    timeoutMs: 10 * MINUTE,
    onProgress: (seconds) => options.report(`Still downloading the test server (${seconds} s)`),
  });
  const [file] = ok ? await readdir(scratch) : [];
  if (!file) return lastLine(output);
  await rename(join(scratch, file), join(scratch, 'temporal-test-server'));
  return null;
}

/** Fetches the server's jars and writes a start script into `scratch`; returns why it did not work, or null. */
async function fromMaven(scratch: string, options: AcquireTestServerOptions): Promise<string | null> {
  const env = environment(options);
  if (!(await runCommand('java', ['-version'], { ...env, timeoutMs: MINUTE })).ok) return 'Java is not installed';
  if (!(await runCommand('mvn', ['-v'], { ...env, timeoutMs: MINUTE })).ok) return 'Maven is not installed';
  options.report('The download is not possible here; getting the test server from Maven (38 MB)');
  await writeFile(join(scratch, 'pom.xml'), POM);
  const { ok, output } = await runCommand(
    'mvn',
    ['--quiet', '--batch-mode', 'dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'],
    {
      ...env,
      cwd: scratch,
      timeoutMs: 10 * MINUTE,
      onProgress: (seconds) => options.report(`Maven is still at it (${seconds} s)`),
    },
  );
  if (!ok) return `Maven failed: ${lastLine(output)}`;
  await writeFile(join(scratch, 'temporal-test-server'), START_SCRIPT);
  await chmod(join(scratch, 'temporal-test-server'), 0o755);
  return null;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>reveille</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/**
 * Takes the arguments the native server takes: a port, then flags. `exec`, so that the SDK's SIGKILL reaches Java itself;
 * beside it a loop that ends Java when the process that asked for it has died without a word.
 */
const START_SCRIPT = `#!/bin/sh
lib="$(dirname "$0")/lib"
(while kill -0 $PPID && kill -0 $$; do sleep 1; done; kill $$) </dev/null >/dev/null 2>&1 &
exec java -XX:TieredStopAtLevel=1 -Xmx512m -cp "$lib/*" io.temporal.testserver.TestServer "$@"
`;

const environment = ({ env }: AcquireTestServerOptions): { env?: NodeJS.ProcessEnv } => (env ? { env } : {});

async function removeLeftovers(cacheDir: string): Promise<void> {
  const left = (await readdir(cacheDir)).filter((name) => name.startsWith(SCRATCH));
  await Promise.all(left.map((name) => rm(join(cacheDir, name), { recursive: true, force: true })));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
