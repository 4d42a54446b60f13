import { KINDS, scheduleId } from '../../domain/contracts/names.ts';
import type { Schedule } from '../../domain/contracts/schedules.ts';
import { describeTiming, fireAt } from '../../domain/cron/index.ts';
import type { ScheduleRow } from '../../domain/ports/schedule-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import { comingFires, showDefinition } from '../../domain/schedules/shown.ts';

const NEXT_RUNS = 5;

/** Rows of a workspace as schedule objects at `now` (epoch ms), from the store alone. */
export async function showSchedules(
  store: Store,
  workspace: string,
  rows: readonly ScheduleRow[],
  now: number,
): Promise<Schedule[]> {
  const last = await store.runs.last(
    workspace,
    rows.map(({ name }) => scheduleId(workspace, name)),
  );
  return rows.map((row) => {
    const id = scheduleId(workspace, row.name);
    const timing = describeTiming(row.timing);
    const { pause, skips, failureStreak, version } = row;
    return {
      ...{ scheduleId: id, workspace, name: row.name, kind: KINDS[row.workflowType] },
      ...showDefinition(row),
      description: row.description ?? timing,
      timing,
      state: pause ? 'paused' : 'active',
      ...{ pausedBy: pause?.by ?? null, pausedReason: pause?.reason ?? null },
      nextRuns: pause ? [] : comingFires(row, now, NEXT_RUNS).map(({ at }) => at),
      // After a change of timing some may be no fires any more.
      skips: skips.filter((skip) => Date.parse(skip) > now && fireAt(row.timing, skip) !== null),
      lastRun: last.get(id) ?? null,
      ...{ failureStreak, version, managed: true },
    };
  });
}
