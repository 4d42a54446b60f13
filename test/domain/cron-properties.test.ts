import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cron } from 'croner';
import fc from 'fast-check';
import { fireAt, fires, parseCron, transitions } from '../../domain/cron/index.ts';
import { PLACES } from '../../domain/cron/zone-table.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

const iso = (instant: number): string => new Date(instant).toISOString();

/** Parts of a field: values, ranges and steps within its bounds. */
function part(least: number, most: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: least, max: most });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: most - least });
  return fc.oneof(
    { weight: 4, arbitrary: value.map(String) },
    { weight: 2, arbitrary: range },
    { weight: 1, arbitrary: fc.tuple(range, step).map(([text, by]) => `${text}/${by}`) },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
  );
}

const field = (least: number, most: number, stars: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: stars, arbitrary: fc.constant('*') },
    { weight: 10, arbitrary: fc.array(part(least, most), { minLength: 1, maxLength: 3 }).map((parts) => parts.join()) },
  );

/** Expressions of all kinds; `stars`: how many `*` there are for ten others. */
const expressions = (stars: { times: number; days: number }): fc.Arbitrary<string> =>
  fc
    .tuple(
      field(0, 59, stars.times),
      field(0, 23, stars.times),
      field(1, 31, stars.days),
      field(1, 12, stars.days),
      field(0, 7, stars.days),
    )
    .map((fields) => fields.join(' '));

test('where clocks do not change, fires are those of an independent library', () => {
  const zones = fc.constantFrom('UTC', 'Asia/Kolkata', 'Asia/Tokyo', 'America/Phoenix');
  const starts = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2060, 0) });
  fc.assert(
    fc.property(expressions({ times: 4, days: 12 }), zones, starts, (expression, timezone, start) => {
      const [, , date = '', , weekday = ''] = expression.split(' ');
      const domAndDow = date.startsWith('*') || weekday.startsWith('*');
      // The library wants at least one fire later than what it starts from.
      const theirs = new Cron(expression, { timezone, domAndDow }).nextRuns(6, new Date(start - 1));
      if (theirs.length === 0) {
        assert.throws(() => parseCron(expression), /never comes/);
        return;
      }
      const ours = fires({ cron: expression, timezone }, iso(start)).take(6).toArray();
      assert.deepEqual(
        ours.map(({ at }) => at),
        theirs.map((run) => run.toISOString()),
      );
      assert.ok(ours.every(({ note }) => note === null));
    }),
    { numRuns: 300 },
  );
});

/** A zone's clock, minute by minute from `start`, in the way of a reader: as milliseconds of a clock without zone. */
function walk(timeZone: string, start: number, minutes: number): number[] {
  const reader = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return Array.from({ length: minutes }, (_, index) =>
    Date.parse(`${reader.format(start + index * MINUTE).replace(' ', 'T')}:00Z`),
  );
}

/** Whether an expression names a minute of the wall clock, read from its text. */
function names(expression: string): (wall: number) => boolean {
  const fields = expression.split(' ');
  const taken = (index: number, least: number, most: number): Set<number> => {
    const takes = (value: number): boolean =>
      (fields[index] ?? '').split(',').some((text) => {
        const [range = '', step = '1'] = text.split('/');
        const [from = '', to = from] = range === '*' ? [`${least}`, `${most}`] : range.split('-');
        return value >= Number(from) && value <= Number(to) && (value - Number(from)) % Number(step) === 0;
      });
    return new Set(Array.from({ length: most + 1 }, (_, value) => value).filter(takes));
  };
  const [minutes, hours, dates] = [taken(0, 0, 59), taken(1, 0, 23), taken(2, 1, 31)];
  const [months, weekdays] = [taken(3, 1, 12), taken(4, 0, 7)];
  const starred = [2, 4].some((index) => fields[index]?.startsWith('*'));
  return (wall) => {
    const time = new Date(wall);
    if (!minutes.has(time.getUTCMinutes()) || !hours.has(time.getUTCHours())) return false;
    const date = dates.has(time.getUTCDate());
    const weekday = weekdays.has(time.getUTCDay()) || (time.getUTCDay() === 0 && weekdays.has(7));
    return months.has(time.getUTCMonth() + 1) && (starred ? date && weekday : date || weekday);
  };
}

