import { LONGEST_MS, formatDuration, instant } from '../contracts/time-values.ts';
import { type FieldError, ReveilleError, invalidInput } from '../errors.ts';
import { type CronFields, parseCron } from './dialect.ts';
import { timesOfDay, wallDays } from './wall-times.ts';
import { parseZone } from './zones.ts';

/** A cron expression on the clock of a zone. */
export interface CronTiming {
  /** As its author wrote it, without outer blanks and with single inner ones. */
  cron: string;
  /** As `parseTiming` gives it. */
  timezone: string;
}

/** An interval. It knows nothing of clocks: `24h` comes an hour later on them after they were set forward. */
export interface EveryTiming {
  /** Whole seconds, in milliseconds. */
  every: number;
  /** An instant at which it fires, ISO 8601 UTC; it does so before as well. null: the epoch. */
  anchor: string | null;
  /** Only says on which clock its fires are shown. */
  timezone: string;
}

export type Timing = CronTiming | EveryTiming;

export interface TimingInput {
  cron?: string;
  /** Milliseconds. */
  every?: number;
  anchor?: string | null;
  /** UTC when absent. */
  timezone?: string;
}

export interface TimingLimits {
  minIntervalMs: number;
  /** Epoch milliseconds. */
  now: number;
}

const SECOND = 1_000;
const MINUTE = 60_000;
const DAY = 86_400_000;
/** Weekdays fall on the same dates again after so many days, from 1901 to 2099. */
const CALENDAR_CYCLE = 28 * 365.25 * DAY;

/**
 * A timing as given, checked and canonical. Exactly one of `cron` and `every`.
 * @throws ReveilleError `invalid_input` at `cron`, `timezone`, `every` or `anchor`: each wrong one, with the reason and
 * what to write instead
 */
export function parseTiming(given: TimingInput, limits: TimingLimits): Timing {
  const errors: FieldError[] = [];
  const timezone = collect(errors, () => parseZone(given.timezone ?? 'UTC', limits.now)) ?? 'UTC';
  const timing = collect(errors, () => parseKind(given, timezone, limits));
  if (timing === null || errors.length > 0) throw invalidInput(errors);
  return timing;
}

function parseKind({ cron, every, anchor }: TimingInput, timezone: string, limits: TimingLimits): Timing {
  if (cron !== undefined && every !== undefined) throw wrong('every', 'does not go with cron: give one of them');
  if (cron !== undefined) {
    if (anchor != null) throw wrong('anchor', 'goes with every only: a cron expression names its times itself');
    return { cron: parseExpression(cron, limits), timezone };
  }
  if (every === undefined) throw wrong('cron', 'is missing: give cron, such as "0 9 * * *", or every, such as "5m"');
  checkEvery(every, limits);
  return { every, anchor: anchor == null ? null : parseAnchor(anchor), timezone };
}

function parseExpression(text: string, { minIntervalMs, now }: TimingLimits): string {
  const cron = text.trim().replace(/\s+/g, ' ');
  const fields = parseCron(cron);
  const interval = shortestInterval(fields, minIntervalMs, now);
  if (interval >= minIntervalMs) return cron;
  const minutes = [2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60].find((count) => count * MINUTE >= minIntervalMs);
  const instead = minutes === 60 ? '"0 * * * *"' : minutes ? `"*/${minutes} * * * *"` : 'fewer times, or give every';
  const least = formatDuration(minIntervalMs);
  throw wrong('cron', `fires come ${formatDuration(interval)} apart, and ${least} is the least: write ${instead}`);
}

/**
 * The shortest time between two fires, or a time under `enough` that is one of them, or any from `enough` on.
 * Milliseconds on the clock: what a change of it does is left out.
 */
function shortestInterval(fields: CronFields, enough: number, now: number): number {
  const times = timesOfDay(fields);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const within = Math.min(Infinity, ...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  // The last of one day and the first of the next: nearer than others only where days follow closely.
  if (within < enough || first + DAY - last >= enough) return within;
  let before = Number.NEGATIVE_INFINITY;
  for (const day of wallDays(fields, now)) {
    const between = day + first - (before + last);
    if (between < enough) return between;
    if (day > now + CALENDAR_CYCLE) break;
    before = day;
  }
  return within;
}

function checkEvery(every: number, { minIntervalMs }: TimingLimits): void {
  const least = formatDuration(minIntervalMs);
  if (!Number.isSafeInteger(every) || every % SECOND !== 0)
    throw wrong('every', 'must be whole seconds, such as "90s"');
  if (every < minIntervalMs)
    throw wrong('every', `is ${formatDuration(every)}, and ${least} is the least: write "${least}"`);
  if (every > LONGEST_MS) throw wrong('every', `must be at most ${formatDuration(LONGEST_MS)}`);
}

function parseAnchor(text: string): string {
  const parsed = instant.safeParse(text);
  if (!parsed.success) throw wrong('anchor', parsed.error.issues[0]?.message ?? '');
  if (Date.parse(parsed.data) % SECOND === 0) return parsed.data;
  throw wrong('anchor', `must be a whole second: write ${parsed.data.replace(/\.\d+/, '')}`);
}

const wrong = (path: string, message: string): ReveilleError => invalidInput([{ path, message }]);

/** The result of `parse`, or null and its errors on the list. */
function collect<Value>(errors: FieldError[], parse: () => Value): Value | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ReveilleError) || error.code !== 'invalid_input') throw error;
    errors.push(...error.errors);
    return null;
  }
}
