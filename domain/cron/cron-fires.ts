import { parseCron } from './dialect.ts';
import type { CronTiming } from './timing.ts';
import { nextTransition, offsetAt } from './transitions.ts';
import { wallTimes } from './wall-times.ts';

/** A fire before it is put into words: epoch milliseconds, and the zone's UTC offset then. */
export interface Moment {
  at: number;
  offset: number;
  note: string | null;
}

/** A stretch of time in which the zone keeps one UTC offset. `after` is the offset of the next. Milliseconds. */
interface Stretch {
  start: number;
  end: number;
  offset: number;
  after: number;
}

const DAY = 86_400_000;
/** A clock change skips or repeats at most a day (Samoa 2011, Kwajalein 1969). */
const LONGEST_CHANGE = DAY;

/** Fires of a cron schedule from `from` (included) to `to` (excluded), epoch milliseconds. */
export function* cronFires(timing: CronTiming, from: number, to: number): Generator<Moment> {
  const fields = parseCron(timing.cron);
  const find = fields.fixedTime ? fixedTimes : clockTimes;
  let last = Number.NaN;
  for (const moment of find(timing.timezone, fields, from)) {
    if (moment.at >= to) return;
    if (moment.at >= from && moment.at !== last) yield moment;
    last = moment.at;
  }
}

type Fields = ReturnType<typeof parseCron>;

/** A fixed time fires at the first instant at which the clock shows it or, where it skips it, has passed it. */
function* fixedTimes(timezone: string, fields: Fields, from: number): Generator<Moment> {
  const start = from - 3 * LONGEST_CHANGE;
  const times = wallTimes(fields, start + offsetAt(timezone, start));
  let time = times.next();
  for (const stretch of stretches(timezone, start)) {
    const { offset } = stretch;
    for (; !time.done && time.value < stretch.end + offset; time = times.next()) {
      const shown = time.value - offset;
      if (shown < stretch.start) {
        yield { at: stretch.start, offset, note: `${clock(time.value)} does not exist on this day` };
      } else {
        const twice = time.value >= stretch.end + stretch.after;
        yield {
          at: shown,
          offset,
          note: twice ? `${clock(time.value)} comes twice on this day; this is the first` : null,
        };
      }
    }
    if (time.done) return;
  }
}

/** What follows the clock fires whenever the clock shows one of its times. */
function* clockTimes(timezone: string, fields: Fields, from: number): Generator<Moment> {
  for (const { start, end, offset } of stretches(timezone, from)) {
    for (const time of wallTimes(fields, start + offset)) {
      if (time >= end + offset) break;
      yield { at: time - offset, offset, note: null };
    }
  }
}

function* stretches(timezone: string, from: number): Generator<Stretch> {
  for (let start = from; ;) {
    const offset = offsetAt(timezone, start);
    const change = nextTransition(timezone, start, start + 64 * DAY);
    // Where none is near, the stretch is cut well before the end of what was looked at.
    const stretch = { start, end: change?.at ?? start + 60 * DAY, offset, after: change?.after ?? offset };
    yield stretch;
    start = stretch.end;
  }
}

const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);
