import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { transitions } from '../../domain/cron/index.ts';
import { zoneData, zoneDataFor } from '../../services/temporal/schedules/zone-data.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 21);

interface Zone {
  /** Epoch seconds, each with the type from then on. */
  changes: { at: number; type: number }[];
  /** Offsets in seconds. */
  types: { offset: number; daylight: boolean; name: string }[];
  footer: string;
}

/** A TZif file as RFC 9636 section 3 has it: the part of 64 bits behind that of 32. */
function read(data: Uint8Array): Zone {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const text = (from: number, to: number): string => Buffer.from(data.subarray(from, to)).toString('latin1');
  const counts = (at: number): number[] => Array.from({ length: 6 }, (_, index) => view.getUint32(at + 20 + 4 * index));
  const [ut = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0] = counts(0);
  assert.ok(types > 0 && characters > 0, 'neither may be zero in either part');
  const second = 44 + times * 5 + types * 6 + characters + leaps * 8 + standard + ut;
  for (const at of [0, second]) assert.equal(text(at, at + 5), 'TZif2');
  const [ut8, standard8, leaps8, times8 = 0, types8 = 0, characters8 = 0] = counts(second);
  assert.deepEqual([ut8, standard8, leaps8], [0, 0, 0]);
  const instants = second + 44;
  const indices = instants + 8 * times8;
  const records = indices + times8;
  const names = records + 6 * types8;
  const end = names + characters8;
  const nameAt = (at: number): string => text(at, end).split('\0')[0] ?? '';
  return {
    changes: Array.from({ length: times8 }, (_, index) => ({
      at: Number(view.getBigInt64(instants + 8 * index)),
      type: view.getUint8(indices + index),
    })),
    types: Array.from({ length: types8 }, (_, index) => ({
      offset: view.getInt32(records + 6 * index),
      daylight: view.getUint8(records + 6 * index + 4) !== 0,
      name: nameAt(names + view.getUint8(records + 6 * index + 5)),
    })),
    footer: text(end, data.length),
  };
}

/** Go's `Location.lookup`: before the first change the first type, since all are standard time. */
function offsetIn({ changes, types }: Zone, instant: number): number {
  const type = changes.findLast(({ at }) => at * 1_000 <= instant)?.type ?? 0;
  return (types[type]?.offset ?? NaN) * 1_000;
}

/** What Intl's clock shows, by another way than `domain/cron` asks it. */
function shownOffset(formatter: Intl.DateTimeFormat, instant: number): number {
  const parts = formatter.formatToParts(instant).map(({ type, value }) => [type, value]);
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts) as Record<string, string>;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) - instant;
}

const clockOf = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });

const ZONES = [
  ...['Africa/Cairo', 'Africa/Casablanca', 'Africa/El_Aaiun', 'America/Edmonton', 'America/Havana', 'America/New_York'],
  ...['America/Nuuk', 'America/Santiago', 'America/Sao_Paulo', 'America/St_Johns', 'America/Vancouver'],
  ...['Antarctica/Troll', 'Asia/Gaza', 'Asia/Kathmandu', 'Asia/Kolkata', 'Asia/Tehran', 'Atlantic/Azores'],
  ...['Australia/Lord_Howe', 'Europe/Berlin', 'Europe/Chisinau', 'Europe/Dublin', 'Europe/London'],
  ...['Pacific/Apia', 'Pacific/Chatham', 'Pacific/Easter', 'Pacific/Kiritimati', 'Pacific/Marquesas'],
];

describe('The data of a zone', () => {
  for (const timezone of ZONES) {
    test(`of ${timezone} shows what its clock shows, for thirty years`, () => {
      const data = zoneDataFor(timezone, NOW);
      assert.ok(data !== null && data.length < 1_024, `${data?.length} bytes`);
      const zone = read(data);
      const [from, to] = [Date.UTC(2024, 0), Date.UTC(2056, 0)];
      const changes = transitions(timezone, from, to);
      assert.equal(zone.changes.length, changes.length);
      const around = changes.flatMap(({ at }) => [at - 1_000, at]);
      const steps = Array.from({ length: (to - from) / (5 * DAY) }, (_, index) => from + 5 * DAY * index + 7 * HOUR);
      const clock = clockOf(timezone);
      for (const instant of [from, ...around, ...steps, to - 1_000]) {
        assert.equal(offsetIn(zone, instant), shownOffset(clock, instant), new Date(instant).toISOString());
      }
    });
  }

  test('begins with the offset before the first change, also where a change comes back to it', () => {
    const zone = read(zoneData('Europe/Berlin', Date.UTC(2026, 5), Date.UTC(2028, 0)));
    assert.equal(offsetIn(zone, Date.UTC(2026, 5)), 2 * HOUR);
    assert.equal(zone.types[0]?.offset, 7_200);
    assert.equal(zone.types.length, 2);
    assert.ok(zone.types.every(({ daylight }) => !daylight));
  });

  test('takes in a change at its very start, and stays as it is at its end', () => {
    const change = Date.UTC(2027, 2, 28, 1);
    const zone = read(zoneData('Europe/Berlin', change, change + DAY));
    assert.deepEqual(zone.changes, [{ at: change / 1_000, type: 1 }]);
    assert.deepEqual(
      [change - 1_000, change].map((at) => offsetIn(zone, at) / HOUR),
      [1, 2],
    );
    assert.equal(offsetIn(zone, Date.UTC(2040, 0)), 2 * HOUR);
    assert.equal(zone.footer, '\n\n');
  });

  test('names offsets as tzdata does where it has no name', () => {
    const namesIn = (timezone: string, year: number): string[] =>
      read(zoneData(timezone, Date.UTC(year, 0), Date.UTC(year + 1, 0))).types.map(({ name }) => name);
    assert.deepEqual(namesIn('America/Santiago', 2027), ['-03', '-04']);
    assert.deepEqual(namesIn('Asia/Kolkata', 2027), ['+0530']);
    assert.deepEqual(namesIn('Europe/London', 2027), ['+00', '+01']);
    assert.deepEqual(namesIn('Pacific/Kiritimati', 2027), ['+14']);
    assert.deepEqual(namesIn('America/St_Johns', 2027), ['-0330', '-0230']);
    assert.deepEqual(namesIn('Africa/Monrovia', 1972), ['-004430', '+00']);
  });

  test('is the same all year, and none for UTC', () => {
    const zones = [Date.UTC(2026, 0), NOW, Date.UTC(2027, 0) - 1].map((now) => zoneDataFor('America/New_York', now));
    assert.deepEqual(zones[0], zones[1]);
    assert.deepEqual(zones[1], zones[2]);
    assert.notDeepEqual(zones[0], zoneDataFor('America/New_York', Date.UTC(2027, 0)));
    assert.deepEqual(zoneDataFor('Asia/Kolkata', NOW), zoneDataFor('Asia/Kolkata', Date.UTC(2027, 0)));
    assert.equal(zoneDataFor('UTC', NOW), null);
  });
});
