import { BoundedCache } from '../../../domain/cron/bounded-cache.ts';
import { offsetAt, transitions } from '../../../domain/cron/transitions.ts';

const SECOND = 1_000;
/** How far the data reaches before and after the year it is made in. Calendars that name no year go on for long. */
const YEARS_BEHIND = 2;
const YEARS_AHEAD = 30;

/** Every schedule of a zone is sent the same. One takes some ten milliseconds to make and has a few hundred bytes. */
const known = new BoundedCache<Uint8Array>(600);

/**
 * What a Temporal server is to go by at `now` (epoch ms) instead of its own tzdata, which need not be as new as ours. The
 * same all year, until our own tzdata is another.
 * @returns null for UTC, which nobody changes
 */
export function zoneDataFor(timezone: string, now: number): Uint8Array | null {
  if (timezone === 'UTC') return null;
  const year = new Date(now).getUTCFullYear();
  return known.get(`${timezone} ${year}`, () =>
    zoneData(timezone, Date.UTC(year - YEARS_BEHIND, 0), Date.UTC(year + YEARS_AHEAD, 0)),
  );
}

/**
 * A zone as a TZif file (RFC 9636, version 2) with the offsets that `domain/cron` computes by. Before `from` and after
 * `to` (epoch ms) the zone stays as it is then. Says nothing of daylight saving: Go needs no more than offsets, and with
 * types that are all standard time it takes the first for what was before the first change.
 */
export function zoneData(timezone: string, from: number, to: number): Uint8Array {
  const changes = transitions(timezone, from, to);
  const offsets = [...new Set([offsetAt(timezone, from - SECOND), ...changes.map(({ after }) => after)])];
  const names = offsets.map(abbreviation);
  const types = offsets.map((offset, index) => {
    const type = Buffer.alloc(6);
    type.writeInt32BE(offset / SECOND);
    type.writeUInt8(names.slice(0, index).join('').length, 5);
    return type;
  });
  const instants = Buffer.alloc(8 * changes.length);
  changes.forEach(({ at }, index) => instants.writeBigInt64BE(BigInt(at / SECOND), 8 * index));
  const text = Buffer.from(names.join(''));
  return Buffer.concat([
    // For readers of 32 bits, which are to find one type at least.
    ...[header({ times: 0, types: 1, characters: 1 }), Buffer.alloc(7)],
    header({ times: changes.length, types: types.length, characters: text.length }),
    ...[instants, Buffer.from(changes.map(({ after }) => offsets.indexOf(after))), ...types, text],
    // No rule for what comes later.
    Buffer.from('\n\n'),
  ]);
}

function header(counts: { times: number; types: number; characters: number }): Buffer {
  const header = Buffer.alloc(44);
  header.write('TZif2');
  // Indicators of UT and of standard time, and leap seconds, all none, come first.
  [counts.times, counts.types, counts.characters].forEach((count, index) =>
    header.writeUInt32BE(count, 32 + 4 * index),
  );
  return header;
}

/** As tzdata names zones that have no name in use: `-04`, `+0530`. With the zero byte at its end. */
function abbreviation(offset: number): string {
  const shown = new Date(Math.abs(offset)).toISOString().slice(11, 19).replaceAll(':', '');
  return `${offset < 0 ? '-' : '+'}${shown.replace(/(00){1,2}$/, '')}\0`;
}
