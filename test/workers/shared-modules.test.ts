import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = join('workflows', 'shared-modules.ts');

/** Contracts that a file imports for more than their types. */
function contractsOf(file: string): string[] {
  const imports = readFileSync(join(ROOT, file), 'utf8').matchAll(
    /^import (?!type\b)(?:[^;]*?)from '[./]*domain\/contracts\/([\w-]+)\.ts';$/gms,
  );
  return [...imports].map(([, name = '']) => name);
}

test('every contract that workflows parse with is among the modules that they share', () => {
  const shared = new Set(contractsOf(SHARED));
  const used = globSync('workflows/**/*.ts', { cwd: ROOT }).filter((file) => basename(file) !== basename(SHARED));
  const missing = used.flatMap((file) =>
    contractsOf(file)
      .filter((name) => !shared.has(name))
      .map((name) => `${file}: ${name}`),
  );
  assert.ok(shared.size > 5, `only ${[...shared].join(', ')} were found`);
  assert.deepEqual(missing, []);
});
