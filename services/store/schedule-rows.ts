import { isDeepStrictEqual } from 'node:util';
import { type SQL, and, eq, isNull, sql } from 'drizzle-orm';
import type {
  ScheduleDefinition,
  SchedulePause,
  ScheduleRow,
  ScheduleVersion,
} from '../../domain/ports/schedule-store.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { oneOf } from './bulk.ts';
import type { Database } from './connection.ts';
import { type scheduleVersions, schedules } from './schedule-schema.ts';

export type StoredSchedule = typeof schedules.$inferSelect;
type StoredVersion = typeof scheduleVersions.$inferSelect;
type DefinitionColumns = Pick<
  StoredSchedule,
  'workflowType' | 'cron' | 'everyMs' | 'anchor' | 'timezone' | 'description' | 'input' | 'policies'
>;

/** The definition as its columns hold it. */
export function toColumns(definition: ScheduleDefinition): DefinitionColumns {
  const { workflowType, timing, description, input, policies } = definition;
  const { timezone } = timing;
  const columns = { workflowType, timezone, description, input, policies };
  return 'cron' in timing
    ? { ...columns, cron: timing.cron, everyMs: null, anchor: null }
    : { ...columns, cron: null, everyMs: timing.every, anchor: timing.anchor };
}

function toDefinition(row: DefinitionColumns): ScheduleDefinition {
  const { workflowType, cron, everyMs, anchor, timezone, description, input, policies } = row;
  // A row has one of the two.
  const timing = cron === null ? { every: everyMs!, anchor, timezone } : { cron, timezone };
  return { workflowType, timing, description, input, policies };
}

function toPause({ pauseId, pausedBy, pausedReason, pausedAt }: StoredSchedule): SchedulePause | null {
  if (pauseId === null || pausedBy === null || pausedReason === null || pausedAt === null) return null;
  return { pauseId, by: pausedBy, reason: pausedReason, at: pausedAt };
}

export function toSchedule(row: StoredSchedule): ScheduleRow {
  return {
    workspace: row.workspace,
    name: row.name,
    ...toDefinition(row),
    version: row.version,
    createdAt: row.createdAt,
    pause: toPause(row),
    skips: row.skips,
    failureStreak: row.failureStreak,
    revision: row.revision,
    appliedRevision: row.appliedRevision,
    settledUntil: row.settledUntil,
  };
}

export function toVersion(row: StoredVersion): ScheduleVersion {
  return { ...toDefinition(row), version: row.version, since: row.since, by: row.by };
}

/** Whether both say the same, whatever the order of their keys. */
export function sameDefinition(row: StoredSchedule, definition: ScheduleDefinition): boolean {
  const given = toColumns(definition);
  const anchor = given.anchor === null ? null : new Date(given.anchor).toISOString();
  return isDeepStrictEqual(
    JSON.parse(JSON.stringify(toDefinition(row))),
    JSON.parse(JSON.stringify(toDefinition({ ...given, anchor }))),
  );
}

/** The schedule, deleted or not. */
export const isNamed = (workspace: string, name: string): SQL | undefined =>
  and(eq(schedules.workspace, workspace), eq(schedules.name, name));

/** The schedule while it is there. */
export const isSchedule = (workspace: string, name: string): SQL | undefined =>
  and(isNamed(workspace, name), isNull(schedules.deletedAt));

/** The schedule, held until the transaction ends. */
export async function held(transaction: Database, filter: SQL | undefined): Promise<StoredSchedule | undefined> {
  const [row] = await transaction.select().from(schedules).where(filter).for('update');
  return row;
}

/**
 * The schedules of these names (all of the workspace when null), held, in the order of their names, so that two who
 * hold many do not wait for each other. @throws ReveilleError `not_found` naming the first that is not there
 */
export async function heldByName(
  transaction: Database,
  workspace: string,
  names: readonly string[] | null,
): Promise<StoredSchedule[]> {
  const named = names === null ? undefined : sql`${schedules.name} = ${oneOf(names)}`;
  const rows = await transaction
    .select()
    .from(schedules)
    .where(and(eq(schedules.workspace, workspace), isNull(schedules.deletedAt), named))
    .orderBy(schedules.name)
    .for('update');
  const found = new Set(rows.map(({ name }) => name));
  const unknown = names?.find((name) => !found.has(name));
  if (unknown !== undefined) throw new ReveilleError('not_found', `There is no schedule ${unknown}.`);
  return rows;
}
