import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import {
  DUE,
  LEASE,
  NOW,
  ONCE,
  REPEATABLE,
  beginGo,
  byGateway,
  byMail,
  daysAgo,
  decisionOf,
  deliveryOf,
  effectOf,
  held,
  inMinutes,
  newWorkspace,
  scheduleKnown,
} from './store-suite/fixtures.ts';

const database: TestDatabase | null = await startPostgres();
const skip = database ? false : 'neither initdb nor TEST_DATABASE_URL here';

const RACES = 1_000;
/** Races at once: more than the two processes have connections for. */
const AT_ONCE = 25;

/** Small whole numbers, the same again for the same seed (Park and Miller). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}

describe('two processes that meet on Postgres', { skip, timeout: 400_000 }, () => {
  let stores: [Store, Store];
  const client = new pg.Client({ connectionString: database?.url });

  before(async () => {
    const open = () => openStore({ databaseUrl: database!.url, dataDir: 'unused' });
    stores = [await open(), await open()];
    await client.connect();
  });
  after(async () => {
    await client.end();
    await Promise.all(stores.map((store) => store.close()));
    await database!.stop();
  });

  /** `race(index)` for every index, some at a time. */
  async function races(race: (index: number) => Promise<void>): Promise<void> {
    for (let index = 0; index < RACES; index += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, offset) => race(index + offset)));
    }
  }

  test('in a thousand races of a send and whatever calls it off, each message was either sent or called off', async (t) => {
    const seed = 1 + Math.floor(Math.random() * 2_147_483_645);
    t.diagnostic(`seed ${seed}`);
    const roll = dice(seed);
    const workspace = newWorkspace();
    const counts = { sent: 0, cancelled: 0 };
    await races(async (index) => {
      const [key, contactId] = [`k${index}`, `c${index}`];
      const [sender, other] = roll(2) === 0 ? stores : stores.toReversed();
      const [wait, otherWait, byReply] = [roll(4), roll(4), roll(2) === 0];
      await sender!.effects.plan(workspace, effectOf(key, contactId));
      const send = async (): Promise<boolean> => {
        for (let turn = 0; turn < wait; turn++) await setImmediate();
        const attempt = await sender!.effects.attempt(workspace, key, NOW, ONCE);
        if (attempt.outcome !== 'go') return false;
        if (!(await sender!.effects.holds(workspace, key, attempt.fence, NOW, 60_000))) return false;
        return sender!.effects.end(workspace, key, attempt.fence, { state: 'done', at: NOW });
      };
      const callOff = async (): Promise<void> => {
        for (let turn = 0; turn < otherWait; turn++) await setImmediate();
        const reply = { messageId: 'm1', at: NOW, channel: 'email' } as const;
        if (byReply) await other!.contacts.replied(workspace, contactId, reply);
        else await other!.effects.cancel(workspace, key, NOW, 'called off');
      };
      const [sent] = await Promise.all([send(), callOff()]);
      const { state } = await other!.effects.plan(workspace, effectOf(key, contactId));
      assert.equal(state, sent ? 'done' : 'cancelled', `race ${index} of seed ${seed}`);
      const messages = await other!.contacts.messages(workspace, contactId, { limit: 5 });
      assert.equal(messages.filter(({ direction }) => direction === 'out').length, sent ? 1 : 0);
      counts[sent ? 'sent' : 'cancelled']++;
    });
    t.diagnostic(JSON.stringify(counts));
    // Races that one side always wins would prove nothing.
    assert.ok(counts.sent > RACES / 50 && counts.cancelled > RACES / 50, JSON.stringify(counts));
  });

  test('of attempts at once in both processes one goes, first and after each lost one; the lost ones hold nothing', async () => {
    const workspace = newWorkspace();
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    for (const key of keys) await stores[0].effects.plan(workspace, effectOf(key));
    for (let round = 0; round < 4; round++) {
      const at = inMinutes(round * 2);
      await Promise.all(
        keys.map(async (key) => {
          const attempts = await Promise.all(
            Array.from({ length: 6 }, (_, index) => stores[index % 2]!.effects.attempt(workspace, key, at, REPEATABLE)),
          );
          const fences = attempts.flatMap((each) => (each.outcome === 'go' ? [each.fence] : []));
          assert.deepEqual(fences, [round + 1]);
          const held = await Promise.all(
            Array.from({ length: round + 1 }, (_, index) =>
              stores[1].effects.holds(workspace, key, index + 1, at, 60_000),
            ),
          );
          assert.deepEqual(
            held.flatMap((holds, index) => (holds ? [index + 1] : [])),
            [round + 1],
          );
        }),
      );
    }
    const [once, late] = [effectOf('once'), inMinutes(2)];
    await stores[0].effects.plan(workspace, once);
    await stores[0].effects.attempt(workspace, 'once', NOW, ONCE);
    const outcomes = await Promise.all([
      ...Array.from({ length: 12 }, (_, index) => stores[index % 2]!.effects.attempt(workspace, 'once', late, ONCE)),
      stores[1].effects.expireLeases(late),
    ]);
    const named = outcomes.flatMap((outcome) => (typeof outcome === 'number' ? [] : [outcome.outcome]));
    // Whoever comes while the row is being changed is told that somebody is at it.
    for (const outcome of named) assert.ok(outcome === 'unknown' || outcome === 'busy', outcome);
    assert.equal((await stores[0].effects.plan(workspace, once)).state, 'unknown');
  });

  test('whatever comes in whatever order, nobody repeats what may not be repeated, and cancelled is not done', async () => {
    const [{ effects }] = stores;
    const acts = ['send', 'send', 'send', 'attempt', 'holds', 'planned', 'done', 'failed', 'cancel', 'expire'] as const;
    const step = fc.record({
      act: fc.constantFrom(...acts),
      minutes: fc.constantFrom(0, 0, 2),
      repeatable: fc.boolean(),
      older: fc.constantFrom(0, 0, 0, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 16, size: 'max' }), async (steps) => {
        const workspace = newWorkspace();
        await effects.plan(workspace, effectOf('k'));
        // What the world saw, by fence: a call goes out right after `holds`.
        const attempts: { repeatable: boolean; happened: boolean }[] = [];
        let [minute, leaseUntil] = [0, 0];
        const attempt = async (repeatable: boolean): Promise<void> => {
          const attempted = await effects.attempt(workspace, 'k', inMinutes(minute), { leaseMs: 90_000, repeatable });
          if (attempted.outcome !== 'go') return;
          assert.equal(attempts.push({ repeatable, happened: false }), attempted.fence);
          assert.ok(minute >= leaseUntil, 'somebody was at it');
          leaseUntil = minute + 1.5;
        };
        const call = async (fence: number): Promise<void> => {
          if (!(await effects.holds(workspace, 'k', fence, inMinutes(minute), 90_000))) return;
          assert.equal(fence, attempts.length);
          attempts[fence - 1]!.happened = true;
          leaseUntil = minute + 1.5;
          const happened = attempts.filter((each) => each.happened);
          assert.ok(happened.length === 1 || happened.every(({ repeatable }) => repeatable), 'repeated');
        };
        for (const { act, minutes, repeatable, older } of steps) {
          minute += minutes;
          const at = inMinutes(minute);
          if (act === 'attempt' || act === 'send') await attempt(repeatable);
          if (act === 'cancel') {
            const called = await effects.cancel(workspace, 'k', at, 'called off');
            if (called?.state === 'cancelled') assert.ok(!attempts.some(({ happened }) => happened), 'was done');
          } else if (act === 'expire') await effects.expireLeases(at);
          else if (act === 'holds' || act === 'send') await call(attempts.length - older);
          else if (act !== 'attempt') {
            const fence = attempts.length - older;
            const known = attempts[fence - 1];
            // Only a call that went out can be done; one that ends as planned or failed did not happen.
            if (!known || (act === 'done' && !known.happened)) continue;
            if (!(await effects.end(workspace, 'k', fence, { state: act, at }))) continue;
            leaseUntil = minute;
            known.happened = act === 'done';
          }
        }
        const { state } = await effects.plan(workspace, effectOf('k'));
        if (state === 'cancelled') assert.ok(!attempts.some(({ happened }) => happened));
      }),
      { numRuns: 400 },
    );
  });

  test('in a thousand races of a follow-up and a reply or cancellation, it was sent and says so, or cancelled and was not', async (t) => {
    const seed = 1 + Math.floor(Math.random() * 2_147_483_645);
    t.diagnostic(`seed ${seed}`);
    const roll = dice(seed);
    const workspace = newWorkspace();
    const counts = { sent: 0, cancelled: 0 };
    await races(async (index) => {
      const [id, contactId] = [`f${index}`, `c${index}`];
      const [sender, other] = roll(2) === 0 ? stores : stores.toReversed();
      const [waits, how, end] = [[roll(4), roll(4), roll(4)], roll(3), roll(2) === 0 ? 'done' : 'later'] as const;
      const delivery = deliveryOf(id, contactId);
      await scheduleKnown(sender!, workspace, contactId, id);
      const turns = async (count: number) => {
        for (let turn = 0; turn < count; turn++) await setImmediate();
      };
      const send = async (): Promise<boolean> => {
        await turns(waits[0]!);
        const begun = await sender!.deliveries.begin(workspace, delivery, DUE, LEASE, byMail);
        if (begun.outcome !== 'go') return false;
        if (!(await sender!.effects.holds(workspace, delivery.key, begun.fence, DUE, 60_000))) return false;
        await turns(waits[2]!);
        const at = { at: inMinutes(121), nextAt: inMinutes(130) };
        const rest = await sender!.deliveries.finish(workspace, delivery, begun.fence, { state: end, ...at });
        assert.ok(rest === end || rest === 'cancelled', `${rest}`);
        return rest === 'done';
      };
      const callOff = async (): Promise<number> => {
        await turns(waits[1]!);
        const by = { reason: 'called off', actor: 'mia', at: DUE };
        const reply = { messageId: 'm1', at: DUE, channel: 'email' };
        if (how === 0) return (await other!.contacts.replied(workspace, contactId, reply)).cancelled;
        if (how === 1) return (await other!.followUps.cancelPending(workspace, contactId, by)).length;
        return (await other!.followUps.cancel(workspace, id, by))?.state === 'cancelled' ? 1 : 0;
      };
      const [sent, cancelled] = await Promise.all([send(), callOff()]);
      const row = await other!.followUps.get(workspace, id);
      const race = `race ${index} of seed ${seed}: ${row?.state}`;
      assert.equal(row?.state, sent ? 'executed' : 'cancelled', race);
      assert.ok(!(sent && cancelled > 0), race);
      const messages = await other!.contacts.messages(workspace, contactId, { limit: 5 });
      assert.equal(messages.filter(({ direction }) => direction === 'out').length, sent ? 1 : 0, race);
      counts[sent ? 'sent' : 'cancelled']++;
    });
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.sent > RACES / 50 && counts.cancelled > RACES / 50, JSON.stringify(counts));
    const events = await client.query(
      `select data ->> 'followUpId' as id, count(*)::int as told, min(type) as type from events
       where workspace = $1 and type like 'follow_up.%' group by 1`,
      [workspace],
    );
    assert.equal(events.rows.length, RACES);
    assert.ok(events.rows.every(({ told }) => told === 1));
    assert.equal(events.rows.filter(({ type }) => type === 'follow_up.executed').length, counts.sent);
  });

  test('of begins in both processes one goes for each message and lease, and the cap holds over all messages', async () => {
    const full = held(decisionOf('later', { at: inMinutes(180), reason: 'cap' }));
    const contacts = Array.from({ length: 40 }, (_, index) => `c${index}`);
    await Promise.all(
      contacts.map(async (contactId) => {
        // One each: of a workspace no more than a hundred begin in one second.
        const workspace = newWorkspace();
        const ids = ['a', 'b', 'c', 'd'].map((each) => `${contactId}-${each}`);
        await scheduleKnown(stores[0], workspace, contactId, ...ids);
        const round = async (at: string) => {
          const begun = await Promise.all(
            [...ids, ...ids].map(async (id, index) => {
              const { outcome } = await stores[index % 2 === 0 ? 0 : 1].deliveries.begin(
                ...([workspace, deliveryOf(id, contactId), at, LEASE] as const),
                ({ promotionsAt }) => (promotionsAt.length < 2 ? byGateway() : full()),
              );
              return { id, outcome };
            }),
          );
          return begun.filter(({ outcome }) => outcome === 'go').map(({ id }) => id);
        };
        const gone = await round(DUE);
        assert.equal(gone.length, 2);
        assert.equal(new Set(gone).size, 2);
        // Lost, and taken up again: the same two.
        assert.deepEqual((await round(inMinutes(122))).toSorted(), gone.toSorted());
      }),
    );
  });

  test('whatever comes in whatever order, a follow-up is never both cancelled and sent, and in step with its message', async () => {
    const [store, another] = stores;
    const ends = ['done', 'done', 'done', 'later', 'failed', 'unknown'] as const;
    const acts = ['begin', 'send', 'send', 'send', ...ends, 'reply', 'cancel', 'expire', 'move'] as const;
    const step = fc.record({
      act: fc.constantFrom(...acts),
      minutes: fc.constantFrom(0, 0, 1, 3),
      plan: fc.constantFrom(
        byMail,
        byMail,
        byGateway,
        byGateway,
        byGateway,
        held(decisionOf('later', { at: inMinutes(140) })),
        held(decisionOf('never')),
      ),
      older: fc.constantFrom(0, 0, 0, 1),
      other: fc.boolean(),
    });
    const ended = { done: 'executed', failed: 'failed', cancelled: 'cancelled' } as const;
    let [executed, cancelled] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14, size: 'max' }), async (steps) => {
        const workspace = newWorkspace();
        const delivery = deliveryOf('f1');
        await scheduleKnown(store, workspace, 'c1', 'f1');
        // What the world saw, by fence: a call goes out right after `holds`.
        const attempts: { repeatable: boolean; happened: boolean }[] = [];
        let minute = 120;
        const begin = async (database: Store, plan: typeof byMail): Promise<void> => {
          const begun = await database.deliveries.begin(workspace, delivery, inMinutes(minute), LEASE, plan);
          if (begun.outcome !== 'go') return;
          assert.equal(attempts.push({ repeatable: plan === byGateway, happened: false }), begun.fence);
        };
        const call = async (fence: number): Promise<void> => {
          if (!(await store.effects.holds(workspace, delivery.key, fence, inMinutes(minute), 60_000))) return;
          attempts[fence - 1]!.happened = true;
          const happened = attempts.filter((each) => each.happened);
          assert.ok(happened.length === 1 || happened.every(({ repeatable }) => repeatable), 'sent twice');
        };
        for (const { act, minutes, plan, older, other } of steps) {
          minute += minutes;
          const at = inMinutes(minute);
          const database = other ? another : store;
          const fence = attempts.length - older;
          const by = { reason: 'called off', actor: 'mia', at };
          if (act === 'begin' || act === 'send') await begin(database, plan);
          if (act === 'send') await call(attempts.length);
          else if (act === 'reply')
            await database.contacts.replied(workspace, 'c1', { messageId: at, at, channel: 'sms' });
          else if (act === 'cancel') await database.followUps.cancel(workspace, 'f1', by);
          else if (act === 'expire') await database.effects.expireLeases(at);
          else if (act === 'move') await database.followUps.reschedule(workspace, 'f1', inMinutes(minute + 1));
          else if (act !== 'begin') {
            const known = attempts[fence - 1];
            // Only a call that went out can be done; one that ends as failed or later did not happen.
            if (
              !known ||
              (act === 'done' && !known.happened) ||
              (known.happened && (act === 'failed' || act === 'later'))
            )
              continue;
            await database.deliveries.finish(workspace, delivery, fence, { state: act, at, nextAt: at });
          }
          const row = await store.followUps.get(workspace, 'f1');
          const sent = attempts.some(({ happened }) => happened);
          if (row?.state === 'cancelled' || row?.state === 'failed')
            assert.ok(!sent, `${row.state}, though it was sent`);
          if (row?.state === 'executed') assert.ok(sent, 'executed, though it was not sent');
          const { items } = await store.effects.list(workspace, { limit: 5 });
          const state = items[0]?.state;
          if (state === 'done' || state === 'failed' || state === 'cancelled') assert.equal(row?.state, ended[state]);
          if (state === 'attempting' || state === 'unknown') assert.equal(row?.state, 'processing');
        }
        const row = await store.followUps.get(workspace, 'f1');
        executed += row?.state === 'executed' ? 1 : 0;
        cancelled += row?.state === 'cancelled' ? 1 : 0;
        const events = await store.events.after(workspace, 0, 50);
        const told = events.filter(({ type }) => type.startsWith('follow_up.')).length;
        assert.equal(told, row?.state === 'pending' || row?.state === 'processing' ? 0 : 1);
      }),
      { numRuns: 200 },
    );
    assert.ok(executed > 5 && cancelled > 5, `${executed} executed, ${cancelled} cancelled`);
  });

  test('people read the follow-ups, decisions and effects as they would expect', async () => {
    const workspace = newWorkspace();
    const [store] = stores;
    await scheduleKnown(store, workspace, 'c1', 'f1', 'f2');
    const fence = await beginGo(store, workspace, deliveryOf('f2'));
    await store.deliveries.finish(workspace, deliveryOf('f2'), fence, { state: 'done', at: inMinutes(121) });
    const due = await client.query(
      `SELECT id, prospect_id, action_type, scheduled_for, payload, status, created_at, executed_at
       FROM scheduled_actions WHERE workspace = $1 AND status = 'pending' AND scheduled_for <= $2`,
      [workspace, daysAgo(-1)],
    );
    assert.deepEqual(due.rows, [
      {
        ...{ id: 'f1', prospect_id: 'c1', action_type: 'follow_up', scheduled_for: new Date(inMinutes(120)) },
        payload: { message_template: 'Still interested?', reason: 'a quote of Monday' },
        ...{ status: 'pending', created_at: new Date(NOW), executed_at: null },
      },
    ]);
    const answer = (detail: string) =>
      ({ decision: 'later', at: inMinutes(9), channel: 'email', reason: 'quiet_hours', detail }) as const;
    await store.contacts.decided(workspace, 'c1', 'm1', answer('first'), NOW);
    await store.contacts.decided(workspace, 'c1', 'm1', answer('second'), inMinutes(1));
    await store.contacts.decided(workspace, 'c1', 'm1', answer('older'), NOW);
    const decisions = await client.query("select * from send_decisions where workspace = $1 and message_id = 'm1'", [
      workspace,
    ]);
    assert.deepEqual(decisions.rows, [
      {
        ...{ workspace, contact_id: 'c1', message_id: 'm1', decision: 'later', at: new Date(inMinutes(9)) },
        ...{ channel: 'email', reason: 'quiet_hours', detail: 'second', decided_at: new Date(inMinutes(1)) },
      },
    ]);
    await store.contacts.put(workspace, 'c1', {}, NOW);
    for (const take of ['optOut', 'optIn'] as const) {
      await store.contacts[take](workspace, 'c1', { channel: null, purpose: 'service', at: NOW, actor: take });
    }
    const proof = await client.query(
      'select purpose, actor, taken_back_by from contact_opt_outs where workspace = $1',
      [workspace],
    );
    assert.deepEqual(proof.rows, [{ purpose: 'service', actor: 'optOut', taken_back_by: 'optIn' }]);
  });
});
