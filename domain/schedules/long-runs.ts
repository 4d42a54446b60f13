import type { Run } from '../contracts/runs.ts';
import { type Timing, fires } from '../cron/index.ts';

/**
 * Whether an open run is still there when the next one of its schedule should begin; one that was made up for or backfilled,
 * whether it takes longer than its schedule leaves between the two. A triggered one is in nobody's way.
 * @param now epoch milliseconds
 */
export function outlastsInterval(
  { cause, plannedAt, startedAt }: Pick<Run, 'cause' | 'plannedAt' | 'startedAt'>,
  timing: Timing,
  now: number,
): boolean {
  if (startedAt === null || cause === 'trigger') return false;
  const planned = Date.parse(plannedAt);
  const next = fires(timing, new Date(planned + 1).toISOString()).next().value;
  if (!next) return false;
  const since = cause === 'schedule' ? planned : Date.parse(startedAt);
  return now - since >= Date.parse(next.at) - planned;
}
