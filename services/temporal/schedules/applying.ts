import { ReveilleError } from '../../../domain/errors.ts';
import { inParallel } from '../../../domain/in-parallel.ts';
import type { RemovedSchedule, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import type { ScheduleCalls } from './calls.ts';

/** How many schedules Temporal is told of at a time. */
export const AT_ONCE = 32;

/** Tells Temporal what the store says, until it has the newest of it, and notes that in the store. */
export function scheduleApplying({ schedules }: Pick<Store, 'schedules'>, calls: ScheduleCalls, now: () => number) {
  async function authorOf({ workspace, name, version }: ScheduleRow): Promise<string | null> {
    const versions = await schedules.versions(workspace, name, { since: new Date(now()).toISOString(), until: null });
    return versions.find((one) => one.version === version)?.by ?? null;
  }

  /** Makes Temporal have this row, or what has become of it meanwhile. `madeBy`: who wrote this version, where known. */
  async function apply(row: ScheduleRow, madeBy?: string): Promise<void> {
    for (let told = row; ;) {
      await calls.put(told, (told === row && madeBy) || (await authorOf(told)));
      // Two who tell at the same time can be taken in the wrong order: each makes sure that the newest was told last.
      const latest = await schedules.get(told.workspace, told.name);
      if (latest === null) return calls.delete(told);
      if (latest.revision <= told.revision) return schedules.applied(told.workspace, told.name, told.revision);
      told = latest;
    }
  }

  /** Makes Temporal forget a schedule, unless there is one of that name again. */
  async function applyRemoved({ workspace, name, revision }: RemovedSchedule): Promise<void> {
    const again = await schedules.get(workspace, name);
    if (again !== null) return apply(again);
    await calls.delete({ workspace, name });
    const meanwhile = await schedules.get(workspace, name);
    if (meanwhile !== null) return apply(meanwhile);
    await schedules.applied(workspace, name, revision);
  }

  return {
    apply: (row: ScheduleRow): Promise<void> => apply(row),
    applyRemoved,

    /** The row, told. @throws ReveilleError `unavailable` */
    async one(row: ScheduleRow, madeBy?: string): Promise<ScheduleRow> {
      await noted(() => apply(row, madeBy));
      return row;
    },

    /** @throws ReveilleError `unavailable` */
    all: (rows: readonly ScheduleRow[]): Promise<void> => noted(() => inParallel(rows, AT_ONCE, (row) => apply(row))),

    /** @throws ReveilleError `unavailable` */
    removed: (removed: RemovedSchedule): Promise<void> => noted(() => applyRemoved(removed)),
  };
}

/** What was written to the store stays, and is carried out later, when Temporal goes away just then. */
async function noted(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof ReveilleError) throw cause;
    throw new ReveilleError(
      'unavailable',
      'The change is noted, but the Temporal server has not taken it yet; it is told again until it has',
      { cause },
    );
  }
}
