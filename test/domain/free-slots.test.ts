import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarSettings } from '../../domain/contracts/calendars.ts';
import { slot as slotSchema } from '../../domain/contracts/slots.ts';
import { parseSlotId, slotId } from '../../domain/slots/slot-ids.ts';
import {
  type BookedTime,
  apartOf,
  isSlotStart,
  slotStarts,
  slotsBetween,
  spanOf,
  whyNotFree,
} from '../../domain/slots/slots.ts';
import { DAY, HOUR, MINUTE, WHOLE_DAYS, at, iso, rules } from '../support/slot-rules.ts';

const NOBODY = { bookings: [], busy: null };

/** 15 March 2027, a Monday: 09:00 in New York. */
const NINE = at('2027-03-15T13:00:00Z');
const TEN = NINE + HOUR;

const booked = (start: number, end: number, more: Partial<BookedTime> = {}): BookedTime => ({
  ...{ start, end, apartMs: 0, ofCalendar: true, ...more },
});

test('no two meetings overlap, and what lies between two is the longest buffer of either', () => {
  const why = (settings: object, start: number, booking: BookedTime) =>
    whyNotFree(rules(settings), start, { bookings: [booking], busy: null }, 0) === 'taken';
  const far = { horizon: '36500d' };
  assert.equal(why(far, TEN, booked(NINE, TEN)), false);
  assert.equal(why(far, TEN, booked(NINE, TEN + 1)), true);
  assert.equal(why(far, TEN, booked(TEN + 30 * MINUTE, TEN + HOUR)), false);
  assert.equal(why(far, TEN, booked(TEN + 30 * MINUTE - 1, TEN + HOUR)), true);
  for (const buffers of [{ bufferBefore: '10m' }, { bufferAfter: '10m' }, { bufferBefore: '5m', bufferAfter: '10m' }]) {
    assert.equal(apartOf(rules(buffers)), 10 * MINUTE);
    assert.equal(why({ ...far, ...buffers }, TEN, booked(NINE, TEN - 10 * MINUTE)), false);
    assert.equal(why({ ...far, ...buffers }, TEN, booked(NINE, TEN - 10 * MINUTE + 1)), true);
    assert.equal(why({ ...far, ...buffers }, TEN, booked(TEN + 40 * MINUTE, TEN + HOUR)), false);
    assert.equal(why({ ...far, ...buffers }, TEN, booked(TEN + 40 * MINUTE - 1, TEN + HOUR)), true);
  }
  const wide = { apartMs: 15 * MINUTE };
  assert.equal(why(far, TEN, booked(NINE, TEN - 15 * MINUTE, wide)), false);
  assert.equal(why(far, TEN, booked(NINE, TEN - 14 * MINUTE, wide)), true);
  assert.equal(why(far, TEN, booked(TEN + 44 * MINUTE, TEN + HOUR, { ...wide, ofCalendar: false })), true);
});

const ORDINARY = { allDay: false, tentative: false, eventId: null };

test('the representative’s own appointments keep their distance too: before by one buffer, after by the other', () => {
  const buffered = { horizon: '36500d', bufferBefore: '10m', bufferAfter: '20m' };
  const why = (start: number, end: number) =>
    whyNotFree(rules(buffered), TEN, { bookings: [], busy: [{ ...ORDINARY, start, end }] }, 0);
  assert.equal(why(NINE, TEN - 10 * MINUTE), null);
  assert.equal(why(NINE, TEN - 10 * MINUTE + 1), 'taken');
  assert.equal(why(TEN + 50 * MINUTE, TEN + HOUR), null);
  assert.equal(why(TEN + 50 * MINUTE - 1, TEN + HOUR), 'taken');
  assert.equal(why(NINE - DAY, TEN + DAY), 'taken');
});

test('events of whole days and tentative ones take up time, unless they are said not to', () => {
  const why = (settings: object, event: object) =>
    whyNotFree(
      rules({ horizon: '36500d', ...settings }),
      TEN,
      { bookings: [], busy: [{ ...ORDINARY, start: NINE, end: NINE + DAY, ...event }] },
      0,
    );
  const [free, tentative] = [{ allDayEvents: 'free' }, { tentativeEvents: 'free' }];
  assert.equal(why({}, { allDay: true }), 'taken');
  assert.equal(why({}, { tentative: true }), 'taken');
  assert.equal(why(free, { allDay: true }), null);
  assert.equal(why(free, { tentative: true }), 'taken');
  assert.equal(why(tentative, { tentative: true }), null);
  assert.equal(why(tentative, { allDay: true }), 'taken');
  assert.equal(why(tentative, { allDay: true, tentative: true }), null);
  assert.equal(why({ ...free, ...tentative }, {}), 'taken');
});