/**
 * What cronie does, minute by minute: a schedule with `*` runs when the clock shows its time; any other runs through
 * all times up to what the clock shows, and through none a second time.
 */
function cronie(expression: string, clock: readonly number[], start: number): string[] {
  const isNamed = names(expression);
  const wild = expression.split(' ', 2).some((text) => text.startsWith('*'));
  const found: string[] = [];
  let shown = (clock[0] ?? 0) - MINUTE;
  for (const [index, wall] of clock.entries()) {
    let runs = wild && isNamed(wall);
    for (; shown < wall; shown += MINUTE) runs ||= !wild && isNamed(shown + MINUTE);
    if (runs) found.push(iso(start + index * MINUTE));
  }
  return found;
}

/** Forty hours around a change of a zone's clock, with what the clock shows in each minute. */
interface Change {
  timezone: string;
  at: number;
  start: number;
  clock: number[];
}

const BEFORE = 14 * 60;
const AROUND = 40 * 60;

function changeOf(timezone: string, at: number): Change {
  const start = Math.floor(at / MINUTE) * MINUTE - BEFORE * MINUTE;
  return { timezone, at, start, clock: walk(timezone, start, AROUND) };
}

const NAMED: [timezone: string, at: string][] = [
  ['America/New_York', '2027-03-14T07:00:00Z'],
  ['America/New_York', '2027-11-07T06:00:00Z'],
  ['Australia/Lord_Howe', '2027-10-02T15:30:00Z'],
  ['Australia/Lord_Howe', '2027-04-03T15:00:00Z'],
  ['America/Santiago', '2027-09-05T04:00:00Z'],
  ['America/Santiago', '2027-04-04T03:00:00Z'],
  ['Antarctica/Troll', '2027-03-28T01:00:00Z'],
  ['Antarctica/Troll', '2027-10-31T01:00:00Z'],
  ['Africa/Casablanca', '2025-02-23T02:00:00Z'],
  ['America/St_Johns', '2006-10-29T02:31:00Z'],
  ['Asia/Pyongyang', '2018-05-04T15:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Pacific/Kwajalein', '1993-08-21T12:00:00Z'],
];

/** Changes of many zones and years, the same in every run: each fifth zone, some years of it. */
const changes: Change[] = [
  ...NAMED.map(([timezone, at]) => changeOf(timezone, Date.parse(at))),
  ...PLACES.filter((_, index) => index % 5 === 3)
    .map((timezone, index) => {
      const year = 1975 + ((index * 13) % 65);
      return { timezone, found: transitions(timezone, Date.UTC(year, 0), Date.UTC(year + 2, 0)) };
    })
    .flatMap(({ timezone, found }) => found.slice(0, 1).map(({ at }) => changeOf(timezone, at))),
];

/** By their place in the list: a counterexample prints no clock. */
const anyChange = fc.integer({ min: 0, max: changes.length - 1 });

/** Most of them near the times at which clocks change. */
const nearChanges = fc.oneof(
  expressions({ times: 4, days: 60 }),
  fc
    .tuple(field(0, 59, 1), field(0, 4, 1), fc.constantFrom('* * *', '* * *', '1-31 * 1', '*/2 * *', '* * 6,0'))
    .map((fields) => fields.join(' ')),
);

test('the changes that are walked through are of many kinds', () => {
  assert.ok(changes.length > 40, `${changes.length}`);
  for (const { timezone, at, start, clock } of changes) {
    const index = Math.floor((at - start) / MINUTE);
    assert.notEqual((clock[index] ?? 0) - (clock[index - 1] ?? 0), MINUTE, `${timezone} ${iso(at)}`);
  }
});

