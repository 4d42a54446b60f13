import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Timing, fireAt, fires, localTime, parseTiming, transitions } from '../../domain/cron/index.ts';

/** Fires as `local  note`. */
function shown(timing: Timing, from: string, to: string): string[] {
  return [...fires(timing, from, to)].map(({ local, note }) => (note === null ? local : `${local}  ${note}`));
}

const cron = (expression: string, timezone: string): Timing => ({ cron: expression, timezone });

/** The first `count` fires. */
function next(timing: Timing, from: string, count: number): string[] {
  return fires(timing, from)
    .take(count)
    .map(({ at }) => at)
    .toArray();
}

test('a nightly run at 02:00 in New York is not lost on the night without 02:00', () => {
  const timing = cron('0 2 * * *', 'America/New_York');
  assert.deepEqual(
    [...fires(timing, '2027-03-12T00:00:00Z', '2027-03-17T00:00:00Z')],
    [
      { at: '2027-03-12T07:00:00.000Z', local: '2027-03-12T02:00:00-05:00', note: null },
      { at: '2027-03-13T07:00:00.000Z', local: '2027-03-13T02:00:00-05:00', note: null },
      {
        at: '2027-03-14T07:00:00.000Z',
        local: '2027-03-14T03:00:00-04:00',
        note: '02:00 does not exist on this day',
      },
      { at: '2027-03-15T06:00:00.000Z', local: '2027-03-15T02:00:00-04:00', note: null },
      { at: '2027-03-16T06:00:00.000Z', local: '2027-03-16T02:00:00-04:00', note: null },
    ],
  );
});

test('a time that comes twice runs the first time only', () => {
  assert.deepEqual(
    [...fires(cron('30 1 * * *', 'America/New_York'), '2027-11-07T00:00:00Z', '2027-11-08T00:00:00Z')],
    [
      {
        at: '2027-11-07T05:30:00.000Z',
        local: '2027-11-07T01:30:00-04:00',
        note: '01:30 comes twice on this day; this is the first',
      },
    ],
  );
});

test('starting to look in the second of two hours does not run it again', () => {
  const timing = cron('30 1 * * *', 'America/New_York');
  for (const from of ['2027-11-07T05:30:00.001Z', '2027-11-07T06:00:00Z', '2027-11-07T06:29:59Z']) {
    assert.deepEqual(next(timing, from, 1), ['2027-11-08T06:30:00.000Z']);
  }
});

test('starting to look at the end of a gap finds what it has skipped', () => {
  const timing = cron('30 2 * * *', 'America/New_York');
  assert.deepEqual(next(timing, '2027-03-14T07:00:00Z', 1), ['2027-03-14T07:00:00.000Z']);
  assert.deepEqual(next(timing, '2027-03-14T07:00:00.001Z', 1), ['2027-03-15T06:30:00.000Z']);
});

test('several times of one gap are one fire, also together with a time that exists', () => {
  const day = ['2027-03-14T00:00:00-05:00', '2027-03-15T00:00:00-04:00'] as const;
  assert.deepEqual(shown(cron('15,45 2 * * *', 'America/New_York'), ...day), [
    '2027-03-14T03:00:00-04:00  02:15 and 02:45 do not exist on this day',
  ]);
  assert.deepEqual(shown(cron('0 2,3 * * *', 'America/New_York'), ...day), [
    '2027-03-14T03:00:00-04:00  02:00 does not exist on this day',
  ]);
  assert.deepEqual(shown(cron('0,30 1-3 * * *', 'America/New_York'), ...day), [
    '2027-03-14T01:00:00-05:00',
    '2027-03-14T01:30:00-05:00',
    '2027-03-14T03:00:00-04:00  02:00 and 02:30 do not exist on this day',
    '2027-03-14T03:30:00-04:00',
  ]);
  assert.deepEqual(shown(cron('0-59/10 2 * * *', 'America/New_York'), ...day), [
    '2027-03-14T03:00:00-04:00  6 times from 02:00 to 02:50 do not exist on this day',
  ]);
});

