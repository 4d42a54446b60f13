import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarSettings } from '../../domain/contracts/calendars.ts';
import { slotStarts } from '../../domain/slots/slots.ts';
import { DAY, HOUR, MINUTE, WHOLE_DAYS, at, iso, rules } from '../support/slot-rules.ts';

const starts = (settings: object, timezone: string, from: string, to: string): string[] =>
  [...slotStarts(rules(settings, timezone), at(from), at(to))].map(iso);

/** What clocks show, by Intl alone: `2027-03-15 09:00`. */
function reader(timeZone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (instant) => format.format(instant);
}

/** Zones, and days on which their clocks change: the first goes forward there, the second back. */
const CHANGES: [timezone: string, forward: string, back: string][] = [
  ['America/New_York', '2027-03-14', '2027-11-07'],
  ['Europe/London', '2027-03-28', '2027-10-31'],
  ['Australia/Lord_Howe', '2027-10-03', '2027-04-04'],
  ['America/Santiago', '2027-09-05', '2027-04-03'],
  ['Africa/Cairo', '2027-04-30', '2027-10-28'],
  ['America/Havana', '2027-03-14', '2027-11-07'],
  ['Asia/Beirut', '2027-03-28', '2027-10-30'],
];

for (const [timezone, ...days] of [...CHANGES, ['Asia/Kolkata', '2027-03-14', '2027-11-07'] as const]) {
  test(`${timezone}: working days are 09:00 to 17:00 on its clocks before, at and after every change`, () => {
    const shown = reader(timezone);
    for (const date of days) {
      const found = [...slotStarts(rules({}, timezone), at(date) - 8 * DAY, at(date) + 8 * DAY)];
      const byDay = Map.groupBy(found, (start) => shown(start).slice(0, 10));
      // The first and last are cut by the span itself.
      for (const [day, ofDay] of [...byDay].slice(1, -1)) {
        assert.ok(![0, 6].includes(new Date(day).getUTCDay()), day);
        const times = Array.from({ length: 16 }, (_, index) => iso(at(day) + 9 * HOUR + index * 30 * MINUTE));
        assert.deepEqual(
          ofDay.map((start) => `${shown(start).replace(' ', 'T')}Z`),
          times,
        );
        assert.equal(shown(ofDay.at(-1)! + 30 * MINUTE), `${day} 17:00`);
      }
      assert.ok(byDay.size >= 10, `${date} ${byDay.size}`);
    }
  });
}

for (const [timezone, forward, back] of CHANGES) {
  test(`${timezone}: no slot in a time that is skipped, one in a time that comes twice, and that is the first`, () => {
    const shown = reader(timezone);
    const local = (date: string) =>
      [...slotStarts(rules({ ...WHOLE_DAYS, slot: '15m' }, timezone), at(date) - 2 * DAY, at(date) + 2 * DAY)]
        .map((start) => ({ start, wall: shown(start) }))
        .filter(({ wall }) => wall.startsWith(date));
    const shortened = local(forward);
    const missing = timezone === 'Australia/Lord_Howe' ? 2 : 4;
    assert.equal(shortened.length, 96 - missing);
    const lengthened = local(back);
    assert.equal(lengthened.length, 96);
    for (const { start, wall } of lengthened) {
      for (const earlier of [30, 60]) assert.notEqual(shown(start - earlier * MINUTE), wall);
    }
    const gaps = lengthened.map(({ start }, index) => (lengthened[index + 1]?.start ?? start + 15 * MINUTE) - start);
    // After the last of the times that come twice it goes on when they have come twice; at midnight that is the next day's.
    const atMidnight = lengthened.at(-1)!.start + 15 * MINUTE;
    const next = [...slotStarts(rules({ ...WHOLE_DAYS, slot: '15m' }, timezone), atMidnight, atMidnight + DAY)][0]!;
    gaps[95] = next - lengthened.at(-1)!.start;
    assert.deepEqual(
      gaps.filter((gap) => gap !== 15 * MINUTE),
      [15 * MINUTE * (missing + 1)],
    );
  });
}

