import { isNotNull, isNull, sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import type { ScheduledType } from '../../domain/contracts/names.ts';
import type { RunCause, RunReason, RunState } from '../../domain/contracts/runs.ts';
import type { Policies } from '../../domain/contracts/schedules.ts';
import { instant, json, safeText } from './columns.ts';

/** What a schedule does and when: the same columns in `schedules` and in their versions. */
const definition = {
  workflowType: safeText('workflow_type').$type<ScheduledType>().notNull(),
  /** Either this or `every_ms`. */
  cron: safeText('cron'),
  everyMs: bigint('every_ms', { mode: 'number' }),
  anchor: instant('anchor'),
  timezone: safeText('timezone').notNull(),
  description: safeText('description'),
  input: json('input').$type<Record<string, unknown>>().notNull(),
  policies: json('policies').$type<Policies>().notNull(),
};

/** A deleted schedule keeps its row: versions and revisions count on when its name is used again. */
export const schedules = pgTable(
  'schedules',
  {
    workspace: safeText('workspace').notNull(),
    name: safeText('name').notNull(),
    version: integer('version').notNull(),
    ...definition,
    createdAt: instant('created_at').notNull(),
    deletedAt: instant('deleted_at'),
    /** These four are null while it is active. */
    pauseId: safeText('pause_id'),
    pausedBy: safeText('paused_by'),
    pausedReason: safeText('paused_reason'),
    pausedAt: instant('paused_at'),
    skips: json('skips').$type<string[]>().notNull().default([]),
    failureStreak: integer('failure_streak').notNull().default(0),
    revision: integer('revision').notNull().default(1),
    appliedRevision: integer('applied_revision').notNull().default(0),
    settledUntil: instant('settled_until').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.name] }),
    index('schedules_newest').on(table.workspace, table.createdAt, table.name).where(isNull(table.deletedAt)),
    index('schedules_deleted').on(table.workspace, table.name).where(isNotNull(table.deletedAt)),
  ],
);

export const scheduleVersions = pgTable(
  'schedule_versions',
  {
    workspace: safeText('workspace').notNull(),
    name: safeText('name').notNull(),
    version: integer('version').notNull(),
    ...definition,
    by: safeText('made_by').notNull(),
    since: instant('since').notNull(),
    /** When the next version or the deletion ended it; null for the present one. */
    until: instant('until'),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.name, table.version] })],
);

export const schedulePauses = pgTable(
  'schedule_pauses',
  {
    workspace: safeText('workspace').notNull(),
    name: safeText('name').notNull(),
    pauseId: safeText('pause_id').notNull(),
    since: instant('since').notNull(),
    until: instant('until'),
    by: safeText('paused_by').notNull(),
    reason: safeText('paused_reason').notNull(),
    resumedBy: safeText('resumed_by'),
    resumedReason: safeText('resumed_reason'),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.name, table.since, table.pauseId] })],
);

/** The run ledger. */
export const runs = pgTable(
  'runs',
  {
    workspace: safeText('workspace').notNull(),
    ledgerId: safeText('ledger_id').notNull(),
    /** Temporal's: `<workspace>/<name>` for our own. */
    scheduleId: safeText('schedule_id').notNull(),
    /** Its name, as people filter by it. */
    schedule: safeText('schedule').generatedAlwaysAs(
      sql`case when starts_with(schedule_id, workspace || '/') then substr(schedule_id, length(workspace) + 2) else schedule_id end`,
    ),
    scheduleVersion: integer('schedule_version'),
    plannedAt: instant('planned_at').notNull(),
    /** 0 for the fire itself, from 1 on for further runs of the same instant. */
    ordinal: integer('ordinal').notNull(),
    plannedLocal: safeText('planned_local').notNull(),
    note: safeText('note'),
    cause: safeText('cause').$type<RunCause>().notNull(),
    state: safeText('state').$type<RunState>().notNull(),
    reason: safeText('reason').$type<RunReason>(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    workflowId: safeText('workflow_id'),
    runId: safeText('run_id'),
    summary: safeText('summary'),
    tokensUsed: integer('tokens_used'),
    error: safeText('error'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.ledgerId] }),
    uniqueIndex('runs_fire')
      .on(table.workspace, table.scheduleId, table.plannedAt, table.ordinal)
      .where(sql`cause <> 'trigger'`),
    uniqueIndex('runs_run').on(table.workspace, table.runId).where(isNotNull(table.runId)),
    index('runs_triggered')
      .on(table.workspace, table.workflowId)
      .where(sql`cause = 'trigger'`),
    index('runs_newest').on(table.workspace, table.plannedAt, table.ledgerId),
    index('runs_of_schedule').on(table.workspace, table.schedule, table.plannedAt, table.ledgerId),
    index('runs_in_state').on(table.workspace, table.state, table.plannedAt, table.ledgerId),
    index('runs_of_cause').on(table.workspace, table.cause, table.plannedAt, table.ledgerId),
    index('runs_last').on(table.workspace, table.scheduleId, sql`coalesce(started_at, finished_at)`),
    index('runs_to_end')
      .on(table.workspace, table.scheduleId)
      .where(sql`state in ('planned', 'late', 'running', 'stuck')`),
    index('runs_age').using('brin', table.plannedAt),
  ],
);

/** Times in which the Temporal server could not be reached; the present one has no end. */
export const outages = pgTable('outages', {
  since: instant('since').primaryKey(),
  until: instant('until'),
});

/** One row: when the Temporal server last answered. */
export const temporalContact = pgTable('temporal_contact', {
  server: safeText('server').primaryKey(),
  reachedAt: instant('reached_at').notNull(),
});

export const leases = pgTable('leases', {
  name: safeText('name').primaryKey(),
  holder: safeText('holder').notNull(),
  expiresAt: instant('expires_at').notNull(),
});
