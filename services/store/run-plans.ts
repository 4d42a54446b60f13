import { randomUUID } from 'node:crypto';
import { type SQL, and, asc, eq, inArray, isNull, ne, sql } from 'drizzle-orm';
import type { RunCause } from '../../domain/contracts/runs.ts';
import type { PlannedRun, RunRow, RunStore } from '../../domain/ports/schedule-store.ts';
import { batches, insertRows, oneOf, rowsOf } from './bulk.ts';
import { type Connection, type Database, holdLock } from './connection.ts';
import { appendEvents } from './events.ts';
import { type StoredRun, isIntended, isRow, runEvents, toRunRow } from './run-rows.ts';
import { fill, holdRuns } from './run-starts.ts';
import { runs } from './schedule-schema.ts';

type Fire = Omit<PlannedRun, 'state' | 'reason'>;
type WaitingRun = PlannedRun & { workflowId: string; runId: string };

const excluded = (column: { name: string }): SQL => sql`excluded.${sql.identifier(column.name)}`;
const canonical = (instant: string): string => new Date(instant).toISOString();
const keyOf = ({ scheduleId, plannedAt }: Pick<Fire, 'scheduleId' | 'plannedAt'>): string =>
  JSON.stringify([scheduleId, canonical(plannedAt)]);

/** Each fire once, the last told, in an order in which two who write many do not wait for each other. */
function distinct<Item extends Fire>(fires: readonly Item[]): Item[] {
  const byKey = new Map(fires.map((fire) => [keyOf(fire), fire]));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, fire]) => fire);
}

const toRow = (workspace: string, { scheduleId, scheduleVersion, plannedAt, plannedLocal, note }: Fire) => ({
  ...{ workspace, ledgerId: randomUUID(), scheduleId, scheduleVersion, plannedAt, plannedLocal, note },
});

/**
 * One at a time writes many fires of a workspace: two who came upon each other's rows, old and new, would wait for each
 * other for ever.
 */
const holdPlans = (transaction: Database, workspace: string): Promise<void> =>
  holdLock(transaction, 'plans', workspace);

const PLANNED = [runs.state, runs.reason, runs.scheduleVersion, runs.plannedLocal, runs.note] as const;

/** Writes fires, except where there is a run or one is intended. @returns the rows that this changed */
function upsert(transaction: Database, workspace: string, batch: readonly PlannedRun[]): Promise<StoredRun[]> {
  const workflowId = sql`coalesce(${excluded(runs.workflowId)}, ${runs.workflowId})`;
  const list = (columns: readonly SQL[]): SQL => sql.join([...columns], sql`, `);
  const before = list([...PLANNED, runs.workflowId].map((column) => sql`${column}`));
  const after = list([...PLANNED.map(excluded), workflowId]);
  return transaction
    .insert(runs)
    .select(
      rowsOf(
        runs,
        batch.map(({ workflowId = null, ...fire }) => ({
          ...toRow(workspace, fire),
          ...{ ordinal: 0, cause: 'schedule', state: fire.state, reason: fire.reason, workflowId },
        })),
      ),
    )
    .onConflictDoUpdate({
      target: [runs.workspace, runs.scheduleId, runs.plannedAt, runs.ordinal],
      targetWhere: sql`cause <> 'trigger'`,
      set: {
        ...{ state: excluded(runs.state), reason: excluded(runs.reason), note: excluded(runs.note) },
        ...{ scheduleVersion: excluded(runs.scheduleVersion), plannedLocal: excluded(runs.plannedLocal) },
        workflowId,
      },
      setWhere: sql`${runs.runId} is null and (not (${isIntended}) or ${excluded(runs.state)} = 'late')
        and (${before}) is distinct from (${after})`,
    })
    .returning();
}

/** Run ids that the ledger does not have yet. */
async function unknownRuns(connection: Connection, workspace: string, waiting: WaitingRun[]): Promise<WaitingRun[]> {
  if (waiting.length === 0) return [];
  const rows = await connection.run((database) =>
    database
      .select({ runId: runs.runId })
      .from(runs)
      .where(and(eq(runs.workspace, workspace), sql`${runs.runId} = ${oneOf(waiting.map(({ runId }) => runId))}`)),
  );
  const known = new Set(rows.map(({ runId }) => runId));
  return waiting.filter(({ runId }) => !known.has(runId));
}

/** A run that waits fills its row as it would by starting. */
async function wait(transaction: Database, workspace: string, run: WaitingRun): Promise<void> {
  await holdRuns(transaction, workspace, run.scheduleId);
  await fill(transaction, workspace, { ...run, cause: 'schedule' }, (before) =>
    before?.runId === run.runId ? null : { state: 'late', reason: null },
  );
}

const waits = (run: PlannedRun): run is WaitingRun =>
  run.state === 'late' && typeof run.workflowId === 'string' && typeof run.runId === 'string';

