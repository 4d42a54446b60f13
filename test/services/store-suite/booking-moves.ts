import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookingOf } from '../../../domain/bookings/booking.ts';
import type { DecideHold } from '../../../domain/ports/booking-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import {
  canBeHad,
  clock,
  confirmed,
  free,
  held,
  holdOf,
  newResource,
  slotAt,
  takenOn,
  told,
  words,
} from './booking-fixtures.ts';
import { NOW, type StoreUnderTest, inMinutes, newWorkspace } from './fixtures.ts';

const QUARTER_MS = 15 * 60_000;

function begin(store: Store, workspace: string, time: string, decide: DecideHold = free, apartMs = 0, at = NOW) {
  return store.bookings.beginMove(workspace, 'b1', { ...slotAt(time), apartMs, at }, decide);
}

/** Begins a move, which must be let. */
async function moving(store: Store, workspace: string, time: string) {
  const answer = await begin(store, workspace, time);
  if (answer === null || 'refused' in answer) return assert.fail(`not moved: ${JSON.stringify(answer)}`);
  return answer.moving;
}

const endOf = (time: string, to: 'new' | 'old', at = inMinutes(3)) => ({ slotId: slotAt(time).slotId, to, at });

export function bookingMovesSuite(open: StoreUnderTest): void {
  test('a booking that is moved keeps both times, then the new one, which is told once', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const before = await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    const begun = await moving(store, workspace, '14:00');
    assert.deepEqual(begun, { ...before, movingTo: slotAt('14:00') });
    assert.deepEqual(await begin(store, workspace, '14:00', () => 'taken'), { moving: begun });
    assert.deepEqual(await takenOn(store, resource), ['09:00', '14:00']);
    assert.deepEqual(await takenOn(store, resource, { except: 'b1' }), []);
    for (const time of ['09:00', '14:00']) assert.ok(!(await canBeHad(store, newWorkspace(), resource, time)));
    const after = await store.bookings.endMove(workspace, 'b1', endOf('14:00', 'new'));
    assert.deepEqual(after, { ...before, ...slotAt('14:00'), sequence: 1 });
    for (const to of ['new', 'old'] as const) {
      assert.deepEqual(await store.bookings.endMove(workspace, 'b1', endOf('14:00', to, inMinutes(4))), after);
    }
    assert.deepEqual(await told(store, workspace), ['booking.confirmed', 'booking.rescheduled']);
    const [, event] = await store.events.after(workspace, 0, 9);
    assert.deepEqual([event?.at, event?.data], [inMinutes(3), bookingOf(after!)]);
    assert.ok(!(await canBeHad(store, workspace, resource, '14:00')));
    assert.ok(await canBeHad(store, workspace, resource, '09:00'));
  });

  test('a move that comes to nothing gives the new time back, and is not told', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const before = await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    // Its own time is in nobody's way but others'.
    await begin(store, workspace, '09:15', (booked) => (booked.length === 0 ? null : 'taken'));
    assert.ok(!(await canBeHad(store, workspace, resource, '09:30')));
    assert.deepEqual(await store.bookings.endMove(workspace, 'b1', endOf('09:15', 'old')), before);
    assert.deepEqual(await store.bookings.endMove(workspace, 'b1', endOf('09:15', 'new')), before);
    assert.deepEqual(await takenOn(store, resource), ['09:00']);
    assert.ok(await canBeHad(store, workspace, resource, '09:30'));
    assert.ok(!(await canBeHad(store, workspace, resource, '09:00')));
    assert.deepEqual(await told(store, workspace), ['booking.confirmed']);
  });

  test('a booking may be moved to a time that overlaps its own', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    await moving(store, workspace, '08:45');
    await store.bookings.endMove(workspace, 'b1', endOf('08:45', 'new'));
    assert.ok(await canBeHad(store, workspace, resource, '09:15'));
    assert.ok(!(await canBeHad(store, workspace, resource, '09:00')));
    assert.deepEqual(await takenOn(store, resource), ['08:45', '09:15']);
  });

  test('each time of a move keeps the distance that was asked for it', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    await confirmed(store, workspace, holdOf('b1', resource, '09:00', { apartMs: QUARTER_MS }));
    await begin(store, workspace, '14:00', free, 2 * QUARTER_MS);
    const span = { from: Date.parse(clock('00:00')), to: Date.parse(clock('23:00')) };
    const apart = async () =>
      (await store.bookings.taken(resource, span, { calendar: 'intro', at: NOW })).map(({ apartMs }) => apartMs);
    assert.deepEqual(await apart(), [QUARTER_MS, 2 * QUARTER_MS]);
    assert.ok(!(await canBeHad(store, workspace, resource, '09:44')));
    assert.ok(!(await canBeHad(store, workspace, resource, '14:59')));
    await store.bookings.endMove(workspace, 'b1', endOf('14:00', 'new'));
    assert.deepEqual(await apart(), [2 * QUARTER_MS]);
    assert.ok(!(await canBeHad(store, workspace, resource, '14:59')));
    assert.ok(await canBeHad(store, workspace, resource, '15:00'));
  });

  test('a move that cannot be had changes nothing, whoever refuses it', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const before = await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    await held(store, newWorkspace(), holdOf('b1', resource, '14:00', { calendar: 'demo' }));
    const full: DecideHold = (booked) => {
      assert.deepEqual(words(booked), ['(14:00)']);
      return 'day_full';
    };
    assert.deepEqual(await begin(store, workspace, '16:00', full), { refused: 'day_full' });
    assert.deepEqual(await begin(store, workspace, '14:15'), { refused: 'taken' });
    assert.deepEqual(await store.bookings.get(workspace, 'b1'), before);
    assert.deepEqual(await takenOn(store, resource), ['(14:00)', '09:00']);
    assert.equal(
      await store.bookings.beginMove(workspace, 'b2', { ...slotAt('16:00'), apartMs: 0, at: NOW }, free),
      null,
    );
    assert.equal(await store.bookings.endMove(workspace, 'b2', endOf('16:00', 'new')), null);
  });

  test('the last move takes the place of the one before, whose end changes nothing then', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const before = await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    await moving(store, workspace, '14:00');
    const second = await moving(store, workspace, '16:00');
    assert.deepEqual(second, { ...before, movingTo: slotAt('16:00') });
    assert.deepEqual(await takenOn(store, resource), ['09:00', '16:00']);
    for (const to of ['new', 'old'] as const) {
      assert.deepEqual(await store.bookings.endMove(workspace, 'b1', endOf('14:00', to)), second);
    }
    assert.ok(await canBeHad(store, workspace, resource, '14:00'));
  });

  test('a move to the time that it has holds nothing', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const before = await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    assert.deepEqual(await begin(store, workspace, '09:00', () => 'too_soon'), { moving: before });
    await moving(store, workspace, '14:00');
    const after = await store.bookings.endMove(workspace, 'b1', endOf('14:00', 'new'));
    // Asked for again by who did not hear that it was done.
    assert.deepEqual(await begin(store, workspace, '14:00'), { moving: after });
    assert.deepEqual(await store.bookings.endMove(workspace, 'b1', endOf('14:00', 'new')), after);
    assert.deepEqual(await told(store, workspace), ['booking.confirmed', 'booking.rescheduled']);
  });

  test('a booking that ends while it is moved gives both times back, and is moved no more', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const before = await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    await moving(store, workspace, '14:00');
    const end = { state: 'cancelled' as const, reason: 'no time', at: inMinutes(2) };
    const ended = await store.bookings.end(workspace, 'b1', end);
    const over = { state: 'cancelled' as const, stateReason: 'no time', sequence: 1, endedAt: inMinutes(2) };
    assert.deepEqual(ended, { ...before, ...over });
    for (const to of ['new', 'old'] as const) {
      assert.deepEqual(await store.bookings.endMove(workspace, 'b1', endOf('14:00', to)), ended);
    }
    for (const time of ['09:00', '14:00', '16:00']) assert.equal(await begin(store, workspace, time), null);
    for (const time of ['09:00', '14:00']) assert.ok(await canBeHad(store, workspace, resource, time), time);
    assert.deepEqual(await told(store, workspace), ['booking.confirmed', 'booking.cancelled']);
  });

  test('holds that are over are in the way of no move, and are moved nowhere', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    await confirmed(store, workspace, holdOf('b1', resource, '09:00'));
    const other = newWorkspace();
    await held(store, other, holdOf('b1', resource, '14:00'));
    assert.deepEqual(await begin(store, workspace, '14:00'), { refused: 'taken' });
    const answer = await begin(store, workspace, '14:00', free, 0, inMinutes(10));
    assert.ok(answer && 'moving' in answer);
    assert.equal((await store.bookings.get(other, 'b1'))?.state, 'expired');
    const mine = newWorkspace();
    await held(store, mine, holdOf('b1', resource, '16:00'));
    assert.equal(await begin(store, mine, '17:00', free, 0, inMinutes(10)), null);
    assert.equal((await store.bookings.get(mine, 'b1'))?.state, 'expired');
  });
}
