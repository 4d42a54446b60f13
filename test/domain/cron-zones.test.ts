import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTiming } from '../../domain/cron/index.ts';
import { offsetAt } from '../../domain/cron/transitions.ts';
import { LINKS, PLACES } from '../../domain/cron/zone-table.ts';
import { ReveilleError } from '../../domain/errors.ts';

const NOW = Date.UTC(2026, 10, 21);
const LIMITS = { minIntervalMs: 10_000, now: NOW };

const zone = (timezone: string): string => parseTiming({ cron: '0 9 * * *', timezone }, LIMITS).timezone;

function refusal(timezone: string): string {
  try {
    zone(timezone);
  } catch (error) {
    assert.ok(error instanceof ReveilleError);
    assert.deepEqual(
      error.errors.map(({ path }) => path),
      ['timezone'],
    );
    return error.errors[0]?.message ?? '';
  }
  assert.fail(`${timezone} was accepted`);
}

test('every name of zone.tab stays what it is, in any case', () => {
  assert.ok(PLACES.length > 400);
  for (const place of PLACES) {
    assert.equal(zone(place), place);
    assert.equal(zone(place.toUpperCase()), place);
  }
});

test('every other link with an area leads to a name of zone.tab', () => {
  const withArea = [...LINKS].filter(([link]) => link.includes('/'));
  assert.ok(withArea.length > 80);
  for (const [link, place] of withArea) {
    assert.ok(PLACES.includes(place), place);
    assert.equal(zone(link.toLowerCase()), place);
  }
});

test('links lead forward, universal time has one name', () => {
  const names = {
    'Asia/Calcutta': 'Asia/Kolkata',
    'Europe/Kiev': 'Europe/Kyiv',
    'US/Eastern': 'America/New_York',
    'Asia/Saigon': 'Asia/Ho_Chi_Minh',
    'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
    'Africa/Asmera': 'Africa/Asmara',
    'Pacific/Truk': 'Pacific/Chuuk',
    'america/new_york': 'America/New_York',
    'Europe/Stockholm': 'Europe/Stockholm',
    'Arctic/Longyearbyen': 'Arctic/Longyearbyen',
    ' Asia/Kolkata ': 'Asia/Kolkata',
    'Etc/UTC': 'UTC',
    utc: 'UTC',
  };
  for (const [given, name] of Object.entries(names)) assert.equal(zone(given), name);
});

/** The wall clock by another way than the code's: the hours that a formatter shows. */
function offsetByClock(timeZone: string, instant: number): number {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant);
  return Date.parse(`${shown.replace(' ', 'T')}Z`) - instant;
}

test('every accepted name gives offsets, and those of the clock there', () => {
  for (const place of PLACES) {
    for (const instant of [Date.UTC(2027, 0, 15), Date.UTC(2027, 6, 15, 12, 34, 56)]) {
      assert.equal(offsetAt(place, instant), offsetByClock(place, instant), place);
    }
  }
});

test('a link and its target keep the same time', () => {
  for (const [link, place] of LINKS) {
    for (const instant of [Date.UTC(2026, 0, 15), Date.UTC(2027, 6, 15)]) {
      assert.equal(offsetByClock(link, instant), offsetAt(place, instant), link);
    }
  }
});

const REFUSED: [name: string, suggested: string][] = [
  ['EST', 'America/New_York'],
  ['PST', 'America/Los_Angeles'],
  ['EST5EDT', 'America/New_York'],
  ['MST', 'America/Denver'],
  ['HST', 'Pacific/Honolulu'],
  ['CET', 'Europe/Paris'],
  ['ist', 'Asia/Kolkata'],
  ['GMT', 'UTC'],
  ['GMT0', 'UTC'],
  ['UCT', 'UTC'],
  ['Zulu', 'UTC'],
  ['Etc/GMT', 'UTC'],
  ['Etc/Zulu', 'UTC'],
  ['+00:00', 'UTC'],
  ['Japan', 'Asia/Tokyo'],
  ['Singapore', 'Asia/Singapore'],
  ['Iceland', 'Atlantic/Reykjavik'],
  ['GB-Eire', 'Europe/London'],
  ['+05:30', 'Asia/Kolkata'],
  ['UTC+5:45', 'Asia/Kathmandu'],
  ['GMT+2', 'Europe/Athens'],
  ['-0330', 'America/St_Johns'],
  ['Etc/GMT+5', 'America/New_York'],
  ['Etc/GMT-9', 'Asia/Tokyo'],
  ['Mars/Phobos', 'Europe/Berlin'],
  ['Etc/Nowhere', 'Europe/Berlin'],
  ['Factory', 'Europe/Berlin'],
  ['constructor', 'Europe/Berlin'],
  ['', 'America/New_York'],
  ['Asia/Calcuta', 'Asia/Kolkata'],
  ['New_York', 'America/New_York'],
  ['new york', 'America/New_York'],
  ['America/NewYork', 'America/New_York'],
  ['Amerca/New York', 'America/New_York'],
  ['Europe/Berlim', 'Europe/Berlin'],
  ['Sidney', 'Australia/Sydney'],
];

for (const [name, suggested] of REFUSED) {
  test(`"${name}" is refused as a zone, and ${suggested} suggested`, () => {
    const said = refusal(name);
    assert.ok(said.startsWith(name === '' ? 'is empty' : `"${name}" `), said);
    assert.match(said, new RegExp(`(write|mean) .*${suggested}`));
  });
}

test('no name without an area is accepted but UTC, though Intl takes it', () => {
  const bare = [...LINKS.keys()].filter((link) => !link.includes('/'));
  for (const name of [...bare, 'EST', 'MST', 'HST', 'CET', 'MET', 'EET', 'WET', 'PST8PDT', 'GMT']) {
    new Intl.DateTimeFormat('en', { timeZone: name });
    refusal(name);
  }
});
