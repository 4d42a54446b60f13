import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { acquireLock } from '../../services/lock-file.ts';
import { openStore } from '../../services/store/open-store.ts';
import { EMPTY, customer, opening, scanOf } from './store-suite/fixtures.ts';
import { rejectsAs } from './store-suite/rejects.ts';

const LOCK = new URL('../../services/lock-file.ts', import.meta.url).href;
const STORE = new URL('../../services/store/open-store.ts', import.meta.url).href;

describe('the embedded store and its lock', { timeout: 120_000 }, () => {
  let folder: string;
  const children: ChildProcess[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-lock-'));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** Another process that runs `code`, and the lines it prints. */
  function runElsewhere(code: string): { child: ChildProcess; lines: AsyncIterator<string> } {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
  }

  /** A process that takes the lock, says `held` or `refused`, and stays. */
  const holder = (path: string) =>
    runElsewhere(`
      import { acquireLock } from ${JSON.stringify(LOCK)};
      await acquireLock(${JSON.stringify(path)}, 'The store').then(() => console.log('held'), (error) => console.log(error.code));
      process.stdin.resume();
    `);

  async function end(child: ChildProcess): Promise<void> {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  test('a lock that a living process holds is refused, naming it; after its death it is taken over', async () => {
    const path = join(folder, 'one.lock');
    const { child, lines } = holder(path);
    assert.equal((await lines.next()).value, 'held');
    const error = await rejectsAs('conflict', acquireLock(path, 'The store'));
    assert.match(error.message, new RegExp(`process ${child.pid} \\(node`));
    assert.match(error.message, /Stop that process/);
    await end(child);
    const lock = await acquireLock(path, 'The store');
    assert.equal(JSON.parse(await readFile(path, 'utf8')).pid, process.pid);
    await rejectsAs('conflict', acquireLock(path, 'The store'));
    await lock.release();
    await (await acquireLock(path, 'The store')).release();
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('one.lock')),
      [],
    );
  });

  test('a lock of a process whose number now belongs to another is taken over', async () => {
    const path = join(folder, 'recycled.lock');
    const record = { pid: process.pid, processStart: 'before this one', command: 'up', lockedAt: '2026-01-01' };
    await writeFile(path, JSON.stringify(record));
    await (await acquireLock(path, 'The store')).release();
    await writeFile(path, '');
    await (await acquireLock(path, 'The store')).release();
  });

  test('of several processes that find a lock of the dead at once, one takes it', async () => {
    for (let round = 0; round < 3; round++) {
      const path = join(folder, `race-${round}.lock`);
      const dead = { pid: 2 ** 22 + 1, processStart: 'long ago', command: 'up', lockedAt: '2026-01-01' };
      await writeFile(path, JSON.stringify(dead));
      const racers = Array.from({ length: 5 }, () => holder(path));
      const outcomes = await Promise.all(racers.map(async ({ lines }) => (await lines.next()).value));
      assert.deepEqual(outcomes.toSorted(), ['conflict', 'conflict', 'conflict', 'conflict', 'held']);
      await Promise.all(racers.map(({ child }) => end(child)));
    }
  });

  test('of many in one process that find a lock of the dead at once, one takes it', async () => {
    const path = join(folder, 'many.lock');
    for (let round = 0; round < 20; round++) {
      await writeFile(path, `{"pid":4194305,"processStart":"${round}","command":"up","lockedAt":""}`);
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path, 'The store')));
      const taken = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      assert.equal(taken.length, 1);
      await taken[0]!.value.release();
    }
  });

  test('what a store has answered outlives the SIGKILL of its process', async () => {
    const dataDir = join(folder, 'killed');
    // A database that a killed process has left half made is made anew.
    await mkdir(join(dataDir, '.reveille', 'store.new', 'base'), { recursive: true });
    await writeFile(join(dataDir, '.reveille', 'store.new', 'PG_VERSION'), '18\n');
    const { child, lines } = runElsewhere(`
      import { openStore } from ${JSON.stringify(STORE)};
      const store = await openStore({ dataDir: ${JSON.stringify(dataDir)} });
      await store.customers.import('w', ${JSON.stringify({ ...EMPTY, customers: [customer('c1')] })}, { merge: false });
      await store.interventions.open('w', ${JSON.stringify(opening('i1', 'c1'))});
      for (let n = 1; ; n++) {
        await store.scans.open('w', { ...${JSON.stringify(scanOf('s'))}, scanId: 's' + n });
        console.log(n);
      }
    `);
    // Its output ends a moment before the process does, and until then it holds the store.
    const ended = once(child, 'exit');
    let answered = 0;
    for (let next = await lines.next(); !next.done; next = await lines.next()) {
      answered = Number(next.value);
      if (answered < 25) continue;
      if (answered === 25) {
        const error = await rejectsAs('conflict', openStore({ dataDir }));
        assert.match(error.message, new RegExp(`process ${child.pid} `));
      }
      child.kill('SIGKILL');
    }
    await ended;
    assert.ok(answered >= 25);
    for (let time = 0; time < 2; time++) {
      const store = await openStore({ dataDir });
      const totals = await store.scans.open('w', scanOf(`after-${time}`));
      assert.ok(totals.number! > answered, `${totals.number} after ${answered}`);
      assert.equal((await store.scans.get('w', `s${answered}`))?.number, answered);
      assert.equal((await store.interventions.get('w', 'i1'))?.state, 'deciding');
      await store.close();
      await store.close();
      await rejectsAs('unavailable', store.ping());
    }
  });

  test('a data folder that is none is unavailable, not a crash', async () => {
    const dataDir = join(folder, 'file');
    await writeFile(dataDir, '');
    await rejectsAs('unavailable', openStore({ dataDir }));
  });
});
