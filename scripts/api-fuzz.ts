import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs schemathesis (PyPI) over the OpenAPI document of a service of its own, with customers, a scan and a schedule in
 * it. `SCHEMATHESIS` names the program, by default `schemathesis` on the PATH; further arguments are handed on:
 *
 *     python3 -m venv /tmp/schemathesis && /tmp/schemathesis/bin/pip install schemathesis
 *     SCHEMATHESIS=/tmp/schemathesis/bin/schemathesis node scripts/api-fuzz.ts -n 50 --seed 7
 */
const CLI = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));
const PROGRAM = process.env['SCHEMATHESIS'] ?? 'schemathesis';

/**
 * Left out: `positive_data_acceptance`, since whether a cron expression or a cursor is right is more than a schema can
 * say, and `unsupported_method`, since the catalogue has 404 for a method that a path does not have, and no 405.
 */
const LEFT_OUT = ['positive_data_acceptance', 'unsupported_method'];

const folder = mkdtempSync(join(tmpdir(), 'reveille-fuzz-'));
const environment = { ...process.env, REVEILLE_DATA_DIR: folder, REVEILLE_PORT: '0', REVEILLE_LOG_LEVEL: 'error' };

async function reveille(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: environment, stdio: ['ignore', 2, 2] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`reveille ${args.join(' ')} exited with ${code}`);
}

async function fuzz(args: readonly string[]): Promise<number | null> {
  const { api, token } = JSON.parse(readFileSync(join(folder, '.reveille', 'runtime.json'), 'utf8')) as {
    api: string;
    token: string;
  };
  const child = spawn(
    PROGRAM,
    [
      ...['run', `${api}/openapi.json`, '-H', `Authorization: Bearer ${token}`, '-H', 'X-Workspace: default'],
      ...['--exclude-checks', LEFT_OUT.join(','), '--no-color', ...args],
    ],
    { cwd: folder, stdio: 'inherit' },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

const up = spawn(process.execPath, [CLI, 'up'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 2] });
const ended = once(up, 'exit');
const { stdout } = up;
if (!stdout) throw new Error('no output of the service');
try {
  stdout.setEncoding('utf8');
  for await (const text of stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    if (text.includes('Ctrl-C drains')) break;
  }
  stdout.resume();
  await reveille('customers', 'generate', '--count', '60', '--seed', '7', '--out', 'customers.xlsx');
  await reveille('customers', 'import', 'customers.xlsx');
  await reveille('scan');
  await reveille('schedules', 'create', 'nightly', '--type', 'customerScan', '--cron', '0 2 * * *');
  process.exitCode = (await fuzz(process.argv.slice(2))) ?? 1;
} finally {
  up.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
