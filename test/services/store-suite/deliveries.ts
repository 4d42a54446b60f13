import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryEnd, DeliveryFacts, DeliveryPlan } from '../../../domain/ports/delivery-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import {
  DUE,
  EMPTY,
  LEASE,
  NOW,
  type StoreUnderTest,
  beginGo,
  byMail,
  customer,
  daysAgo,
  decisionOf,
  deliveryOf,
  effectOf,
  followUpOf,
  held,
  inMinutes,
  newWorkspace,
  scheduleKnown,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const LATER = inMinutes(180);
const BY = { reason: 'moved away', actor: 'ravi', at: inMinutes(121) };
const DONE: DeliveryEnd = { state: 'done', at: inMinutes(121), result: { messageId: '<1@x>' } };
const AGAIN: DeliveryEnd = { state: 'later', at: inMinutes(121), nextAt: LATER, reason: '429' };

const begin = (
  store: Store,
  workspace: string,
  id: string,
  at: string,
  plan: (facts: DeliveryFacts) => DeliveryPlan = byMail,
  contactId = 'c1',
) => store.deliveries.begin(workspace, deliveryOf(id, contactId), at, LEASE, plan);
const finish = (store: Store, workspace: string, id: string, fence: number, end: DeliveryEnd) =>
  store.deliveries.finish(workspace, deliveryOf(id), fence, end);

/** States of a follow-up and of its message. */
async function statesOf(store: Store, workspace: string, followUpId: string) {
  const { items } = await store.effects.list(workspace, { limit: 100 });
  const effect = items.find(({ key }) => key === deliveryOf(followUpId).key);
  return [(await store.followUps.get(workspace, followUpId))?.state, effect?.state];
}

const told = async (store: Store, workspace: string) =>
  (await store.events.after(workspace, 0, 100)).map(({ type, data }) => [type, data['followUpId'], data['reason']]);

