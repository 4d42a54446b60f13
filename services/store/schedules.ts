import { and, asc, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { scheduleId } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Act, ScheduleDefinition, ScheduleRow, ScheduleStore, Span } from '../../domain/ports/schedule-store.ts';
import type { Connection, Database } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { appendEvents } from './events.ts';
import { overlapping } from './outages.ts';
import { runEvents } from './run-rows.ts';
import { endPauses, schedulePausing } from './schedule-pauses.ts';
import {
  type StoredSchedule,
  held,
  isNamed,
  isSchedule,
  sameDefinition,
  toColumns,
  toSchedule,
  toVersion,
} from './schedule-rows.ts';
import { runs, scheduleVersions, schedules } from './schedule-schema.ts';

const ofSchedule = (workspace: string, name: string) =>
  and(eq(scheduleVersions.workspace, workspace), eq(scheduleVersions.name, name));

/** The present version, if any, ends where the next begins: also where a process with a slow clock makes that one. */
async function endVersion(transaction: Database, workspace: string, name: string, at: string): Promise<string> {
  const [ended] = await transaction
    .update(scheduleVersions)
    .set({ until: sql`greatest(${scheduleVersions.since}, ${sql.param(at, scheduleVersions.until)})` })
    .where(and(ofSchedule(workspace, name), isNull(scheduleVersions.until)))
    .returning();
  return ended?.until ?? at;
}

async function change(
  transaction: Database,
  row: Pick<StoredSchedule, 'workspace' | 'name'>,
  changes: { [Column in keyof StoredSchedule]?: StoredSchedule[Column] | ReturnType<typeof sql> },
): Promise<ScheduleRow> {
  const [changed] = await transaction
    .update(schedules)
    .set(changes)
    .where(isNamed(row.workspace, row.name))
    .returning();
  return toSchedule(changed!);
}

async function createOnce(
  transaction: Database,
  workspace: string,
  name: string,
  definition: ScheduleDefinition,
  { by, at }: Act,
): Promise<ScheduleRow> {
  const columns = toColumns(definition);
  const [created] = await transaction
    .insert(schedules)
    .values({ workspace, name, version: 1, ...columns, createdAt: at, settledUntil: at })
    .onConflictDoNothing()
    .returning();
  if (created) {
    await transaction.insert(scheduleVersions).values({ workspace, name, version: 1, ...columns, by, since: at });
    return toSchedule(created);
  }
  const before = (await held(transaction, isNamed(workspace, name)))!;
  if (before.deletedAt === null) throw new ReveilleError('conflict', `There is a schedule ${name} already.`);
  const version = before.version + 1;
  // A process with a slow clock must not make it live twice at once.
  const since = new Date(Math.max(Date.parse(at), Date.parse(before.deletedAt))).toISOString();
  await transaction.insert(scheduleVersions).values({ workspace, name, version, ...columns, by, since });
  return change(transaction, before, {
    ...columns,
    version,
    createdAt: at,
    deletedAt: null,
    failureStreak: 0,
    revision: before.revision + 1,
  });
}

async function changeOnce(
  transaction: Database,
  workspace: string,
  name: string,
  definition: ScheduleDefinition,
  { by, at }: Act,
): Promise<ScheduleRow | null> {
  const before = await held(transaction, isSchedule(workspace, name));
  if (!before) return null;
  if (sameDefinition(before, definition)) return toSchedule(before);
  const columns = toColumns(definition);
  const version = before.version + 1;
  const since = await endVersion(transaction, workspace, name, at);
  await transaction.insert(scheduleVersions).values({ workspace, name, version, ...columns, by, since });
  return change(transaction, before, { ...columns, version, revision: before.revision + 1 });
}

/** What was planned goes, what waited for a run to end no longer does, and what ran stays. */
async function clearRuns(transaction: Database, workspace: string, name: string, at: string): Promise<void> {
  const isOf = and(eq(runs.workspace, workspace), eq(runs.scheduleId, scheduleId(workspace, name)));
  await transaction.delete(runs).where(and(isOf, eq(runs.state, 'planned')));
  const waited = await transaction
    .update(runs)
    .set({ state: 'skipped', reason: 'operator' })
    .where(and(isOf, eq(runs.state, 'late'), eq(runs.cause, 'schedule'), isNull(runs.runId)))
    .returning();
  await appendEvents(transaction, workspace, runEvents(waited, at));
}

async function removeOnce(
  transaction: Database,
  workspace: string,
  name: string,
  act: Act,
): Promise<ScheduleRow | null> {
  const before = await held(transaction, isSchedule(workspace, name));
  if (!before) return null;
  const deletedAt = await endVersion(transaction, workspace, name, act.at);
  await endPauses(transaction, workspace, [name], act);
  await clearRuns(transaction, workspace, name, deletedAt);
  await change(transaction, before, {
    deletedAt,
    pauseId: null,
    pausedBy: null,
    pausedReason: null,
    pausedAt: null,
    skips: [],
    revision: before.revision + 1,
  });
  return { ...toSchedule(before), revision: before.revision + 1 };
}

