import { randomUUID } from 'node:crypto';
import { type SQL, and, asc, eq, isNull, max, ne } from 'drizzle-orm';
import { ReveilleError } from '../../domain/errors.ts';
import type { RunRow, RunStore, StartedRun } from '../../domain/ports/schedule-store.ts';
import { type Connection, type Database, holdLock } from './connection.ts';
import { appendEvents } from './events.ts';
import { type StoredRun, hasEnded, isOpen, isRow, runEvents, toRunRow } from './run-rows.ts';
import { runs } from './schedule-schema.ts';

/** One at a time decides which row of the schedule a run fills, and whether there may be another. */
export const holdRuns = (transaction: Database, workspace: string, scheduleId: string): Promise<void> =>
  holdLock(transaction, 'runs', workspace, scheduleId);

type Fire = Pick<StartedRun, 'scheduleId' | 'plannedAt'>;

const isFire = (workspace: string, { scheduleId, plannedAt }: Fire): SQL | undefined =>
  and(
    eq(runs.workspace, workspace),
    eq(runs.scheduleId, scheduleId),
    eq(runs.plannedAt, plannedAt),
    ne(runs.cause, 'trigger'),
  );

const isTriggered = (workspace: string, workflowId: string): SQL | undefined =>
  and(eq(runs.workspace, workspace), eq(runs.cause, 'trigger'), eq(runs.workflowId, workflowId));

type Claim = Omit<StartedRun, 'startedAt'>;

/** The run's own row, else the one that it fills: of the same trigger, or the first of its instant without a run. */
async function claimed(transaction: Database, workspace: string, run: Claim): Promise<StoredRun | undefined> {
  const [own] = await transaction
    .select()
    .from(runs)
    .where(and(eq(runs.workspace, workspace), eq(runs.runId, run.runId)))
    .for('update');
  if (own) return own;
  const place = run.cause === 'trigger' ? isTriggered(workspace, run.workflowId) : isFire(workspace, run);
  const rows = await transaction.select().from(runs).where(place).orderBy(asc(runs.ordinal)).for('update');
  return rows.find((row) => row.runId === null);
}

/** The place after all rows of the same instant. */
async function nextOrdinal(transaction: Database, workspace: string, fire: Fire): Promise<number> {
  const [last] = await transaction
    .select({ ordinal: max(runs.ordinal) })
    .from(runs)
    .where(isFire(workspace, fire));
  return (last?.ordinal ?? -1) + 1;
}

/**
 * Fills the row of a run, or makes one, with `filled` of what was there before (null: nothing to change). Hold the runs of the schedule.
 * @returns the row, and whether it was changed
 */
export async function fill(
  transaction: Database,
  workspace: string,
  run: Claim,
  filled: (before: StoredRun | null) => (Partial<StoredRun> & Pick<StoredRun, 'state'>) | null,
): Promise<{ row: StoredRun; before: StoredRun | null; changed: boolean }> {
  const { scheduleId, scheduleVersion, plannedAt, plannedLocal, note, cause, workflowId, runId } = run;
  for (;;) {
    const before = (await claimed(transaction, workspace, run)) ?? null;
    const changes = filled(before);
    if (before && changes === null) return { row: before, before, changed: false };
    if (before) {
      const [row] = await transaction
        .update(runs)
        .set({ ...changes, workflowId, runId })
        .where(isRow(workspace, before.ledgerId))
        .returning();
      return { row: row!, before, changed: true };
    }
    const ordinal = cause === 'trigger' ? 0 : await nextOrdinal(transaction, workspace, run);
    const [row] = await transaction
      .insert(runs)
      .values({
        workspace,
        ledgerId: randomUUID(),
        ...{ scheduleId, scheduleVersion, plannedAt, plannedLocal, note, cause, workflowId, runId, ordinal },
        state: 'late',
        ...changes,
      })
      .onConflictDoNothing()
      .returning();
    // Else the fire was planned, or the run noted, at this very moment: its row is there now.
    if (row) return { row, before: null, changed: true };
  }
}

function started(before: StoredRun | null, run: StartedRun) {
  const { startedAt, scheduleVersion, plannedLocal, note, cause } = run;
  if (before === null) return { state: 'running' as const, startedAt };
  if (before.startedAt !== null) return null;
  if (hasEnded(before.state)) return { state: before.state, startedAt };
  return {
    state: 'running' as const,
    startedAt,
    reason: null,
    scheduleVersion: scheduleVersion ?? before.scheduleVersion,
    // A trigger is planned for the moment in which it was asked for.
    ...(cause !== 'trigger' && { plannedLocal, note }),
    cause: before.cause === 'schedule' ? cause : before.cause,
  };
}

async function startOnce(transaction: Database, workspace: string, run: StartedRun): Promise<RunRow> {
  await holdRuns(transaction, workspace, run.scheduleId);
  const { row, changed } = await fill(transaction, workspace, run, (before) => started(before, run));
  if (changed && row.state === 'running') await appendEvents(transaction, workspace, runEvents([row], run.startedAt));
  return toRunRow(row);
}

async function triggerOnce(
  transaction: Database,
  workspace: string,
  run: Parameters<RunStore['trigger']>[1],
  exclusive: boolean,
): Promise<RunRow> {
  const { scheduleId, scheduleVersion, plannedAt, plannedLocal, note, workflowId } = run;
  await holdRuns(transaction, workspace, scheduleId);
  const [same] = await transaction.select().from(runs).where(isTriggered(workspace, workflowId));
  if (same) return toRunRow(same);
  if (exclusive) {
    const others = and(eq(runs.workspace, workspace), eq(runs.scheduleId, scheduleId), isOpen);
    if ((await transaction.$count(runs, others)) > 0) {
      throw new ReveilleError('conflict', 'A run of this schedule has not ended yet, and its runs do not overlap.');
    }
  }
  const [row] = await transaction
    .insert(runs)
    .values({
      workspace,
      ledgerId: randomUUID(),
      ...{ scheduleId, scheduleVersion, plannedAt, plannedLocal, note, workflowId },
      ordinal: 0,
      cause: 'trigger',
      state: 'late',
    })
    .returning();
  return toRunRow(row!);
}

/** How runs come into the ledger. */
export function runStarts(connection: Connection): Pick<RunStore, 'start' | 'trigger' | 'triggered'> {
  return {
    start: (workspace, run) => connection.transaction((transaction) => startOnce(transaction, workspace, run)),
    trigger: (workspace, run, { exclusive }) =>
      connection.transaction((transaction) => triggerOnce(transaction, workspace, run, exclusive)),
    async triggered(workspace, ledgerId, runId) {
      await connection.run((database) =>
        database
          .update(runs)
          .set({ runId })
          .where(and(isRow(workspace, ledgerId), isNull(runs.runId))),
      );
    },
  };
}
