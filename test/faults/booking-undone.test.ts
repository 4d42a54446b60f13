import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../../domain/ports/failpoints.ts';
import { type BookingsObserved, checkBookings } from '../support/booking-checker.ts';
import { BookingWorld } from '../support/booking-world.ts';
import { findings } from '../support/effect-checker.ts';
import { eventually, quietly } from '../support/fault-stack.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';

const FAULTY = fileURLToPath(new URL('../support/faulty-worker.ts', import.meta.url));
const LIMIT = { timeout: 400_000 };
/** Longer than a worker takes to come and die, shorter than a meeting takes that is looked for. */
const HELD_MS = 30_000;
const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

/** Has a worker die there over what is asked for; what was asked is still to be answered. */
async function dying<Answer>(world: BookingWorld, fault: Fault, ask: () => Promise<Answer>) {
  const worker = world.worker({ fault });
  await worker.ready();
  const answer = quietly(ask());
  await worker.died();
  return { answer };
}

/** What stands, how it was told, and whether all of it agrees. */
function agreed(observed: BookingsObserved, expected: Partial<ReturnType<typeof checkBookings>['counts']>): void {
  const verdict = checkBookings(observed);
  assert.deepEqual(findings(verdict), []);
  assert.deepEqual(verdict.counts, { confirmed: 0, cancelled: 0, undone: 0, mails: 0, ...expected });
  assert.deepEqual(verdict.inReview, []);
}

describe('What cannot be booked', { skip: postgres === null && 'no Postgres', concurrency: 6 }, () => {
  test('is taken in the calendar meanwhile: nothing of it stands, wherever workers die', LIMIT, async () => {
    await using world = await BookingWorld.open(postgres!.url);
    const [first, second] = [await world.slot(), await world.slot()];
    const early = await dying(world, { point: 'hold-after-row', nth: 1 }, () => world.book('early', first));
    world.occupy(first);
    // Another has the calendar looked at, and dies when it has written down that it is over.
    world.occupy(second);
    const late = await dying(world, { point: 'end-after-row', nth: 1 }, () => world.book('late', second));
    world.worker();
    const observed = await world.settled();
    for (const id of ['early', 'late']) {
      const { state, stateReason } = await world.row(id);
      assert.equal(state, 'failed');
      assert.match(stateReason ?? '', /is taken/);
    }
    await Promise.allSettled([early.answer, late.answer]);
    // The other appointments keep those slots.
    const free = [...observed.free, first.id, second.id];
    agreed({ ...observed, free }, { undone: 2 });
    assert.deepEqual(
      observed.accepted.map(({ service }) => service),
      [],
      'nothing was ever made',
    );
  });

  test('was to be moved to a time that is taken meanwhile: it stays where it was', LIMIT, async () => {
    await using world = await BookingWorld.open(postgres!.url);
    const worker = world.worker();
    await world.book('moved');
    await world.settled();
    worker.signal('SIGTERM');
    await worker.exited;
    const target = await world.slot();
    const { answer } = await dying(world, { point: 'move-after-row', nth: 1 }, () => world.move('moved', target));
    world.occupy(target);
    const back = world.worker({ fault: { point: 'move-after-row', nth: 2 } });
    await back.died();
    world.worker();
    await assert.rejects(answer, /is taken/);
    const observed = await world.settled();
    agreed(observed, { confirmed: 1, mails: 1 });
    const { movingTo, sequence } = await world.row('moved');
    assert.deepEqual([movingTo, sequence], [null, 0]);
  });

  test(
    'expires while its meeting may have been made: event and meeting go, before and after a death',
    LIMIT,
    async () => {
      await using world = await BookingWorld.open(postgres!.url);
      // Zoom shows it in no list for now.
      world.zoom.account.listDelayMs = 3_600_000;
      const fault: Fault = { point: 'effect-after-effect', nth: 2 };
      await dying(world, fault, () => world.bookHeldFor('late', HELD_MS));
      assert.equal(world.zoom.meetings().length, 1);
      // Undoing it, the next one has taken the event away when it dies.
      const undoing = world.worker({ fault: { point: 'effect-after-effect', nth: 1 } });
      await undoing.died();
      assert.equal(world.google.events.shown().length, 0);
      world.zoom.account.listDelayMs = 0;
      world.worker();
      agreed(await world.settled(), { undone: 1 });
      assert.equal((await world.row('late')).state, 'expired');
    },
  );

  test('is cancelled while it is made, with nobody there to hear it: nothing of it stands', LIMIT, async () => {
    await using world = await BookingWorld.open(postgres!.url);
    const fault: Fault = { point: 'effect-after-effect', nth: 2 };
    await dying(world, fault, () => world.book('unwanted'));
    const cancelled = quietly(world.cancel('unwanted'));
    world.worker();
    assert.equal((await cancelled).state, 'cancelled');
    agreed(await world.settled(), { cancelled: 1 });
  });
});

describe('With the ledger switched off', { skip: postgres === null && 'no Postgres', concurrency: 2 }, () => {
  test('a death makes a second meeting, and the check says so', LIMIT, async () => {
    await using world = await BookingWorld.open(postgres!.url);
    const doomed = world.worker({ script: FAULTY, fault: { point: 'effect-after-effect', nth: 2 } });
    await doomed.ready();
    void quietly(world.book('twice'));
    await doomed.died();
    world.worker({ script: FAULTY });
    const found = await eventually(
      'the second meeting',
      async () => world.zoom.meetings().length === 2 && findings(checkBookings(await world.settled())),
      { withinMs: 120_000 },
    );
    assert.ok(found.includes('doubled: twice: Zoom made 2 meetings'), found.join('\n'));
  });

  test('a death sends a second invitation, and the check says so', LIMIT, async () => {
    await using world = await BookingWorld.open(postgres!.url);
    const doomed = world.worker({ script: FAULTY, fault: { point: 'delivery-after-effect', nth: 1 } });
    await doomed.ready();
    void quietly(world.book('twice'));
    await doomed.died();
    world.worker({ script: FAULTY });
    const found = await eventually(
      'the second mail',
      async () => world.mail.mails.length === 2 && findings(checkBookings(await world.settled())),
      { withinMs: 120_000 },
    );
    assert.ok(found.includes('doubled: twice: its invitation was sent more than once as REQUEST 0'), found.join('\n'));
  });
});
