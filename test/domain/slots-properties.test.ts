import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WEEKDAYS, type WorkingHours, type WorkingTime } from '../../domain/contracts/calendars.ts';
import { transitions } from '../../domain/cron/index.ts';
import { PLACES } from '../../domain/cron/zone-table.ts';
import type { SlotRules } from '../../domain/slots/rules.ts';
import { parseSlotId, slotId } from '../../domain/slots/slot-ids.ts';
import { type BookedTime, isSlotStart, slotStarts, spanOf, whyOccupied } from '../../domain/slots/slots.ts';
import { edgeAt, instantAt } from '../../domain/slots/wall-clock.ts';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 86_400_000;

const iso = (instant: number): string => new Date(instant).toISOString();

/** What a zone's clocks show, by Intl alone: milliseconds of a clock without zone. */
function reader(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (instant) => Date.parse(`${format.format(instant).replace(' ', 'T')}:00Z`);
}

/** The same minute by minute from `start`. Quarters of an hour that are as long as ever are not looked into. */
function walk(timezone: string, start: number, minutes: number): number[] {
  const shown = reader(timezone);
  const clock: number[] = [];
  for (let from = start; clock.length < minutes; from += QUARTER) {
    const [first, next] = [shown(from), shown(from + QUARTER)];
    for (let passed = 0; passed < QUARTER; passed += MINUTE) {
      clock.push(next - first === QUARTER ? first + passed : shown(from + passed));
    }
  }
  return clock;
}

const midnightOf = (wall: number): number => Math.floor(wall / DAY) * DAY;

/** Working times of a day of a clock, as milliseconds on it. Sunday is 0 to JavaScript. */
function worked(hours: WorkingHours, midnight: number): { from: number; to: number }[] {
  const times = hours[WEEKDAYS[(new Date(midnight).getUTCDay() + 6) % 7]!] ?? [];
  return times.map(([from, to]) => ({ from: midnight + from * MINUTE, to: midnight + to * MINUTE }));
}

/** Whether a clock shows a working time, minute by minute; always where there are no hours to keep. */
const atWork = (hours: WorkingHours | undefined, clock: readonly number[]): boolean[] =>
  clock.map(
    (wall) => hours === undefined || worked(hours, midnightOf(wall)).some(({ from, to }) => wall >= from && wall < to),
  );

/** Starts of slots by looking at every minute of the clocks. */
function minuteByMinute(rules: SlotRules, clock: readonly number[], theirs: readonly number[], start: number) {
  const [slot, step] = [rules.slotMs / MINUTE, rules.stepMs];
  const seen = new Set<number>();
  const found: number[] = [];
  const met = atWork(rules.representativeHours?.hours, theirs);
  for (const [index, wall] of clock.entries()) {
    if (seen.has(wall)) continue;
    seen.add(wall);
    if (rules.holidays.has(iso(midnightOf(wall)).slice(0, 10))) continue;
    for (const { from, to } of worked(rules.hours, midnightOf(wall))) {
      if (wall < from || wall >= to || (wall - from) % step !== 0) continue;
      const isFree = (at: number): boolean => met[at]! && clock[at]! >= from && clock[at]! < to;
      let at = index;
      while (at < index + slot && isFree(at)) at += 1;
      if (at === index + slot) found.push(start + index * MINUTE);
    }
  }
  return found;
}

/** Up to three working times of a day, in order; some of them meet. */
const workingTimes = fc
  .uniqueArray(
    fc.oneof(
      fc.integer({ min: 0, max: 24 }).map((hour) => hour * 60),
      fc.integer({ min: 0, max: 1_440 }),
    ),
    { maxLength: 6 },
  )
  .chain((edges) => {
    const sorted = edges.toSorted((one, other) => one - other);
    const apart = sorted.flatMap((edge, index): WorkingTime[] =>
      index % 2 === 0 && sorted[index + 1] !== undefined ? [[edge, sorted[index + 1]!]] : [],
    );
    const met = sorted.slice(1).map((edge, index): WorkingTime => [sorted[index]!, edge]);
    return fc.constantFrom(apart, apart, met);
  });

const hours: fc.Arbitrary<WorkingHours> = fc.oneof(
  { weight: 4, arbitrary: fc.record(Object.fromEntries(WEEKDAYS.map((day) => [day, workingTimes]))) },
  { weight: 2, arbitrary: workingTimes.map((times) => Object.fromEntries(WEEKDAYS.map((day) => [day, times]))) },
  { weight: 1, arbitrary: fc.constant(Object.fromEntries(WEEKDAYS.map((day) => [day, [[0, 1_440]]]))) },
);

const minutes = (most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(5, 15, 30, 60, 90), fc.integer({ min: 1, max: most })).map((length) => length * MINUTE);

/** Of every zone, around a change of its clocks where there is one in those years. */
const moments = fc
  .record({
    timezone: fc.constantFrom(...PLACES),
    year: fc.integer({ min: 1973, max: 2037 }),
    which: fc.nat({ max: 3 }),
  })
  .map(({ timezone, year, which }) => {
    const found = transitions(timezone, Date.UTC(year, 0), Date.UTC(year + 2, 0));
    const at = found[which % Math.max(1, found.length)]?.at ?? Date.UTC(year, which * 3 + 1, 7);
    return { timezone, at: Math.floor(at / QUARTER) * QUARTER };
  });

