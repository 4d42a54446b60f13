import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event } from '../../../domain/contracts/events.ts';
import { followUp } from '../../../domain/contracts/follow-ups.ts';
import { NOW, type StoreUnderTest, daysAgo, followUpOf, inMinutes, newWorkspace } from './fixtures.ts';

const END = { reason: null, actor: 'reveille', at: inMinutes(121) };
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
      ...{ executedAt: null, processingSince: null },
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
    assert.deepEqual(idsOf(await store.followUps.pending(workspace, 'c1')), ['f1', 'f3', 'f2', 'f0']);
    assert.equal((await store.followUps.reschedule(workspace, 'f1', inMinutes(40)))?.scheduledFor, inMinutes(40));
    await store.followUps.take(workspace, 'f3', NOW);
    assert.equal(await store.followUps.reschedule(workspace, 'f3', inMinutes(50)), null);
    assert.equal(await store.followUps.reschedule(workspace, 'f9', inMinutes(50)), null);
    assert.deepEqual(idsOf(await store.followUps.pending(workspace, 'c1')), ['f2', 'f0', 'f1']);
    const list = async (filter: Partial<Parameters<typeof store.followUps.list>[1]>) =>
      idsOf((await store.followUps.list(workspace, { limit: 50, ...filter })).items);
    assert.deepEqual(await list({ contactId: 'c1' }), ['f3', 'f2', 'f1', 'f0']);
    assert.deepEqual(await list({ contactId: 'c1', state: 'pending' }), ['f2', 'f1', 'f0']);
    assert.deepEqual(await list({ state: 'processing' }), ['f3']);
    assert.deepEqual(await list({ state: 'executed' }), []);
  });

  test('one that is taken stays taken since the first time, ends once, and is told once with its lateness', async () => {
    const store = open();
    const workspace = newWorkspace();
    await store.followUps.schedule(workspace, [followUpOf('f1', 'c1')]);
    const taken = await store.followUps.take(workspace, 'f1', inMinutes(120));
    assert.equal(taken?.state, 'processing');
    assert.equal(taken?.processingSince, inMinutes(120));
    assert.deepEqual(await store.followUps.take(workspace, 'f1', inMinutes(125)), taken);
    const ended = await store.followUps.end(workspace, 'f1', { ...END, state: 'executed' });
    assert.deepEqual(ended, { ...taken, state: 'executed', executedAt: END.at, processingSince: null });
    for (const state of ['executed', 'cancelled', 'failed'] as const) {
      const later = { ...END, state, at: inMinutes(500), reason: 'late' };
      assert.deepEqual(await store.followUps.end(workspace, 'f1', later), ended);
    }
    assert.equal(await store.followUps.take(workspace, 'f1', NOW), null);
    assert.equal(await store.followUps.end(workspace, 'f9', { ...END, state: 'failed' }), null);
    const events = await store.events.after(workspace, 0, 10);
    assert.equal(events.length, 1);
    assert.deepEqual(event.strict().parse(events[0]), events[0]);
    assert.equal(events[0]!.type, 'follow_up.executed');
    const told = followUp.strict().parse(events[0]!.data);
    assert.equal(told.latenessMs, 60_000);
    assert.equal(told.actor, 'mia');
  });

  test('cancelling all pending ones of a contact says by whom and why, once each', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = ['f1', 'f2', 'f3', 'f4'];
    await store.followUps.schedule(workspace, [
      ...ids.map((id, index) => followUpOf(id, 'c1', { scheduledFor: inMinutes(90 - index) })),
      followUpOf('g1', 'c2'),
    ]);
    await store.followUps.take(workspace, 'f1', NOW);
    await store.followUps.end(workspace, 'f4', { ...END, state: 'failed', reason: 'no address' });
    const cancelled = await store.followUps.cancelPending(workspace, 'c1', BY);
    assert.deepEqual(idsOf(cancelled), ['f3', 'f2']);
    for (const each of cancelled) {
      assert.deepEqual([each.state, each.reason, each.actor], ['cancelled', BY.reason, BY.actor]);
    }
    assert.deepEqual(await store.followUps.cancelPending(workspace, 'c1', BY), []);
    assert.equal((await store.followUps.get(workspace, 'f1'))?.state, 'processing');
    assert.equal((await store.followUps.get(workspace, 'g1'))?.state, 'pending');
    const events = await store.events.after(workspace, 0, 10);
    assert.deepEqual(
      events.map(({ type, data }) => [type, data['followUpId'], data['reason']]),
      [
        ['follow_up.failed', 'f4', 'no address'],
        ['follow_up.cancelled', 'f3', BY.reason],
        ['follow_up.cancelled', 'f2', BY.reason],
      ],
    );
  });

  test('of a take and a cancel at once one wins', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = Array.from({ length: 60 }, (_, index) => `f${index}`);
    await store.followUps.schedule(
      workspace,
      ids.map((id) => followUpOf(id, `c-${id}`)),
    );
    const outcomes = await Promise.all(
      ids.map(async (id, index) => {
        const take = () => store.followUps.take(workspace, id, NOW);
        const cancel = () => store.followUps.cancelPending(workspace, `c-${id}`, BY);
        const [first, second] = await Promise.all(index % 2 === 0 ? [take(), cancel()] : [cancel(), take()]);
        return [first, second].filter((outcome) => (Array.isArray(outcome) ? outcome.length > 0 : outcome)).length;
      }),
    );
    assert.deepEqual(new Set(outcomes), new Set([1]));
  });

  test('those in processing for too long are found, the oldest first', async () => {
    const store = open();
    const workspace = newWorkspace();
    const ids = ['f1', 'f2', 'f3', 'f4'];
    await store.followUps.schedule(
      workspace,
      ids.map((id) => followUpOf(id, 'c1')),
    );
    for (const [index, id] of ['f3', 'f1', 'f2'].entries()) await store.followUps.take(workspace, id, inMinutes(index));
    await store.followUps.take(workspace, 'f4', inMinutes(0));
    await store.followUps.end(workspace, 'f4', { ...END, state: 'executed' });
    assert.deepEqual(idsOf(await store.followUps.stale(workspace, inMinutes(2), 10)), ['f3', 'f1']);
    assert.deepEqual(idsOf(await store.followUps.stale(workspace, inMinutes(3), 2)), ['f3', 'f1']);
    assert.deepEqual(await store.followUps.stale(workspace, NOW, 10), []);
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
    assert.equal((await store.followUps.pending(workspace, 'c2')).length, 2_000);
    assert.equal(await store.events.last(workspace), 2_000);
  });
}