test('clocks that change within working hours take their time from a night shift, or add to it', () => {
  const night = { hours: { sat: [['22:00', '24:00']], sun: [['00:00', '06:00']] }, slot: '1h' };
  const hours = (date: string): string[] =>
    starts(night, 'America/New_York', `${date}T12:00:00Z`, new Date(at(`${date}T12:00:00Z`) + DAY).toISOString()).map(
      (start) => start.slice(8),
    );
  assert.deepEqual(hours('2027-03-13'), [
    '14T03:00Z',
    '14T04:00Z',
    '14T05:00Z',
    '14T06:00Z',
    '14T07:00Z',
    '14T08:00Z',
    '14T09:00Z',
  ]);
  assert.deepEqual(hours('2027-11-06'), [
    '07T02:00Z',
    '07T03:00Z',
    '07T04:00Z',
    '07T05:00Z',
    '07T07:00Z',
    '07T08:00Z',
    '07T09:00Z',
    '07T10:00Z',
  ]);
});

test('a slot ends while its working time does, wherever the clocks go forward on the way', () => {
  const early = { hours: { sun: [['00:00', '02:30']] }, slot: '45m', step: '15m' };
  const span = ['2027-03-14T00:00:00Z', '2027-03-15T00:00:00Z'] as const;
  // 02:00 to 03:00 does not come: from 01:15 on, 45 minutes end at 02:00 at the latest, or after 03:00.
  assert.deepEqual(
    starts(early, 'America/New_York', ...span),
    ['05:00', '05:15', '05:30', '05:45', '06:00', '06:15'].map((time) => `2027-03-14T${time}Z`),
  );
  const late = { hours: { sun: [['02:30', '04:00']] }, slot: '30m' };
  assert.deepEqual(starts(late, 'America/New_York', ...span), ['2027-03-14T07:00Z', '2027-03-14T07:30Z']);
});

test('a day that the clocks skip altogether has no slot, and its neighbours all of theirs', () => {
  const found = starts({ ...WHOLE_DAYS, slot: '6h' }, 'Pacific/Apia', '2011-12-29T10:00:00Z', '2012-01-01T10:00:00Z');
  assert.deepEqual(
    found,
    ['29T10', '29T16', '29T22', '30T04', '30T10', '30T16', '30T22', '31T04']
      .map((hour) => `2011-12-${hour}:00Z`)
      .concat(
        ['31T10', '31T16', '31T22'].map((hour) => `2011-12-${hour}:00Z`),
        '2012-01-01T04:00Z',
      ),
  );
});

test('where clocks go back past midnight, the next day has begun before it begins again', () => {
  // Casey, 5 March 2010: after 01:59 came 23:00 of the day before.
  const mornings = { hours: { fri: [['00:00', '04:00']] }, slot: '30m' };
  const found = starts(mornings, 'Antarctica/Casey', '2010-03-04T00:00:00Z', '2010-03-06T00:00:00Z');
  const firsts = ['04T13:00', '04T13:30', '04T14:00', '04T14:30'];
  assert.deepEqual(
    found,
    [...firsts, '04T18:00', '04T18:30', '04T19:00', '04T19:30'].map((time) => `2010-03-${time}Z`),
  );
  assert.deepEqual(
    starts(mornings, 'Antarctica/Casey', '2010-03-04T00:00:00Z', '2010-03-04T15:30:00Z'),
    firsts.map((time) => `2010-03-${time}Z`),
  );
});

test('breaks are what lies between working times; what is left of one that no slot fits into is not offered', () => {
  const broken = {
    hours: {
      mon: [
        ['09:00', '12:15'],
        ['13:00', '15:00'],
      ],
    },
    slot: '1h',
  };
  const hours = (settings: object) =>
    starts(settings, 'UTC', '2027-03-15T00:00:00Z', '2027-03-16T00:00:00Z').map((start) => start.slice(11, 16));
  assert.deepEqual(hours(broken), ['09:00', '10:00', '11:00', '13:00', '14:00']);
  assert.deepEqual(hours({ ...broken, step: '30m' }), [
    ...['09:00', '09:30', '10:00', '10:30', '11:00', '13:00', '13:30', '14:00'],
  ]);
  assert.deepEqual(hours({ ...broken, step: '90m' }), ['09:00', '10:30', '13:00']);
  assert.deepEqual(hours({ ...broken, slot: '4h' }), []);
});