export function deliveriesSuite(open: StoreUnderTest): void {
  test('a message that may go is begun once, ended once and told once, its follow-up in step', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1');
    const begun = await begin(store, workspace, 'f1', DUE);
    const contact = await store.contacts.get(workspace, 'c1');
    assert.deepEqual(begun, { outcome: 'go', fence: 1, attempts: 1, contact, decision: decisionOf('now') });
    const processing = await store.followUps.get(workspace, 'f1');
    assert.deepEqual([processing?.state, processing?.processingSince], ['processing', DUE]);
    assert.deepEqual(await begin(store, workspace, 'f1', inMinutes(120.5)), { outcome: 'busy', until: inMinutes(121) });
    assert.equal(await store.effects.holds(workspace, deliveryOf('f1').key, 1, inMinutes(120.5), 60_000), true);
    assert.equal(await finish(store, workspace, 'f1', 2, DONE), null);
    assert.equal(await finish(store, workspace, 'f1', 1, { ...DONE, reason: 'in the outbox' }), 'done');
    assert.equal(await finish(store, workspace, 'f1', 1, DONE), 'done');
    assert.equal(await finish(store, workspace, 'f1', 1, { ...DONE, state: 'failed' }), null);
    const executed = await store.followUps.get(workspace, 'f1');
    assert.deepEqual(
      [executed?.state, executed?.executedAt, executed?.reason, executed?.processingSince, executed?.actor],
      ['executed', DONE.at, 'in the outbox', null, 'mia'],
    );
    const over = { outcome: 'done', reason: 'in the outbox', result: DONE.result };
    assert.deepEqual(await begin(store, workspace, 'f1', LATER), over);
    const [message, ...others] = await store.contacts.messages(workspace, 'c1', { limit: 9 });
    assert.deepEqual(others, []);
    assert.deepEqual([message?.messageId, message?.direction, message?.at], [deliveryOf('f1').key, 'out', DONE.at]);
    assert.deepEqual(await told(store, workspace), [['follow_up.executed', 'f1', 'in the outbox']]);
    const [event] = await store.events.after(workspace, 0, 9);
    assert.equal(event?.data['latenessMs'], 60_000);
  });

  test('the answer rests on the contact, the newest reply and the promotion sent of late', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')] }, { merge: false });
    const optOut = { channel: 'sms', purpose: null, at: daysAgo(2), actor: 'asha' } as const;
    await store.contacts.optOut(workspace, 'c1', { ...optOut, channel: 'email', at: daysAgo(1) });
    await store.contacts.optOut(workspace, 'c1', optOut);
    for (const [messageId, at] of [
      ['m1', daysAgo(3)],
      ['m2', daysAgo(1)],
      ['m3', daysAgo(2)],
    ] as const) {
      await store.contacts.replied(workspace, 'c1', { messageId, at, channel: 'email' });
    }
    const ends = [
      ['old', daysAgo(8), 'promotion', 'done'],
      ['second', daysAgo(1), 'promotion', 'unknown'],
      ['first', daysAgo(2), 'promotion', 'done'],
      ['service', daysAgo(1), 'service', 'done'],
      ['failed', daysAgo(1), 'promotion', 'failed'],
      ['later', daysAgo(1), 'promotion', 'later'],
    ] as const;
    for (const [key, at, purpose, state] of ends) {
      const message = { ...deliveryOf(key), key, followUpId: null, purpose };
      const fence = await beginGo(store, workspace, message, at);
      await store.deliveries.finish(workspace, message, fence, { state, at });
    }
    const ask = (key: string) =>
      store.deliveries.ask(workspace, { key, contactId: 'c1', messageId: 'q1' }, NOW, LEASE, (facts) => {
        assert.equal(facts.contact.optOuts.length, 2);
        assert.deepEqual(facts.contact.optOuts[0], optOut);
        assert.equal(facts.contact.email, 'c1@example.com');
        assert.equal(facts.lastReplyAt, daysAgo(1));
        return decisionOf('later', { at: LATER, detail: facts.promotionsAt.join() });
      });
    assert.equal((await ask('another')).detail, [daysAgo(2), daysAgo(1)].join());
    assert.equal((await ask('first')).detail, daysAgo(1));
    const nobody = { key: 'k', contactId: 'c9', messageId: 'q1' };
    await rejectsAs(
      'not_found',
      store.deliveries.ask(workspace, nobody, NOW, LEASE, () => decisionOf('now')),
    );
    assert.equal((await store.effects.list(workspace, { limit: 50 })).items.length, ends.length);
  });

  test('what has to wait is pending until then; what may never go is over by the policy, and answered the same again', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2', 'f3');
    const later = decisionOf('later', { at: LATER, reason: 'quiet_hours', detail: 'It is night.' });
    assert.deepEqual(await begin(store, workspace, 'f1', DUE, held(later)), { outcome: 'held', decision: later });
    const waiting = await store.followUps.get(workspace, 'f1');
    assert.deepEqual([waiting?.state, waiting?.nextAt, waiting?.scheduledFor], ['pending', LATER, DUE]);
    assert.deepEqual(await begin(store, workspace, 'f1', inMinutes(179)), { outcome: 'busy', until: LATER });
    assert.equal((await begin(store, workspace, 'f1', LATER)).outcome, 'go');

    const never = { outcome: 'held', decision: decisionOf('never') };
    const { detail } = never.decision;
    assert.deepEqual(await begin(store, workspace, 'f2', DUE, held(never.decision)), never);
    const cancelled = await store.followUps.get(workspace, 'f2');
    assert.deepEqual([cancelled?.state, cancelled?.actor, cancelled?.reason], ['cancelled', 'policy', detail]);
    assert.deepEqual(await begin(store, workspace, 'f2', LATER), never);

    const nowhere = decisionOf('never', { reason: 'no_address', detail: 'There is no address.' });
    await begin(store, workspace, 'f3', DUE, held(nowhere));
    assert.deepEqual((await store.followUps.get(workspace, 'f3'))?.state, 'failed');
    assert.deepEqual(await begin(store, workspace, 'f3', LATER), { outcome: 'held', decision: nowhere });

    const message = { ...deliveryOf('i1'), key: 'intervention/i1/message', followUpId: null };
    const fence = await beginGo(store, workspace, message);
    await store.deliveries.finish(workspace, message, fence, AGAIN);
    const answer = () => store.deliveries.begin(workspace, message, LATER, LEASE, held(never.decision));
    assert.deepEqual([await answer(), await answer()], [never, never]);
    assert.deepEqual(await told(store, workspace), [
      ['follow_up.cancelled', 'f2', detail],
      ['follow_up.failed', 'f3', nowhere.detail],
    ]);
  });

  test('one that its vendor put off is pending again, and can be cancelled meanwhile', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2');
    for (const id of ['f1', 'f2']) {
      assert.equal(await finish(store, workspace, id, await beginGo(store, workspace, deliveryOf(id)), AGAIN), 'later');
      assert.equal(await finish(store, workspace, id, 1, AGAIN), 'later');
      assert.deepEqual(await statesOf(store, workspace, id), ['pending', 'planned']);
    }
    const waiting = await store.followUps.get(workspace, 'f1');
    assert.deepEqual([waiting?.nextAt, waiting?.processingSince, waiting?.scheduledFor], [LATER, null, DUE]);
    assert.equal((await store.followUps.cancel(workspace, 'f2', BY))?.state, 'cancelled');
    assert.deepEqual(await statesOf(store, workspace, 'f2'), ['cancelled', 'cancelled']);
    const off = { outcome: 'cancelled', reason: BY.reason, result: null };
    assert.deepEqual(await begin(store, workspace, 'f2', LATER), off);
    assert.equal(await beginGo(store, workspace, deliveryOf('f1'), LATER), 2);
    assert.equal(await finish(store, workspace, 'f1', 1, DONE), null);
    const refused = { state: 'failed', at: LATER, reason: 'no such box' } as const;
    assert.equal(await finish(store, workspace, 'f1', 2, refused), 'failed');
    assert.deepEqual(await statesOf(store, workspace, 'f1'), ['failed', 'failed']);
    const over = { outcome: 'failed', reason: 'no such box', result: null };
    assert.deepEqual(await begin(store, workspace, 'f1', LATER), over);
    assert.deepEqual(await told(store, workspace), [
      ['follow_up.cancelled', 'f2', BY.reason],
      ['follow_up.failed', 'f1', 'no such box'],
    ]);
  });

  test('one called off while it is being sent is sent and said to be, or cancelled by whoever called it off', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ends = {
      sent: DONE,
      off: AGAIN,
      refused: { ...DONE, state: 'failed' },
      lost: { ...DONE, state: 'unknown' },
    } as const;
    const ids = Object.keys(ends);
    await scheduleKnown(store, workspace, 'c1', ...ids);
    for (const id of ids) {
      await beginGo(store, workspace, deliveryOf(id));
      assert.equal((await store.followUps.cancel(workspace, id, BY))?.state, 'processing');
      assert.deepEqual(await statesOf(store, workspace, id), ['processing', 'attempting']);
    }
    // The first reason stays.
    const again = { ...BY, reason: 'again', actor: 'mia' };
    assert.deepEqual(await store.followUps.cancelPending(workspace, 'c1', again), []);
    const rests = [];
    for (const [id, end] of Object.entries(ends)) rests.push(await finish(store, workspace, id, 1, end));
    assert.deepEqual(rests, ['done', 'cancelled', 'failed', 'unknown']);
    assert.deepEqual(await finish(store, workspace, 'off', 1, AGAIN), 'cancelled');
    const states = await store.followUps.getMany(workspace, ids);
    assert.deepEqual(Object.fromEntries(states.map(({ followUpId, state }) => [followUpId, state])), {
      ...{ sent: 'executed', off: 'cancelled', refused: 'failed', lost: 'processing' },
    });
    const off = await store.followUps.get(workspace, 'off');
    assert.deepEqual([off?.reason, off?.actor], [BY.reason, BY.actor]);
    assert.equal((await told(store, workspace)).filter(([type]) => type === 'follow_up.cancelled').length, 1);
  });

  test('an effect that ended by itself takes the follow-up with it', async () => {
    const store = open();
    const workspace = newWorkspace();
    const states = { done: 'executed', failed: 'failed', unknown: 'processing', cancelled: 'cancelled' } as const;
    await scheduleKnown(store, workspace, 'c1', ...Object.keys(states));
    for (const [id, state] of Object.entries(states)) {
      const { key } = deliveryOf(id);
      await store.effects.plan(workspace, effectOf(key));
      if (id === 'cancelled') await store.effects.cancel(workspace, key, NOW, 'elsewhere');
      else {
        await store.effects.attempt(workspace, key, NOW, { leaseMs: 60_000, repeatable: false });
        await store.effects.end(workspace, key, 1, { state: id as 'done', at: inMinutes(1), error: 'x' });
      }
      assert.equal((await begin(store, workspace, id, DUE)).outcome, id);
      assert.equal((await store.followUps.get(workspace, id))?.state, state);
    }
    assert.equal((await store.followUps.get(workspace, 'done'))?.executedAt, inMinutes(1));
    assert.equal((await told(store, workspace)).length, 3);
  });

  test('a follow-up that is over is not begun, and one that is moved is not begun before its time', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2', 'f3');
    await store.followUps.cancel(workspace, 'f1', BY);
    await store.followUps.fail(workspace, 'f2', { reason: 'no name', at: DUE });
    await store.followUps.reschedule(workspace, 'f3', LATER);
    const outcomes = await Promise.all(['f1', 'f2', 'f3'].map((id) => begin(store, workspace, id, DUE)));
    assert.deepEqual(outcomes, [
      { outcome: 'cancelled', reason: BY.reason, result: null },
      { outcome: 'failed', reason: 'no name', result: null },
      { outcome: 'busy', until: LATER },
    ]);
    assert.deepEqual((await store.effects.list(workspace, { limit: 9 })).items, []);
    await store.followUps.schedule(workspace, [followUpOf('g1', 'nobody')]);
    await rejectsAs('not_found', begin(store, workspace, 'g1', DUE, byMail, 'nobody'));
    await rejectsAs('not_found', begin(store, workspace, 'f3', LATER, byMail, 'nobody'));
    await rejectsAs('not_found', begin(store, workspace, 'f9', LATER));
  });

  test('of many that begin one message one goes, and the cap holds when several messages begin at once', async () => {
    const store = open();
    const workspace = newWorkspace();
    const contacts = Array.from({ length: 12 }, (_, index) => `c${index}`);
    const full = held(decisionOf('later', { at: LATER, reason: 'cap' }));
    const capped = (facts: DeliveryFacts) => (facts.promotionsAt.length < 2 ? byMail() : full());
    await Promise.all(
      contacts.map(async (contactId) => {
        const ids = ['a', 'b', 'c'].map((each) => `${contactId}-${each}`);
        await scheduleKnown(store, workspace, contactId, ...ids);
        const begun = await Promise.all(
          [...ids, ...ids].map((id) => begin(store, workspace, id, DUE, capped, contactId)),
        );
        const outcomes = begun.map(({ outcome }) => outcome).toSorted();
        assert.deepEqual(outcomes, ['busy', 'busy', 'busy', 'go', 'go', 'held']);
      }),
    );
  });
}
