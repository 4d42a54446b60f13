import { BoundedCache } from './bounded-cache.ts';

/** A change of a zone's UTC offset. */
export interface Transition {
  /** Epoch milliseconds of the first instant with the new offset. */
  at: number;
  /** UTC offsets in milliseconds. */
  before: number;
  after: number;
}

const DAY = 86_400_000;

/**
 * How far apart offsets are looked up. Between two equal offsets nothing may have happened: the shortest time after
 * which a zone of tzdata ever went back to the offset it had is 3.99 days (Freetown 1939); since 1945, 6.96 days.
 */
const STEP = 3 * DAY;

/** Making a formatter takes 50 times as long as using it. */
const formatters = new BoundedCache<Intl.DateTimeFormat>(128);

function formatter(timezone: string): Intl.DateTimeFormat {
  return formatters.get(
    timezone,
    () => new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }),
  );
}

/** UTC offset in milliseconds at an instant (epoch milliseconds), from Intl's own tzdata. */
export function offsetAt(timezone: string, instant: number): number {
  if (timezone === 'UTC') return 0;
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(formatter(timezone).format(instant));
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const offset = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -offset : offset;
}

/** Changes of the zone's UTC offset from `from` (included) to `to` (excluded), epoch milliseconds, in order. */
export function transitions(timezone: string, from: number, to: number): Transition[] {
  const found: Transition[] = [];
  let start = from - 1;
  for (;;) {
    const next = nextTransition(timezone, start, to);
    if (next === null) return found;
    found.push(next);
    start = next.at;
  }
}

/** The first change after `start` and before `end`, or null. */
export function nextTransition(timezone: string, start: number, end: number): Transition | null {
  if (timezone === 'UTC') return null;
  const before = offsetAt(timezone, start);
  for (let known = start; known < end - 1;) {
    const next = Math.min(known + STEP, end - 1);
    if (offsetAt(timezone, next) !== before) return bisect(timezone, known, next, before);
    known = next;
  }
  return null;
}

/** The first instant in (`same`, `other`] without the offset `before`. */
function bisect(timezone: string, same: number, other: number, before: number): Transition {
  let [low, high] = [same, other];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timezone, middle) === before) low = middle;
    else high = middle;
  }
  return { at: high, before, after: offsetAt(timezone, high) };
}
