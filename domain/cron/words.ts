import { formatDuration } from '../contracts/time-values.ts';
import type { Timing } from './timing.ts';

/** A timing in plain words: `at 02:00 every day, New York time`. */
export function describeTiming(timing: Timing): string {
  if (!('cron' in timing)) return `every ${formatDuration(timing.every)}`;
  return `${timing.cron}, ${timing.timezone} time`;
}
