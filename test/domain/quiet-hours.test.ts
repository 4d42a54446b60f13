import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DEFAULT_QUIET_HOURS,
  type QuietHours,
  formatQuietHours,
  isQuiet,
  nextOpening,
  parseQuietHours,
} from '../../domain/contacts/quiet-hours.ts';
import { transitions } from '../../domain/cron/index.ts';
import { PLACES } from '../../domain/cron/zone-table.ts';
import { ReveilleError } from '../../domain/errors.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

const opening = (text: string, timezone: string, at: string): string =>
  new Date(nextOpening(parseQuietHours(text), timezone, Date.parse(at))).toISOString();

test('quiet hours are read as they are written, and nothing else is', () => {
  assert.deepEqual(parseQuietHours('21:00-08:00'), DEFAULT_QUIET_HOURS);
  assert.deepEqual(parseQuietHours(' 12:30 – 14:05 '), { start: 750, end: 845 });
  assert.deepEqual(parseQuietHours('22:00-00:00'), { start: 1_320, end: 0 });
  assert.equal(parseQuietHours(' '), null);
  for (const text of [
    '21-8',
    '21:00',
    '9:00-10:00',
    '24:00-08:00',
    '21:60-08:00',
    '21:00-08:00,12:00-13:00',
    '8:00-',
  ]) {
    assert.throws(() => parseQuietHours(text), /quietHours: must be times such as "21:00-08:00"/, text);
  }
  assert.throws(() => parseQuietHours('08:00-08:00'), ReveilleError);
  for (const text of ['', '21:00-08:00', '00:00-05:09']) assert.equal(formatQuietHours(parseQuietHours(text)), text);
});

test('quiet hours start to the minute and end to the minute, over midnight and within a day', () => {
  const night = parseQuietHours('21:00-08:00');
  const noon = parseQuietHours('12:00-13:00');
  const quietAt = (quiet: QuietHours | null, at: string): boolean => isQuiet(quiet, 'Asia/Kolkata', Date.parse(at));
  assert.equal(quietAt(night, '2026-05-01T20:59:59.999+05:30'), false);
  assert.equal(quietAt(night, '2026-05-01T21:00:00.000+05:30'), true);
  assert.equal(quietAt(night, '2026-05-02T07:59:59.999+05:30'), true);
  assert.equal(quietAt(night, '2026-05-02T08:00:00.000+05:30'), false);
  assert.equal(quietAt(noon, '2026-05-01T12:59:59.999+05:30'), true);
  assert.equal(quietAt(noon, '2026-05-01T11:59:59.999+05:30'), false);
  assert.equal(quietAt(null, '2026-05-02T03:00:00.000+05:30'), false);
  assert.equal(opening('21:00-08:00', 'Asia/Kolkata', '2026-05-01T22:15:07.123+05:30'), '2026-05-02T02:30:00.000Z');
  assert.equal(opening('21:00-08:00', 'Asia/Kolkata', '2026-05-01T12:15:07.123Z'), '2026-05-01T12:15:07.123Z');
  assert.equal(opening('', 'Asia/Kolkata', '2026-05-01T22:15:07.123Z'), '2026-05-01T22:15:07.123Z');
});

test('an end that the clock skips is the first instant after the gap, one that comes twice the first', () => {
  const zone = 'America/New_York';
  assert.equal(opening('21:00-02:30', zone, '2027-03-14T05:00:00Z'), '2027-03-14T07:00:00.000Z');
  assert.equal(opening('21:00-01:30', zone, '2027-11-07T04:00:00Z'), '2027-11-07T05:30:00.000Z');
  // Set back from 02:00 to 01:00, the clock shows a quiet time again.
  assert.equal(opening('21:00-01:30', zone, '2027-11-07T06:10:00Z'), '2027-11-07T06:30:00.000Z');
  // Quiet hours of which the clock shows none that day.
  assert.equal(opening('02:00-03:00', zone, '2027-03-14T06:59:59.999Z'), '2027-03-14T06:59:59.999Z');
  assert.equal(opening('21:00-08:00', zone, '2027-03-14T02:00:00Z'), '2027-03-14T12:00:00.000Z');
  assert.equal(opening('21:00-08:00', zone, '2027-11-07T02:00:00Z'), '2027-11-07T13:00:00.000Z');
  // The whole of 30 December 2011 was skipped.
  assert.equal(opening('21:00-08:00', 'Pacific/Apia', '2011-12-30T09:00:00Z'), '2011-12-30T18:00:00.000Z');
});

