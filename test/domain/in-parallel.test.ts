import assert from 'node:assert/strict';
import { setImmediate as soon } from 'node:timers/promises';
import { test } from 'node:test';
import { inParallel } from '../../domain/in-parallel.ts';

test('each item is worked on once, no more than so many at a time', async () => {
  const done: number[] = [];
  let [open, most] = [0, 0];
  const items = Array.from({ length: 50 }, (_, index) => index);
  await inParallel(items, 7, async (item, index) => {
    open += 1;
    most = Math.max(most, open);
    await soon();
    done.push(item);
    assert.equal(item, index);
    open -= 1;
  });
  assert.deepEqual(done.toSorted((a, b) => a - b), items); // prettier-ignore
  assert.equal(most, 7);
  await inParallel([], 7, async () => assert.fail('there is nothing to do'));
});

test('after a failure nothing more is begun, and what was begun is waited for', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const work = inParallel([0, 1, 2, 3, 4, 5], 3, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('one');
    await soon();
    ended.push(item);
  });
  await assert.rejects(work, /^Error: one$/);
  assert.deepEqual([begun, ended], [[0, 1, 2], [0, 2]]); // prettier-ignore
});