test('a slot is offered until its notice, and from its horizon on', () => {
  const near = rules({ notice: '2h', horizon: '3d' });
  const why = (now: number) => whyNotFree(near, TEN, NOBODY, now);
  assert.equal(why(TEN - 2 * HOUR), null);
  assert.equal(why(TEN - 2 * HOUR + 1), 'too_soon');
  assert.equal(why(TEN + DAY), 'too_soon');
  assert.equal(why(TEN - 3 * DAY), null);
  assert.equal(why(TEN - 3 * DAY - 1), 'too_far');
  assert.equal(whyNotFree(near, TEN + 1, NOBODY, TEN - DAY), 'no_slot');
  assert.equal(whyNotFree(near, TEN + 5 * DAY, NOBODY, 0), 'no_slot', 'a Saturday');
});

test('what a span offers is what can be had by itself, at both of its ends', () => {
  const near = rules({ notice: '2h', horizon: '30h', slot: '10m' });
  for (const now of [TEN - 2 * HOUR, TEN - 2 * HOUR + 1, TEN - 2 * HOUR - 1]) {
    const span = spanOf(near, now, 7, now);
    const found = new Set(slotStarts(near, span.from, span.to));
    assert.ok(found.size > 10);
    for (const start of slotStarts(near, now - DAY, now + 4 * DAY)) {
      assert.equal(found.has(start), whyNotFree(near, start, NOBODY, now) === null, iso(start));
    }
  }
});

test('today is the first of so many days, on the calendar’s clock, whatever its length', () => {
  const span = (timezone: string, from: string, days: number, now = 0) => {
    const { from: first, to } = spanOf(rules({ horizon: '36500d' }, timezone), at(from), days, now);
    return [iso(first), iso(to)];
  };
  // 23:30 in New York, half an hour before the day on which clocks go forward.
  const late = '2027-03-14T04:30:00Z';
  assert.deepEqual(span('America/New_York', late, 1), ['2027-03-14T04:30Z', '2027-03-14T05:00Z']);
  assert.deepEqual(span('America/New_York', late, 2), ['2027-03-14T04:30Z', '2027-03-15T04:00Z']);
  // Midnight of 5 September does not come, and that of 4 April comes after 23:00 has come twice.
  assert.deepEqual(span('America/Santiago', '2027-09-04T12:00:00Z', 1)[1], '2027-09-05T04:00Z');
  assert.deepEqual(span('America/Santiago', '2027-04-03T12:00:00Z', 1)[1], '2027-04-04T04:00Z');
  assert.deepEqual(span('Pacific/Apia', '2011-12-29T20:00:00Z', 1)[1], '2011-12-30T10:00Z');
  // 44 minutes and 30 seconds are skipped.
  const { to } = spanOf(rules({ horizon: '36500d' }, 'Africa/Monrovia'), at('1972-01-06T12:00:00Z'), 1, 0);
  assert.equal(to, at('1972-01-07T00:44:30Z'));
});

test('a span does not start before the notice, nor end after the horizon, nor before it starts', () => {
  const near = rules({ notice: '2h', horizon: '3d' });
  assert.deepEqual(spanOf(near, NINE, 1, NINE), { from: NINE + 2 * HOUR, to: at('2027-03-16T04:00:00Z') });
  assert.deepEqual(spanOf(near, NINE, 30, NINE).to, NINE + 3 * DAY + 1);
  assert.deepEqual(spanOf(near, NINE + DAY, 1, NINE).from, NINE + DAY);
  assert.deepEqual(spanOf(near, NINE - 30 * DAY, 1, NINE), { from: NINE + 2 * HOUR, to: NINE + 2 * HOUR });
  assert.deepEqual(spanOf(near, NINE + 30 * DAY, 1, NINE), { from: NINE + 30 * DAY, to: NINE + 30 * DAY });
});

