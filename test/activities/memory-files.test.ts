import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { createMemoryFiles, memoryFile } from '../../services/memory-files.ts';
import { temporaryFolder } from '../support/service.ts';

let folder = temporaryFolder();
beforeEach(() => {
  folder.remove();
  folder = temporaryFolder();
});
after(() => folder.remove());

const line = (interventionId: string): string => JSON.stringify({ interventionId, customerId: 'C1' });
const entry = (interventionId: string, customerId = 'C1', workspace = 'default') => ({
  workspace,
  customerId,
  interventionId,
  line: line(interventionId),
});
const read = (customerId = 'C1', workspace = 'default'): string =>
  readFileSync(memoryFile(folder.path, workspace, customerId), 'utf8');

test('a line is appended once for each intervention, however often it is tried', async () => {
  const memory = createMemoryFiles(folder.path);
  await memory.append(entry('one'));
  await memory.append(entry('two'));
  await memory.append(entry('one'));
  await createMemoryFiles(folder.path).append(entry('two'));
  assert.equal(read(), `${line('one')}\n${line('two')}\n`);
});

test('an id that is the beginning of another is another', async () => {
  const memory = createMemoryFiles(folder.path);
  await memory.append(entry('one-more'));
  await memory.append(entry('one'));
  assert.equal(read().split('\n').length, 3);
});

test('fifty appends at once lose no line', async () => {
  const memory = createMemoryFiles(folder.path);
  const all = Array.from({ length: 50 }, (_, index) => `i${index}`);
  await Promise.all([...all, ...all].map((id) => memory.append(entry(id))));
  assert.deepEqual(read().trimEnd().split('\n').toSorted(), all.map(line).toSorted());
});

test('what a killed writer left behind hinders nobody', async () => {
  const path = memoryFile(folder.path, 'default', 'C1');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${line('one')}\n`);
  writeFileSync(`${path}.${process.pid}.tmp`, `${line('one')}\n{"interventionId":"tw`);
  writeFileSync(`${path}.99999.tmp`, 'half');
  await createMemoryFiles(folder.path).append(entry('two'));
  assert.equal(read(), `${line('one')}\n${line('two')}\n`);
});

test('a last line cut short by others is closed, and the new one stands by itself', async () => {
  const path = memoryFile(folder.path, 'default', 'C1');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${line('one')}\n{"customerId":"C1","interve`);
  await createMemoryFiles(folder.path).append(entry('two'));
  const lines = read().split('\n');
  assert.equal(lines.length, 4);
  assert.equal(lines[2], line('two'));
});

test('a reader at any moment sees whole lines only', async () => {
  const memory = createMemoryFiles(folder.path);
  const writing = (async () => {
    for (let index = 0; index < 40; index += 1) await memory.append(entry(`i${index}`));
    return 'written';
  })();
  let state = 'writing';
  void writing.then((done) => (state = done));
  while (state === 'writing') {
    if (existsSync(memoryFile(folder.path, 'default', 'C1'))) assert.ok(read().endsWith('}\n'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
});

test('ids that are no safe file names are refused and nothing is written', async () => {
  const memory = createMemoryFiles(folder.path);
  const unsafe: [customerId: string, workspace: string][] = [
    ['../../etc/passwd', 'default'],
    ['a/b', 'default'],
    ['', 'default'],
    ['..', 'default'],
    ['a\0b', 'default'],
    ['x'.repeat(65), 'default'],
    ['C1', '../other'],
    ['C1', ''],
  ];
  for (const [customerId, workspace] of unsafe) {
    await assert.rejects(memory.append(entry('one', customerId, workspace)), { code: 'invalid_input' });
  }
  assert.deepEqual(readdirSync(folder.path), []);
});

test('other workspaces than the default one have folders of their own', async () => {
  const memory = createMemoryFiles(folder.path);
  await memory.append(entry('one'));
  await memory.append(entry('two', 'C1', 'other'));
  assert.equal(read('C1'), `${line('one')}\n`);
  assert.equal(read('C1', 'other'), `${line('two')}\n`);
  assert.equal(memoryFile(folder.path, 'default', 'C1'), join(folder.path, 'data', 'memory', 'C1.jsonl'));
  assert.equal(memoryFile(folder.path, 'other', 'C1'), join(folder.path, 'data', 'memory', 'other', 'C1.jsonl'));
});
