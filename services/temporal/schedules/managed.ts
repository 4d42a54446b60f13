import type { ScheduleDescription } from '@temporalio/client';
import { ReveilleError } from '../../../domain/errors.ts';
import type { ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import type { ScheduleCalls } from './calls.ts';
import { workspaceOf } from './unmanaged.ts';

/** Tells schedules that are ours, with a row in the store, from those that someone made on Temporal itself. */
export function managedSchedules({ schedules }: Pick<Store, 'schedules'>, calls: ScheduleCalls) {
  /** What Temporal has for the workspace under this name, or under this id without one; null: nothing. */
  async function describe(workspace: string, name: string): Promise<ScheduleDescription | null> {
    const own = await calls.describe({ workspace, name });
    if (own !== null) return own;
    const other = await calls.describeId(name);
    return other !== null && workspaceOf(other) === workspace ? other : null;
  }

  /** The row of a schedule that is ours. @throws ReveilleError `not_found`, `conflict` for one made outside */
  async function managed(workspace: string, name: string): Promise<ScheduleRow> {
    const row = await schedules.get(workspace, name);
    if (row !== null) return row;
    const described = await describe(workspace, name);
    if (described === null) throw notThere(workspace, name);
    throw new ReveilleError(
      'conflict',
      `Schedule ${name} was made outside Reveille; change it with: temporal schedule … --schedule-id ${described.scheduleId}`,
    );
  }

  return {
    describe,
    managed,

    /** The same for a name by itself. Many are looked up by the store, all at once. */
    async managedByName(workspace: string, names: readonly string[] | null): Promise<void> {
      if (names?.length === 1) await managed(workspace, names[0]!);
    },

    /** @throws ReveilleError `conflict` where Temporal has one that Reveille did not make */
    async refuseForeign(workspace: string, name: string): Promise<void> {
      const described = await calls.describe({ workspace, name });
      if (described === null || described.action.memo?.['scheduleId'] === described.scheduleId) return;
      throw new ReveilleError(
        'conflict',
        `Temporal has a schedule ${described.scheduleId} already, made outside Reveille`,
      );
    },
  };
}

/** A row that was there just before. @throws ReveilleError `not_found` when it is gone meanwhile */
export function there(row: ScheduleRow | null, workspace: string, name: string): ScheduleRow {
  if (row === null) throw notThere(workspace, name);
  return row;
}

const notThere = (workspace: string, name: string): ReveilleError =>
  new ReveilleError('not_found', `There is no schedule ${name} in workspace ${workspace}`);
