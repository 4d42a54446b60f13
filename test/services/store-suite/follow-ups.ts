import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event } from '../../../domain/contracts/events.ts';
import { followUp } from '../../../domain/contracts/follow-ups.ts';
import {
  DUE,
  LEASE,
  NOW,
  type StoreUnderTest,
  beginGo,
  byGateway,
  byMail,
  daysAgo,
  deliveryOf,
  followUpOf,
  inMinutes,
  newWorkspace,
  scheduleKnown,
} from './fixtures.ts';

const LATER = inMinutes(180);
const BY = { reason: 'no longer needed', actor: 'ravi', at: inMinutes(3) };

const idsOf = (rows: readonly { followUpId: string }[]): string[] => rows.map(({ followUpId }) => followUpId);

export function followUpsSuite(open: StoreUnderTest): void {
  test('a follow-up is read back as scheduled; scheduling it again changes nothing', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.deepEqual(await store.followUps.schedule(workspace, []), []);
    const payload = { message_template: 'नमस्ते {{name}}', variables: { name: 'Asha', count: 2 }, theirs: [{ a: null }] };
    const given = followUpOf('f1', 'c1', { payload, type: 'check_in' });
    const { actor, ...fields } = given;
    const expected = {
      ...{ ...fields, actor, state: 'pending', reason: null },
      ...{ executedAt: null, processingSince: null, nextAt: given.scheduledFor, message: null },
    };
    assert.deepEqual(await store.followUps.schedule(workspace, [given]), [expected]);
    const other = followUpOf('f2', 'c2');
    const again = await store.followUps.schedule(workspace, [
      other,
      { ...given, type: 'nurture', scheduledFor: daysAgo(-30), contactId: 'c9' },
      { ...other, type: 'nurture' },
    ]);
    assert.deepEqual(idsOf(again), ['f2', 'f1', 'f2']);
    assert.deepEqual(again[1], expected);
    assert.equal(again[2]?.type, 'follow_up');
    assert.deepEqual(await store.followUps.get(workspace, 'f1'), expected);
    assert.equal(await store.followUps.get(workspace, 'f3'), null);
  });

  test('what is due at one instant is tried 83 a second from then on, each workspace by itself', async () => {
    const store = open();
    const [workspace, other] = [newWorkspace(), newWorkspace()];
    const after = (milliseconds: number) => new Date(Date.parse(DUE) + milliseconds).toISOString();
    /** Where the nth of a second is tried. */
    const place = (second: number, nth: number) => after(second * 1_000 + Math.floor((nth * 1_000) / 83));
    const many = (prefix: string, count: number, scheduledFor: string) =>
      Array.from({ length: count }, (_, index) => followUpOf(`${prefix}${index}`, `c${index}`, { scheduledFor }));
    const nextAts = async (where: string, given: ReturnType<typeof many>): Promise<string[]> =>
      (await store.followUps.schedule(where, given)).map(({ nextAt }) => nextAt);

    const first = await nextAts(workspace, many('a', 250, DUE));
    assert.deepEqual(first.slice(0, 83), Array<string>(83).fill(DUE));
    assert.deepEqual(
      [first[83], first[84], first[165], first[166], first[249]],
      [place(1, 0), place(1, 1), place(1, 82), place(2, 0), place(3, 0)],
    );
    assert.deepEqual(
      (await store.followUps.getMany(workspace, ['a249'])).map(({ scheduledFor }) => scheduledFor),
      [DUE],
      'it says when it was to be',
    );
    assert.deepEqual(await nextAts(other, many('a', 1, DUE)), [DUE]);
    assert.deepEqual(await nextAts(workspace, many('b', 2, after(500))), [place(3, 1), place(3, 2)]);
    assert.deepEqual(
      await nextAts(workspace, many('c', 1, after(3_070))),
      [after(3_070)],
      'there is room in its second',
    );
    assert.deepEqual(await nextAts(workspace, many('d', 1, after(-10))), [after(-10)]);
    // Those that are over leave their room.
    await store.followUps.cancel(workspace, 'a7', BY);
    assert.deepEqual(await nextAts(workspace, many('e', 1, DUE)), [DUE]);
    assert.equal((await store.followUps.reschedule(workspace, 'd0', DUE))?.nextAt, place(3, 4));
  });

  test('pending ones of a contact come soonest first; lists go by contact and state', async () => {
    const store = open();
    const workspace = newWorkspace();
    const minutes = [30, 10, 20, 10];
    await store.followUps.schedule(workspace, [
      ...minutes.map((minute, index) =>
        followUpOf(`f${index}`, 'c1', { scheduledFor: inMinutes(minute), createdAt: inMinutes(index) }),
      ),
      followUpOf('g1', 'c2'),
    ]);
    const pending = async (limit = 10) => idsOf(await store.followUps.pending(workspace, 'c1', limit));
    assert.deepEqual(await pending(), ['f1', 'f3', 'f2', 'f0']);
    assert.deepEqual(await pending(2), ['f1', 'f3']);
    const moved = await store.followUps.reschedule(workspace, 'f1', inMinutes(40));
    assert.deepEqual([moved?.scheduledFor, moved?.nextAt], [inMinutes(40), inMinutes(40)]);
    await store.contacts.put(workspace, 'c1', {}, NOW);
    await beginGo(store, workspace, deliveryOf('f3'), inMinutes(10));
    assert.equal(await store.followUps.reschedule(workspace, 'f3', inMinutes(50)), null);
    assert.equal(await store.followUps.reschedule(workspace, 'f9', inMinutes(50)), null);
    assert.deepEqual(await pending(), ['f2', 'f0', 'f1']);
    const list = async (filter: Partial<Parameters<typeof store.followUps.list>[1]>) =>
      idsOf((await store.followUps.list(workspace, { limit: 50, ...filter })).items);
    assert.deepEqual(await list({ contactId: 'c1' }), ['f3', 'f2', 'f1', 'f0']);
    assert.deepEqual(await list({ contactId: 'c1', state: 'pending' }), ['f2', 'f1', 'f0']);
    assert.deepEqual(await list({ state: 'processing' }), ['f3']);
    assert.deepEqual(await list({ state: 'executed' }), []);
  });

  test('the text written for one stays the first one, until it is over', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2', 'f3');
    const text = { subject: 'नमस्ते "{}"', body: 'a\nb', language: 'hi' };
    const other = { ...text, subject: 'another', language: null };
    assert.deepEqual((await store.followUps.write(workspace, 'f1', text))?.message, text);
    assert.deepEqual((await store.followUps.write(workspace, 'f1', other))?.message, text);
    assert.deepEqual((await store.followUps.get(workspace, 'f1'))?.message, text);
    await beginGo(store, workspace, deliveryOf('f2'));
    assert.deepEqual((await store.followUps.write(workspace, 'f2', other))?.message, other);
    await store.followUps.cancel(workspace, 'f3', BY);
    assert.equal(await store.followUps.write(workspace, 'f3', text), null);
    assert.equal(await store.followUps.write(workspace, 'f9', text), null);
  });

  test('one that cannot be sent fails once, and is told once', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2', 'f3');
    const failed = await store.followUps.fail(workspace, 'f1', { reason: 'no name', at: DUE });
    assert.deepEqual([failed?.state, failed?.reason, failed?.executedAt], ['failed', 'no name', null]);
    assert.deepEqual(await store.followUps.fail(workspace, 'f1', { reason: 'again', at: LATER }), failed);
    assert.deepEqual(await store.followUps.cancel(workspace, 'f1', BY), failed);
    await store.followUps.cancel(workspace, 'f2', BY);
    assert.equal((await store.followUps.fail(workspace, 'f2', { reason: 'late', at: LATER }))?.state, 'cancelled');
    await beginGo(store, workspace, deliveryOf('f3'));
    assert.equal((await store.followUps.fail(workspace, 'f3', { reason: 'late', at: LATER }))?.state, 'processing');
    assert.equal(await store.followUps.fail(workspace, 'f9', { reason: 'late', at: LATER }), null);
    assert.equal(await store.followUps.cancel(workspace, 'f9', BY), null);
    const events = await store.events.after(workspace, 0, 10);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['follow_up.failed', 'follow_up.cancelled'],
    );
    for (const each of events) assert.deepEqual(event.strict().parse(each), each);
    assert.equal(followUp.strict().parse(events[0]!.data).latenessMs, null);
  });

  test('cancelling all of a contact says by whom and why, once each, and leaves interventions alone', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = ['f1', 'f2', 'f3', 'f4', 'f5'];
    await store.contacts.put(workspace, 'c1', {}, NOW);
    await store.followUps.schedule(workspace, [
      ...ids.map((id, index) => followUpOf(id, 'c1', { scheduledFor: inMinutes(90 - index) })),
      followUpOf('g1', 'c2'),
    ]);
    await beginGo(store, workspace, deliveryOf('f1'));
    await store.followUps.fail(workspace, 'f4', { reason: 'no address', at: DUE });
    // Put off by its vendor, so that its message is planned.
    const later = { state: 'later', at: DUE, nextAt: LATER } as const;
    for (const delivery of [
      deliveryOf('f5'),
      { ...deliveryOf('i1'), key: 'intervention/i1/message', followUpId: null },
    ]) {
      await store.deliveries.finish(workspace, delivery, await beginGo(store, workspace, delivery), later);
    }
    const cancelled = await store.followUps.cancelPending(workspace, 'c1', BY);
    assert.deepEqual(idsOf(cancelled), ['f5', 'f3', 'f2']);
    for (const each of cancelled) {
      assert.deepEqual([each.state, each.reason, each.actor], ['cancelled', BY.reason, BY.actor]);
    }
    assert.deepEqual(await store.followUps.cancelPending(workspace, 'c1', BY), []);
    assert.equal((await store.followUps.get(workspace, 'f1'))?.state, 'processing');
    assert.equal((await store.followUps.get(workspace, 'g1'))?.state, 'pending');
    const { items } = await store.effects.list(workspace, { limit: 9 });
    assert.deepEqual(Object.fromEntries(items.map(({ key, state }) => [key, state])), {
      'follow-up/f1/message': 'attempting',
      'follow-up/f5/message': 'cancelled',
      'intervention/i1/message': 'planned',
    });
    const events = await store.events.after(workspace, 0, 10);
    assert.deepEqual(
      events.map(({ type, data }) => [type, data['followUpId'], data['reason']]),
      [
        ['follow_up.failed', 'f4', 'no address'],
        ...['f5', 'f3', 'f2'].map((id) => ['follow_up.cancelled', id, BY.reason]),
      ],
    );
  });

  test('of a begin and a cancel at once one wins', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = Array.from({ length: 60 }, (_, index) => `f${index}`);
    for (const id of ids) await scheduleKnown(store, workspace, `c-${id}`, id);
    const outcomes = await Promise.all(
      ids.map(async (id, index) => {
        const begin = async () =>
          (await store.deliveries.begin(workspace, deliveryOf(id, `c-${id}`), DUE, LEASE, byMail)).outcome === 'go';
        const cancel = async () => (await store.followUps.cancelPending(workspace, `c-${id}`, BY)).length > 0;
        const won = await Promise.all(index % 2 === 0 ? [begin(), cancel()] : [cancel(), begin()]);
        return won.filter(Boolean).length;
      }),
    );
    assert.deepEqual(new Set(outcomes), new Set([1]));
  });

  test('those in processing for too long are found, the oldest first, each with its effect', async () => {
    const store = open();
    const workspace = newWorkspace();
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2', 'f3', 'f4');
    for (const [index, id] of ['f3', 'f1', 'f2', 'f4'].entries()) {
      await beginGo(store, workspace, deliveryOf(id), inMinutes(120 + (index % 3)));
    }
    await store.deliveries.finish(workspace, deliveryOf('f4'), 1, { state: 'done', at: inMinutes(122) });
    const stale = async (minute: number, limit: number) => {
      const found = await store.followUps.stale(workspace, inMinutes(minute), limit);
      for (const {
        followUp: { followUpId },
        effect,
      } of found) {
        assert.deepEqual([effect?.key, effect?.state], [deliveryOf(followUpId).key, 'attempting']);
      }
      return found.map(({ followUp: { followUpId } }) => followUpId);
    };
    assert.deepEqual(await stale(122, 10), ['f3', 'f1']);
    assert.deepEqual(await stale(123, 2), ['f3', 'f1']);
    assert.deepEqual(await stale(120, 10), []);
  });

  test('contacts with what should have been tried long ago are named, the oldest first, once in a while', async () => {
    const store = open();
    const workspace = newWorkspace();
    // Long before the follow-ups of any other test, since all workspaces are looked at.
    const minute = (minutes: number) => daysAgo(3_000 - minutes / 1_440);
    const schedule = (id: string, contactId: string, minutes: number) =>
      store.followUps.schedule(workspace, [followUpOf(id, contactId, { scheduledFor: minute(minutes) })]);
    for (const [index, contactId] of ['c3', 'c1', 'c2', 'c1'].entries()) await schedule(`f${index}`, contactId, index);
    await schedule('later', 'c4', 60);
    await schedule('over', 'c5', 0);
    await store.followUps.cancel(workspace, 'over', BY);
    const forgotten = async (before: number, at: number, limit = 10) => {
      const options = { everyMs: 10 * 60_000, limit };
      const named = await store.followUps.forgotten(minute(before), minute(at), options);
      for (const each of named) assert.equal(each.workspace, workspace);
      return named.map(({ contactId }) => contactId);
    };
    assert.deepEqual(await forgotten(0, 5), []);
    assert.deepEqual(await forgotten(5, 5, 2), ['c3', 'c1']);
    assert.deepEqual(await forgotten(5, 6), ['c2']);
    await schedule('another', 'c1', 4);
    assert.deepEqual(await forgotten(5, 14), []);
    assert.deepEqual(await forgotten(5, 15), ['c3', 'c1']);
    assert.deepEqual(await forgotten(90, 16), ['c2', 'c4']);
    const both = await Promise.all([forgotten(90, 30), forgotten(90, 30)]);
    assert.deepEqual(both.flat(), ['c3', 'c1', 'c2', 'c4']);
    await store.contacts.put(workspace, 'c2', {}, NOW);
    await beginGo(store, workspace, deliveryOf('f2', 'c2'), minute(90), byGateway);
    for (const contactId of ['c1', 'c3', 'c4']) await store.followUps.cancelPending(workspace, contactId, BY);
    assert.deepEqual(await forgotten(90, 91), []);
    // Lost, and to be tried again.
    await store.effects.expireLeases(minute(92));
    assert.deepEqual(await forgotten(90, 93), ['c2']);
  });

  test('10,000 are scheduled in one call within 15 seconds, and all of a contact cancelled in one', async () => {
    const store = open();
    const workspace = newWorkspace();
    const begun = performance.now();
    const given = Array.from({ length: 10_000 }, (_, index) => followUpOf(`f${index}`, `c${index % 5}`));
    const rows = await store.followUps.schedule(workspace, given);
    assert.ok(performance.now() - begun < 15_000, `${performance.now() - begun} ms`);
    assert.deepEqual(idsOf(rows), idsOf(given));
    assert.equal((await store.followUps.cancelPending(workspace, 'c1', BY)).length, 2_000);
    assert.equal((await store.followUps.pending(workspace, 'c2', 5_000)).length, 2_000);
    assert.equal(await store.events.last(workspace), 2_000);
  });
}