const NAMED = [
  { timezone: 'Pacific/Apia', at: Date.parse('2011-12-30T10:00:00Z') },
  { timezone: 'Pacific/Kwajalein', at: Date.parse('1993-08-21T12:00:00Z') },
  { timezone: 'Antarctica/Casey', at: Date.parse('2010-03-04T15:00:00Z') },
  { timezone: 'America/St_Johns', at: Date.parse('2006-10-29T02:30:00Z') },
  { timezone: 'America/Santiago', at: Date.parse('2027-04-04T03:00:00Z') },
  { timezone: 'Australia/Lord_Howe', at: Date.parse('2027-10-02T15:30:00Z') },
  { timezone: 'Antarctica/Troll', at: Date.parse('2027-10-31T01:00:00Z') },
];

const anyMoment = fc.oneof({ weight: 4, arbitrary: moments }, { weight: 1, arbitrary: fc.constantFrom(...NAMED) });

const REST = {
  ...{ calendar: 'demo', bufferBeforeMs: 0, bufferAfterMs: 0, noticeMs: 0, horizonMs: 60 * DAY, dailyMax: null },
  allDayEvents: 'busy',
  tentativeEvents: 'busy',
} as const;

/** Rules, and a moment near which clocks change. */
const calendars = fc
  .record({
    moment: anyMoment,
    ...{ hours, slotMs: minutes(300), stepMs: minutes(400) },
    theirs: fc.option(fc.record({ timezone: fc.option(fc.constantFrom(...PLACES)), hours }), { freq: 2 }),
    holiday: fc.integer({ min: -4, max: 4 }),
  })
  .map(({ moment: { timezone, at }, theirs, holiday, ...asked }) => {
    const holidays = new Set([iso(at + holiday * DAY).slice(0, 10)]);
    const representativeHours = theirs && { ...theirs, timezone: theirs.timezone ?? timezone };
    const rules: SlotRules = { ...REST, ...asked, timezone, holidays, representativeHours };
    return { rules, at };
  });

/** Days around a change that are looked at, and before and after them those that are walked through as well. */
const [AROUND, MARGIN] = [1.5 * DAY, DAY];

test('slots are those that a walk through every minute of the clocks finds', () => {
  let found = 0;
  fc.assert(
    fc.property(calendars, ({ rules, at }) => {
      const [from, to] = [at - AROUND, at + AROUND];
      const length = (to - from + 2 * MARGIN) / MINUTE;
      const clock = walk(rules.timezone, from - MARGIN, length);
      const theirs = walk(rules.representativeHours?.timezone ?? 'UTC', from - MARGIN, length);
      const expected = minuteByMinute(rules, clock, theirs, from - MARGIN).filter(
        (start) => start >= from && start < to,
      );
      assert.deepEqual([...slotStarts(rules, from, to)].map(iso), expected.map(iso));
      found += expected.length;
    }),
    { numRuns: 200 },
  );
  assert.ok(found > 2_000, `${found}`);
});

test('wherever one starts to look, the same slots are found, and each by itself', () => {
  const offsets = fc.integer({ min: -26 * 60, max: 26 * 60 });
  fc.assert(
    fc.property(calendars, offsets, offsets, ({ rules, at }, one, other) => {
      const [from, to] = [at + Math.min(one, other) * MINUTE, at + Math.max(one, other) * MINUTE];
      const all = [...slotStarts(rules, at - 3 * DAY, at + 3 * DAY)];
      assert.deepEqual(
        [...slotStarts(rules, from, to)],
        all.filter((start) => start >= from && start < to),
      );
      for (const start of all.slice(0, 10)) {
        assert.ok(isSlotStart(rules, start));
        assert.ok(!isSlotStart(rules, start + 1));
        assert.deepEqual(parseSlotId(slotId('demo', start)), { calendar: 'demo', start });
      }
    }),
    { numRuns: 300 },
  );
});

test('no two slots overlap where they are no longer than what lies between them, but past a change forward', () => {
  fc.assert(
    fc.property(calendars, ({ rules, at }) => {
      const all = [
        ...slotStarts({ ...rules, stepMs: Math.max(rules.stepMs, rules.slotMs) }, at - 3 * DAY, at + 3 * DAY),
      ];
      for (const [index, start] of all.slice(1).entries()) {
        const before = all[index]!;
        const forward = transitions(rules.timezone, before, start + 1).some(({ before: old, after }) => after > old);
        assert.ok(forward ? start > before : start >= before + rules.slotMs, `${iso(before)} ${iso(start)}`);
      }
    }),
    { numRuns: 200 },
  );
});

