import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { SuiteCounts } from '../../scripts/run-suites.ts';

const folder = mkdtempSync(join(tmpdir(), 'reveille-run-suites-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const MODULE = new URL('../../scripts/run-suites.ts', import.meta.url).href;
const HEAD = "import { describe, it, test } from 'node:test';\n";

/** Runs these files as the test command does, in a process of its own: the runner refuses to run inside a test. */
function runFiles(files: Record<string, string>, limits = { perTestMs: 1_000, silenceMs: 3_000 }): SuiteCounts {
  const paths = Object.entries(files).map(([name, content]) => {
    const path = join(folder, `${name}.test.mjs`);
    writeFileSync(path, HEAD + content);
    return path;
  });
  const result = join(folder, 'counts.json');
  const script = `
    import { writeFileSync } from 'node:fs';
    const { runSuites } = await import('${MODULE}');
    const options = { root: '${folder}', out: process.stdout, junitFile: '${folder}/junit.xml', ...${JSON.stringify(limits)} };
    writeFileSync('${result}', JSON.stringify(await runSuites(${JSON.stringify(paths)}, options)));`;
  // A file, since the runner hands its own arguments on to the processes it starts.
  const runner = join(folder, 'runner.mjs');
  writeFileSync(runner, script);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [runner], { env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(readFileSync(result, 'utf8')) as SuiteCounts;
}

test('tests are counted, suites and files are not, skipped ones apart', () => {
  const counts = runFiles({
    fine: `test('a', () => {});
      describe('s', () => { it('b', () => {}); it('c', { skip: 'no Java' }, () => {}); });
      test('outer', async (t) => { await t.test('inner', () => {}); });`,
  });
  assert.deepEqual(counts, { passed: 4, failed: 0, skipped: 1, failures: [], skips: ['fine.test.mjs: c (no Java)'] });
  assert.match(readFileSync(join(folder, 'junit.xml'), 'utf8'), /<testcase name="inner"/);
});

test('each kind of failure counts once and is named', () => {
  const counts = runFiles({
    wrong: `test('a', () => { throw new Error('x'); });
      describe('s', () => { it('b', () => { throw new Error('y'); }); it('c', () => {}); });`,
    crash: "throw new Error('crash');",
    empty: '',
    exits: "test('d', () => {}); setTimeout(() => process.exit(3), 50);",
    late: "test('e', () => {}); setTimeout(() => { throw new Error('late'); }, 50);",
    slow: "test('f', () => new Promise((resolve) => setTimeout(resolve, 2000)));",
    leaks: "test('g', () => {}); setInterval(() => {}, 100);",
  });
  assert.deepEqual(counts.failures.toSorted(), [
    'crash.test.mjs: ended with an error of its own',
    'empty.test.mjs: holds no test',
    'exits.test.mjs: ended with an error of its own',
    'late.test.mjs: ended with an error of its own',
    'leaks.test.mjs: did not end; something it started is still there',
    'slow.test.mjs: f',
    'wrong.test.mjs: a',
    'wrong.test.mjs: b',
  ]);
  assert.equal(counts.failed, 8);
  assert.equal(counts.passed, 4);
});

test('a file that waits for real time to go by runs beside as many others as ever', () => {
  const begun = join(folder, 'begun');
  const waits = `import { existsSync } from 'node:fs';
    test('waits', async () => { while (!existsSync('${begun}')) await new Promise((soon) => setTimeout(soon, 20)); });`;
  const counts = runFiles(
    {
      ...{ 'one-core': waits, 'other-core': waits },
      'hour.real-time': `import { writeFileSync } from 'node:fs'; test('begins', () => writeFileSync('${begun}', ''));`,
    },
    { perTestMs: 20_000, silenceMs: 30_000 },
  );
  assert.deepEqual(counts, { passed: 3, failed: 0, skipped: 0, failures: [], skips: [] });
});
