import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Timing, fires, transitions } from '../../domain/cron/index.ts';
import { type SpecOptions, sameSpec, scheduleSpec, specHorizon } from '../../services/temporal/schedules/spec.ts';
import { serverFires, serverSearch } from '../support/server-fires.ts';

const DAY = 86_400_000;
const YEAR_2027 = { from: '2027-01-01T00:00:00.000Z', to: '2028-01-01T00:00:00.000Z' };

/** Zones by what their clocks do, each with a year in which they do it. */
const ZONES: readonly [timezone: string, year: number][] = [
  ['America/New_York', 2027],
  ['America/Los_Angeles', 2027],
  ['America/St_Johns', 2027],
  ['America/Santiago', 2027],
  ['America/Asuncion', 2023],
  ['America/Havana', 2027],
  ['America/Caracas', 2016],
  ['Europe/London', 2027],
  ['Europe/Berlin', 2027],
  ['Atlantic/Azores', 2027],
  ['Africa/Casablanca', 2024],
  ['Africa/Cairo', 2027],
  ['Asia/Beirut', 2027],
  ['Asia/Tehran', 2021],
  ['Asia/Kolkata', 2027],
  ['Asia/Pyongyang', 2018],
  ['Australia/Lord_Howe', 2027],
  ['Pacific/Chatham', 2027],
  ['Pacific/Easter', 2027],
  ['Pacific/Apia', 2011],
  ['Antarctica/Troll', 2027],
];

const iso = (instant: number): string => new Date(instant).toISOString();
const planned = (timing: Timing, from: string, to: string): string[] =>
  [...fires(timing, from, to)].map(({ at }) => at);

/** What the server would start of a timing's spec. */
function started(timing: Timing, from: string, to: string, options: Partial<SpecOptions> = {}): string[] {
  const { spec } = scheduleSpec(timing, { ...YEAR_2027, ...options });
  return [...serverFires(spec, Date.parse(from), Date.parse(to))].map(iso);
}

/** A field of a cron expression, often with values at which clocks change. */
function field(least: number, most: number, likely: readonly number[], star: number) {
  const value = fc.oneof(fc.integer({ min: least, max: most }), fc.constantFrom(...likely));
  const ascending = (values: readonly number[]) => [...new Set(values)].toSorted((one, other) => one - other);
  return fc.oneof(
    { weight: star, arbitrary: fc.constant('*') },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: Math.ceil(most / 2) }).map((step) => `*/${step}`) },
    { weight: 4, arbitrary: value.map(String) },
    { weight: 2, arbitrary: fc.tuple(value, value).map((ends) => ascending(ends).join('-')) },
    { weight: 2, arbitrary: fc.array(value, { minLength: 2, maxLength: 4 }).map((all) => ascending(all).join(',')) },
  );
}

const crons = fc
  .tuple(
    field(0, 59, [0, 15, 30, 45], 1),
    field(0, 23, [0, 1, 2, 3, 22, 23], 3),
    // Every month has these days.
    field(1, 28, [1, 13], 12),
    field(1, 12, [3, 4, 9, 10, 11], 20),
    field(0, 6, [0, 6], 10),
  )
  .map((fields) => fields.join(' '));

