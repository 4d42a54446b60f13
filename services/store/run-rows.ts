import { type SQL, and, eq, inArray, isNotNull, ne, or } from 'drizzle-orm';
import { ENDED_RUN_STATES, FAILED_RUN_STATES, type Run, type RunState } from '../../domain/contracts/runs.ts';
import type { RunRow } from '../../domain/ports/schedule-store.ts';
import type { NewEvent } from './events.ts';
import { runs } from './schedule-schema.ts';

export type StoredRun = typeof runs.$inferSelect;

/** The contract's object of a row. */
export function toRun(row: StoredRun): Run {
  const { startedAt, plannedAt } = row;
  return {
    scheduleId: row.scheduleId,
    scheduleVersion: row.scheduleVersion,
    plannedAt,
    plannedLocal: row.plannedLocal,
    cause: row.cause,
    state: row.state,
    reason: row.reason,
    startedAt,
    finishedAt: row.finishedAt,
    latenessMs: startedAt === null ? null : Date.parse(startedAt) - Date.parse(plannedAt),
    workflowId: row.workflowId,
    runId: row.runId,
    summary: row.summary,
    tokensUsed: row.tokensUsed,
    error: row.error,
    note: row.note,
  };
}

export function toRunRow(row: StoredRun): RunRow {
  return { ...toRun(row), workspace: row.workspace, ledgerId: row.ledgerId };
}

/** The schedule's name, as the column `schedule` has it: of one of our own what follows the workspace, else its id. */
export function nameOf({ workspace, scheduleId }: Pick<StoredRun, 'workspace' | 'scheduleId'>): string {
  const prefix = `${workspace}/`;
  return scheduleId.startsWith(prefix) ? scheduleId.slice(prefix.length) : scheduleId;
}

export const hasEnded = (state: RunState): boolean => (ENDED_RUN_STATES as readonly RunState[]).includes(state);
export const hasFailed = (state: RunState): boolean => (FAILED_RUN_STATES as readonly RunState[]).includes(state);

/** Intended to be run, and not given up: there will be a run of it. */
export const isIntended: SQL | undefined = and(ne(runs.cause, 'schedule'), eq(runs.state, 'late'));

/** Has yet to end and is not merely planned for later: with a workflow, or intended. */
export const isOpen: SQL | undefined = and(
  inArray(runs.state, ['late', 'running', 'stuck']),
  or(isNotNull(runs.workflowId), isNotNull(runs.runId), ne(runs.cause, 'schedule')),
);

export const isRow = (workspace: string, ledgerId: string): SQL | undefined =>
  and(eq(runs.workspace, workspace), eq(runs.ledgerId, ledgerId));

const EVENT_OF_STATE = {
  running: 'run.started',
  completed: 'run.completed',
  completed_with_errors: 'run.completed',
  failed: 'run.failed',
  timed_out: 'run.failed',
  terminated: 'run.failed',
  skipped: 'run.skipped',
  missed: 'run.missed',
} as const satisfies Partial<Record<RunState, NewEvent['type']>>;

/** What is told of runs that came into their state at `at`, once each; of other states nothing is. */
export function runEvents(rows: readonly StoredRun[], at: string): NewEvent[] {
  const types: Partial<Record<RunState, NewEvent['type']>> = EVENT_OF_STATE;
  return rows.flatMap((row) => {
    const type = types[row.state];
    return type ? [{ type, at, data: toRun(row), key: `${type}/${row.ledgerId}` }] : [];
  });
}
