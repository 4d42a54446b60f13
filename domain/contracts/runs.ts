import { z } from 'zod';
import { instantOut } from './time-values.ts';

export const RUN_STATES = [
  'planned',
  'late',
  'running',
  'stuck',
  'completed',
  'completed_with_errors',
  'failed',
  'timed_out',
  'terminated',
  'cancelled',
  'skipped',
  'missed',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** States in which a run has yet to end. */
export const OPEN_RUN_STATES = ['planned', 'late', 'running', 'stuck'] as const satisfies readonly RunState[];

/** How a run that began can have ended. */
export const ENDED_RUN_STATES = [
  'completed',
  'completed_with_errors',
  'failed',
  'timed_out',
  'terminated',
  'cancelled',
] as const satisfies readonly RunState[];
export type EndedRunState = (typeof ENDED_RUN_STATES)[number];

/** Ends that count towards `failureStreak`; a completed run ends the streak, a cancelled one leaves it. */
export const FAILED_RUN_STATES = ['failed', 'timed_out', 'terminated'] as const satisfies readonly EndedRunState[];

export const SKIP_REASONS = ['overlap', 'paused', 'safety', 'operator'] as const;
export const MISS_REASONS = ['outage', 'catch-up-window', 'unknown'] as const;
export const RUN_REASONS = [...SKIP_REASONS, ...MISS_REASONS] as const;
export type RunReason = (typeof RUN_REASONS)[number];

/** What a run came from. */
export const RUN_CAUSES = ['schedule', 'catch-up', 'backfill', 'trigger'] as const;
export type RunCause = (typeof RUN_CAUSES)[number];

/** The run object (contracts.md): one planned fire of a schedule and what became of it. */
export const run = z.object({
  scheduleId: z.string(),
  /** null for a schedule that Reveille did not make. */
  scheduleVersion: z.number().int().nullable(),
  plannedAt: instantOut,
  /** ISO 8601 in the schedule's zone. */
  plannedLocal: z.string(),
  cause: z.enum(RUN_CAUSES),
  state: z.enum(RUN_STATES),
  /** Why it was skipped or missed; else null. */
  reason: z.enum(RUN_REASONS).nullable(),
  startedAt: instantOut.nullable(),
  finishedAt: instantOut.nullable(),
  /** `startedAt` − `plannedAt`, jitter included. */
  latenessMs: z.number().int().nullable(),
  workflowId: z.string().nullable(),
  runId: z.string().nullable(),
  summary: z.string().nullable(),
  tokensUsed: z.number().int().nullable(),
  error: z.string().nullable(),
  /** What a change of clock did to it, such as "02:00 does not exist on this day"; null on ordinary days. */
  note: z.string().nullable(),
});
export type Run = z.infer<typeof run>;

/** What a workflow may say of itself in its result, for the ledger. */
export interface RunResult {
  summary?: string;
  tokensUsed?: number;
  /** Parts that failed while the run as a whole went on: above 0 it completed with errors. */
  failures?: number;
}

const SUMMARY_AT_MOST = 500;

/** What a workflow says of itself in its result, where it does. */
export function readRunResult(result: unknown): {
  summary: string | null;
  tokensUsed: number | null;
  failures: number;
} {
  const said = (typeof result === 'object' && result !== null ? result : {}) as Record<keyof RunResult, unknown>;
  const { summary, tokensUsed, failures } = said;
  return {
    summary: typeof summary === 'string' ? summary.slice(0, SUMMARY_AT_MOST) : null,
    tokensUsed: Number.isSafeInteger(tokensUsed) ? Number(tokensUsed) : null,
    failures: typeof failures === 'number' ? failures : 0,
  };
}

/** What travels in the memo of a run that a schedule started. */
export interface RunMemo {
  scheduleId: string;
  scheduleVersion: number;
  /** Milliseconds; absent: none. */
  timeoutMs?: number;
  /** Set on runs that Reveille starts itself, outside the schedule. */
  cause?: 'trigger';
}

/** How long after a run's own timeout the server ends it, in milliseconds: its end is recorded by then. */
export const SERVER_TIMEOUT_MARGIN_MS = 600_000;