async function skipOnce(
  transaction: Database,
  workspace: string,
  name: string,
  given: string,
  skipped: boolean,
): Promise<ScheduleRow | null> {
  const instant = new Date(given).toISOString();
  const before = await held(transaction, isSchedule(workspace, name));
  if (!before || before.skips.includes(instant) === skipped) return before ? toSchedule(before) : null;
  const others = before.skips.filter((other) => other !== instant);
  const skips = skipped ? [...others, instant].toSorted() : others;
  return change(transaction, before, { skips, revision: before.revision + 1 });
}

/** One statement: it is called for every schedule, again and again. */
async function settle(database: Database, workspace: string, name: string, given: string): Promise<void> {
  const instant = new Date(given).toISOString();
  await database
    .update(schedules)
    .set({
      settledUntil: instant,
      skips: sql`(select coalesce(jsonb_agg(skip order by skip), '[]')
        from jsonb_array_elements_text(${schedules.skips}) as skip where skip >= ${instant})`,
    })
    .where(and(isSchedule(workspace, name), lt(schedules.settledUntil, instant)));
}

/** Versions follow each other without a gap, except where the schedule was not there. */
function joined(spans: readonly Span[]): Span[] {
  const lives: Span[] = [];
  for (const { since, until } of spans) {
    const last = lives.at(-1);
    if (last && last.until === since) last.until = until;
    else lives.push({ since, until });
  }
  return lives;
}

/** The schedules that should be, with what they were. */
export function scheduleStore(connection: Connection): ScheduleStore {
  const newest = new NewestFirst(schedules, 'createdAt', 'name');
  const versionsIn = (workspace: string, name: string, span?: Span) =>
    connection.run(async (database) =>
      database
        .select()
        .from(scheduleVersions)
        .where(
          and(
            ofSchedule(workspace, name),
            span && overlapping(scheduleVersions.since, scheduleVersions.until, span),
            // One that another took the place of in the same moment never held.
            span && sql`${scheduleVersions.since} is distinct from ${scheduleVersions.until}`,
          ),
        )
        .orderBy(asc(scheduleVersions.version)),
    );
  return {
    ...schedulePausing(connection),
    create: (workspace, name, definition, act) =>
      connection.transaction((transaction) => createOnce(transaction, workspace, name, definition, act)),
    change: (workspace, name, definition, act) =>
      connection.transaction((transaction) => changeOnce(transaction, workspace, name, definition, act)),
    async get(workspace, name) {
      const [row] = await connection.run((database) =>
        database.select().from(schedules).where(isSchedule(workspace, name)),
      );
      return row ? toSchedule(row) : null;
    },
    async list(workspace, { state, workflowType, ...options }) {
      return newest.list(
        connection,
        options,
        and(
          eq(schedules.workspace, workspace),
          isNull(schedules.deletedAt),
          state && (state === 'paused' ? isNotNull(schedules.pauseId) : isNull(schedules.pauseId)),
          workflowType && eq(schedules.workflowType, workflowType),
        ),
        toSchedule,
      );
    },
    async all(workspace) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(schedules)
          .where(
            and(isNull(schedules.deletedAt), workspace === undefined ? undefined : eq(schedules.workspace, workspace)),
          )
          .orderBy(asc(schedules.workspace), asc(schedules.name)),
      );
      return rows.map(toSchedule);
    },
    remove: (workspace, name, act) =>
      connection.transaction((transaction) => removeOnce(transaction, workspace, name, act)),
    removed: () =>
      connection.run(async (database) =>
        database
          .select({ workspace: schedules.workspace, name: schedules.name, revision: schedules.revision })
          .from(schedules)
          .where(and(isNotNull(schedules.deletedAt), lt(schedules.appliedRevision, schedules.revision)))
          .orderBy(asc(schedules.workspace), asc(schedules.name)),
      ),
    async applied(workspace, name, revision) {
      await connection.run((database) =>
        database
          .update(schedules)
          .set({ appliedRevision: revision })
          .where(and(isNamed(workspace, name), lt(schedules.appliedRevision, revision))),
      );
    },
    async unapplied(workspace, name) {
      await connection.run((database) =>
        database.update(schedules).set({ appliedRevision: 0 }).where(isSchedule(workspace, name)),
      );
    },
    setSkip: (workspace, name, instant, skipped) =>
      connection.transaction((transaction) => skipOnce(transaction, workspace, name, instant, skipped)),
    versions: async (workspace, name, span) => (await versionsIn(workspace, name, span)).map(toVersion),
    lives: async (workspace, name, span) => joined(await versionsIn(workspace, name, span)),
    settled: (workspace, name, instant) => connection.run((database) => settle(database, workspace, name, instant)),
  };
}