test('around changes of the clock, fires are those of a walk through every minute', () => {
  fc.assert(
    fc.property(anyChange, nearChanges, (index, expression) => {
      fc.pre(!isNever(expression));
      const { timezone, start, clock } = changes[index]!;
      const expected = cronie(expression, clock, start);
      const found = [...fires({ cron: expression, timezone }, iso(start), iso(start + AROUND * MINUTE))];
      assert.deepEqual(
        found.map(({ at }) => at),
        expected,
      );
    }),
    { numRuns: 400 },
  );
});

function isNever(expression: string): boolean {
  try {
    parseCron(expression);
    return false;
  } catch {
    return true;
  }
}

test('wherever one starts to look, the same fires are found, and each by itself', () => {
  const offsets = fc.integer({ min: -12 * 60, max: 12 * 60 });
  fc.assert(
    fc.property(anyChange, nearChanges, offsets, (index, expression, offset) => {
      fc.pre(!isNever(expression));
      const { timezone, at, start } = changes[index]!;
      const timing = { cron: expression, timezone };
      const end = iso(start + AROUND * MINUTE);
      const from = iso(at + offset * MINUTE);
      const all = [...fires(timing, iso(start), end)];
      const later = [...fires(timing, from, end)];
      assert.deepEqual(
        later,
        all.filter((fire) => fire.at >= from),
      );
      for (const fire of all.slice(0, 20)) assert.deepEqual(fireAt(timing, fire.at), fire);
      if (!all.some((fire) => fire.at === from)) assert.equal(fireAt(timing, from), null);
    }),
    { numRuns: 200 },
  );
});

test('a note is on a fire whose time is not shown, or shown twice, and on no other', () => {
  const day = '0-59/10 0-23 * * *';
  for (const { timezone, start, clock } of changes) {
    const times = new Map<number, number>();
    for (const wall of clock) times.set(wall, (times.get(wall) ?? 0) + 1);
    for (const { at, note, local } of fires({ cron: day, timezone }, iso(start), iso(start + AROUND * MINUTE))) {
      const index = (Date.parse(at) - start) / MINUTE;
      const wall = clock[index] ?? 0;
      assert.equal(local.slice(0, 16), iso(wall).slice(0, 16));
      const jumped = index > 0 && wall - (clock[index - 1] ?? 0) > 10 * MINUTE;
      const expected = times.get(wall) === 2 ? /comes twice.*first$/ : jumped ? /do(es)? not exist/ : /^null$/;
      assert.match(String(note), expected, `${timezone} ${at}`);
    }
  }
});

test('every change of offset is found, and at its very instant', () => {
  for (const timezone of ['America/New_York', 'Africa/Cairo', 'America/Noronha', 'Asia/Gaza', 'Australia/Lord_Howe']) {
    const [from, to] = [Date.UTC(1999, 0), Date.UTC(2012, 0)];
    const reader = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
    const offset = (instant: number): number =>
      Date.parse(`${reader.format(instant).replace(' ', 'T')}Z`) - Math.floor(instant / 1_000) * 1_000;
    const found = transitions(timezone, from, to);
    for (const { at, before, after } of found) assert.deepEqual([offset(at - 1), offset(at)], [before, after]);
    let changed = 0;
    for (let day = from; day < to; day += DAY) if (offset(day) !== offset(day + DAY)) changed += 1;
    assert.equal(found.length, changed, timezone);
  }
});

test('a change at the very start is within, one at the very end is not', () => {
  const change = Date.parse('2027-03-14T07:00:00Z');
  assert.equal(transitions('America/New_York', change, change + 1).length, 1);
  assert.deepEqual(transitions('America/New_York', change - DAY, change), []);
  assert.deepEqual(transitions('America/New_York', change + 1, change + DAY), []);
  assert.deepEqual(transitions('UTC', 0, Date.UTC(2100, 0)), []);
});