test('a working time may last until 24:00, and no slot goes on into the next day', () => {
  const late = { hours: { mon: [['22:30', '24:00']], tue: [['00:00', '01:00']] }, slot: '1h', step: '30m' };
  assert.deepEqual(starts(late, 'Asia/Kolkata', '2027-03-15T00:00:00Z', '2027-03-16T00:00:00Z'), [
    ...['2027-03-15T17:00Z', '2027-03-15T17:30Z', '2027-03-15T18:30Z'],
  ]);
});

test('a holiday is a day of the calendar, whatever day it is elsewhere', () => {
  const settings = { hours: { thu: [['00:00', '24:00']], fri: [['00:00', '24:00']] }, slot: '12h' };
  const span = ['2026-12-30T12:00:00Z', '2027-01-02T12:00:00Z'] as const;
  assert.deepEqual(starts({ ...settings, holidays: ['2027-01-01'] }, 'Pacific/Kiritimati', ...span), [
    '2026-12-30T22:00Z',
  ]);
  assert.deepEqual(starts({ ...settings, holidays: ['2026-12-31'] }, 'Pacific/Kiritimati', ...span), [
    ...['2026-12-31T10:00Z', '2026-12-31T22:00Z'],
  ]);
});

test('a representative in another zone is met in their own hours as well', () => {
  const kolkata = { timezone: 'Asia/Kolkata', hours: calendarSettings.parse({}).hours };
  const met = rules({ timezone: 'Europe/London', slot: '1h', hours: { mon: [['08:00', '17:00']] } }, 'UTC', kolkata);
  const found = (date: string) =>
    [...slotStarts(met, at(date), at(date) + DAY)].map((start) => iso(start).slice(11, 16));
  // 17:00 in Kolkata is 11:30 in London in winter, and 12:30 in summer.
  assert.deepEqual(found('2027-03-15'), ['08:00', '09:00', '10:00']);
  assert.deepEqual(found('2027-06-14'), ['07:00', '08:00', '09:00', '10:00']);
});

test('working times of a representative that meet, also at midnight, are one', () => {
  const hours = calendarSettings.parse({
    hours: {
      mon: [
        ['20:00', '22:00'],
        ['22:00', '24:00'],
      ],
      tue: [['00:00', '01:30']],
    },
  }).hours;
  const whole = { ...WHOLE_DAYS, timezone: 'UTC', slot: '90m', step: '30m' };
  const met = rules(whole, 'UTC', { timezone: 'Asia/Kolkata', hours });
  const found = [...slotStarts(met, at('2027-03-15'), at('2027-03-17'))].map(iso);
  // 20:00 to 01:30 in Kolkata.
  assert.deepEqual(
    found,
    ['14:30', '15:00', '15:30', '16:00', '16:30', '17:00', '17:30', '18:00', '18:30'].map(
      (time) => `2027-03-15T${time}Z`,
    ),
  );
});

test('a calendar without a zone has the one of its representative, else that of the service', () => {
  assert.equal(rules({}, 'UTC').timezone, 'UTC');
  assert.equal(rules({}, 'UTC', { timezone: 'Asia/Kolkata' }).timezone, 'Asia/Kolkata');
  assert.equal(rules({ timezone: 'asia/tokyo' }, 'UTC', { timezone: 'Asia/Kolkata' }).timezone, 'Asia/Tokyo');
  assert.equal(rules({}, 'UTC', { timezone: 'Asia/Kolkata' }).representativeHours, null);
  assert.equal(rules({ step: '45m' }).stepMs, 45 * MINUTE);
  assert.equal(rules({ slot: '20m' }).stepMs, 20 * MINUTE);
});
