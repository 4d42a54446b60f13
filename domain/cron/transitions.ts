import { BoundedCache } from './bounded-cache.ts';

/** A change of a zone's UTC offset. */
export interface Transition {
  /** Epoch milliseconds of the first instant with the new offset. */
  at: number;
  /** UTC offsets in milliseconds. */
  before: number;
  after: number;
}

/** A zone's offset at the start of a period of time, and its changes within. */
interface Period {
  offset: number;
  changes: readonly Transition[];
}

const SECOND = 1_000;
const DAY = 86_400_000;

/**
 * How far apart offsets are looked up. Between two equal ones nothing must have happened: the shortest time after which
 * a zone of tzdata ever went back to an offset is 3.99 days (Freetown 1939); since 1945, 6.96 days.
 */
const STEP = 3 * DAY;
const PERIOD = 10 * STEP;

/** Making a formatter takes 50 times as long as using it, and a period needs 11 uses. Both are pure. */
const formatters = new BoundedCache<Intl.DateTimeFormat>(128);
const periods = new BoundedCache<Period>(4_096);

/** UTC offset in milliseconds at an instant (epoch milliseconds), by the tzdata that Intl has. */
export function offsetAt(timezone: string, instant: number): number {
  if (timezone === 'UTC') return 0;
  const { offset, changes } = periodOf(timezone, Math.floor(instant / PERIOD));
  return changes.findLast(({ at }) => at <= instant)?.after ?? offset;
}

/** Changes of the zone's UTC offset from `from` (included) to `to` (excluded), epoch milliseconds, in order. */
export function transitions(timezone: string, from: number, to: number): Transition[] {
  const found: Transition[] = [];
  for (let start = from - 1; ;) {
    const next = nextTransition(timezone, start, to);
    if (next === null) return found;
    found.push(next);
    start = next.at;
  }
}

/** The first change after `start` and before `end`, epoch milliseconds, or null. */
export function nextTransition(timezone: string, start: number, end: number): Transition | null {
  if (timezone === 'UTC') return null;
  for (let index = Math.floor(start / PERIOD); index * PERIOD < end; index += 1) {
    const change = periodOf(timezone, index).changes.find(({ at }) => at > start);
    if (change) return change.at < end ? change : null;
  }
  return null;
}

/** What happens from `index` periods after the epoch on, for one period. */
function periodOf(timezone: string, index: number): Period {
  return periods.get(`${timezone} ${index}`, () => {
    const start = index * PERIOD;
    const offset = lookUp(timezone, start - SECOND);
    const changes: Transition[] = [];
    let [known, before] = [start - SECOND, offset];
    for (let next = start + STEP - SECOND; known < start + PERIOD - SECOND; next += STEP) {
      const after = lookUp(timezone, next);
      if (after !== before) changes.push({ at: bisect(timezone, known, next, before), before, after });
      [known, before] = [next, after];
    }
    return { offset, changes };
  });
}

/** The first instant after `same` and not after `other` without the offset `before`; changes come at whole seconds. */
function bisect(timezone: string, same: number, other: number, before: number): number {
  let [low, high] = [same / SECOND, other / SECOND];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (lookUp(timezone, middle * SECOND) === before) low = middle;
    else high = middle;
  }
  return high * SECOND;
}

/** Intl gives an offset as `GMT`, `GMT-04:00` or, as Monrovia's until 1972, `GMT-00:44:30`. */
function lookUp(timezone: string, instant: number): number {
  const formatter = formatters.get(
    timezone,
    () => new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }),
  );
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(formatter.format(instant));
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const offset = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
  return sign === '-' ? -offset : offset;
}
