import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { processStarted } from '../../services/process-identity.ts';
import { recordProcess, stopProcess, sweepProcesses } from '../../services/temporal/server/processes.ts';

const children: ChildProcess[] = [];
after(() => children.forEach((child) => child.kill('SIGKILL')));

/** A process that lives until it is told otherwise. */
async function sleeper(script = 'setInterval(() => {}, 1000)'): Promise<{ pid: number; exited: Promise<unknown> }> {
  const child = spawn(process.execPath, ['-e', `${script}; process.stdout.write('up')`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  return { pid: child.pid!, exited };
}

async function finished(): Promise<{ pid: number; started: string }> {
  const child = await sleeper();
  const started = processStarted(child.pid)!;
  process.kill(child.pid, 'SIGKILL');
  await child.exited;
  return { pid: child.pid, started };
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'reveille-processes-'));
const note = (pidDir: string, content: object): void =>
  writeFileSync(join(pidDir, 'temporal-1.json'), JSON.stringify(content));

test('what a process that died has left running is stopped, and its note removed', async () => {
  const pidDir = folder();
  const left = await sleeper();
  note(pidDir, {
    what: 'temporal',
    process: { pid: left.pid, started: processStarted(left.pid) },
    parent: await finished(),
  });
  assert.deepEqual(await sweepProcesses(pidDir), [{ what: 'temporal', pid: left.pid }]);
  await left.exited;
  assert.deepEqual(readdirSync(pidDir), []);
});

test('a process whose parent lives is left alone, and so is its note', async () => {
  const pidDir = folder();
  const child = await sleeper();
  const forget = recordProcess(pidDir, 'temporal', child.pid);
  assert.deepEqual(await sweepProcesses(pidDir), []);
  assert.notEqual(processStarted(child.pid), null);
  assert.equal(readdirSync(pidDir).length, 1);
  forget();
  assert.deepEqual(readdirSync(pidDir), []);
});

test('a process that was given a noted number later is left alone', async () => {
  const pidDir = folder();
  const innocent = await sleeper();
  note(pidDir, {
    what: 'temporal',
    process: { pid: innocent.pid, started: 'another-boot/12345' },
    parent: await finished(),
  });
  assert.deepEqual(await sweepProcesses(pidDir), []);
  assert.notEqual(processStarted(innocent.pid), null);
  assert.deepEqual(readdirSync(pidDir), []);
});

test('a parent whose number was given to someone else counts as dead', async () => {
  const pidDir = folder();
  const left = await sleeper();
  note(pidDir, {
    what: 'temporal',
    process: { pid: left.pid, started: processStarted(left.pid) },
    parent: { pid: process.pid, started: 'another-boot/1' },
  });
  assert.equal((await sweepProcesses(pidDir)).length, 1);
});

test('a broken note stops nothing and is removed; no folder is no notes', async () => {
  const pidDir = folder();
  writeFileSync(join(pidDir, 'temporal-1.json'), `{"process":{"pid":${process.pid}}}`);
  assert.deepEqual(await sweepProcesses(pidDir), []);
  assert.deepEqual(readdirSync(pidDir), []);
  assert.deepEqual(await sweepProcesses(join(pidDir, 'none')), []);
});

test('a process deaf to SIGTERM is killed after the grace time', async () => {
  const deaf = await sleeper("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  await stopProcess(deaf.pid, 100);
  assert.equal(processStarted(deaf.pid), null);
  await stopProcess(deaf.pid, 100);
});

test('a child ends with its parent, by kill -9 too', async () => {
  const file = join(folder(), 'pid');
  const module = new URL('../../services/temporal/server/processes.ts', import.meta.url).href;
  const parent = await sleeper(`
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
    import('${module}').then(({ endWithParent }) => {
      endWithParent(child);
      require('node:fs').writeFileSync('${file}', String(child.pid));
    });
    setInterval(() => {}, 1000)`);
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(20);
  const pid = Number(readFileSync(file, 'utf8'));
  assert.notEqual(processStarted(pid), null);
  process.kill(parent.pid, 'SIGKILL');
  while (processStarted(pid) !== null) await delay(20);
});
