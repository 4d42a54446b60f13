import { scheduleId } from '../../../domain/contracts/names.ts';
import type { PlannedRun, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { comingFires } from '../../../domain/schedules/shown.ts';
import type { Reconciling } from './dependencies.ts';

/** Keeps the next fire of every schedule in the ledger as `planned`, and no other; none while it is paused. */
export function firesAhead({ store, now }: Reconciling) {
  /** What is stored ahead, by schedule: it stays until it has passed or the schedule is changed. */
  const ahead = new Map<string, { workspace: string; revision: number; at: string | null }>();

  return async (rows: readonly ScheduleRow[]): Promise<void> => {
    const planned = new Map<string, PlannedRun[]>();
    for (const row of rows) {
      const id = scheduleId(row.workspace, row.name);
      const before = ahead.get(id);
      const changed = before?.revision !== row.revision;
      if (!changed && (before.at === null || Date.parse(before.at) > now())) continue;
      const [fire] = row.pause ? [] : comingFires(row, now(), 1);
      if (changed) await store.runs.unplan(row.workspace, id, fire?.at ?? null);
      if (fire) {
        const { at, local, note } = fire;
        const what = { scheduleId: id, scheduleVersion: row.version, plannedAt: at, plannedLocal: local, note };
        const run: PlannedRun = { ...what, state: 'planned', reason: null };
        planned.set(row.workspace, [...(planned.get(row.workspace) ?? []), run]);
      }
      ahead.set(id, { workspace: row.workspace, revision: row.revision, at: fire?.at ?? null });
    }
    for (const [workspace, runs] of planned) await store.runs.plan(workspace, runs);
    const known = new Set(rows.map(({ workspace, name }) => scheduleId(workspace, name)));
    for (const [id, { workspace }] of ahead) {
      if (known.has(id)) continue;
      // It was deleted, perhaps between our reading of it and our planning.
      await store.runs.unplan(workspace, id, null);
      ahead.delete(id);
    }
  };
}
