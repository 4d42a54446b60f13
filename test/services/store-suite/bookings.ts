import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookingOf } from '../../../domain/bookings/booking.ts';
import { booking } from '../../../domain/contracts/bookings.ts';
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
import { NOW, type StoreUnderTest, daysAgo, inMinutes, newWorkspace } from './fixtures.ts';

const QUARTER_MS = 15 * 60_000;
const LONG_AGO = '2019-01-01T00:00:00.000Z';

export function bookingsSuite(open: StoreUnderTest): void {
  test('a hold makes one booking, whatever is asked of the same id again', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const row = await held(store, workspace, holdOf('b1', resource));
    const { apartMs: _apart, ...given } = holdOf('b1', resource);
    assert.deepEqual(row, {
      ...{ ...given, movingTo: null, state: 'held', stateReason: null, joinUrl: null, meetingId: null },
      ...{ repairs: [], sequence: 0, startedAt: null, endedAt: null },
    });
    const other = holdOf('b1', newResource(), '11:00', { topic: 'Another' });
    assert.deepEqual(await held(store, workspace, holdOf('b1', resource), () => 'taken'), row);
    assert.deepEqual(await held(store, workspace, other), row);
    assert.deepEqual(await store.bookings.get(workspace, 'b1'), row);
    assert.deepEqual((await store.bookings.list(workspace, { limit: 9 })).items, [row]);
    assert.deepEqual(await takenOn(store, other.resource), []);
    assert.deepEqual(await told(store, workspace), []);
    assert.equal(await store.bookings.get(workspace, 'b2'), null);
  });

  test('a hold is decided on with what is taken of its resource, and leaves nothing when it is refused', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    await held(store, workspace, holdOf('b1', resource, '09:00', { apartMs: QUARTER_MS }));
    await held(store, newWorkspace(), holdOf('b1', resource, '12:00', { calendar: 'demo' }));
    await held(store, workspace, holdOf('b2', newResource(), '10:00'));
    const refused = await store.bookings.hold(workspace, holdOf('b3', resource, '18:00'), (booked) => {
      assert.deepEqual(words(booked), ['(12:00)', '09:00']);
      const first = booked.find(({ ofCalendar }) => ofCalendar);
      const [start, end] = [Date.parse(clock('09:00')), Date.parse(clock('09:30'))];
      assert.deepEqual(first, { start, end, apartMs: QUARTER_MS, ofCalendar: true });
      return 'day_full';
    });
    assert.deepEqual(refused, { refused: 'day_full' });
    assert.equal(await store.bookings.get(workspace, 'b3'), null);
    assert.deepEqual(await takenOn(store, resource), ['(12:00)', '09:00']);
  });

  test('meetings of a resource keep their distance, though whoever decides lets everybody through', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const hold = async (time: string, of = workspace) =>
      store.bookings.hold(of, holdOf(`b-${time}`, resource, time, { apartMs: QUARTER_MS }), free);
    assert.ok('held' in (await hold('09:00')));
    for (const time of ['08:16', '08:30', '09:29', '09:44']) {
      assert.deepEqual(await hold(time), { refused: 'taken' }, time);
      assert.deepEqual(await hold(time, newWorkspace()), { refused: 'taken' }, time);
      assert.equal(await store.bookings.get(workspace, `b-${time}`), null);
    }
    for (const time of ['08:15', '09:45']) assert.ok('held' in (await hold(time)), time);
    assert.ok(await canBeHad(store, workspace, newResource(), '09:00'));
  });

  test('a hold that nobody took up keeps its time until it is over, and no moment longer', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    const [before, then] = [new Date(Date.parse(inMinutes(10)) - 1).toISOString(), inMinutes(10)];
    for (const [id, time] of [
      ['left', '09:00'],
      ['begun', '10:00'],
      ['mine', '11:00'],
    ] as const) {
      await held(store, workspace, holdOf(id, resource, time));
    }
    await store.bookings.change(workspace, 'begun', { startedAt: NOW });
    assert.deepEqual(await takenOn(store, resource, { at: before }), ['09:00', '10:00', '11:00']);
    assert.deepEqual(await takenOn(store, resource, { at: then }), ['10:00']);
    const late = { createdAt: then, holdUntil: inMinutes(20) };
    const early = { ...late, createdAt: before };
    assert.deepEqual(await store.bookings.hold(workspace, holdOf('early', resource, '09:00', early), free), {
      refused: 'taken',
    });
    assert.equal((await store.bookings.get(workspace, 'left'))?.state, 'held');
    const next = await held(store, newWorkspace(), holdOf('next', resource, '09:00', late), (booked) => {
      assert.deepEqual(words(booked), ['10:00']);
      return null;
    });
    assert.equal(next.state, 'held');
    const left = await store.bookings.get(workspace, 'left');
    assert.deepEqual([left?.state, left?.stateReason, left?.endedAt], ['expired', 'It was not taken up in time', then]);
    // Asked for again, it is not given out as if it were held.
    assert.deepEqual(await held(store, workspace, holdOf('left', resource, '09:00', late)), left);
    assert.equal((await store.bookings.get(workspace, 'begun'))?.state, 'held');
    assert.deepEqual(await told(store, workspace), []);
  });

  test('overdue is what a workflow has and should have ended: held for too long, or confirmed with the meeting over', async () => {
    const store = open();
    const [one, other] = [newWorkspace(), newWorkspace()];
    const found = async (before: string, limit = 1_000) =>
      (await store.bookings.overdue(before, limit))
        .filter(({ workspace }) => workspace === one || workspace === other)
        .map(({ workspace, bookingId }) => [workspace === one ? 'one' : 'other', bookingId]);
    for (const [id, time] of [
      ['met', '09:30'],
      ['over', '09:00'],
      ['moved', '10:00'],
    ] as const) {
      await confirmed(store, id === 'over' ? other : one, holdOf(id, newResource(), time));
    }
    await store.bookings.end(one, 'moved', { state: 'completed', reason: null, at: NOW });
    for (const id of ['begun', 'unbegun']) await held(store, one, holdOf(id, newResource(), '12:00'));
    await store.bookings.change(one, 'begun', { startedAt: NOW });
    assert.deepEqual(await found(inMinutes(10)), []);
    assert.deepEqual(await found(inMinutes(11)), [['one', 'begun']]);
    assert.deepEqual(await found(clock('09:31')), [
      ['other', 'over'],
      ['one', 'begun'],
    ]);
    assert.deepEqual(await found(clock('11:00')), [
      ['other', 'over'],
      ['one', 'met'],
      ['one', 'begun'],
    ]);
    assert.equal((await store.bookings.overdue(clock('11:00'), 1)).length, 1);
  });

  test('holds that nobody took up end in every workspace, those that are under way stay', async () => {
    const store = open();
    const [one, other, resource] = [newWorkspace(), newWorkspace(), newResource()];
    const old = { createdAt: daysAgo(9_999), holdUntil: LONG_AGO };
    for (const [index, workspace] of [one, other, one, other].entries()) {
      await held(store, workspace, holdOf(`b${index}`, resource, `1${index}:00`, old));
    }
    await store.bookings.change(one, 'b2', { startedAt: LONG_AGO });
    await store.bookings.confirm(other, 'b3', LONG_AGO);
    assert.equal(await store.bookings.expireHolds('2018-12-31T23:59:59.999Z'), 0);
    assert.equal(await store.bookings.expireHolds(LONG_AGO), 2);
    assert.equal(await store.bookings.expireHolds(LONG_AGO), 0);
    const states = [];
    for (const [index, workspace] of [one, other, one, other].entries()) {
      const row = await store.bookings.get(workspace, `b${index}`);
      states.push([row?.state, row?.endedAt]);
    }
    const expired = ['expired', LONG_AGO];
    assert.deepEqual(states, [expired, expired, ['held', null], ['confirmed', null]]);
    for (const time of ['10:00', '11:00']) assert.ok(await canBeHad(store, one, resource, time));
    for (const time of ['12:00', '13:00']) assert.ok(!(await canBeHad(store, one, resource, time)));
  });

  test('a hold that nobody has begun to make is let go, and no other', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    await held(store, workspace, holdOf('left', resource));
    await held(store, workspace, holdOf('begun', resource, '10:00'));
    await store.bookings.change(workspace, 'begun', { startedAt: NOW });
    assert.equal(await store.bookings.letGo(workspace, 'none', NOW), null);
    for (const [id, state] of [
      ['left', 'expired'],
      ['left', 'expired'],
      ['begun', 'held'],
    ] as const) {
      assert.equal((await store.bookings.letGo(workspace, id, NOW))?.state, state);
    }
    assert.ok(await canBeHad(store, workspace, resource, '09:00'));
    assert.ok(!(await canBeHad(store, workspace, resource, '10:00')));
  });

  test('a booking is confirmed once and told once, with what the contract shows', async () => {
    const store = open();
    const workspace = newWorkspace();
    await held(store, workspace, holdOf('b1', newResource()));
    const row = await store.bookings.confirm(workspace, 'b1', inMinutes(1));
    assert.equal(row?.state, 'confirmed');
    assert.deepEqual(await store.bookings.confirm(workspace, 'b1', inMinutes(2)), row);
    const events = await store.events.after(workspace, 0, 9);
    const data = bookingOf(row);
    assert.deepEqual(events, [{ seq: 1, type: 'booking.confirmed', workspace, at: inMinutes(1), data }]);
    assert.deepEqual(booking.strict().parse(events[0]?.data), data);
    assert.equal(await store.bookings.confirm(workspace, 'b2', NOW), null);
  });

  test('a booking under way is changed, one that is over is not', async () => {
    const store = open();
    const workspace = newWorkspace();
    const row = await held(store, workspace, holdOf('b1', newResource()));
    const changes = {
      ...{ joinUrl: 'https://meet.example/1', meetingId: '81', repairs: ['calendar', 'meeting'], contactId: 'c2' },
      ...{ startedAt: inMinutes(1), stateReason: 'The calendar is away' },
    };
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await store.bookings.change(workspace, 'b1', changes), { ...row, ...changes });
    }
    assert.deepEqual(await store.bookings.change(workspace, 'b1', {}), { ...row, ...changes });
    const ended = await store.bookings.end(workspace, 'b1', { state: 'failed', reason: 'gone', at: inMinutes(2) });
    assert.deepEqual(await store.bookings.change(workspace, 'b1', { joinUrl: null }), ended);
    assert.deepEqual(await store.bookings.confirm(workspace, 'b1', NOW), ended);
    assert.deepEqual(await store.bookings.get(workspace, 'b1'), ended);
    assert.equal(ended?.joinUrl, changes.joinUrl);
    assert.equal(await store.bookings.change(workspace, 'b2', { joinUrl: null }), null);
    assert.deepEqual(await told(store, workspace), []);
  });

  test('a booking ends once, gives its time back, and tells what is to be told', async () => {
    const store = open();
    const ends = [
      ['cancelled', 1, ['booking.cancelled']],
      ['no_show', 0, ['booking.no_show']],
      ['completed', 0, []],
      ['expired', 0, []],
      ['failed', 0, []],
    ] as const;
    for (const [state, sequence, events] of ends) {
      const [workspace, resource] = [newWorkspace(), newResource()];
      const before = await confirmed(store, workspace, holdOf('b1', resource));
      const end = { state, reason: 'so it is', at: inMinutes(5) };
      const after = await store.bookings.end(workspace, 'b1', end);
      assert.deepEqual(after, { ...before, state, stateReason: 'so it is', sequence, endedAt: inMinutes(5) });
      for (const again of ['cancelled', 'completed', state] as const) {
        const repeated = { state: again, reason: 'late', at: inMinutes(6) };
        assert.deepEqual(await store.bookings.end(workspace, 'b1', repeated), after);
      }
      assert.deepEqual(await told(store, workspace), ['booking.confirmed', ...events]);
      const [, last] = await store.events.after(workspace, 0, 9);
      if (last) assert.deepEqual([last.at, last.data], [inMinutes(5), bookingOf(after!)]);
      assert.ok(await canBeHad(store, workspace, resource, '09:00'), state);
    }
    assert.equal(await store.bookings.end(newWorkspace(), 'b1', { state: 'failed', reason: null, at: NOW }), null);
  });

  test('a meeting that was counts towards its day, until it turns out that nobody came', async () => {
    const store = open();
    const [workspace, resource] = [newWorkspace(), newResource()];
    await confirmed(store, workspace, holdOf('b1', resource, '09:00', { apartMs: QUARTER_MS }));
    await confirmed(store, workspace, holdOf('b2', resource, '14:00'));
    const completed = await store.bookings.end(workspace, 'b1', {
      ...{ state: 'completed', reason: null, at: clock('09:30') },
    });
    assert.deepEqual(await takenOn(store, resource), ['09:00', '14:00']);
    const span = { from: Date.parse(clock('09:30')), to: Date.parse(clock('12:00')) };
    assert.deepEqual(await store.bookings.taken(resource, span, { calendar: 'intro', at: NOW }), []);
    const noShow = { state: 'no_show' as const, reason: 'nobody came', at: clock('10:00') };
    const after = await store.bookings.end(workspace, 'b1', noShow);
    assert.deepEqual(after, { ...completed, state: 'no_show', stateReason: 'nobody came' });
    assert.equal(after?.endedAt, clock('09:30'));
    assert.deepEqual(await store.bookings.end(workspace, 'b1', { ...noShow, at: clock('11:00') }), after);
    assert.deepEqual(await takenOn(store, resource), ['14:00']);
    const events = await store.events.after(workspace, 2, 9);
    assert.deepEqual(
      events.map(({ type, at }) => [type, at]),
      [['booking.no_show', clock('10:00')]],
    );
  });

  test('a resource is of all workspaces, an id of one', async () => {
    const store = open();
    const [one, other, resource] = [newWorkspace(), newWorkspace(), newResource()];
    await held(store, one, holdOf('b1', resource, '09:00'));
    const row = await held(store, other, holdOf('b1', resource, '10:00'));
    assert.deepEqual(await takenOn(store, resource), ['09:00', '10:00']);
    await store.bookings.beginMove(one, 'b1', { ...slotAt('11:00'), apartMs: 0, at: NOW }, (booked) => {
      assert.deepEqual(words(booked), ['10:00']);
      return null;
    });
    await store.bookings.end(one, 'b1', { state: 'cancelled', reason: null, at: NOW });
    assert.deepEqual(await store.bookings.get(other, 'b1'), row);
    assert.deepEqual(await takenOn(store, resource), ['10:00']);
  });

  test('bookings are listed by calendar, slot, contact and state', async () => {
    const store = open();
    const workspace = newWorkspace();
    await held(store, workspace, holdOf('b1', newResource(), '10:00'));
    await held(store, workspace, holdOf('b2', newResource(), '09:00', { calendar: 'demo' }));
    await confirmed(store, workspace, holdOf('b3', newResource(), '09:00', { contactId: null }));
    const listed = async (filter: Omit<Parameters<typeof store.bookings.list>[1], 'limit'>) =>
      (await store.bookings.list(workspace, { limit: 9, ...filter })).items.map(({ bookingId }) => bookingId);
    assert.deepEqual(await listed({}), ['b3', 'b2', 'b1']);
    assert.deepEqual(await listed({ calendar: 'intro' }), ['b3', 'b1']);
    assert.deepEqual(await listed({ slotId: slotAt('10:00').slotId }), ['b1']);
    assert.deepEqual(await listed({ contactId: 'c1' }), ['b2', 'b1']);
    assert.deepEqual(await listed({ state: 'held', calendar: 'demo' }), ['b2']);
    assert.deepEqual(await listed({ state: 'cancelled' }), []);
  });

  test('the leave of a representative is kept once, the last one', async () => {
    const store = open();
    const representative = newResource();
    assert.equal(await store.calendarConnections.get(representative), null);
    const leave = { representative, refreshToken: 'one', connectedAt: NOW, connectedBy: 'mia', expiresAt: null };
    const newer = { ...leave, refreshToken: 'two', connectedAt: inMinutes(1), expiresAt: daysAgo(-7) };
    for (const given of [leave, newer, newer]) {
      await store.calendarConnections.put(given);
      assert.deepEqual(await store.calendarConnections.get(representative), given);
    }
    assert.equal(await store.calendarConnections.get(newResource()), null);
  });
}