test('the daily maximum counts the calendar’s own meetings of a day on its clock', () => {
  const few = rules({ dailyMax: 2, horizon: '36500d', ...WHOLE_DAYS });
  const why = (start: number, ...bookings: BookedTime[]) => whyNotFree(few, start, { bookings, busy: null }, 0);
  const midnight = at('2027-03-15T04:00:00Z');
  const one = booked(midnight, midnight + HOUR);
  assert.equal(why(TEN, one), null);
  assert.equal(why(TEN, one, booked(NINE, TEN)), 'day_full');
  assert.equal(why(NINE, one, booked(NINE, TEN)), 'taken');
  assert.equal(why(TEN, one, booked(NINE, TEN, { ofCalendar: false })), null);
  assert.equal(why(TEN, one, booked(midnight - HOUR, midnight)), null, 'the evening before');
  assert.equal(why(midnight - HOUR, one, booked(NINE, TEN)), null);
  assert.equal(
    why(midnight + 20 * HOUR, one, booked(NINE, TEN)),
    'day_full',
    'in UTC the same day as tomorrow’s first',
  );
});

test('a day of 25 hours has one daily maximum, from its first to its last', () => {
  const one = rules({ dailyMax: 1, horizon: '36500d', ...WHOLE_DAYS });
  const [first, last] = [at('2027-11-07T04:00:00Z'), at('2027-11-08T04:30:00Z')];
  assert.equal(whyNotFree(one, last, { bookings: [booked(first, first + HOUR)], busy: null }, 0), 'day_full');
  assert.equal(whyNotFree(one, last + HOUR, { bookings: [booked(first, first + HOUR)], busy: null }, 0), null);
});

test('slots are shown with their ids, on the calendar’s clock, and those that are taken as such', () => {
  const shown = slotsBetween(
    rules({}),
    { from: NINE, to: TEN },
    { bookings: [booked(NINE, NINE + MINUTE)], busy: null },
    'unverified',
  );
  assert.deepEqual(shown, [
    {
      ...{ id: 'demo-20270315T130000Z', calendar: 'demo', available: false, source: 'unverified' },
      ...{ start: '2027-03-15T13:00:00.000Z', end: '2027-03-15T13:30:00.000Z', local: '2027-03-15T09:00:00-04:00' },
    },
    {
      ...{ id: 'demo-20270315T133000Z', calendar: 'demo', available: true, source: 'unverified' },
      ...{ start: '2027-03-15T13:30:00.000Z', end: '2027-03-15T14:00:00.000Z', local: '2027-03-15T09:30:00-04:00' },
    },
  ]);
  for (const slot of shown) assert.deepEqual(slotSchema.parse(slot), slot);
});

test('an id says calendar and start, whatever the calendar is called', () => {
  for (const calendar of ['demo', 'a', '-', 'q1-20270315', 'demo-20270315T130000Z'.toLowerCase(), 'x'.repeat(40)]) {
    const id = slotId(calendar, NINE);
    assert.deepEqual(slotSchema.shape.id.parse(id), id);
    assert.deepEqual(parseSlotId(id), { calendar, start: NINE });
  }
});

test('a forged id is none, and one of a time that is no slot is not taken for one', () => {
  for (const id of [
    ...['', 'demo', 'demo-', '-20270315T130000Z', '20270315T130000Z', 'demo-20270315T130000', 'demo-20270315t130000z'],
    ...['demo-20270230T130000Z', 'demo-20271301T130000Z', 'demo-20270315T240000Z', 'demo-20270315T126000Z'],
    ...['demo-20270315T130060Z', 'Demo-20270315T130000Z', 'de mo-20270315T130000Z', ' demo-20270315T130000Z'],
    ...['demo-20270315T130000Z\n', 'demo-+20270315T130000Z', 'demo-20270315T130000.5Z', 'dëmo-20270315T130000Z'],
    ...[`${'x'.repeat(41)}-20270315T130000Z`, 'demo-२०२७0315T130000Z', '../demo-20270315T130000Z'],
  ]) {
    assert.equal(parseSlotId(id), null, id);
  }
  assert.ok(isSlotStart(rules({}), parseSlotId('demo-20270315T130000Z')!.start));
  for (const id of [
    'demo-20270315T130001Z',
    'demo-20270315T131500Z',
    'demo-20270314T130000Z',
    'demo-20270315T210000Z',
  ]) {
    assert.ok(!isSlotStart(rules({}), parseSlotId(id)!.start), id);
  }
});

test('slots begin at whole seconds, by which their ids tell them apart', () => {
  for (const wrong of [{ slot: 1_500 }, { step: 1 }]) {
    const { error } = calendarSettings.safeParse(wrong);
    assert.deepEqual(
      error?.issues.map(({ message }) => message),
      ['must be whole seconds'],
    );
  }
  assert.equal(rules({ step: '90s' }).stepMs, 90_000);
});
