import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followUpOf as told } from '../../../domain/follow-ups/follow-up.ts';
import type { FollowUpRow } from '../../../domain/ports/contact-store.ts';
import {
  DUE,
  LEASE,
  NOW,
  type StoreUnderTest,
  beginGo,
  byGateway,
  byMail,
  decisionOf,
  deliveryOf,
  effectOf,
  followUpOf,
  inMinutes,
  newWorkspace,
  scheduleKnown,
} from './fixtures.ts';

/** Most messages: asked for once, sent at once. */
export function usualDeliveriesSuite(open: StoreUnderTest): void {
  test('what is told of a follow-up that was executed is what is read of it', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1');
    const times = [
      ['2026-03-01T11:59:59.007Z', '2026-03-01T12:00:00.010Z'],
      ['1999-12-31T23:59:59.999Z', '2026-03-01T12:00:00.000Z'],
      // A workflow's time may be behind.
      ['2026-03-01T12:00:00.500Z', '2026-03-01T12:00:00.000Z'],
    ] as const;
    const payload = { message_template: `It's "5 \\ 6" \u00e9 $1 \u{1f600}`, deep: { list: [1, 2.5, null, true] } };
    for (const [index, [scheduledFor, at]] of times.entries()) {
      const id = `f${index}`;
      await store.followUps.schedule(workspace, [followUpOf(id, 'c1', { scheduledFor, payload })]);
      const fence = await beginGo(store, workspace, deliveryOf(id), inMinutes(240));
      const end = { state: 'done', at, reason: index === 0 ? null : "they're \\ 'quoted'" } as const;
      const { reason, ...without } = end;
      await store.deliveries.finish(
        workspace,
        deliveryOf(id),
        fence,
        reason === null ? without : { ...without, reason },
      );
      const [event] = await store.events.after(workspace, index, 5);
      const row = await store.followUps.get(workspace, id);
      assert.equal(row?.reason, reason);
      assert.deepEqual(event, { workspace, seq: index + 1, type: 'follow_up.executed', at, data: told(row) });
    }
  });

  test('what is decided on has the follow-up as it was, its effect is whole and the answer is kept', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1');
    const before = await store.followUps.get(workspace, 'f1');
    const seen: (FollowUpRow | null)[] = [];
    const delivery = deliveryOf('f1', 'c1', { purpose: 'service' });
    await store.deliveries.begin(workspace, delivery, DUE, LEASE, ({ followUp }) => {
      seen.push(followUp);
      return byGateway();
    });
    await store.deliveries.begin(
      workspace,
      { ...delivery, key: 'i1', followUpId: null },
      DUE,
      LEASE,
      ({ followUp }) => {
        seen.push(followUp);
        return byMail();
      },
    );
    assert.deepEqual(seen, [before, null]);
    const { items } = await store.effects.list(workspace, { limit: 9 });
    const [first] = items.filter(({ key }) => key === delivery.key);
    const { effectId, ...effect } = first!;
    assert.match(effectId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(effect, {
      ...{ key: delivery.key, kind: 'message', channel: 'sms', contactId: 'c1', state: 'attempting', attempts: 1 },
      ...{ plannedAt: DUE, attemptedAt: DUE, endedAt: null, result: null, error: null, resolvedBy: null, note: null },
    });
    assert.deepEqual(await store.effects.sentSince(workspace, 'c1', 'service', NOW), [DUE, DUE]);
  });

  test('an effect that was planned before is attempted, and nothing is begun twice', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2');
    await store.effects.plan(workspace, effectOf(deliveryOf('f1').key));
    const begin = (id: string) => store.deliveries.begin(workspace, deliveryOf(id), DUE, LEASE, byMail);
    for (const id of ['f1', 'f2']) {
      const begun = await Promise.all([begin(id), begin(id), begin(id)]);
      assert.deepEqual(begun.map(({ outcome }) => outcome).toSorted(), ['busy', 'busy', 'go']);
    }
    const waiting = await store.followUps.list(workspace, { limit: 9, state: 'processing' });
    assert.deepEqual(waiting.items.map(({ followUpId }) => followUpId).toSorted(), ['f1', 'f2']);
  });

  test('one that a lost attempt sent after all is executed, once', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1');
    const delivery = deliveryOf('f1');
    const fence = await beginGo(store, workspace, delivery);
    const lost = await store.deliveries.begin(workspace, delivery, inMinutes(122), LEASE, () => ({
      ...{ decision: decisionOf('later', { at: inMinutes(180) }), effect: null },
    }));
    assert.equal(lost.outcome, 'unknown');
    const done = { state: 'done', at: inMinutes(123) } as const;
    for (let time = 0; time < 2; time++) {
      assert.equal(await store.deliveries.finish(workspace, delivery, fence, done), 'done');
    }
    assert.equal((await store.followUps.get(workspace, 'f1'))?.state, 'executed');
    assert.equal((await store.events.after(workspace, 0, 9)).length, 1);
    assert.equal((await store.contacts.messages(workspace, 'c1', { limit: 9 })).length, 1);
  });
}
