import type { SchedulePause, ScheduleRow } from '../ports/schedule-store.ts';

/**
 * The pause that a schedule's policy asks for after so many failed runs in a row, of which `runId` was the last; null
 * while it asks for none. The same run asks for the same pause.
 */
export function failurePause(
  schedule: ScheduleRow | null,
  { failureStreak, runId, at }: { failureStreak: number; runId: string; at: string },
): (SchedulePause & { automatic: true }) | null {
  const limit = schedule?.policies.pauseAfterFailures ?? null;
  if (limit === null || failureStreak < limit) return null;
  const reason = `paused after ${failureStreak} ${failureStreak === 1 ? 'failure' : 'failures in a row'}`;
  return { pauseId: `failures-${runId}`, by: 'reveille', reason, at, automatic: true };
}
