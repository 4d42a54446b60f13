import { type Fire, fires } from '../cron/index.ts';
import type { ScheduleDefinition, ScheduleVersion, Span } from '../ports/schedule-store.ts';

/** A fire, and the version of the schedule that planned it. */
export interface PlannedFire extends Fire {
  version: ScheduleVersion;
}

/** How much later than `at` (ISO 8601) a fire may come, in milliseconds: by its jitter, but never past the next one, as the server has it. */
export function spreadOf({ timing, policies }: Pick<ScheduleDefinition, 'timing' | 'policies'>, at: string): number {
  if (policies.jitter === null) return 0;
  const since = Date.parse(at);
  const next = fires(timing, new Date(since + 1).toISOString()).next().value;
  return next ? Math.min(policies.jitter, Date.parse(next.at) - since) : policies.jitter;
}

/**
 * Fires from `from` (included) to `to` (excluded), in order, as the schedule was at each time: by the version that then
 * held, and only while the schedule was there. Lazy.
 * @param versions ascending; each holds until the next one's `since`
 * @param lives ascending
 */
export function* plannedFires(
  versions: readonly ScheduleVersion[],
  lives: readonly Span[],
  from: string,
  to: string,
): Generator<PlannedFire> {
  for (const [index, version] of versions.entries()) {
    const ends = versions[index + 1]?.since ?? to;
    for (const life of lives) {
      const start = latest(from, version.since, life.since);
      const end = earliest(to, ends, life.until ?? to);
      if (start >= end) continue;
      for (const fire of fires(version.timing, start, end)) yield { ...fire, version };
    }
  }
}

// ISO 8601 instants in one form are in the order of their letters.
const latest = (...instants: string[]): string => instants.reduce((a, b) => (a > b ? a : b));
const earliest = (...instants: string[]): string => instants.reduce((a, b) => (a < b ? a : b));
