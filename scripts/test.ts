/**
 * The test command: `node scripts/test.ts [--quick] [SUITE…]`. Types, lint and formatting, then every suite (folder) of
 * `test/`, or those named. The last line counts; the exit code is 0 when nothing failed, and with CI set nothing was
 * skipped.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createLogger } from '../services/logging.ts';
import { readConfiguration } from '../services/configuration.ts';
import { acquireTemporalCli } from '../services/temporal/server/acquire-cli.ts';
import { sweepProcesses } from '../services/temporal/server/processes.ts';
import { acquireTestServer } from '../services/temporal/server/test-server.ts';
import { loadWorkflowBundle } from '../workers/bundle.ts';
import { runSuites } from './run-suites.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const QUICK_SUITES = ['domain', 'agents'];

const CHECKS: [name: string, program: string, args: string[]][] = [
  ['types', 'tsc', []],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['formatting', 'prettier', ['--check', '--log-level', 'warn', '.']],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const quick = values.quick;
const suites = positionals.length > 0 ? positionals : quick ? QUICK_SUITES : ['*'];

process.chdir(ROOT);
const cacheDir = ownEnvironment();
const failedChecks = CHECKS.filter(([name, program, args]) => !check(name, program, args)).map(([name]) => name);
if (!quick) await prepareServers(cacheDir);

const files = suites.flatMap((suite) => globSync(`test/${suite}/**/*.test.ts`, { cwd: ROOT })).toSorted();
const report = join(ROOT, '.reveille', 'test-report.xml');
mkdirSync(join(ROOT, '.reveille'), { recursive: true });
const counts = await runSuites(
  files.map((file) => join(ROOT, file)),
  { root: ROOT, junitFile: report, out: process.stdout },
);

const failures = [...failedChecks, ...counts.failures];
if (files.length === 0) failures.push(`no test file in ${suites.join(', ')}`);
if (counts.skips.length > 0) say(`\nSkipped:\n${counts.skips.map((line) => `  ${line}`).join('\n')}`);
if (failures.length > 0) say(`\nFailed:\n${failures.map((line) => `  ${line}`).join('\n')}`);
const refusedSkips = counts.skipped > 0 && Boolean(process.env['CI']);
if (refusedSkips) say('\nWith CI set a skipped test is a failure of the run.');
say(`${counts.passed} passed, ${failures.length} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`);
process.exitCode = failures.length > 0 || refusedSkips ? 1 : 0;

/** Takes the user's own settings out of the tests' way; returns the cache folder, which they share. */
function ownEnvironment(): string {
  const { cacheDir: folder } = readConfiguration(
    Object.fromEntries(['REVEILLE_CACHE_DIR', 'XDG_CACHE_HOME', 'HOME'].map((name) => [name, process.env[name]])),
    tmpdir(),
  );
  for (const name of Object.keys(process.env)) {
    if (/^(REVEILLE_|TEMPORAL_|DATABASE_URL$|NODE_OPTIONS$)/.test(name)) delete process.env[name];
  }
  process.env['REVEILLE_CACHE_DIR'] = folder;
  // Each file is a process, and starts others, that all load the same sources.
  process.env['NODE_COMPILE_CACHE'] = join(ROOT, '.reveille', 'compile-cache');
  return folder;
}

function check(name: string, program: string, args: string[]): boolean {
  const started = performance.now();
  const { status } = spawnSync(join(BIN, program), args, { stdio: 'inherit', shell: process.platform === 'win32' });
  say(`${status === 0 ? '✔' : '✖'} ${name} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
  return status === 0;
}

/** Gets what the suites start, so that no test waits minutes for it, and stops what an earlier run has left. */
async function prepareServers(folder: string): Promise<void> {
  const swept = await sweepProcesses(join(tmpdir(), 'reveille-test-processes'));
  if (swept.length > 0) say(`Stopped ${swept.length} servers that an earlier run had left`);
  try {
    const { version, how } = await acquireTemporalCli({ cacheDir: folder, report: say });
    say(`✔ Temporal CLI ${version} (${how})`);
  } catch (error) {
    // The suites that need it fail by name; the others still say what they know.
    say(error instanceof Error ? error.message : String(error));
  }
  const server = await acquireTestServer({ cacheDir: folder, report: say });
  say(server.path === null ? `– no time-skipping server: ${server.reason}` : '✔ time-skipping server');
  await loadWorkflowBundle({ production: false, logger: createLogger({ level: 'warn' }) }).catch((error: unknown) =>
    say(`✖ workflow bundle: ${error instanceof Error ? error.message : String(error)}`),
  );
}
