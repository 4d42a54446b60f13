import { invalidInput } from '../errors.ts';
import { parseCron } from './dialect.ts';
import { parseZone } from './zones.ts';

/** A cron expression on the clock of a zone. */
export interface CronTiming {
  /** As its author wrote it, without outer blanks and with single inner ones. */
  cron: string;
  /** Canonical: as `parseTiming` gives it. */
  timezone: string;
}

/** An interval. */
export interface EveryTiming {
  /** Milliseconds. */
  every: number;
  /** An instant at which it fires, ISO 8601 UTC; null: the epoch. */
  anchor: string | null;
  /** Only for showing local times. */
  timezone: string;
}

export type Timing = CronTiming | EveryTiming;

/**
 * A timing as given, checked and canonical. Exactly one of `cron` and `every` (milliseconds).
 * @throws ReveilleError `invalid_input` at `cron`, `timezone`, `every` or `anchor`, with the reason and a suggestion
 */
export function parseTiming(
  given: { cron?: string; every?: number; anchor?: string | null; timezone?: string },
  limits: { minIntervalMs: number; now: number },
): Timing {
  const timezone = parseZone(given.timezone ?? 'UTC');
  if (given.cron !== undefined && given.every === undefined) {
    const cron = given.cron.trim().replace(/\s+/g, ' ');
    parseCron(cron);
    return { cron, timezone };
  }
  if (given.every === undefined) throw invalidInput([{ path: 'cron', message: 'give either cron or every' }]);
  if (given.every < limits.minIntervalMs) throw invalidInput([{ path: 'every', message: 'is too short' }]);
  return { every: given.every, anchor: given.anchor ?? null, timezone };
}
