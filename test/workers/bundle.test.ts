import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../../services/logging.ts';
import { buildWorkflowBundle, loadWorkflowBundle } from '../../workers/bundle.ts';

// Inside the project, since what workflows import is looked for from there.
const folder = mkdtempSync(fileURLToPath(new URL('../support/fixtures/bundle-', import.meta.url)));
const cacheFolder = mkdtempSync(join(tmpdir(), 'reveille-bundles-'));
after(() => [folder, cacheFolder].forEach((each) => rmSync(each, { recursive: true, force: true })));

const logger = createLogger({ level: 'silent' });
const sources = { entry: join(folder, 'index.ts'), interceptors: [], folders: [folder] };
const write = (answer: number): void => {
  mkdirSync(join(folder, 'deep'), { recursive: true });
  writeFileSync(join(folder, 'index.ts'), "export { answer } from './deep/answer.ts';\n");
  writeFileSync(
    join(folder, 'deep', 'answer.ts'),
    `export async function answer(): Promise<number> { return ${answer}; }\n`,
  );
};
const load = () => loadWorkflowBundle({ production: false, logger, sources, cacheFolder });

test('a bundle is made once for the same sources, anew when any of them changes, and the last three are kept', async () => {
  write(42);
  const first = await load();
  assert.match(first.code, /return 42/);
  const [name = ''] = readdirSync(cacheFolder);

  writeFileSync(join(cacheFolder, name), 'from the cache');
  assert.equal((await load()).code, 'from the cache');

  for (const answer of [43, 44, 45]) {
    write(answer);
    assert.match((await load()).code, new RegExp(`return ${answer}`));
  }
  assert.equal(readdirSync(cacheFolder).length, 3);
  assert.ok(!readdirSync(cacheFolder).includes(name));
});

test('production takes no bundle but one that was built ahead from these very sources', async () => {
  write(46);
  await assert.rejects(
    loadWorkflowBundle({ production: true, logger, sources, cacheFolder }),
    /dist\/workflow-bundle\.js .*npm run build:workflows/,
  );
});

test('a bundle that was built ahead ends with its source map, as the SDK expects', async () => {
  const builtAhead = join(cacheFolder, 'ahead', 'workflow-bundle.js');
  const { path, bytes } = await buildWorkflowBundle(logger, builtAhead);
  assert.equal(path, builtAhead);
  const { code } = await loadWorkflowBundle({ production: true, logger, builtAhead });
  assert.ok(code.length < bytes);

  // The SDK decodes everything after the last "base64,"; two times in three it would not notice what does not belong.
  const map = code.slice(code.lastIndexOf('base64,') + 'base64,'.length).trimEnd();
  assert.equal(Buffer.from(map, 'base64').toString('base64'), map);
  assert.ok(JSON.parse(Buffer.from(map, 'base64').toString()));
});

test('workflow code that reaches for a Node built-in is no bundle', async () => {
  writeFileSync(
    join(folder, 'index.ts'),
    "import { readFileSync } from 'node:fs';\nexport const read = () => readFileSync('x');\n",
  );
  await assert.rejects(load(), /Webpack finished with errors|disallowed modules/);
});
