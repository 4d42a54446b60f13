import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effect } from '../../../domain/contracts/effects.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { NOW, ONCE, REPEATABLE, type StoreUnderTest, effectOf, inMinutes, newWorkspace } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

/** Attempts `key`, which must be let go. */
async function go(store: Store, workspace: string, key: string, at: string, options = ONCE): Promise<number> {
  const attempt = await store.effects.attempt(workspace, key, at, options);
  assert.ok(attempt.outcome === 'go', attempt.outcome);
  return attempt.fence;
}

const outcomeOf = async (store: Store, workspace: string, key: string, at: string, options = ONCE) =>
  (await store.effects.attempt(workspace, key, at, options)).outcome;

const stateOf = async (store: Store, workspace: string, key: string) =>
  (await store.effects.plan(workspace, effectOf(key))).state;

export function effectsSuite(open: StoreUnderTest): void {
  test('an effect is planned once, attempted by one at a time, and done once', async () => {
    const store = open();
    const workspace = newWorkspace();
    const planned = await store.effects.plan(workspace, effectOf('k1'));
    assert.deepEqual(effect.strict().parse(planned), planned);
    assert.deepEqual(planned, {
      ...{ effectId: planned.effectId, key: 'k1', kind: 'message', channel: 'email', contactId: 'c1' },
      ...{ state: 'planned', attempts: 0, plannedAt: NOW, attemptedAt: null, endedAt: null },
      ...{ result: null, error: null, resolvedBy: null, note: null },
    });
    assert.deepEqual(await store.effects.plan(workspace, effectOf('k1', 'c2', { plannedAt: inMinutes(1) })), planned);
    assert.deepEqual(await store.effects.attempt(workspace, 'k1', NOW, ONCE), {
      ...{ outcome: 'go', fence: 1, attempts: 1, mayBeDone: false, noted: null },
    });
    assert.equal(await outcomeOf(store, workspace, 'k1', inMinutes(0.5), REPEATABLE), 'busy');
    assert.equal(await store.effects.holds(workspace, 'k1', 1, inMinutes(0.5), 60_000), true);
    // The lease was extended.
    assert.equal(await outcomeOf(store, workspace, 'k1', inMinutes(1.2)), 'busy');
    assert.equal(await store.effects.holds(workspace, 'k1', 2, inMinutes(1), 60_000), false);
    assert.equal(
      await store.effects.end(workspace, 'k1', 1, { state: 'planned', at: inMinutes(1), error: 'busy' }),
      true,
    );
    assert.equal((await store.effects.get(workspace, planned.effectId))?.error, 'busy');
    assert.equal(await store.effects.holds(workspace, 'k1', 1, inMinutes(1), 60_000), false);
    const second = await go(store, workspace, 'k1', inMinutes(2));
    assert.equal(second, 2);
    assert.equal(await store.effects.end(workspace, 'k1', 1, { state: 'failed', at: inMinutes(2) }), false);
    const end = { state: 'done', at: inMinutes(2), result: { messageId: '<1@x>' } } as const;
    assert.equal(await store.effects.end(workspace, 'k1', second, end), true);
    assert.equal(await store.effects.end(workspace, 'k1', second, end), true);
    assert.equal(await store.effects.end(workspace, 'k1', second, { state: 'failed', at: NOW }), false);
    const done = await store.effects.attempt(workspace, 'k1', inMinutes(3), REPEATABLE);
    assert.deepEqual(done, {
      outcome: 'done',
      effect: {
        ...{ ...planned, state: 'done', attempts: 2, attemptedAt: inMinutes(2), endedAt: inMinutes(2) },
        result: { messageId: '<1@x>' },
      },
    });
    assert.equal((await store.effects.cancel(workspace, 'k1', NOW, 'late'))?.state, 'done');
    await rejectsAs('not_found', store.effects.attempt(workspace, 'k2', NOW, ONCE));
    assert.equal(await store.effects.end(workspace, 'k2', 1, end), false);
    assert.equal(await store.effects.cancel(workspace, 'k2', NOW, 'late'), null);
  });

  test('of many attempts at once exactly one goes', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const key of ['k1', 'k2', 'k3']) {
      await store.effects.plan(workspace, effectOf(key));
      const rounds = [NOW, inMinutes(2), inMinutes(4)];
      for (const [round, at] of rounds.entries()) {
        const attempts = await Promise.all(
          Array.from({ length: 12 }, () => store.effects.attempt(workspace, key, at, REPEATABLE)),
        );
        const gone = attempts.flatMap((each) => (each.outcome === 'go' ? [each.fence] : []));
        assert.deepEqual(gone, [round + 1]);
        assert.equal(attempts.filter(({ outcome }) => outcome === 'busy').length, 11);
      }
    }
  });

  test('an attempt that was lost is unknown, never made again, unless the other side takes the key twice for once', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const key of ['once', 'again', 'mixed', 'mixed too']) await store.effects.plan(workspace, effectOf(key));
    await go(store, workspace, 'once', NOW);
    await go(store, workspace, 'again', NOW, REPEATABLE);
    await go(store, workspace, 'mixed', NOW, ONCE);
    await go(store, workspace, 'mixed too', NOW, REPEATABLE);
    const over = inMinutes(1);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => store.effects.attempt(workspace, 'once', over, ONCE)),
    );
    assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['unknown']));
    assert.equal(await store.effects.holds(workspace, 'once', 1, over, 60_000), false);
    assert.equal(await go(store, workspace, 'again', over, REPEATABLE), 2);
    assert.equal(await store.effects.holds(workspace, 'again', 1, over, 60_000), false);
    assert.equal(await store.effects.end(workspace, 'again', 1, { state: 'done', at: over }), false);
    assert.equal(await store.effects.holds(workspace, 'again', 2, over, 60_000), true);
    assert.equal(await outcomeOf(store, workspace, 'mixed', over, REPEATABLE), 'unknown');
    assert.equal(await outcomeOf(store, workspace, 'mixed too', over, ONCE), 'unknown');
  });

  test('one taken for lost may still say what became of it, until a person has', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const key of ['late', 'settled', 'back']) {
      await store.effects.plan(workspace, effectOf(key));
      await go(store, workspace, key, NOW);
      assert.equal(await outcomeOf(store, workspace, key, inMinutes(2)), 'unknown');
    }
    const at = inMinutes(3);
    assert.equal(await store.effects.end(workspace, 'back', 1, { state: 'planned', at }), false);
    assert.equal(await stateOf(store, workspace, 'back'), 'unknown');
    assert.equal(await store.effects.end(workspace, 'late', 1, { state: 'done', at }), true);
    assert.equal(await stateOf(store, workspace, 'late'), 'done');
    const { effectId } = await store.effects.plan(workspace, effectOf('settled'));
    const settled = await store.effects.resolve(workspace, effectId, { as: 'failed', actor: 'mia', note: 'no', at });
    assert.deepEqual(
      [settled?.state, settled?.resolvedBy, settled?.note, settled?.endedAt],
      ['failed', 'mia', 'no', at],
    );
    assert.equal(await store.effects.end(workspace, 'settled', 1, { state: 'done', at }), false);
    const by = { as: 'done', actor: 'mia', note: 'yes', at } as const;
    await rejectsAs('conflict', store.effects.resolve(workspace, effectId, by));
    assert.equal(await store.effects.resolve(workspace, 'nobody', by), null);
    const list = async (state?: 'unknown' | 'done') =>
      (await store.effects.list(workspace, { limit: 9, state })).items.map(({ key }) => key);
    assert.deepEqual(await list('unknown'), ['back']);
    assert.deepEqual(await list('done'), ['late']);
    assert.equal((await list()).length, 3);
  });

  test('one called off is not attempted; one that somebody is at is not, after it', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const key of ['in time', 'too late', 'not done']) await store.effects.plan(workspace, effectOf(key));
    const cancelled = await store.effects.cancel(workspace, 'in time', inMinutes(1), 'moved away');
    assert.deepEqual(
      [cancelled?.state, cancelled?.note, cancelled?.endedAt],
      ['cancelled', 'moved away', inMinutes(1)],
    );
    assert.deepEqual(await store.effects.cancel(workspace, 'in time', inMinutes(2), 'again'), cancelled);
    assert.equal(await outcomeOf(store, workspace, 'in time', inMinutes(2), REPEATABLE), 'cancelled');
    for (const key of ['too late', 'not done']) {
      await go(store, workspace, key, NOW, REPEATABLE);
      assert.equal((await store.effects.cancel(workspace, key, NOW, 'moved away'))?.state, 'attempting');
      assert.equal(await store.effects.holds(workspace, key, 1, NOW, 60_000), true);
    }
    assert.equal(await store.effects.end(workspace, 'not done', 1, { state: 'planned', at: inMinutes(1) }), true);
    assert.equal(await outcomeOf(store, workspace, 'not done', inMinutes(1), REPEATABLE), 'cancelled');
    // Lost after it was called off: it may have been done, and is not made again to find out.
    assert.equal(await outcomeOf(store, workspace, 'too late', inMinutes(1), REPEATABLE), 'unknown');
  });

  test('leases that are over are let go: unknown, or planned again, and then never called cancelled', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const key of ['once', 'again', 'held', 'called off', 'knows']) {
      await store.effects.plan(workspace, effectOf(key));
      const options = key === 'once' ? ONCE : REPEATABLE;
      await go(store, workspace, key, NOW, key === 'held' ? { ...options, leaseMs: 3_600_000 } : options);
    }
    await store.effects.cancel(workspace, 'called off', NOW, 'moved away');
    assert.ok((await store.effects.expireLeases(inMinutes(2))) >= 4);
    assert.equal(await stateOf(store, workspace, 'once'), 'unknown');
    assert.equal(await stateOf(store, workspace, 'again'), 'planned');
    assert.equal(await stateOf(store, workspace, 'held'), 'attempting');
    assert.equal(await stateOf(store, workspace, 'called off'), 'unknown');
    assert.equal(await store.effects.holds(workspace, 'again', 1, inMinutes(2), 60_000), false);
    assert.equal(await store.effects.end(workspace, 'knows', 1, { state: 'done', at: inMinutes(2) }), true);
    assert.equal(await store.effects.expireLeases(inMinutes(2)), 0);
    // Nobody knows that it was not done.
    assert.equal((await store.effects.cancel(workspace, 'again', inMinutes(3), 'moved away'))?.state, 'unknown');
  });

  test('events and meetings that are called off are cancelled, though they may have been made: they are taken back', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const kind of ['calendar', 'meeting'] as const) {
      for (const key of [`${kind} before`, `${kind} after`]) {
        await store.effects.plan(workspace, effectOf(key, 'c1', { kind }));
        await go(store, workspace, key, NOW, REPEATABLE);
      }
      await store.effects.cancel(workspace, `${kind} before`, NOW, 'of no use any more');
    }
    await store.effects.expireLeases(inMinutes(2));
    for (const kind of ['calendar', 'meeting']) {
      assert.equal(await stateOf(store, workspace, `${kind} before`), 'cancelled');
      assert.equal(await stateOf(store, workspace, `${kind} after`), 'planned');
      const after = await store.effects.cancel(workspace, `${kind} after`, inMinutes(3), 'of no use any more');
      assert.equal(after?.state, 'cancelled');
    }
  });

  test('what was sent, is being sent or may have been counts towards the cap, by contact, purpose and time', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ends = ['done', 'failed', 'unknown', 'planned', null] as const;
    for (const [index, state] of ends.entries()) {
      await store.effects.plan(workspace, effectOf(`k${index}`));
      const fence = await go(store, workspace, `k${index}`, inMinutes(index));
      if (state) await store.effects.end(workspace, `k${index}`, fence, { state, at: inMinutes(10) });
    }
    for (const [key, contactId, more] of [
      ['hook', 'c1', { kind: 'webhook' }],
      ['service', 'c1', { purpose: 'service' }],
      ['other', 'c2', {}],
    ] as const) {
      await store.effects.plan(workspace, effectOf(key, contactId, more));
      await go(store, workspace, key, NOW);
    }
    await store.effects.plan(workspace, effectOf('lost'));
    await go(store, workspace, 'lost', inMinutes(7), REPEATABLE);
    const sent = (since: string) => store.effects.sentSince(workspace, 'c1', 'promotion', since);
    const all = [0, 2, 4, 7].map(inMinutes);
    assert.deepEqual(await sent(NOW), all);
    await store.effects.expireLeases(inMinutes(9));
    assert.deepEqual(await sent(NOW), all);
    assert.deepEqual(await sent(inMinutes(2)), all.slice(1));
    assert.deepEqual(await store.effects.sentSince(workspace, 'c1', 'service', NOW), [NOW]);
  });
}