test('in every zone, every day has its nine o’clock, and half past two but where the clocks skip it', () => {
  const times: WorkingTime[] = [
    [150, 180],
    [540, 570],
  ];
  const daily = Object.fromEntries(WEEKDAYS.map((day) => [day, times]));
  let skipped = 0;
  for (const timezone of PLACES) {
    const rules = { ...REST, timezone, hours: daily, slotMs: 30 * MINUTE, stepMs: 30 * MINUTE };
    const shown = reader(timezone);
    const all = [
      ...slotStarts({ ...rules, holidays: new Set(), representativeHours: null }, Date.UTC(2027, 0), Date.UTC(2028, 0)),
    ].map(shown);
    const nine = all.filter((wall) => wall % DAY === 540 * MINUTE);
    const early = all.filter((wall) => wall % DAY === 150 * MINUTE);
    assert.equal(all.length, nine.length + early.length, timezone);
    // The first day begins, and the last ends, in another year of UTC.
    assert.ok(nine.length >= 365 && nine.length <= 366, `${timezone} ${nine.length}`);
    for (const [index, wall] of nine.slice(1).entries()) assert.equal(wall - nine[index]!, DAY, timezone);
    skipped += nine.length - early.length;
  }
  assert.ok(skipped > 30, `${skipped}`);
});

test('a time of the clock is the first instant that shows it, and the edge of one that is skipped is where they jump', () => {
  const anyTime = fc.integer({ min: -36 * 60, max: 36 * 60 });
  fc.assert(
    fc.property(anyMoment, fc.array(anyTime, { minLength: 1, maxLength: 30 }), ({ timezone, at }, times) => {
      const start = at - 4 * DAY;
      const clock = walk(timezone, start, (8 * DAY) / MINUTE);
      const middle = clock[(4 * DAY) / MINUTE]!;
      for (const wall of times.map((time) => middle + time * MINUTE)) {
        const index = clock.indexOf(wall);
        const label = `${timezone} ${iso(wall)}`;
        assert.equal(instantAt(timezone, wall), index < 0 ? null : start + index * MINUTE, label);
        const edge = start + clock.findIndex((shown) => shown >= wall) * MINUTE;
        assert.equal(edgeAt(timezone, wall), index < 0 ? edge : start + index * MINUTE, label);
      }
    }),
    { numRuns: 200 },
  );
});

test('a span of days ends when the clocks first show the end of its last', () => {
  const days = fc.integer({ min: 1, max: 3 });
  fc.assert(
    fc.property(anyMoment, days, fc.integer({ min: -30, max: 30 }), ({ timezone, at }, count, hour) => {
      const from = at + hour * 60 * MINUTE;
      const clock = walk(timezone, from, (6 * DAY) / MINUTE);
      const rules = { ...REST, timezone, hours: {}, slotMs: MINUTE, stepMs: MINUTE, holidays: new Set<string>() };
      const { to } = spanOf({ ...rules, representativeHours: null }, from, count, from);
      // One that ends before it is looked at has been shown before.
      fc.pre(to > from);
      const end = midnightOf(clock[0]!) + count * DAY;
      assert.equal(iso(to), iso(from + clock.findIndex((shown) => shown >= end) * MINUTE));
    }),
    { numRuns: 200 },
  );
});

test('what is free is as far from every booking as either wants, and on a day that is not full', () => {
  const booking = fc.record({
    ...{ start: fc.integer({ min: -48 * 60, max: 48 * 60 }), length: fc.integer({ min: 1, max: 180 }) },
    ...{ apart: fc.constantFrom(0, 0, 5, 30), ofCalendar: fc.boolean() },
  });
  const limits = fc.record({
    ...{ before: fc.constantFrom(0, 0, 10, 45), after: fc.constantFrom(0, 0, 10, 45) },
    dailyMax: fc.constantFrom(null, 1, 2, 3),
  });
  fc.assert(
    fc.property(calendars, fc.array(booking, { maxLength: 12 }), limits, ({ rules, at }, drawn, limit) => {
      const bookings = drawn.map(({ start, length, apart, ofCalendar }): BookedTime => {
        const from = at + start * MINUTE;
        return { start: from, end: from + length * MINUTE, apartMs: apart * MINUTE, ofCalendar };
      });
      const { before, after, dailyMax } = limit;
      const limited = { ...rules, bufferBeforeMs: before * MINUTE, bufferAfterMs: after * MINUTE, dailyMax };
      const shown = reader(rules.timezone);
      for (const start of [...slotStarts(limited, at - DAY, at + DAY)].slice(0, 40)) {
        const gap = (one: BookedTime): number => Math.max(one.start - start - rules.slotMs, start - one.end) / MINUTE;
        const near = bookings.some((one) => gap(one) < Math.max(before, after, one.apartMs / MINUTE));
        const day = midnightOf(shown(start));
        const ofDay = bookings.filter((one) => one.ofCalendar && midnightOf(shown(one.start)) === day);
        const full = dailyMax !== null && ofDay.length >= dailyMax;
        const expected = near ? 'taken' : full ? 'day_full' : null;
        assert.equal(whyOccupied(limited, start, { bookings, busy: null }), expected);
      }
    }),
    { numRuns: 150 },
  );
});
