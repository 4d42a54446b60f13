import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Turns } from '../../services/store/turns.ts';

const stuck = (): Error => new Error('stuck');
const never = new Promise<never>(() => {});

test('so much is done at once, the rest in the order in which it came, and what fails gives its turn back', async () => {
  const turns = new Turns(2, 10_000, stuck);
  const [begun, under]: [number[], { now: number; most: number }] = [[], { now: 0, most: 0 }];
  const work = async (index: number): Promise<number> => {
    begun.push(index);
    under.now += 1;
    under.most = Math.max(under.most, under.now);
    await delay(index % 3);
    under.now -= 1;
    if (index % 4 === 0) throw new Error('as it comes');
    return index;
  };
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  const done = await Promise.allSettled(numbers.map((index) => turns.take(() => work(index))));
  assert.deepEqual(begun, numbers);
  assert.equal(under.most, 2);
  assert.deepEqual(
    done.map((each) => (each.status === 'fulfilled' ? each.value : null)),
    numbers.map((index) => (index % 4 === 0 ? null : index)),
  );
});

test('a queue that moves is waited for however long; one that stands still tells all who wait', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const turns = new Turns(1, 1_000, stuck);
  const first = Promise.withResolvers<void>();
  void turns.take(() => first.promise);
  const second = Promise.withResolvers<void>();
  const last: string[] = [];
  void turns.take(() => second.promise);
  const waiting = ['a', 'b'].map((name) =>
    turns.take(async () => never).catch((error: unknown) => last.push(`${name}: ${String(error)}`)),
  );
  t.mock.timers.tick(900);
  first.resolve();
  await new Promise(setImmediate);
  t.mock.timers.tick(900);
  await new Promise(setImmediate);
  assert.deepEqual(last, [], 'the queue moved 900 ms ago');
  t.mock.timers.tick(100);
  await Promise.all(waiting);
  assert.deepEqual(last, ['a: Error: stuck', 'b: Error: stuck']);
  // Whoever had its turn keeps it, and the next comes after it.
  const next = turns.take(async () => 'served');
  second.resolve();
  assert.equal(await next, 'served');
});
