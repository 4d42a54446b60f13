import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contact } from '../../../domain/contracts/contacts.ts';
import {
  NOW,
  ONCE,
  REPEATABLE,
  type StoreUnderTest,
  beginGo,
  deliveryOf,
  effectOf,
  followUpOf,
  inMinutes,
  newWorkspace,
  scheduleKnown,
} from './fixtures.ts';

const REPLY = { messageId: 'in/1@example.com', at: inMinutes(1), channel: 'email' } as const;
const DONE = { state: 'done', at: inMinutes(2) } as const;

export function repliesSuite(open: StoreUnderTest): void {
  test('a reply cancels what is pending and planned, counts it, and is the same answer again', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2', 'f3');
    await scheduleKnown(store, workspace, 'c2', 'g1');
    await beginGo(store, workspace, deliveryOf('f3'));
    for (const key of ['k1', 'k2']) await store.effects.plan(workspace, effectOf(key));
    await store.effects.plan(workspace, effectOf('other', 'c2'));
    await store.effects.attempt(workspace, 'k2', NOW, ONCE);
    const state = async (key: string) => (await store.effects.plan(workspace, effectOf(key))).state;
    assert.deepEqual(await store.contacts.replied(workspace, 'c1', REPLY), { cancelled: 2, kept: 0 });
    assert.deepEqual(
      [await state('k1'), await state('k2'), await state('other')],
      ['cancelled', 'attempting', 'planned'],
    );
    assert.equal((await store.followUps.get(workspace, 'f1'))?.actor, 'c1');
    await store.followUps.schedule(workspace, [followUpOf('f4', 'c1')]);
    assert.deepEqual(await store.contacts.replied(workspace, 'c1', { ...REPLY, at: inMinutes(9) }), {
      cancelled: 2,
      kept: 0,
    });
    assert.equal((await store.followUps.get(workspace, 'f4'))?.state, 'pending');
    assert.deepEqual(await store.contacts.replied(workspace, 'c1', { ...REPLY, messageId: 'in/2' }), {
      cancelled: 1,
      kept: 0,
    });
    // The same id from somebody else is another message.
    assert.deepEqual(await store.contacts.replied(workspace, 'c2', REPLY), { cancelled: 1, kept: 0 });
    const events = await store.events.after(workspace, 0, 50);
    const told = (type: string) => events.filter((each) => each.type === type).map(({ data }) => data);
    for (const data of told('contact.replied')) assert.deepEqual(contact.strict().parse(data), data);
    assert.deepEqual(
      told('contact.replied').map(({ contactId, lastMessages }) => [
        contactId,
        (lastMessages as { messageId: string }[]).map(({ messageId }) => messageId),
      ]),
      [
        ['c1', ['in/1@example.com']],
        ['c1', ['in/2', 'in/1@example.com']],
        ['c2', ['in/1@example.com']],
      ],
    );
    assert.deepEqual(
      new Set(told('follow_up.cancelled').map((data) => data['followUpId'])),
      new Set(['f1', 'f2', 'f4', 'g1']),
    );
  });

  test('a message that somebody is at when a reply comes is sent, or not tried again', async () => {
    const store = open();
    const workspace = newWorkspace();
    for (const key of ['sent', 'refused']) {
      await store.effects.plan(workspace, effectOf(key));
      await store.effects.attempt(workspace, key, NOW, ONCE);
    }
    await store.contacts.replied(workspace, 'c1', REPLY);
    await store.effects.end(workspace, 'sent', 1, DONE);
    await store.effects.end(workspace, 'refused', 1, { ...DONE, state: 'planned', error: 'busy' });
    const [sent, refused] = await Promise.all(
      ['sent', 'refused'].map((key) => store.effects.attempt(workspace, key, inMinutes(5), REPEATABLE)),
    );
    assert.equal(sent?.outcome, 'done');
    assert.equal(refused?.outcome, 'cancelled');
    assert.equal(refused?.outcome === 'cancelled' && refused.effect.note, 'replied');
  });

  test('the same reply many times at once cancels once, and different ones at once cancel each row once', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = Array.from({ length: 40 }, (_, index) => `f${index}`);
    await store.followUps.schedule(
      workspace,
      ids.map((id) => followUpOf(id, 'c1')),
    );
    const replies = Array.from({ length: 12 }, (_, index) => ({ ...REPLY, messageId: `in/${index % 4}` }));
    const [answers, byHand] = await Promise.all([
      Promise.all(replies.map((reply) => store.contacts.replied(workspace, 'c1', reply))),
      store.followUps.cancelPending(workspace, 'c1', { reason: 'by hand', actor: 'mia', at: NOW }),
    ]);
    for (const [index, answer] of answers.entries()) assert.deepEqual(answer, answers[index % 4]);
    const cancelled = answers.slice(0, 4).reduce((sum, answer) => sum + answer.cancelled, byHand.length);
    assert.equal(cancelled, 40);
    const events = await store.events.after(workspace, 0, 100);
    assert.equal(events.filter(({ type }) => type === 'contact.replied').length, 4);
    assert.equal(events.length, 44);
  });

  test('messages to and from a contact come newest first; only what was done was sent', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.contacts.replied(workspace, 'c1', { ...REPLY, at: inMinutes(3) });
    const ends = { 'out/1': 'done', 'out/2': 'failed', 'out/3': 'unknown', hook: 'done' } as const;
    for (const [key, state] of Object.entries(ends)) {
      await store.effects.plan(workspace, effectOf(key, 'c1', { kind: key === 'hook' ? 'webhook' : 'message' }));
      await store.effects.attempt(workspace, key, inMinutes(4), ONCE);
      await store.effects.end(workspace, key, 1, { state, at: inMinutes(5) });
    }
    const received = { messageId: REPLY.messageId, direction: 'in', channel: 'email', purpose: null, subject: null };
    const sent = { messageId: 'out/1', direction: 'out', channel: 'email', purpose: 'promotion', subject: 'A word' };
    const both = [
      { ...sent, at: inMinutes(5) },
      { ...received, at: inMinutes(3) },
    ];
    assert.deepEqual(await store.contacts.messages(workspace, 'c1', { limit: 10 }), both);
    assert.deepEqual(await store.contacts.messages(workspace, 'c1', { limit: 1 }), [both[0]]);
    assert.deepEqual(await store.contacts.messages(workspace, 'c1', { limit: 10, since: inMinutes(5) }), [both[0]]);
    assert.deepEqual(await store.contacts.messages(workspace, 'c2', { limit: 10 }), []);
    const { items } = await store.effects.list(workspace, { limit: 10, state: 'unknown' });
    await store.effects.resolve(workspace, items[0]!.effectId, {
      ...{ as: 'done', actor: 'mia', note: 'they have it', at: inMinutes(90) },
    });
    const [, older] = await store.contacts.messages(workspace, 'c1', { limit: 10 });
    assert.deepEqual([older?.messageId, older?.at], ['out/3', inMinutes(4)]);
  });
}
