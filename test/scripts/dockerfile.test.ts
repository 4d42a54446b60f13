import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startStatusServer } from '../../workers/status-server.ts';
import { dockerfile } from '../support/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const ALL = dockerfile();
const FINAL = ALL.slice(ALL.findLastIndex(([instruction]) => instruction === 'FROM'));
/** What is copied from the checkout, without the last word, which says where to. */
const COPIED = ALL.filter(([instruction, rest]) => instruction === 'COPY' && !rest.startsWith('--from')).flatMap(
  ([, rest]) => rest.split(' ').slice(0, -1),
);
const within = (file: string, paths: readonly string[]): boolean =>
  paths.some((path) => file === path || file.startsWith(`${path}/`));

/** The one final value of an instruction, for those of which the last counts. */
const last = (instruction: string): string | undefined => FINAL.findLast(([each]) => each === instruction)?.[1];

/** Our own files that running `file` may load. */
function imported(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path = ''] of read(file).matchAll(/(?:from|import\(|^import) ?'(\.{1,2}\/[^']+\.ts)'/gm)) {
    imported(posix.join(dirname(file), path), found);
  }
  return found;
}

test('what the Dockerfile copies exists, and .dockerignore lets that through and nothing else', () => {
  for (const path of COPIED) assert.ok(existsSync(join(ROOT, path)), path);
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(rules.shift(), '*');
  assert.deepEqual(rules.toSorted(), COPIED.map((path) => `!${path}`).toSorted());
  for (const path of [
    '.env',
    '.git/config',
    '.reveille/runtime.json',
    'data/memory/x',
    'node_modules/x',
    'docker/.env',
  ]) {
    assert.ok(!within(path, COPIED) && !COPIED.some((copied) => matchesGlob(path, copied)), path);
  }
});

test('the image has every file that the CLI, the workflow bundle and the health check load', () => {
  const entries = ['client/cli/main.ts', 'workflows/index.ts', 'scripts/build-workflow-bundle.ts', 'docker/health.ts'];
  const files = [...new Set(entries.flatMap((entry) => [...imported(entry)]))];
  assert.ok(files.length > 100, `only ${files.length} files were found`);
  assert.deepEqual(
    files.filter((file) => !within(file, COPIED)),
    [],
  );
  assert.ok(within('services/store/migrations/meta/_journal.json', COPIED));
});

test('the image runs as a user without rights over its files, takes SIGTERM, and holds no secret', () => {
  assert.match(last('USER') ?? '', /^(?!root\b|0\b)\w+$/);
  assert.equal(last('STOPSIGNAL'), 'SIGTERM');
  const user = FINAL.findIndex(([instruction]) => instruction === 'USER');
  assert.ok(FINAL.slice(user).every(([instruction]) => instruction !== 'COPY' && instruction !== 'RUN'));
  assert.ok(FINAL.every(([instruction, rest]) => instruction !== 'COPY' || !rest.includes('--chown')));
  for (const [instruction, rest] of ALL) {
    assert.notEqual(instruction, 'ARG');
    if (instruction === 'ENV') assert.doesNotMatch(rest, /PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL/);
  }
});

test('only production dependencies get in, by the lockfile, and no install script runs', () => {
  const runs = ALL.filter(([instruction]) => instruction === 'RUN').map(([, rest]) => rest);
  const installs = runs.filter((run) => /\bnpm (ci|i|install)\b/.test(run));
  assert.equal(installs.length, 1);
  for (const flag of ['npm ci ', '--omit=dev', '--ignore-scripts']) assert.ok(installs[0]?.includes(flag), flag);
  assert.ok(runs.some((run) => run.includes('npm run build:workflows')));
});

test('the health check is well exactly while the process is ready', async () => {
  const [, script = ''] = /\["node", "([^"]+)"\]/.exec(last('HEALTHCHECK') ?? '') ?? [];
  let away = false;
  const status = await startStatusServer({
    port: 0,
    state: () => [],
    check: () => (away ? Promise.reject(new Error('store away')) : Promise.resolve()),
  });
  const exitCode = (): Promise<number | string> =>
    new Promise((resolve) => {
      const env = { ...process.env, REVEILLE_PORT: new URL(status.url).port };
      execFile(process.execPath, [join(ROOT, script)], { env }, (error) => resolve(error ? (error.code ?? -1) : 0));
    });
  try {
    assert.equal(await exitCode(), 0);
    away = true;
    assert.equal(await exitCode(), 1);
  } finally {
    await status.close();
  }
  assert.equal(await exitCode(), 1);
});