test('what begins with * follows the clock: twice in the repeated hour, not at all in the gap', () => {
  assert.deepEqual(shown(cron('*/30 * * * *', 'America/New_York'), '2027-11-07T05:00:00Z', '2027-11-07T07:30:00Z'), [
    '2027-11-07T01:00:00-04:00  01:00 comes twice on this day; this is the first',
    '2027-11-07T01:30:00-04:00  01:30 comes twice on this day; this is the first',
    '2027-11-07T01:00:00-05:00  01:00 comes twice on this day; this is the second',
    '2027-11-07T01:30:00-05:00  01:30 comes twice on this day; this is the second',
    '2027-11-07T02:00:00-05:00',
  ]);
  assert.deepEqual(shown(cron('0 * * * *', 'America/New_York'), '2027-03-14T06:00:00Z', '2027-03-14T08:30:00Z'), [
    '2027-03-14T01:00:00-05:00',
    '2027-03-14T03:00:00-04:00',
    '2027-03-14T04:00:00-04:00',
  ]);
  const skipped = cron('*/15 2 * * *', 'America/New_York');
  assert.deepEqual(shown(skipped, '2027-03-14T05:00:00Z', '2027-03-15T04:00:00Z'), []);
});

test('an hour that comes again is not passed over when the next time lies days ahead', () => {
  assert.deepEqual(shown(cron('*/30 2 * * 0', 'Pacific/Auckland'), '2027-03-29T00:00:00Z', '2027-04-10T00:00:00Z'), [
    '2027-04-04T02:00:00+13:00  02:00 comes twice on this day; this is the first',
    '2027-04-04T02:30:00+13:00  02:30 comes twice on this day; this is the first',
    '2027-04-04T02:00:00+12:00  02:00 comes twice on this day; this is the second',
    '2027-04-04T02:30:00+12:00  02:30 comes twice on this day; this is the second',
  ]);
});

test('however long before a change one starts to look, its day is the same', () => {
  const change = Date.parse('2027-11-07T06:00:00Z');
  for (const [expression, count] of [
    ['*/15 1 * * 0', 8],
    ['0-45/15 1 * * 0', 4],
  ] as const) {
    const timing = cron(expression, 'America/New_York');
    const day = shown(timing, '2027-11-07T00:00:00Z', '2027-11-08T00:00:00Z');
    assert.deepEqual(day.filter((line) => /comes twice/.test(line)).length, count);
    for (let minutes = 0; minutes < 20 * 1_440; minutes += 50) {
      const from = new Date(change - 86_400_000 - minutes * 60_000).toISOString();
      assert.deepEqual(shown(timing, from, '2027-11-08T00:00:00Z').slice(-count), day, from);
    }
  }
});

test('a day of month or a weekday: both fire, once where they meet', () => {
  assert.deepEqual(next(cron('0 9 13 * 5', 'UTC'), '2027-08-01T00:00:00Z', 7), [
    '2027-08-06T09:00:00.000Z',
    '2027-08-13T09:00:00.000Z',
    '2027-08-20T09:00:00.000Z',
    '2027-08-27T09:00:00.000Z',
    '2027-09-03T09:00:00.000Z',
    '2027-09-10T09:00:00.000Z',
    '2027-09-13T09:00:00.000Z',
  ]);
  assert.deepEqual(next(cron('0 9 13 * */5', 'UTC'), '2027-08-01T00:00:00Z', 2), [
    '2027-08-13T09:00:00.000Z',
    '2028-02-13T09:00:00.000Z',
  ]);
});

test('a gap of 30 minutes on Lord Howe and one at midnight in Santiago lose nothing', () => {
  assert.deepEqual(shown(cron('15 2 * * *', 'Australia/Lord_Howe'), '2027-10-01T14:00:00Z', '2027-10-04T13:00:00Z'), [
    '2027-10-02T02:15:00+10:30',
    '2027-10-03T02:30:00+11:00  02:15 does not exist on this day',
    '2027-10-04T02:15:00+11:00',
  ]);
  assert.deepEqual(shown(cron('0 0 * * *', 'America/Santiago'), '2027-09-04T04:00:00Z', '2027-09-06T04:00:00Z'), [
    '2027-09-04T00:00:00-04:00',
    '2027-09-05T01:00:00-03:00  00:00 does not exist on this day',
    '2027-09-06T00:00:00-03:00',
  ]);
  // Clocks go from 24:00 back to 23:00 of the day before.
  assert.deepEqual(shown(cron('30 23 * * *', 'America/Santiago'), '2027-04-03T12:00:00Z', '2027-04-05T12:00:00Z'), [
    '2027-04-03T23:30:00-03:00  23:30 comes twice on this day; this is the first',
    '2027-04-04T23:30:00-04:00',
  ]);
});

