import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryEnd, DeliveryFacts, DeliveryPlan } from '../../../domain/ports/delivery-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import {
  DUE,
  LEASE,
  NOW,
  type StoreUnderTest,
  beginGo,
  byGateway,
  byMail,
  customer,
  decisionOf,
  deliveryOf,
  EMPTY,
  held,
  inMinutes,
  newWorkspace,
  opening,
  scheduleKnown,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const LATER = inMinutes(180);
/** When the lease of an attempt of `DUE` is over. */
const OVER = inMinutes(121);
const BY = { reason: 'moved away', actor: 'ravi', at: OVER };
const DONE: DeliveryEnd = { state: 'done', at: OVER };
const REFUSED: DeliveryEnd = { state: 'failed', at: OVER, reason: 'refused' };
const AGAIN: DeliveryEnd = { state: 'later', at: OVER, nextAt: LATER, reason: '429' };

const begin = (store: Store, workspace: string, id: string, plan: (facts: DeliveryFacts) => DeliveryPlan) =>
  store.deliveries.begin(workspace, deliveryOf(id), OVER, LEASE, plan);
const finish = (store: Store, workspace: string, id: string, fence: number, end: DeliveryEnd) =>
  store.deliveries.finish(workspace, deliveryOf(id), fence, end);

const effectOfMessage = async (store: Store, workspace: string, key: string) =>
  (await store.effects.list(workspace, { limit: 100 })).items.find((each) => each.key === key)!;

/** States of a follow-up and of its message. */
const statesOf = async (store: Store, workspace: string, id: string) => [
  (await store.followUps.get(workspace, id))?.state,
  (await effectOfMessage(store, workspace, deliveryOf(id).key)).state,
];

const told = async (store: Store, workspace: string) =>
  (await store.events.after(workspace, 0, 100)).map(({ type, data }) => [type, data['followUpId'], data['reason']]);

/** Attempts at these follow-ups of c1 that never said how they ended. */
async function lose(
  store: Store,
  workspace: string,
  ids: readonly string[],
  plan: () => DeliveryPlan = byMail,
): Promise<void> {
  await scheduleKnown(store, workspace, 'c1', ...ids);
  for (const id of ids) await beginGo(store, workspace, deliveryOf(id), DUE, plan);
}

