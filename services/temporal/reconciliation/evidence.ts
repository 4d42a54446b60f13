import { scheduleId } from '../../../domain/contracts/names.ts';
import type { RunRow, ScheduleRow, Span } from '../../../domain/ports/schedule-store.ts';
import type { OtherRun, TimeSpan } from '../../../domain/schedules/not-started.ts';
import type { PlannedFire } from '../../../domain/schedules/planned-fires.ts';
import type { Settling } from '../../../domain/schedules/settle.ts';
import type { Reconciling } from './dependencies.ts';
import { NOTICED_MS, TEMPORAL } from './desired-schedules.ts';

/** So many rows before the fire in question tell which runs were open when it came. */
const ROWS_BEFORE = 100;

/** Gathers what is known about the time of fires that have no run. */
export function evidenceOf({ store, temporal, now }: Reconciling) {
  async function runsAround(row: ScheduleRow, first: PlannedFire, rows: readonly RunRow[], open: readonly RunRow[]) {
    const { workspace, name } = row;
    const { items } = await store.runs.list(workspace, { schedule: name, to: first.at, limit: ROWS_BEFORE });
    const ids = new Set(open.flatMap(({ runId }) => runId ?? []));
    const fresh = await Promise.all([...ids].map((runId) => store.runs.get(workspace, runId)));
    return [...items, ...rows, ...fresh].filter((run) => run !== null);
  }

  /** @param open rows that are open, or were at the last look: a long run may lie far before the rows we read */
  return async (
    row: ScheduleRow,
    first: PlannedFire,
    rows: readonly RunRow[],
    open: readonly RunRow[],
  ): Promise<Omit<Settling, 'outages' | 'moreToCome'>> => {
    const { workspace, name, policies, pause, skips } = row;
    const [pauses, runs, seen] = await Promise.all([
      store.schedules.pauses(workspace, name, { since: first.at, until: null }),
      runsAround(row, first, rows, open),
      temporal.schedule(scheduleId(workspace, name)),
    ]);
    const spans = pauses.map(toSpan);
    // It is noted when we notice it.
    if (pause?.by === TEMPORAL) spans.push({ since: Date.parse(pause.at) - NOTICED_MS, until: null });
    return {
      now: now(),
      skips: new Set(skips.map((skip) => Date.parse(skip))),
      pauses: spans,
      runs: runs.filter(hasRun).map(toOtherRun),
      temporalMissedSome: (seen?.missed ?? 0) > 0,
      policies,
      paused: pause !== null,
      madeUp: runs.filter(({ cause }) => cause === 'catch-up').map(({ plannedAt }) => Date.parse(plannedAt)),
    };
  };
}

export const toSpan = ({ since, until }: Span): TimeSpan => ({
  since: Date.parse(since),
  until: until === null ? null : Date.parse(until),
});

const hasRun = ({ runId }: RunRow): boolean => runId !== null;

const toOtherRun = ({ cause, plannedAt, startedAt, finishedAt }: RunRow): OtherRun => ({
  cause,
  plannedAt: Date.parse(plannedAt),
  startedAt: startedAt === null ? null : Date.parse(startedAt),
  finishedAt: finishedAt === null ? null : Date.parse(finishedAt),
});