async function planAll(connection: Connection, workspace: string, given: readonly PlannedRun[]): Promise<void> {
  const fires = distinct(given);
  for (const batch of batches(fires.filter((run) => !waits(run)))) {
    await connection.transaction(async (transaction) => {
      await holdPlans(transaction, workspace);
      const changed = await upsert(transaction, workspace, batch);
      await appendEvents(transaction, workspace, runEvents(changed, new Date().toISOString()));
    });
  }
  for (const run of await unknownRuns(connection, workspace, fires.filter(waits))) {
    await connection.transaction((transaction) => wait(transaction, workspace, run));
  }
}

/** The rows of these fires of one schedule by instant, held. */
async function heldRows(transaction: Database, workspace: string, scheduleId: string, fires: readonly Fire[]) {
  const instants = sql`any (array(select jsonb_array_elements_text(${JSON.stringify(
    fires.map(({ plannedAt }) => canonical(plannedAt)),
  )}::jsonb)::timestamptz))`;
  const rows = await transaction
    .select()
    .from(runs)
    .where(
      and(
        eq(runs.workspace, workspace),
        eq(runs.scheduleId, scheduleId),
        ne(runs.cause, 'trigger'),
        sql`${runs.plannedAt} = ${instants}`,
      ),
    )
    .orderBy(asc(runs.plannedAt), asc(runs.ordinal))
    .for('update');
  return Map.groupBy(rows, keyOf);
}

/** Neither has a run nor is about to. */
const isFree = (row: StoredRun): boolean =>
  row.runId === null && !(row.state === 'late' && (row.cause !== 'schedule' || row.workflowId !== null));

/** Takes over the rows of fires that have not run, makes rows for those that have. */
async function intendAll(
  transaction: Database,
  workspace: string,
  scheduleId: string,
  cause: Extract<RunCause, 'catch-up' | 'backfill'>,
  fires: readonly Fire[],
): Promise<StoredRun[]> {
  await holdRuns(transaction, workspace, scheduleId);
  const intended = { cause, state: 'late', reason: null } as const;
  for (;;) {
    const rows = await heldRows(transaction, workspace, scheduleId, fires);
    const known = fires.map((fire) => ({ fire, rows: rows.get(keyOf(fire)) ?? [] }));
    const isDone = (row: StoredRun): boolean => row.cause === cause && row.state === 'late' && row.runId === null;
    const missing = known.filter((each) => !each.rows.some(isDone));
    if (missing.length === 0) return known.flatMap((each) => each.rows.find(isDone) ?? []);
    const free = missing.flatMap((each) => each.rows.find(isFree)?.ledgerId ?? []);
    await transaction
      .update(runs)
      .set({ ...intended, workflowId: null })
      .where(and(eq(runs.workspace, workspace), sql`${runs.ledgerId} = ${oneOf(free)}`));
    const taken = missing.filter((each) => !each.rows.some(isFree));
    // Where a run has started at this very moment, the next time round sees its row.
    await insertRows(
      transaction,
      runs,
      taken.map((each) => ({
        ...toRow(workspace, each.fire),
        ...intended,
        ordinal: (each.rows.at(-1)?.ordinal ?? -1) + 1,
      })),
      sql`on conflict do nothing`,
    );
  }
}

async function giveUpOnce(
  transaction: Database,
  workspace: string,
  ledgerId: string,
  end: Parameters<RunStore['giveUp']>[2],
): Promise<void> {
  const rows = await transaction
    .update(runs)
    .set(end)
    .where(and(isRow(workspace, ledgerId), isNull(runs.runId), inArray(runs.state, ['planned', 'late'])))
    .returning();
  await appendEvents(transaction, workspace, runEvents(rows, new Date().toISOString()));
}

/** Fires that have not run: planned, waiting, skipped, missed, or about to be made up for. */
export function runPlans(
  connection: Connection,
): Pick<RunStore, 'plan' | 'unplan' | 'intend' | 'requested' | 'giveUp'> {
  return {
    plan: (workspace, planned) => planAll(connection, workspace, planned),
    async unplan(workspace, scheduleId, except) {
      await connection.run((database) =>
        database
          .delete(runs)
          .where(
            and(
              eq(runs.workspace, workspace),
              eq(runs.scheduleId, scheduleId),
              eq(runs.state, 'planned'),
              except === null ? undefined : ne(runs.plannedAt, except),
            ),
          ),
      );
    },
    async intend(workspace, cause, fires) {
      if (fires.length === 0) return [];
      const ofSchedules = Map.groupBy(distinct(fires), (fire) => fire.scheduleId);
      return connection.transaction(async (transaction) => {
        await holdPlans(transaction, workspace);
        const rows: RunRow[] = [];
        for (const [scheduleId, its] of ofSchedules) {
          rows.push(...(await intendAll(transaction, workspace, scheduleId, cause, its)).map(toRunRow));
        }
        return rows;
      });
    },
    async requested(workspace, ledgerId, workflowId) {
      await connection.run((database) =>
        database
          .update(runs)
          .set({ workflowId })
          .where(and(isRow(workspace, ledgerId), isNull(runs.runId), isIntended)),
      );
    },
    giveUp: (workspace, ledgerId, end) =>
      connection.transaction((transaction) => giveUpOnce(transaction, workspace, ledgerId, end)),
  };
}
