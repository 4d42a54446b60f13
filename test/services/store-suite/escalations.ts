import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboxMessage } from '../../../domain/contracts/interventions.ts';
import { NOW, type StoreUnderTest, daysAgo, newWorkspace } from './fixtures.ts';

export const escalationOf = (interventionId: string, customerId = 'c1', openedAt = NOW) => ({
  interventionId,
  customerId,
  owner: 'lead',
  openedAt,
  deadline: daysAgo(-1),
  what: 'nobody has answered by half time',
});

export const messageOf = (messageId: string, createdAt = NOW): OutboxMessage => ({
  messageId,
  kind: 'intervention',
  interventionId: 'i1',
  customerId: null,
  contactId: null,
  channel: 'email',
  to: null,
  subject: 'Sorry',
  body: 'क्षमा करें 😀',
  reason: 'no contact yet',
  createdAt,
});

export function escalationsSuite(open: StoreUnderTest): void {
  test('an intervention has one escalation, found by its own id and by the intervention', async () => {
    const store = open();
    const workspace = newWorkspace();
    const first = await store.escalations.open(workspace, escalationOf('i1'));
    assert.deepEqual(first, {
      escalationId: 'i1',
      interventionId: 'i1',
      customerId: 'c1',
      owner: 'lead',
      state: 'open',
      openedAt: NOW,
      deadline: daysAgo(-1),
      history: [{ at: NOW, actor: 'reveille', what: 'nobody has answered by half time' }],
    });
    const again = { ...escalationOf('i1', 'c1', daysAgo(-3)), owner: 'someone else' };
    assert.deepEqual(await store.escalations.open(workspace, again), first);
    assert.deepEqual(await store.escalations.get(workspace, 'i1'), first);
    assert.deepEqual(await store.escalations.ofIntervention(workspace, 'i1'), first);
    assert.equal(await store.escalations.get(workspace, 'i2'), null);
    assert.equal(await store.escalations.ofIntervention(workspace, 'i2'), null);
  });

  test('its history keeps what was done, once each, in order', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.escalations.open(workspace, escalationOf('i1'));
    const [at1, at2, at3] = [daysAgo(-1), daysAgo(-2), daysAgo(-3)] as const;
    for (let time = 0; time < 2; time++) {
      await store.escalations.note(workspace, 'i1', { at: at1, actor: 'deadline', what: 'over' });
      await store.escalations.assign(workspace, 'i1', { owner: 'mia', actor: 'lead', at: at2 });
    }
    const resolved = await store.escalations.resolve(workspace, 'i1', { actor: 'mia', note: 'called', at: at3 });
    assert.deepEqual([resolved?.owner, resolved?.state], ['mia', 'resolved']);
    assert.deepEqual(resolved?.history.slice(1), [
      { at: at1, actor: 'deadline', what: 'over' },
      { at: at2, actor: 'lead', what: 'assigned to mia' },
      { at: at3, actor: 'mia', what: 'resolved: called' },
    ]);
    assert.deepEqual(await store.escalations.resolve(workspace, 'i1', { actor: 'zoe', at: daysAgo(-4) }), resolved);
    assert.deepEqual(await store.escalations.get(workspace, 'i1'), resolved);
    assert.equal(await store.escalations.note(workspace, 'i2', { at: at1, actor: 'a', what: 'b' }), null);
    assert.equal(await store.escalations.assign(workspace, 'i2', { at: at1, actor: 'a', owner: 'b' }), null);
    assert.equal(await store.escalations.resolve(workspace, 'i2', { at: at1, actor: 'a' }), null);
  });

  test('notes at once are all kept', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.escalations.open(workspace, escalationOf('i1'));
    const words = Array.from({ length: 10 }, (_, index) => `note ${index}`);
    await Promise.all(words.map((what) => store.escalations.note(workspace, 'i1', { at: NOW, actor: 'a', what })));
    const history = (await store.escalations.get(workspace, 'i1'))?.history ?? [];
    assert.deepEqual(new Set(history.slice(1).map(({ what }) => what)), new Set(words));
  });

  test('whether a customer was escalated since, and lists by state', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.escalations.open(workspace, escalationOf('i1', 'c1', daysAgo(3)));
    await store.escalations.open(workspace, escalationOf('i2', 'c2', daysAgo(1)));
    await store.escalations.resolve(workspace, 'i1', { actor: 'a', at: NOW });
    assert.equal(await store.escalations.anySince(workspace, 'c1', daysAgo(4)), true);
    assert.equal(await store.escalations.anySince(workspace, 'c1', daysAgo(3)), false);
    assert.equal(await store.escalations.anySince(workspace, 'c3', daysAgo(9)), false);
    const ids = async (state?: 'open' | 'resolved') =>
      (await store.escalations.list(workspace, { limit: 9, state })).items.map((each) => each.escalationId);
    assert.deepEqual(await ids(), ['i2', 'i1']);
    assert.deepEqual(await ids('open'), ['i2']);
    assert.deepEqual(await ids('resolved'), ['i1']);
  });

  test('a message is in the outbox once, as it was first put', async () => {
    const store = open();
    const workspace = newWorkspace();
    const message = messageOf('m1');
    await store.outbox.put(workspace, message);
    await store.outbox.put(workspace, { ...message, body: 'other', createdAt: daysAgo(-1) });
    assert.deepEqual(await store.outbox.list(workspace, { limit: 5 }), { items: [message], nextCursor: null });
  });
}