test('the times of a date that a zone leaves out run once when it is over', () => {
  assert.deepEqual(shown(cron('0 9,17 * * *', 'Pacific/Apia'), '2011-12-29T10:00:00Z', '2012-01-01T00:00:00Z'), [
    '2011-12-29T09:00:00-10:00',
    '2011-12-29T17:00:00-10:00',
    '2011-12-31T00:00:00+14:00  09:00 and 17:00 do not exist on 2011-12-30',
    '2011-12-31T09:00:00+14:00',
    '2011-12-31T17:00:00+14:00',
    '2012-01-01T09:00:00+14:00',
  ]);
  // The 30th is left out, and with it what was to run on that date.
  assert.deepEqual(shown(cron('0 9 30 12 *', 'Pacific/Apia'), '2011-01-01T00:00:00Z', '2013-01-01T00:00:00Z'), [
    '2011-12-31T00:00:00+14:00  09:00 does not exist on 2011-12-30',
    '2012-12-30T09:00:00+14:00',
  ]);
});

test('a gap need not begin at a full hour', () => {
  // Until 2011 Newfoundland changed its clocks at one minute past midnight.
  assert.deepEqual(shown(cron('0,30 0 * * *', 'America/St_Johns'), '2007-03-10T12:00:00Z', '2007-03-11T12:00:00Z'), [
    '2007-03-11T00:00:00-03:30',
    '2007-03-11T01:01:00-02:30  00:30 does not exist on this day',
  ]);
  assert.deepEqual(shown(cron('0,30 0 * * *', 'America/St_Johns'), '2006-10-28T12:00:00Z', '2006-10-29T12:00:00Z'), [
    '2006-10-29T00:00:00-02:30  00:00 comes twice on this day; this is the first',
    '2006-10-29T00:30:00-03:30',
  ]);
});

test('changes of two hours (Troll), for Ramadan (Casablanca) and for good (Pyongyang) are changes as any', () => {
  assert.deepEqual(shown(cron('30 1,2 * * *', 'Antarctica/Troll'), '2027-03-27T12:00:00Z', '2027-03-28T12:00:00Z'), [
    '2027-03-28T03:00:00+02:00  01:30 and 02:30 do not exist on this day',
  ]);
  assert.deepEqual(shown(cron('30 1,2 * * *', 'Antarctica/Troll'), '2027-10-30T12:00:00Z', '2027-10-31T12:00:00Z'), [
    '2027-10-31T01:30:00+02:00  01:30 comes twice on this day; this is the first',
    '2027-10-31T02:30:00+02:00  02:30 comes twice on this day; this is the first',
  ]);
  const ramadan = transitions('Africa/Casablanca', Date.UTC(2025, 0), Date.UTC(2026, 0));
  assert.deepEqual(
    ramadan.map(({ at, before, after }) => [new Date(at).toISOString(), before, after]),
    [
      ['2025-02-23T02:00:00.000Z', 3_600_000, 0],
      ['2025-04-06T02:00:00.000Z', 0, 3_600_000],
    ],
  );
  assert.deepEqual(shown(cron('30 2 * * *', 'Africa/Casablanca'), '2025-04-05T12:00:00Z', '2025-04-06T12:00:00Z'), [
    '2025-04-06T03:00:00+01:00  02:30 does not exist on this day',
  ]);
  // North Korea set its clocks half an hour forward for good at 23:30 on 2018-05-04.
  assert.deepEqual(shown(cron('45 23 * * *', 'Asia/Pyongyang'), '2018-05-03T16:00:00Z', '2018-05-05T15:00:00Z'), [
    '2018-05-05T00:00:00+09:00  23:45 does not exist on 2018-05-04',
    '2018-05-05T23:45:00+09:00',
  ]);
});

test('from is included and to is not', () => {
  const timing = cron('0 9 * * *', 'UTC');
  assert.deepEqual(
    [...fires(timing, '2027-01-01T09:00:00Z', '2027-01-02T09:00:00Z')].map(({ at }) => at),
    ['2027-01-01T09:00:00.000Z'],
  );
  assert.deepEqual([...fires(timing, '2027-01-01T09:00:00Z', '2027-01-01T09:00:00Z')], []);
  assert.deepEqual([...fires(timing, '2027-01-03T00:00:00Z', '2027-01-01T00:00:00Z')], []);
});

