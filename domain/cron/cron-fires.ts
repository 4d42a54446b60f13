import { parseCron } from './dialect.ts';
import { firstOfTwo, secondOfTwo, skipped } from './notes.ts';
import type { CronTiming } from './timing.ts';
import { nextTransition, offsetAt } from './transitions.ts';
import { wallTimes } from './wall-times.ts';

/** A fire: epoch milliseconds, the zone's UTC offset then (ms), and what is unusual about it. */
export interface Moment {
  at: number;
  offset: number;
  note: string | null;
}

/** A time in which the zone keeps one UTC offset, between the offsets before and after it. Milliseconds. */
interface Stretch {
  start: number;
  end: number;
  before: number;
  offset: number;
  after: number;
}

const DAY = 86_400_000;

/** Longer than any change of clock (a day: Samoa 2011, Kwajalein 1969) and any offset (15 h) together. */
const MARGIN = 3 * DAY;

/** Where no change ends a stretch it ends by itself: changes are looked for only as far as fires are asked for. */
const STRETCH = 14 * DAY;

/**
 * Fires of a cron schedule from `from` (included) to `to` (excluded), epoch milliseconds. As in cronie, a fixed-time
 * schedule goes through its times once, whatever the clock does: what a gap skips comes when the gap is over, and what
 * the clock shows again has been. Any other reads the clock anew after each change.
 */
export function* cronFires(timing: CronTiming, from: number, to: number): Generator<Moment> {
  const { timezone, cron } = timing;
  const fields = parseCron(cron);
  // What a gap has skipped, and which pass of a repeated hour this is, is seen from before.
  const changed = nextTransition(timezone, from - MARGIN, from + 1) !== null;
  let stretch = stretchFrom(timezone, changed ? from - MARGIN : from);
  let times = new Times(wallTimes(fields, stretch.start + stretch.offset));
  while (stretch.start < to) {
    for (const moment of momentsIn(stretch, times)) {
      if (moment.at >= to) return;
      if (moment.at >= from) yield moment;
    }
    if (times.next === null) return;
    // What lies far ahead is not looked for through all changes until then. A time may come again before it.
    const far = times.next - MARGIN;
    const skips = far > stretch.end && stretch.after >= stretch.offset;
    stretch = skips ? stretchFrom(timezone, far) : stretchFrom(timezone, stretch.end, stretch.offset);
    if (!fields.fixedTime) times = new Times(wallTimes(fields, stretch.start + stretch.offset));
  }
}

function* momentsIn(stretch: Stretch, times: Times): Generator<Moment> {
  const { start, end, offset } = stretch;
  const missed: number[] = [];
  for (; times.next !== null && times.next < end + offset; times.advance()) {
    const at = times.next - offset;
    if (at < start) {
      missed.push(times.next);
      continue;
    }
    if (missed.length > 0) {
      yield { at: start, offset, note: skipped(missed.splice(0), start + offset) };
      if (at === start) continue;
    }
    yield { at, offset, note: whichOfTwo(times.next, stretch) };
  }
  if (missed.length > 0) yield { at: start, offset, note: skipped(missed, start + offset) };
}

/** The clock shows a time twice when it is set back over it. */
function whichOfTwo(time: number, { start, end, before, after }: Stretch): string | null {
  if (time >= end + after) return firstOfTwo(time);
  if (time < start + before) return secondOfTwo(time);
  return null;
}

function stretchFrom(timezone: string, start: number, before?: number): Stretch {
  const offset = offsetAt(timezone, start);
  // A change just after the end is seen too: its repeated hour may begin before.
  const change = nextTransition(timezone, start, start + STRETCH + MARGIN);
  const end = change?.at ?? start + STRETCH;
  return { start, end, before: before ?? offset, offset, after: change?.after ?? offset };
}

/** Wall times with the next one in sight; null at their end. */
class Times {
  next: number | null = null;
  readonly #rest: Iterator<number>;

  constructor(rest: Iterator<number>) {
    this.#rest = rest;
    this.advance();
  }

  advance(): void {
    const { done, value } = this.#rest.next();
    this.next = done ? null : value;
  }
}
