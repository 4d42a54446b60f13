import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FAILPOINTS, parseFault } from '../../domain/ports/failpoints.ts';
import { readConfiguration } from '../../services/configuration.ts';

const SCRIPT = fileURLToPath(new URL('../support/fixtures/failpoint.ts', import.meta.url));

const passes = (fault: string, point: string, times: number) => {
  const { stdout, status, signal } = spawnSync(process.execPath, [SCRIPT, fault, point, String(times)], {
    encoding: 'utf8',
  });
  return { passed: stdout.split('\n').filter(Boolean).length, status, signal };
};

test('a process dies by SIGKILL when it passes the point for the nth time, and nowhere else', () => {
  const point = 'delivery-after-effect';
  assert.deepEqual(passes(`${point}:3`, point, 5), { passed: 2, status: null, signal: 'SIGKILL' });
  assert.deepEqual(passes(`${point}:3`, point, 2), { passed: 2, status: 0, signal: null });
  assert.deepEqual(passes('delivery-before-effect:1', point, 5), { passed: 5, status: 0, signal: null });
  assert.deepEqual(passes('', point, 5), { passed: 5, status: 0, signal: null });
});

test('a fault is a point of the catalogue and a count', () => {
  for (const point of FAILPOINTS) assert.deepEqual(parseFault(`${point}:12`), { point, nth: 12 });
  for (const text of [
    '',
    'delivery-after-effect',
    'delivery-after-effect:0',
    'delivery-after-effect:x',
    'toString:1',
  ]) {
    assert.equal(parseFault(text), null, text);
  }
});

test('a point that is not there keeps a process from starting, and the list of those that are is told', () => {
  assert.deepEqual(readConfiguration({ FAULT: 'reply-after-row:2' }, '/').fault, { point: 'reply-after-row', nth: 2 });
  assert.equal(readConfiguration({}, '/').fault, null);
  assert.throws(
    () => readConfiguration({ FAULT: 'reply-before-row:2' }, '/'),
    ({ message }: Error) => message.includes('FAULT') && FAILPOINTS.every((point) => message.includes(point)),
  );
});
