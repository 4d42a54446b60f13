import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Lints `files` under the project's own rules; returns what is wrong, a line each. */
function lint(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-lint-'));
  folders.push(folder);
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    copyFileSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const { stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), ['--type-aware', '--format', 'unix'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line));
}

const VALUE = 'export const value = 1;\nexport type Value = typeof value;\n';
const taking = (from: string): string => `import { value } from '${from}';\nexport const taken = value;\n`;
const naming = (from: string): string => `import type { Value } from '${from}';\nexport const named: Value = 1;\n`;

/** One file on each floor of the house. */
const HOUSE = Object.fromEntries(
  ['domain', 'agents', 'services', 'activities', 'workflows', 'workers', 'client', 'test'].map((floor) => [
    `${floor}/value.ts`,
    VALUE,
  ]),
);

test('imports down the house are allowed', () => {
  const allowed = {
    'agents/a.ts': taking('../domain/value.ts'),
    'services/deep/a.ts': taking('../../domain/value.ts'),
    'activities/a.ts': taking('../agents/value.ts') + naming('../services/value.ts'),
    'workflows/a.ts': taking('../domain/value.ts') + naming('../activities/value.ts'),
    'workers/a.ts': taking('../activities/value.ts') + naming('../services/value.ts'),
    'workers/main.ts': taking('../client/value.ts'),
    'client/a.ts': taking('../services/value.ts') + naming('../workflows/value.ts'),
    'client/cli/a.ts': taking('../../workers/value.ts') + naming('../../workflows/value.ts'),
  };
  assert.deepEqual(lint({ ...HOUSE, ...allowed }), []);
});

const FORBIDDEN: [file: string, content: string][] = [
  ['domain/a.ts', naming('../agents/value.ts')],
  ['domain/deep/a.ts', taking('../../services/value.ts')],
  ['domain/b.ts', "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n"],
  ['agents/a.ts', naming('../services/value.ts')],
  ['services/a.ts', taking('../agents/value.ts')],
  ['services/deep/a.ts', naming('../../client/value.ts')],
  ['activities/a.ts', naming('../workflows/value.ts')],
  ['workflows/a.ts', taking('../activities/value.ts')],
  ['workflows/b.ts', naming('../services/value.ts')],
  ['workflows/c.ts', "import { createHash } from 'node:crypto';\nexport const hash = createHash;\n"],
  ['workflows/d.ts', "import { Client } from '@temporalio/client';\nexport const taken = Client;\n"],
  ['workers/a.ts', taking('../workflows/value.ts')],
  ['workers/b.ts', naming('../client/value.ts')],
  ['workers/main.ts', taking('../workflows/value.ts')],
  ['client/a.ts', taking('../activities/value.ts')],
  ['client/b.ts', taking('../workflows/value.ts')],
  ['client/cli/a.ts', taking('../../workflows/value.ts')],
  ['services/b.ts', taking('../test/value.ts')],
];

test('each import up the house, or past the sandbox, is refused', () => {
  const found = lint({ ...HOUSE, ...Object.fromEntries(FORBIDDEN) });
  for (const [file] of FORBIDDEN) {
    assert.ok(
      found.some((line) => line.startsWith(`${file}:`) && line.includes('no-restricted-imports')),
      `${file} was accepted`,
    );
  }
  assert.equal(found.length, FORBIDDEN.length, found.join('\n'));
});

test('an import cycle is refused', () => {
  const found = lint({
    'domain/a.ts': "import { b } from './b.ts';\nexport const a = (): number => b();\n",
    'domain/b.ts': "import { a } from './a.ts';\nexport const b = (): number => a();\n",
  });
  assert.ok(found.every((line) => line.includes('no-cycle')) && found.length > 0, found.join('\n'));
});

test('a promise nobody waits for is refused, outside tests registered with node:test', () => {
  const found = lint({
    'services/a.ts': 'const later = async (): Promise<void> => {};\nexport function go(): void {\n  later();\n}\n',
    'test/a.test.ts': "import { test } from 'node:test';\ntest('nothing', async () => {});\n",
  });
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0]!, /^services\/a\.ts:3:.*no-floating-promises/);
});

test('console in shipped code, any, and silenced errors are refused', () => {
  const found = lint({
    'services/a.ts': "export const say = (): void => console.log('x');\n",
    'services/b.ts': 'export const anything = (value: any): unknown => value;\n',
    'services/c.ts': "// @ts-expect-error it is wrong\nexport const wrong: number = 'x';\n",
    'client/cli/a.ts': "export const say = (): void => console.log('x');\n",
  });
  assert.deepEqual(found.map((line) => /\((\S+)\)\]$/.exec(line)?.[1]).toSorted(), [
    'ban-ts-comment',
    'no-console',
    'no-explicit-any',
  ]);
});
