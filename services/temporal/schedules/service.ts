import { inParallel } from '../../../domain/in-parallel.ts';
import type { ScheduleUpkeep } from '../../../domain/ports/workflow-service.ts';
import { AT_ONCE } from './applying.ts';
import { scheduleDefinitions } from './definitions.ts';
import { type ScheduleServiceDependencies, scheduleParts } from './parts.ts';
import { schedulePauses } from './pauses.ts';
import { requestedRuns } from './requested-runs.ts';

export type ScheduleService = ReturnType<typeof createScheduleService>;

/**
 * Schedules as they should be, in the store, and as they are, on Temporal. Each change is written to the store first,
 * then told to Temporal, then noted as applied. Where Temporal does not answer nothing is changed (`unavailable`); when
 * it goes away half-way the change stays noted, and reconciliation carries it out by `apply` and `applyRemoved`.
 */
export function createScheduleService(dependencies: ScheduleServiceDependencies) {
  const parts = scheduleParts(dependencies);
  const { store, calls, applying, describe } = parts;

  const renew: ScheduleUpkeep['renew'] = async (workspace, onProgress) => {
    const rows = await store.schedules.all(workspace ?? undefined);
    let renewed = 0;
    await inParallel(rows, AT_ONCE, async (row) => {
      if (!(await calls.has(row))) {
        await applying.apply(row);
        renewed += 1;
      }
      onProgress();
    });
    return { checked: rows.length, renewed };
  };

  return {
    ...scheduleDefinitions(parts),
    ...schedulePauses(parts),
    ...requestedRuns(parts),
    /** Makes anew what Temporal has otherwise than it should, also specs that time has moved past. */
    renew,
    describe,
    /** Whether Temporal has the row as it should be. */
    has: calls.has,
    /** Makes Temporal have the row, or what has become of it meanwhile, and notes that. */
    apply: applying.apply,
    /** Makes Temporal forget a schedule, unless there is one of that name again, and notes that. */
    applyRemoved: applying.applyRemoved,
    /** Has Temporal start the run of one instant, paused or not; after the open ones, unless its runs may overlap. */
    startInstant: calls.startInstant,
  };
}