export function lostDeliveriesSuite(open: StoreUnderTest): void {
  test('an answer that was lost is asked for again where that is safe, and is never said to be cancelled', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2');
    const unheard: DeliveryEnd = { ...AGAIN, reason: 'timeout', mayBeDone: true };
    const first = await beginGo(store, workspace, deliveryOf('f1'), DUE, byGateway);
    assert.equal(await finish(store, workspace, 'f1', first, unheard), 'later');
    assert.deepEqual(await statesOf(store, workspace, 'f1'), ['processing', 'planned']);
    const called = await store.followUps.cancel(workspace, 'f1', BY);
    assert.equal(called?.state, 'processing', 'it may have gone');
    assert.deepEqual(await statesOf(store, workspace, 'f1'), ['processing', 'unknown']);
    // Called off while the attempt whose answer is lost was under way.
    const second = await beginGo(store, workspace, deliveryOf('f2'), DUE, byGateway);
    await store.followUps.cancel(workspace, 'f2', BY);
    assert.equal(await finish(store, workspace, 'f2', second, unheard), 'unknown');
    assert.deepEqual(await statesOf(store, workspace, 'f2'), ['processing', 'unknown']);
  });

  test('a lost attempt is not made again where that might send it twice, and may say late what became of it', async () => {
    const store = open();
    const workspace = newWorkspace();
    await lose(store, workspace, ['f1', 'f2']);
    const lost = await begin(store, workspace, 'f1', byMail);
    assert.equal(lost.outcome, 'unknown');
    assert.deepEqual(await begin(store, workspace, 'f1', byGateway), lost);
    assert.deepEqual(await statesOf(store, workspace, 'f1'), ['processing', 'unknown']);
    assert.equal(await finish(store, workspace, 'f1', 1, AGAIN), 'unknown');
    assert.equal((await store.followUps.cancel(workspace, 'f1', BY))?.state, 'processing');
    assert.equal((await store.followUps.fail(workspace, 'f1', BY))?.state, 'processing');
    assert.equal(await finish(store, workspace, 'f1', 1, DONE), 'done');
    assert.deepEqual(await statesOf(store, workspace, 'f1'), ['executed', 'done']);
    await store.effects.expireLeases(OVER);
    assert.deepEqual(await statesOf(store, workspace, 'f2'), ['processing', 'unknown']);
    assert.equal(await finish(store, workspace, 'f2', 1, REFUSED), 'failed');
    assert.deepEqual(await told(store, workspace), [
      ['follow_up.executed', 'f1', null],
      ['follow_up.failed', 'f2', 'refused'],
    ]);
  });

  test('a lost attempt on a repeatable channel is made again, there only, and never called cancelled or failed', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = ['again', 'later', 'never', 'other-way', 'refused', 'called-off', 'expired'];
    await lose(store, workspace, ids, byGateway);
    assert.equal(await beginGo(store, workspace, deliveryOf('again'), OVER, byGateway), 2);
    assert.equal(await finish(store, workspace, 'again', 1, DONE), null);
    assert.equal(await finish(store, workspace, 'again', 2, AGAIN), 'later');
    const night = decisionOf('later', { at: LATER, reason: 'quiet_hours' });
    assert.equal((await begin(store, workspace, 'later', held(night))).outcome, 'held');
    for (const id of ['again', 'later']) {
      assert.deepEqual(await statesOf(store, workspace, id), ['processing', 'planned']);
    }
    assert.equal((await begin(store, workspace, 'never', held(decisionOf('never')))).outcome, 'unknown');
    assert.equal((await begin(store, workspace, 'other-way', byMail)).outcome, 'unknown');
    assert.equal(await beginGo(store, workspace, deliveryOf('refused'), OVER, byGateway), 2);
    assert.equal(await finish(store, workspace, 'refused', 2, REFUSED), 'unknown');
    assert.equal(await finish(store, workspace, 'refused', 2, REFUSED), 'unknown');
    await store.followUps.cancel(workspace, 'called-off', BY);
    assert.equal((await begin(store, workspace, 'called-off', byGateway)).outcome, 'unknown');
    await store.effects.expireLeases(OVER);
    assert.deepEqual(await statesOf(store, workspace, 'expired'), ['processing', 'planned']);

    // They are tried again when their time comes, though they are not pending.
    const toTry = await store.followUps.pending(workspace, 'c1', 10);
    assert.deepEqual(
      toTry.map(({ followUpId, state, nextAt }) => [followUpId, state, nextAt]),
      [
        ['expired', 'processing', DUE],
        ['again', 'processing', LATER],
        ['later', 'processing', LATER],
      ],
    );
    const reply = { messageId: 'm1', at: OVER, channel: 'email' };
    assert.deepEqual(await store.contacts.replied(workspace, 'c1', reply), { cancelled: 0, kept: 0 });
    for (const id of ids) assert.deepEqual(await statesOf(store, workspace, id), ['processing', 'unknown'], id);
    assert.deepEqual(await store.followUps.pending(workspace, 'c1', 10), []);
    assert.deepEqual((await told(store, workspace)).flat().filter(Boolean), ['contact.replied']);
  });

  test('a person who settles a message that nobody knew of ends the follow-up that waits for it', async () => {
    const store = open();
    const workspace = newWorkspace();
    await lose(store, workspace, ['sent', 'not']);
    for (const id of ['sent', 'not']) await finish(store, workspace, id, 1, { ...REFUSED, state: 'unknown' });
    const settle = async (id: string, as: 'done' | 'failed') => {
      const { effectId } = await effectOfMessage(store, workspace, deliveryOf(id).key);
      const by = { as, actor: 'mia', note: 'they said so', at: LATER };
      assert.equal((await store.effects.resolve(workspace, effectId, by))?.state, as);
      await rejectsAs('conflict', store.effects.resolve(workspace, effectId, by));
    };
    await settle('sent', 'done');
    await settle('not', 'failed');
    assert.equal(await finish(store, workspace, 'not', 1, DONE), null);
    const [sent, not] = await Promise.all(['sent', 'not'].map((id) => store.followUps.get(workspace, id)));
    assert.deepEqual([sent?.state, sent?.executedAt], ['executed', DUE]);
    assert.deepEqual([not?.state, not?.executedAt], ['failed', null]);
    assert.match(not?.reason ?? '', /mia .*they said so/);
    assert.deepEqual(
      (await told(store, workspace)).map(([type, id]) => [type, id]),
      [
        ['follow_up.executed', 'sent'],
        ['follow_up.failed', 'not'],
      ],
    );
    const [message] = await store.contacts.messages(workspace, 'c1', { limit: 9 });
    assert.deepEqual([message?.messageId, message?.at], [deliveryOf('sent').key, DUE]);
  });

  test('settling the message of an intervention says what became of it, though it ended when nobody knew', async () => {
    const store = open();
    const workspace = newWorkspace();
    const customers = ['c1', 'c2', 'c3'].map((id) => customer(id));
    await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    for (const [index, id] of ['i1', 'i2', 'i3'].entries()) {
      const contactId = `c${index + 1}`;
      await store.interventions.open(workspace, opening(id, contactId));
      const message = deliveryOf(id, contactId, { key: `intervention/${id}/message`, followUpId: null });
      const fence = await beginGo(store, workspace, message, NOW);
      await store.deliveries.finish(workspace, message, fence, { state: 'unknown', at: NOW });
      if (id !== 'i3') await store.interventions.update(workspace, id, { state: 'failed', endedAt: NOW });
    }
    const settled = async (id: string, as: 'done' | 'failed') => {
      const { effectId } = await effectOfMessage(store, workspace, `intervention/${id}/message`);
      await store.effects.resolve(workspace, effectId, { as, actor: 'mia', note: 'they said so', at: LATER });
      const row = await store.interventions.get(workspace, id);
      assert.match(row?.stateReason ?? '', /mia .*they said so/);
      return [row?.state, row?.endedAt];
    };
    assert.deepEqual(await settled('i1', 'done'), ['sent', NOW]);
    assert.deepEqual(await settled('i2', 'failed'), ['failed', NOW]);
    assert.deepEqual(await settled('i3', 'done'), ['sent', LATER]);
    const events = await store.events.after(workspace, 0, 9);
    assert.deepEqual(
      events.map(({ type, data }) => [type, data['interventionId']]),
      [
        ['intervention.sent', 'i1'],
        ['intervention.sent', 'i3'],
      ],
    );
  });
}
