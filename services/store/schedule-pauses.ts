import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { scheduleId } from '../../domain/contracts/names.ts';
import type { ScheduleRow, ScheduleStore, Span } from '../../domain/ports/schedule-store.ts';
import { insertRows, oneOf, overwriting } from './bulk.ts';
import type { Connection, Database } from './connection.ts';
import { appendEvents } from './events.ts';
import { overlapping } from './outages.ts';
import { type StoredSchedule, heldByName, toSchedule } from './schedule-rows.ts';
import { schedulePauses, schedules } from './schedule-schema.ts';

type Pause = Parameters<ScheduleStore['pause']>[2];
type Which = Parameters<ScheduleStore['resume']>[1];
type Resumption = Parameters<ScheduleStore['resume']>[2];

/** What is told of a schedule that was paused or resumed. */
function told({ workspace, name, version, pause }: ScheduleRow): object {
  return {
    scheduleId: scheduleId(workspace, name),
    workspace,
    name,
    state: pause ? 'paused' : 'active',
    pausedBy: pause?.by ?? null,
    pausedReason: pause?.reason ?? null,
    pauseId: pause?.pauseId ?? null,
    version,
  };
}

/** Changes the schedules of these rows in one statement, in the order of their names. */
async function updateAll(
  transaction: Database,
  workspace: string,
  rows: readonly StoredSchedule[],
  changes: Partial<StoredSchedule>,
): Promise<ScheduleRow[]> {
  if (rows.length === 0) return [];
  const names = sql`${schedules.name} = ${oneOf(rows.map(({ name }) => name))}`;
  const changed = await transaction
    .update(schedules)
    .set({ ...changes, revision: sql`${schedules.revision} + 1` })
    .where(and(eq(schedules.workspace, workspace), names))
    .returning();
  const byName = new Map(changed.map((row) => [row.name, row]));
  return rows.flatMap(({ name }) => byName.get(name) ?? []).map(toSchedule);
}

async function pauseAll(
  transaction: Database,
  workspace: string,
  names: readonly string[] | null,
  { pauseId, by, reason, at, automatic = false }: Pause,
): Promise<ScheduleRow[]> {
  const active = (await heldByName(transaction, workspace, names)).filter((row) => row.pauseId === null);
  const stopped = await updateAll(transaction, workspace, active, {
    pauseId,
    pausedBy: by,
    pausedReason: reason,
    pausedAt: at,
  });
  await insertRows(
    transaction,
    schedulePauses,
    stopped.map(({ name }) => ({ workspace, name, pauseId, since: at, by, reason })),
    overwriting(schedulePauses, ['workspace', 'name', 'since', 'pause_id'], []),
  );
  const type = automatic ? 'schedule.disabled' : 'schedule.paused';
  await appendEvents(
    transaction,
    workspace,
    stopped.map((row) => ({ type, at, data: told(row) })),
  );
  return stopped;
}

/** Ends the present pauses of these schedules. */
export async function endPauses(
  transaction: Database,
  workspace: string,
  names: readonly string[],
  { by, at, reason }: Resumption,
): Promise<void> {
  await transaction
    .update(schedulePauses)
    .set({
      until: sql`greatest(${schedulePauses.since}, ${sql.param(at, schedulePauses.until)})`,
      resumedBy: by,
      resumedReason: reason ?? null,
    })
    .where(
      and(
        eq(schedulePauses.workspace, workspace),
        sql`${schedulePauses.name} = ${oneOf(names)}`,
        isNull(schedulePauses.until),
      ),
    );
}

async function resumeAll(
  transaction: Database,
  workspace: string,
  which: Which,
  act: Resumption,
): Promise<ScheduleRow[]> {
  const ofPause = 'pauseId' in which ? which.pauseId : null;
  const paused = (await heldByName(transaction, workspace, 'names' in which ? which.names : null)).filter(
    ({ pauseId }) => pauseId !== null && (ofPause === null || pauseId === ofPause),
  );
  const resumed = await updateAll(transaction, workspace, paused, {
    pauseId: null,
    pausedBy: null,
    pausedReason: null,
    pausedAt: null,
    failureStreak: 0,
  });
  if (resumed.length === 0) return [];
  await endPauses(
    transaction,
    workspace,
    resumed.map(({ name }) => name),
    act,
  );
  const more = { resumedBy: act.by, resumedReason: act.reason ?? null };
  await appendEvents(
    transaction,
    workspace,
    resumed.map((row) => ({ type: 'schedule.resumed', at: act.at, data: { ...told(row), ...more } })),
  );
  return resumed;
}

/** Stopping schedules and letting them go on, one or thousands at once. */
export function schedulePausing(connection: Connection): Pick<ScheduleStore, 'pause' | 'resume' | 'pauses'> {
  return {
    pause: (workspace, names, pause) =>
      connection.transaction((transaction) => pauseAll(transaction, workspace, names, pause)),
    resume: (workspace, which, act) =>
      connection.transaction((transaction) => resumeAll(transaction, workspace, which, act)),
    async pauses(workspace, name, span): Promise<Span[]> {
      return connection.run((database) =>
        database
          .select({ since: schedulePauses.since, until: schedulePauses.until })
          .from(schedulePauses)
          .where(
            and(
              eq(schedulePauses.workspace, workspace),
              eq(schedulePauses.name, name),
              overlapping(schedulePauses.since, schedulePauses.until, span),
            ),
          )
          .orderBy(asc(schedulePauses.since)),
      );
    },
  };
}