describe('What the server is told', () => {
  test('starts just the fires that are computed, whatever instant it looks from, through every change of clocks', () => {
    const property = fc.property(
      crons,
      fc.constantFrom(...ZONES),
      fc.array(fc.nat()),
      fc.array(fc.nat({ max: 5 * DAY })),
      (cron, [timezone, year], chosen, after) => {
        const timing = { cron, timezone };
        const options = { from: `${year}-01-01T00:00:00.000Z`, to: `${year + 1}-01-01T00:00:00.000Z` };
        const changes = transitions(timezone, Date.parse(options.from), Date.parse(options.to));
        const middles = [...changes.map(({ at }) => at), Date.UTC(year, 5, 15)];
        const spans = middles.map((at) => [Math.max(at - 3 * DAY, Date.parse(options.from)), at + 3 * DAY] as const);
        const all = spans.map(([from, to]) => planned(timing, iso(from), iso(to)));
        const skips = chosen.slice(0, 2).flatMap((index) => all.flat()[index % Math.max(1, all.flat().length)] ?? []);
        const { spec, exactUntil } = scheduleSpec(timing, { ...options, skips });
        assert.equal(exactUntil, options.to);
        for (const [index, [from, to]] of spans.entries()) {
          const wanted = (all[index] ?? []).filter((at) => !skips.includes(at));
          assert.deepEqual([...serverFires(spec, from, to)].map(iso), wanted);
          const next = serverSearch(spec, from, to);
          for (const offset of after) {
            const probe = from + Math.floor(offset / 1_000) * 1_000;
            assert.equal(next(probe) ?? null, Date.parse(wanted.find((at) => Date.parse(at) > probe) ?? '') || null);
          }
        }
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  test('a time in a gap is a dated entry that says so, the first of two is an instant of its own', () => {
    const newYork = { timezone: 'America/New_York' };
    const { spec } = scheduleSpec({ cron: '0 2 * * *', ...newYork }, YEAR_2027);
    assert.deepEqual(
      spec.calendars.map(({ comment }) => comment),
      ['0 2 * * *', '02:00 does not exist on 2027-03-14: at 03:00'],
    );
    assert.deepEqual(spec.intervals, []);
    const twice = scheduleSpec({ cron: '30 1 * * *', ...newYork }, YEAR_2027).spec;
    assert.deepEqual(twice.intervals, [{ every: Date.parse('2027-11-07T05:30:00.000Z'), offset: 0 }]);
  });

  test('a schedule that no change of clocks concerns is the calendar that people expect', () => {
    const { spec } = scheduleSpec({ cron: '*/15 9-17 * * mon-fri', timezone: 'Europe/Berlin' }, YEAR_2027);
    const { calendars, ...rest } = spec;
    assert.deepEqual(rest, { intervals: [], skip: [], timezone: 'Europe/Berlin', jitter: 0 });
    assert.equal(calendars.length, 1);
    assert.deepEqual(calendars[0]?.minute, [{ start: 0, end: 45, step: 15 }]);
    assert.deepEqual(calendars[0]?.dayOfWeek, [{ start: 'MONDAY', end: 'FRIDAY', step: 1 }]);
  });

  test('day of month or day of week is two calendars', () => {
    const friday = { cron: '0 9 13 * 5', timezone: 'Europe/Stockholm' };
    assert.equal(scheduleSpec(friday, YEAR_2027).spec.calendars.length, 2);
    const span = ['2027-08-01T00:00:00.000Z', '2027-09-01T00:00:00.000Z'] as const;
    assert.deepEqual(
      started(friday, ...span).map((at) => at.slice(8, 10)),
      ['06', '13', '20', '27'],
    );
  });

  test('a schedule of every hour is kept in UTC where the change of clocks moves none of its minutes', () => {
    for (const [cron, timezone] of [
      ['*/5 * * * *', 'Europe/Berlin'],
      ['*/15 * * * *', 'Australia/Lord_Howe'],
      ['20 * * * *', 'America/St_Johns'],
    ] as const) {
      const { spec } = scheduleSpec({ cron, timezone }, YEAR_2027);
      assert.deepEqual([spec.timezone, spec.calendars.length, spec.intervals.length], ['UTC', 1, 0]);
    }
    const moved = scheduleSpec({ cron: '15 * * * *', timezone: 'Australia/Lord_Howe' }, YEAR_2027).spec;
    assert.equal(moved.timezone, 'Australia/Lord_Howe');
  });

  test('one of two fires that the clock shows alike is skipped alone', () => {
    const timing = { cron: '*/30 0-5 * * *', timezone: 'America/New_York' };
    const [from, to] = ['2027-11-07T05:00:00.000Z', '2027-11-07T08:00:00.000Z'];
    for (const skip of ['2027-11-07T05:30:00.000Z', '2027-11-07T06:30:00.000Z']) {
      const wanted = planned(timing, from, to).filter((at) => at !== skip);
      assert.equal(wanted.length, 5);
      assert.deepEqual(started(timing, from, to, { skips: [skip] }), wanted);
    }
  });

  test('an instant that is no fire is not excluded, and one given twice is excluded once', () => {
    const timing = { cron: '0 9 * * *', timezone: 'Europe/London' };
    const skips = ['2027-05-05T08:00:00.000Z', '2027-05-05T08:00:00.000Z', '2027-05-05T08:30:00.000Z'];
    const { skip } = scheduleSpec(timing, { ...YEAR_2027, skips }).spec;
    assert.deepEqual(
      skip.map(({ comment }) => comment),
      ['Skips 2027-05-05 09:00'],
    );
  });

  test('an interval keeps its anchor, from before it too, and skips to the second', () => {
    const timing = { every: 45_000, anchor: '2027-06-01T00:00:10.000Z', timezone: 'Europe/London' };
    const [from, to] = ['2027-03-28T00:55:00.000Z', '2027-03-28T01:05:00.000Z'];
    const all = planned(timing, from, to);
    const skips = [all[3] ?? ''];
    assert.deepEqual(
      started(timing, from, to, { skips }),
      all.filter((at) => at !== skips[0]),
    );
    const before = { every: 7_000, anchor: '1969-12-31T23:59:59.000Z', timezone: 'UTC' };
    assert.deepEqual(scheduleSpec(before, YEAR_2027).spec.intervals, [{ every: 7_000, offset: 6_000 }]);
  });

  test('what needs too many entries is exact for a shorter time, for more than thirteen months yet, and says so', () => {
    const timing = { cron: '* 0-5 * * *', timezone: 'Antarctica/Troll' };
    const now = Date.UTC(2026, 11, 31);
    const horizon = specHorizon(now);
    const { spec, exactUntil } = scheduleSpec(timing, horizon);
    assert.ok(spec.calendars.length + spec.intervals.length < 1_100);
    assert.ok(exactUntil < horizon.to && exactUntil > iso(now + 400 * DAY), exactUntil);
    const [from, to] = ['2027-10-30T12:00:00.000Z', '2027-11-01T12:00:00.000Z'];
    assert.deepEqual(started(timing, from, to, horizon), planned(timing, from, to));
  });

  test('years outside the span are left as they are', () => {
    const timing = { cron: '30 1 * * *', timezone: 'America/New_York' };
    for (const year of [2019, 2040]) {
      const [from, to] = [`${year}-06-01T00:00:00.000Z`, `${year}-07-01T00:00:00.000Z`];
      assert.deepEqual(started(timing, from, to), planned(timing, from, to));
    }
  });

  test('the same input gives the same spec, which is told from every other', () => {
    const timing = { cron: '30 1,2 * * *', timezone: 'America/New_York' };
    const make = (options: Partial<SpecOptions> = {}) => scheduleSpec(timing, { ...YEAR_2027, ...options }).spec;
    const skips = ['2027-05-05T05:30:00.000Z', '2027-11-07T05:30:00.000Z'];
    assert.deepEqual(make({ skips }), make({ skips: skips.toReversed() }));
    assert.ok(sameSpec(make(), make()));
    const others = [{ jitterMs: 5_000 }, { skips: ['2027-05-05T05:30:00.000Z'] }, { to: '2029-01-01T00:00:00.000Z' }];
    for (const other of others) assert.equal(sameSpec(make(other), make()), false);
    assert.equal(sameSpec({ ...make(), startAt: new Date(0) }, make()), false);
    assert.equal(sameSpec({ ...make(), timezone: 'America/Toronto' }, make()), false);
  });

  test('the horizon stays the same for a year, with a year behind it and five ahead', () => {
    const { from, to } = specHorizon(Date.UTC(2026, 10, 21));
    assert.deepEqual([from, to], ['2025-01-01T00:00:00.000Z', '2032-01-01T00:00:00.000Z']);
    assert.deepEqual(specHorizon(Date.UTC(2026, 0, 1)), { from, to });
  });
});
