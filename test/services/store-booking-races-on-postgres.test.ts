import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import pg from 'pg';
import type { DecideHold } from '../../domain/ports/booking-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import { confirmed, free, held, holdOf, newResource, slotAt, takenOn } from './store-suite/booking-fixtures.ts';
import { NOW, inMinutes, newWorkspace } from './store-suite/fixtures.ts';

const database: TestDatabase | null = await startPostgres();
const skip = database ? false : 'neither initdb nor TEST_DATABASE_URL here';

const RACES = 100;
const LATER = inMinutes(10);

/** Half hours of the day, from midnight on. */
const times = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => new Date(index * 1_800_000).toISOString().slice(11, 16));

describe('bookings of two processes on Postgres', { skip, timeout: 240_000 }, () => {
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

  const storeOf = (index: number): Store => stores[index % 2 === 0 ? 0 : 1];

  /** Events that a workspace was told, by booking and type. */
  async function told(workspace: string): Promise<{ booking: string; type: string; times: number }[]> {
    const { rows } = await client.query<{ booking: string; type: string; times: number }>(
      `select data ->> 'bookingId' as booking, type, count(*)::int as times from events
       where workspace = $1 group by 1, 2 order by 1, 2`,
      [workspace],
    );
    return rows;
  }

  test('of a hundred who want a slot one gets it, of fifty slots each, and the others are told that it is taken', async (t) => {
    const [workspace, started] = [newWorkspace(), performance.now()];
    const resources = [newResource(), newResource()];
    const outcomes: Record<string, number> = {};
    for (const time of times(25)) {
      await Promise.all(
        resources.flatMap((resource, which) =>
          Array.from({ length: 100 }, async (_, index) => {
            const hold = holdOf(`b${which}-${time}-${index}`, resource, time);
            // Half of them ask nobody: the constraint alone is between them.
            const decide: DecideHold = (booked) =>
              index % 2 === 0 || !booked.some(({ start }) => start === Date.parse(hold.start)) ? null : 'taken';
            const answer = await storeOf(index).bookings.hold(workspace, hold, decide);
            const outcome = 'held' in answer ? 'held' : answer.refused;
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          }),
        ),
      );
    }
    t.diagnostic(`${Math.round(performance.now() - started)} ms`);
    assert.deepEqual(outcomes, { held: 50, taken: 4_950 });
    for (const resource of resources) assert.deepEqual(await takenOn(stores[0], resource), times(25));
    const { rows } = await client.query('select count(*)::int as count from bookings where workspace = $1', [
      workspace,
    ]);
    assert.deepEqual(rows, [{ count: 50 }]);
  });

  test('of rows that come at once past every lock one is kept', async () => {
    const clients = Array.from({ length: 8 }, () => new pg.Client({ connectionString: database!.url }));
    await Promise.all(clients.map((each) => each.connect()));
    try {
      for (let round = 0; round < 20; round++) {
        const resource = newResource();
        const outcomes = await Promise.allSettled(
          clients.map((each, index) =>
            each.query(
              `insert into bookings (workspace, booking_id, calendar, resource, slot_id, starts_at, ends_at, apart_ms, reserved,
                 timezone, invitee, topic, state, created_at, created_by, hold_until)
               values ('w', $1, 'intro', $2, 's', $3, $4, 0, tstzmultirange(tstzrange($3, $4)), 'UTC', '{}', 't', 'held',
                 now(), 'mia', now())`,
              [`${resource}-${index}`, resource, slotAt('09:00').start, slotAt('09:00').end],
            ),
          ),
        );
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
        for (const outcome of outcomes) {
          // Those that find each other before either is there are told of a deadlock.
          if (outcome.status === 'rejected') assert.match(String(outcome.reason.code), /^(23P01|40P01)$/);
        }
      }
    } finally {
      await Promise.all(clients.map((each) => each.end()));
    }
  });

  test('who wants time of a resource waits for whoever takes some of it up, of another for nobody', async () => {
    const [workspace, busy, idle] = [newWorkspace(), newResource(), newResource()];
    for (const [id, resource] of [
      ['busy', busy],
      ['idle', idle],
    ] as const) {
      await held(stores[0], workspace, holdOf(id, resource, '09:00'));
    }
    const to = { ...slotAt('10:00'), apartMs: 0, at: NOW };
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`reveille/bookings/${busy}`]);
    let done = 0;
    const waiting = [
      stores[0].bookings.hold(workspace, holdOf('b1', busy, '11:00'), free),
      stores[1].bookings.beginMove(workspace, 'busy', to, free),
    ];
    for (const each of waiting) void each.finally(() => done++);
    await held(stores[0], workspace, holdOf('b2', idle, '11:00'));
    const moved = await stores[1].bookings.beginMove(workspace, 'idle', to, free);
    assert.ok(moved && 'moving' in moved);
    assert.equal((await stores[0].bookings.confirm(workspace, 'busy', NOW))?.state, 'confirmed');
    assert.equal(done, 0);
    await client.query('commit');
    await Promise.all(waiting);
    assert.deepEqual(await takenOn(stores[1], busy), ['09:00', '10:00', '11:00']);
  });

  test('a day takes as many as it may, however many come at once', async () => {
    const few: DecideHold = (booked) => (booked.filter(({ ofCalendar }) => ofCalendar).length < 3 ? null : 'day_full');
    for (let round = 0; round < 5; round++) {
      const [workspace, resource] = [newWorkspace(), newResource()];
      const answers = await Promise.all(
        times(40).map((time, index) =>
          storeOf(index).bookings.hold(workspace, holdOf(`b${index}`, resource, time), few),
        ),
      );
      const refused = answers.flatMap((answer) => ('refused' in answer ? [answer.refused] : []));
      assert.deepEqual(
        refused,
        Array.from({ length: 37 }, () => 'day_full'),
      );
      assert.equal((await takenOn(stores[0], resource)).length, 3);
    }
  });

  test('of a move and a hold that want one slot at once, one gets it', async (t) => {
    const workspace = newWorkspace();
    const counts = { moved: 0, held: 0 };
    await Promise.all(
      Array.from({ length: RACES }, async (_, index) => {
        const [resource, id] = [newResource(), `b${index}`];
        await held(stores[0], workspace, holdOf(id, resource, '09:00'));
        const move = async () => {
          // It asks whose time it is first.
          const answer = await storeOf(index).bookings.beginMove(
            ...([workspace, id, { ...slotAt('10:00'), apartMs: 0, at: NOW }, free] as const),
          );
          assert.ok(answer);
          return answer;
        };
        const hold = async () => {
          for (let turn = 0; turn < index % 5; turn++) await setImmediate();
          return storeOf(index + 1).bookings.hold(workspace, holdOf(`${id}-other`, resource, '10:00'), free);
        };
        const [moved, other] = await Promise.all([move(), hold()]);
        assert.notEqual('moving' in moved, 'held' in other);
        for (const answer of [moved, other]) if ('refused' in answer) assert.equal(answer.refused, 'taken');
        assert.deepEqual(await takenOn(stores[0], resource), ['09:00', '10:00']);
        counts['moving' in moved ? 'moved' : 'held']++;
      }),
    );
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.moved > 0 && counts.held > 0, JSON.stringify(counts));
  });

  test('a booking that ends while it is moved, on either side, keeps no time and says each thing once', async () => {
    const workspace = newWorkspace();
    const outcomes = await Promise.all(
      Array.from({ length: RACES }, async (_, index) => {
        const [resource, id] = [newResource(), `b${index}`];
        await confirmed(stores[0], workspace, holdOf(id, resource, '09:00'));
        const to = { ...slotAt('10:00'), apartMs: 0, at: NOW };
        const end = { state: 'cancelled' as const, reason: null, at: NOW };
        const cancel = () => storeOf(index).bookings.end(workspace, id, end);
        const begin = () => storeOf(index + 1).bookings.beginMove(workspace, id, to, free);
        if (index % 2 === 0) await Promise.all([begin(), begin(), cancel(), cancel()]);
        else {
          await begin();
          const move = (side: number) =>
            storeOf(side).bookings.endMove(workspace, id, { slotId: to.slotId, to: 'new', at: NOW });
          await Promise.all([move(0), move(1), cancel(), cancel()]);
        }
        const row = await stores[0].bookings.get(workspace, id);
        assert.deepEqual([row?.state, row?.movingTo], ['cancelled', null]);
        assert.deepEqual(await takenOn(stores[0], resource), []);
        return row?.sequence;
      }),
    );
    assert.deepEqual(new Set(outcomes), new Set([1, 2]));
    const events = await told(workspace);
    assert.ok(events.every((event) => event.times === 1));
    const of = (type: string) => events.filter((event) => event.type === type).length;
    assert.equal(of('booking.cancelled'), RACES);
    assert.equal(of('booking.rescheduled'), outcomes.filter((sequence) => sequence === 2).length);
    const { rows } = await client.query(
      `select booking_id from bookings where workspace = $1 and reserved <> '{}'::tstzmultirange`,
      [workspace],
    );
    assert.deepEqual(rows, []);
  });

  test('a booking that ends just when its new time is held is not moved', async () => {
    const [workspace, resource] = [newWorkspace(), newResource()];
    await confirmed(stores[0], workspace, holdOf('b1', resource, '09:00'));
    await client.query('begin');
    await client.query(
      `update bookings set state = 'cancelled', ended_at = now(), reserved = '{}' where workspace = $1`,
      [workspace],
    );
    let ended = false;
    const to = { ...slotAt('10:00'), apartMs: 0, at: NOW };
    const begun = stores[0].bookings.beginMove(workspace, 'b1', to, free);
    void begun.finally(() => (ended = true));
    const waiting = `select from pg_locks where locktype = 'transactionid' and not granted`;
    while (!ended && (await client.query(waiting)).rowCount === 0) await setImmediate();
    assert.equal(ended, false);
    await client.query('commit');
    assert.equal(await begun, null);
    assert.equal((await stores[0].bookings.get(workspace, 'b1'))?.movingTo, null);
    assert.deepEqual(await takenOn(stores[0], resource), []);
  });

  test('what both say at once is done and told once', async () => {
    const workspace = newWorkspace();
    const sixTimes = <Result>(call: (store: Store) => Promise<Result>) =>
      Promise.all(Array.from({ length: 6 }, (_, index) => call(storeOf(index))));
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const [resource, id] = [newResource(), `b${index}`];
        const holds = await sixTimes((store) => held(store, workspace, holdOf(id, resource)));
        assert.equal(new Set(holds.map((row) => JSON.stringify(row))).size, 1);
        await sixTimes((store) => store.bookings.confirm(workspace, id, NOW));
        const to = { ...slotAt('10:00'), apartMs: 0, at: NOW };
        await sixTimes((store) => store.bookings.beginMove(workspace, id, to, free));
        const moves = await sixTimes((store) => store.bookings.endMove(workspace, id, { ...to, to: 'new' }));
        assert.deepEqual(new Set(moves.map((row) => row?.sequence)), new Set([1]));
        await sixTimes((store) => store.bookings.end(workspace, id, { state: 'completed', reason: null, at: NOW }));
        await sixTimes((store) => store.bookings.end(workspace, id, { state: 'no_show', reason: null, at: NOW }));
      }),
    );
    const events = await told(workspace);
    assert.equal(events.length, 60);
    assert.ok(events.every((event) => event.times === 1));
  });

  test('the same id at once for time of two resources makes one booking', async () => {
    const workspace = newWorkspace();
    for (let round = 0; round < RACES / 4; round++) {
      const resources = [newResource(), newResource()];
      const holds = await Promise.all(
        resources.map((resource, index) => held(storeOf(index), workspace, holdOf(`b${round}`, resource))),
      );
      assert.deepEqual(holds[0], holds[1]);
      const taken = await Promise.all(resources.map((resource) => takenOn(stores[0], resource)));
      assert.deepEqual(taken.flat(), ['09:00']);
    }
  });

  test('a hold is taken up or over, and who takes up time waits for nobody who ends holds', async () => {
    const workspace = newWorkspace();
    const resources = Array.from({ length: 10 }, newResource);
    const counts = { begun: 0, expired: 0 };
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        resources.flatMap((resource, which) =>
          times(4).map((time, index) =>
            held(stores[0], workspace, holdOf(`b${round}-${which}-${index}`, resource, time)),
          ),
        ),
      );
      await Promise.all(
        resources.flatMap((resource, which) => [
          storeOf(which).bookings.change(workspace, `b${round}-${which}-0`, { startedAt: NOW }),
          // Sooner or later, so that either may be first.
          delay(2 * round).then(() => storeOf(which + 1).bookings.expireHolds(LATER)),
          storeOf(which).bookings.hold(
            ...([workspace, holdOf(`n${round}-${which}`, resource, '20:00', { createdAt: LATER }), free] as const),
          ),
        ]),
      );
      for (const [which] of resources.entries()) {
        const row = await stores[1].bookings.get(workspace, `b${round}-${which}-0`);
        assert.equal(row?.state, row?.startedAt === null ? 'expired' : 'held');
        counts[row?.startedAt === null ? 'expired' : 'begun']++;
        await stores[0].bookings.end(workspace, `b${round}-${which}-0`, { state: 'failed', reason: null, at: LATER });
        await stores[0].bookings.end(workspace, `n${round}-${which}`, { state: 'failed', reason: null, at: LATER });
      }
      await stores[0].bookings.expireHolds(LATER);
    }
    assert.ok(counts.begun > 0, JSON.stringify(counts));
  });
});