/** The minute that an independent reader of the zone's clock shows. */
function clockOf(timeZone: string): (instant: number) => number {
  const reader = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'short' });
  return (instant) => {
    const [hours = 0, minutes = 0] = reader.format(instant).split(':').map(Number);
    return hours * 60 + minutes;
  };
}

/** Quiet by counting the minutes of the day that are. */
function minutesOf({ start, end }: QuietHours): Set<number> {
  const minutes = new Set<number>();
  for (let minute = start; minute !== end; minute = (minute + 1) % 1_440) minutes.add(minute);
  return minutes;
}

/** Walks from `start` backwards over `length` minutes, comparing each minute with the answer that the walk gives. */
function holdsOver(quiet: QuietHours, timezone: string, start: number, length: number): void {
  const minutes = minutesOf(quiet);
  const clock = clockOf(timezone);
  let open = nextOpening(quiet, timezone, start + length * MINUTE);
  for (let at = start + (length - 1) * MINUTE; at >= start; at -= MINUTE) {
    const isIn = minutes.has(clock(at));
    if (!isIn) open = at;
    const where = `${formatQuietHours(quiet)} in ${timezone} at ${new Date(at).toISOString()}`;
    assert.equal(isQuiet(quiet, timezone, at), isIn, where);
    assert.equal(nextOpening(quiet, timezone, at), open, where);
  }
}

const HOURS: fc.Arbitrary<QuietHours> = fc
  .tuple(fc.nat(1_439), fc.nat(1_439))
  .filter(([start, end]) => start !== end)
  .map(([start, end]) => ({ start, end }));

test('around every change of clocks of 40 zones, each minute is what a walk over the clock finds', () => {
  const zones = fc.shuffledSubarray([...PLACES], { minLength: 40, maxLength: 40 });
  const [sample = []] = fc.sample(zones, { numRuns: 1, seed: 5 });
  const named = [
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'Asia/Beirut',
    'America/Havana',
    'Africa/Casablanca',
    'Europe/Dublin',
  ];
  let walked = 0;
  for (const timezone of new Set([...named, ...sample])) {
    const changes = transitions(timezone, Date.UTC(2005, 0), Date.UTC(2030, 0));
    for (const { at } of changes.filter((_, index) => index % 12 === 0)) {
      const clock = clockOf(timezone)(at);
      // Quiet hours that end and start in the hours that the change skips or repeats, and the default.
      for (const offset of [-45, 20]) {
        const edge = (clock + offset + 1_440) % 1_440;
        holdsOver({ start: 1_260, end: edge === 1_260 ? 480 : edge }, timezone, at - 150 * MINUTE, 300);
        holdsOver({ start: edge, end: edge === 480 ? 540 : 480 }, timezone, at - 150 * MINUTE, 300);
      }
      walked += 1;
    }
  }
  assert.ok(walked > 60, `${walked} changes`);
});

test('any quiet hours on any days in any zone are what a walk over the clock finds', () => {
  const start = fc.integer({ min: Date.UTC(1975, 0) / MINUTE, max: Date.UTC(2037, 0) / MINUTE });
  fc.assert(
    fc.property(HOURS, fc.constantFrom(...PLACES), start, (quiet, timezone, at) => {
      holdsOver(quiet, timezone, at * MINUTE, 1_500);
    }),
    { numRuns: 40 },
  );
});

test('an opening is never quiet, comes within the longest day, and of two instants the later never opens sooner', () => {
  const instants = fc.integer({ min: Date.UTC(1960, 0), max: Date.UTC(2090, 0) });
  fc.assert(
    fc.property(HOURS, fc.constantFrom(...PLACES), instants, fc.nat(3 * DAY), (quiet, timezone, at, more) => {
      const [first, second] = [nextOpening(quiet, timezone, at), nextOpening(quiet, timezone, at + more)];
      assert.equal(isQuiet(quiet, timezone, first), false);
      assert.ok(first >= at && first - at < 2 * DAY);
      assert.ok(second >= first);
      if (first > at) assert.equal(isQuiet(quiet, timezone, first - 1), true);
    }),
    { numRuns: 1_000 },
  );
});
