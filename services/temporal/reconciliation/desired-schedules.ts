import { randomUUID } from 'node:crypto';
import { scheduleId } from '../../../domain/contracts/names.ts';
import type { ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { type Reconciling, iso } from './dependencies.ts';
import { eachForItself } from './each-for-itself.ts';

/** A difference is acted on when it has been there for so long: whoever makes a change may be in the middle of it. */
const STEADY_MS = 20_000;
/** A pause through Temporal itself is noticed so much later at most. */
export const NOTICED_MS = 120_000;
/** Who paused or resumed what was not paused or resumed through Reveille. */
export const TEMPORAL = 'temporal';
const REASON_AT_MOST = 500;

type Named = Pick<ScheduleRow, 'workspace' | 'name'>;
const fieldsOf = ({ workspace, name }: Named) => ({ workspace, scheduleId: scheduleId(workspace, name) });

/**
 * Makes Temporal have the schedules of the store, no more of ours and no fewer, and takes over what somebody paused or
 * resumed through Temporal itself: a pause survives.
 */
export function desiredSchedules(reconciling: Reconciling) {
  const { store, temporal, schedules, logger, now } = reconciling;
  /** Since when a schedule of ours looks different on Temporal, by id and revision. */
  const differing = new Map<string, number>();

  const each = <Item extends Named>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> =>
    eachForItself(reconciling, items, fieldsOf, work);

  /** Those that have differed for long enough, as the lagging list has them. */
  function steady(rows: readonly ScheduleRow[], listed: ReadonlyMap<string, { paused: boolean }>): ScheduleRow[] {
    const before = new Map(differing);
    differing.clear();
    return rows.filter((row) => {
      const id = scheduleId(row.workspace, row.name);
      const actual = listed.get(id);
      if (row.revision !== row.appliedRevision || (actual && actual.paused === (row.pause !== null))) return false;
      const key = `${id} ${row.revision}`;
      const since = before.get(key) ?? now();
      differing.set(key, since);
      return now() - since >= STEADY_MS;
    });
  }

  async function settleDifference(row: ScheduleRow): Promise<void> {
    const { workspace, name } = row;
    const actual = await temporal.schedule(scheduleId(workspace, name));
    const latest = await store.schedules.get(workspace, name);
    if (latest?.revision !== row.revision) return;
    if (actual === null) {
      logger.warn(fieldsOf(row), 'Schedule is missing on Temporal; creating it again');
      await temporal.prepare();
      await store.schedules.unapplied(workspace, name);
      await schedules.apply((await store.schedules.get(workspace, name)) ?? row);
    } else if (actual.paused !== (row.pause !== null)) {
      logger.warn(
        fieldsOf(row),
        actual.paused ? 'Schedule was paused through Temporal' : 'Schedule was resumed through Temporal',
      );
      await adopt(row, actual);
    }
  }

  async function adopt(
    { workspace, name }: ScheduleRow,
    actual: { paused: boolean; note: string | null },
  ): Promise<void> {
    const at = iso(now());
    const reason = actual.note?.trim().slice(0, REASON_AT_MOST);
    const changed = actual.paused
      ? await store.schedules.pause(workspace, [name], {
          ...{ pauseId: randomUUID(), by: TEMPORAL, at },
          reason: reason || 'Paused through Temporal',
        })
      : await store.schedules.resume(workspace, { names: [name] }, { by: TEMPORAL, at, reason: reason || undefined });
    for (const row of changed) await schedules.apply(row);
  }

  return {
    /** @param rows all schedules of the store. @throws when Temporal went away */
    async reconcile(rows: readonly ScheduleRow[]): Promise<void> {
      await each(
        rows.filter((row) => row.revision !== row.appliedRevision),
        async (row) => {
          if (row.appliedRevision === 0) await temporal.prepare();
          await schedules.apply(row);
        },
      );
      await each(await store.schedules.removed(), (removed) => schedules.applyRemoved(removed));
      if (rows.length > 0) await each(steady(rows, await temporal.listed()), settleDifference);
    },
  };
}
