import { randomUUID } from 'node:crypto';
import type { Act, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { checkOccurrence } from '../../../domain/schedules/occurrences.ts';
import { there } from './managed.ts';
import type { ScheduleParts } from './parts.ts';

/** Whether a schedule fires: paused and resumed, single occurrences called off and on again. */
export function schedulePauses({ store, calls, applying, managed, managedByName, now }: ScheduleParts) {
  return {
    /** Stops those that are active, of the names or of the workspace (null). @throws ReveilleError `not_found`, `unavailable` */
    async pause(
      workspace: string,
      names: readonly string[] | null,
      pause: Act & { reason: string },
    ): Promise<{ pauseId: string; rows: ScheduleRow[] }> {
      await managedByName(workspace, names);
      await calls.answers();
      const pauseId = randomUUID();
      const rows = await store.schedules.pause(workspace, names, { pauseId, ...pause });
      await applying.all(rows);
      return { pauseId, rows };
    },

    /** Lets those that are paused go on. @returns them. @throws ReveilleError `not_found`, `unavailable` */
    async resume(
      workspace: string,
      which: Parameters<Store['schedules']['resume']>[1],
      act: Parameters<Store['schedules']['resume']>[2],
    ): Promise<ScheduleRow[]> {
      await managedByName(workspace, 'names' in which ? which.names : null);
      await calls.answers();
      const rows = await store.schedules.resume(workspace, which, act);
      await applying.all(rows);
      return rows;
    },

    /** Calls a coming occurrence off, or on again. @throws ReveilleError `invalid_input` at `at` where there is none */
    async setSkip(workspace: string, name: string, at: string, skipped: boolean): Promise<ScheduleRow> {
      checkOccurrence(await managed(workspace, name), at, skipped, now());
      await calls.answers();
      return applying.one(there(await store.schedules.setSkip(workspace, name, at, skipped), workspace, name));
    },
  };
}