test('29 February is found, years ahead and past the year without it', () => {
  assert.deepEqual(next(cron('0 9 29 2 *', 'America/New_York'), '2093-01-01T00:00:00Z', 3), [
    '2096-02-29T14:00:00.000Z',
    '2104-02-29T14:00:00.000Z',
    '2108-02-29T14:00:00.000Z',
  ]);
  assert.deepEqual(next(cron('*/20 9 29 2 */7', 'Asia/Kolkata'), '2027-01-01T00:00:00Z', 1), [
    '2032-02-29T03:30:00.000Z',
  ]);
});

test('fires end with the year 9999', () => {
  assert.deepEqual(next(cron('0 9 31 12 *', 'America/New_York'), '9998-06-01T00:00:00Z', 3), [
    '9998-12-31T14:00:00.000Z',
    '9999-12-31T14:00:00.000Z',
  ]);
  assert.deepEqual(next({ every: 86_400_000, anchor: null, timezone: 'UTC' }, '9999-12-31T00:00:00Z', 3), [
    '9999-12-31T00:00:00.000Z',
  ]);
});

test('fireAt knows the fires and nothing else', () => {
  const nightly = cron('0 2 * * *', 'America/New_York');
  assert.equal(fireAt(nightly, '2027-03-14T07:00:00Z')?.note, '02:00 does not exist on this day');
  assert.equal(fireAt(nightly, '2027-03-14T03:00:00-04:00')?.at, '2027-03-14T07:00:00.000Z');
  assert.equal(fireAt(nightly, '2027-03-14T06:00:00Z'), null);
  assert.equal(fireAt(nightly, '2027-03-15T06:00:00.001Z'), null);
  assert.equal(fireAt(cron('30 1 * * *', 'America/New_York'), '2027-11-07T06:30:00Z'), null);
});

test('an interval fires at its anchor and goes on before and after it, on whatever clock it is shown', () => {
  const timing: Timing = { every: 6 * 3_600_000, anchor: '2027-03-14T01:30:00.000Z', timezone: 'America/New_York' };
  assert.deepEqual(shown(timing, '2027-03-13T19:30:00Z', '2027-03-14T13:30:00Z'), [
    '2027-03-13T14:30:00-05:00',
    '2027-03-13T20:30:00-05:00',
    '2027-03-14T03:30:00-04:00',
  ]);
  const often: Timing = { every: 300_000, anchor: null, timezone: 'UTC' };
  assert.deepEqual(next(often, '2026-12-31T23:59:00.001Z', 2), [
    '2027-01-01T00:00:00.000Z',
    '2027-01-01T00:05:00.000Z',
  ]);
  assert.equal(fireAt(often, '2027-01-01T00:05:00Z')?.note, null);
  assert.equal(fireAt(often, '2027-01-01T00:05:01Z'), null);
  assert.equal(fireAt({ every: 90_000, anchor: null, timezone: 'UTC' }, '1969-12-31T23:58:30Z')?.note, null);
});

test('local times carry their offset, seconds of it where a zone has them', () => {
  assert.equal(localTime('2027-03-14T07:00:00.000Z', 'America/New_York'), '2027-03-14T03:00:00-04:00');
  assert.equal(localTime('2027-03-14T07:00:00.250Z', 'Asia/Kolkata'), '2027-03-14T12:30:00.250+05:30');
  assert.equal(localTime('2027-03-14T07:00:00Z', 'UTC'), '2027-03-14T07:00:00+00:00');
  assert.equal(localTime('1971-06-01T00:00:00Z', 'Africa/Monrovia'), '1971-05-31T23:15:30-00:44:30');
});

test('the next fires of a thousand schedules in a hundred zones are there at once', () => {
  const zones = Intl.supportedValuesOf('timeZone').filter((_, index) => index % 4 === 0);
  const expressions = ['0 2 * * *', '*/5 * * * *', '0 9 13 * 5', '30 1 1 * *', '0 9 29 2 *', '0 0 * * 1'];
  const timings = Array.from({ length: 1_000 }, (_, index) =>
    parseTiming(
      { cron: expressions[index % 6] ?? '', timezone: (zones[index % zones.length] ?? '').replace(/^[^/]*$/, 'UTC') },
      { minIntervalMs: 10_000, now: 0 },
    ),
  );
  const started = performance.now();
  const found = timings.map((timing) => next(timing, '2026-11-21T00:00:00Z', 5));
  const took = performance.now() - started;
  assert.ok(found.every((instants) => instants.length === 5));
  // A tenth of it on a quiet machine.
  assert.ok(took < 2_000, `${took} ms`);
});
