import type { Timing } from './timing.ts';
import { everyFires } from './every-fires.ts';
import { cronFires } from './cron-fires.ts';
import { localText } from './local-time.ts';
import { offsetAt } from './transitions.ts';

/** One moment at which a schedule starts its work. */
export interface Fire {
  /** ISO 8601 UTC with milliseconds. */
  at: string;
  /** The same on the schedule's clock: `2027-03-14T03:00:00-04:00`. */
  local: string;
  /** Why it is not at the time that the schedule names, or which of two it is; null on ordinary days. */
  note: string | null;
}

/** Nothing is planned past the year 9999: later instants have no four-digit year. */
const END_OF_TIME = Date.UTC(10_000, 0, 1);

/** Fires from `from` (included) to `to` (excluded; for ever when absent), in order, each instant once. Lazy. */
export function* fires(timing: Timing, from: string, to?: string): Generator<Fire> {
  const [start, end] = [Date.parse(from), to === undefined ? END_OF_TIME : Math.min(Date.parse(to), END_OF_TIME)];
  const moments = 'cron' in timing ? cronFires(timing, start, end) : everyFires(timing, start, end);
  for (const { at, offset, note } of moments) {
    yield { at: new Date(at).toISOString(), local: localText(at, offset), note };
  }
}

/** The fire at exactly this instant, or null. Fast. */
export function fireAt(timing: Timing, instant: string): Fire | null {
  const next = new Date(Date.parse(instant) + 1).toISOString();
  return fires(timing, instant, next).next().value ?? null;
}

/** An instant as the clocks of a zone show it, with their offset: `2027-03-14T03:00:00-04:00`. */
export function localTime(instant: string, timezone: string): string {
  const at = Date.parse(instant);
  return localText(at, offsetAt(timezone, at));
}
