import { and, asc, eq, gte, inArray, lt, notInArray, sql } from 'drizzle-orm';
import { scheduleId } from '../../domain/contracts/names.ts';
import { OPEN_RUN_STATES } from '../../domain/contracts/runs.ts';
import type { RunStore } from '../../domain/ports/schedule-store.ts';
import { anyOf } from './bulk.ts';
import { type Connection, type Database, deleteInBatches } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { appendEvents } from './events.ts';
import { runPlans } from './run-plans.ts';
import { type StoredRun, hasEnded, hasFailed, isOpen, isRow, nameOf, runEvents, toRunRow } from './run-rows.ts';
import { runStarts } from './run-starts.ts';
import { isSchedule } from './schedule-rows.ts';
import { runs, schedules } from './schedule-schema.ts';

type End = Parameters<RunStore['finish']>[2];
type Finished = Awaited<ReturnType<RunStore['finish']>>;

/**
 * The failures in a row of the run's schedule, where it is ours and still there; with `ended`, a run more. A cancelled
 * one says nothing.
 */
async function streakOf(
  transaction: Database,
  workspace: string,
  run: StoredRun,
  ended: End['state'] | null,
): Promise<number> {
  const name = nameOf(run);
  if (run.scheduleId !== scheduleId(workspace, name)) return 0;
  const isIt = isSchedule(workspace, name);
  if (ended === null || ended === 'cancelled') {
    const [row] = await transaction.select({ streak: schedules.failureStreak }).from(schedules).where(isIt);
    return row?.streak ?? 0;
  }
  const [row] = await transaction
    .update(schedules)
    .set({ failureStreak: hasFailed(ended) ? sql`${schedules.failureStreak} + 1` : 0 })
    .where(isIt)
    .returning({ streak: schedules.failureStreak });
  return row?.streak ?? 0;
}

async function finishOnce(transaction: Database, workspace: string, runId: string, end: End): Promise<Finished> {
  const isRun = and(eq(runs.workspace, workspace), eq(runs.runId, runId));
  const [before] = await transaction.select().from(runs).where(isRun).for('update');
  if (!before) return null;
  if (hasEnded(before.state)) {
    return {
      run: toRunRow(before),
      failureStreak: await streakOf(transaction, workspace, before, null),
      changed: false,
    };
  }
  const [row] = await transaction
    .update(runs)
    .set({ ...end, reason: null })
    .where(isRun)
    .returning();
  const failureStreak = await streakOf(transaction, workspace, before, end.state);
  await appendEvents(transaction, workspace, runEvents([row!], end.finishedAt));
  return { run: toRunRow(row!), failureStreak, changed: true };
}

/** For each of the schedules, the row of the run that began last (or ended without having begun). */
const isLastOf = (workspace: string, scheduleIds: readonly string[]) => sql`(${runs.workspace}, ${runs.ledgerId}) in (
  select last.workspace, last.ledger_id
  from ${anyOf(scheduleIds)} as wanted (id)
  cross join lateral (
    select workspace, ledger_id from runs
    where workspace = ${workspace} and schedule_id = wanted.id and coalesce(started_at, finished_at) is not null
    order by coalesce(started_at, finished_at) desc limit 1
  ) as last)`;

/** The run ledger (port `RunStore`). */
export function runStore(connection: Connection): RunStore {
  const newest = new NewestFirst(runs, 'plannedAt', 'ledgerId');
  return {
    ...runStarts(connection),
    ...runPlans(connection),
    finish: (workspace, runId, end) =>
      connection.transaction((transaction) => finishOnce(transaction, workspace, runId, end)),
    async mark(workspace, ledgerId, state) {
      await connection.run((database) =>
        database
          .update(runs)
          .set({ state })
          .where(and(isRow(workspace, ledgerId), inArray(runs.state, OPEN_RUN_STATES))),
      );
    },
    async open() {
      const rows = await connection.run((database) =>
        database.select().from(runs).where(isOpen).orderBy(asc(runs.plannedAt), asc(runs.ledgerId)),
      );
      return rows.map(toRunRow);
    },
    async between(workspace, ofSchedule, from, to) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(runs)
          .where(
            and(
              eq(runs.workspace, workspace),
              eq(runs.schedule, nameOf({ workspace, scheduleId: ofSchedule })),
              eq(runs.scheduleId, ofSchedule),
              gte(runs.plannedAt, from),
              lt(runs.plannedAt, to),
            ),
          )
          .orderBy(asc(runs.plannedAt), asc(runs.ordinal), asc(runs.ledgerId)),
      );
      return rows.map(toRunRow);
    },
    async last(workspace, scheduleIds) {
      const rows = await connection.run((database) =>
        database.select().from(runs).where(isLastOf(workspace, scheduleIds)),
      );
      return new Map(rows.map((row) => [row.scheduleId, toRunRow(row)]));
    },
    async get(workspace, runId) {
      const [row] = await connection.run((database) =>
        database
          .select()
          .from(runs)
          .where(and(eq(runs.workspace, workspace), eq(runs.runId, runId))),
      );
      return row ? toRunRow(row) : null;
    },
    async list(workspace, { schedule, state, cause, from, to, ...options }) {
      return newest.list(
        connection,
        options,
        and(
          eq(runs.workspace, workspace),
          schedule === undefined ? undefined : eq(runs.schedule, nameOf({ workspace, scheduleId: schedule })),
          state && eq(runs.state, state),
          cause && eq(runs.cause, cause),
          from === undefined ? undefined : gte(runs.plannedAt, from),
          to === undefined ? undefined : lt(runs.plannedAt, to),
        ),
        toRunRow,
      );
    },
    dropBefore: (instant) =>
      deleteInBatches(
        connection,
        runs,
        and(lt(runs.plannedAt, instant), notInArray(runs.state, [...OPEN_RUN_STATES]))!,
      ),
  };
}
