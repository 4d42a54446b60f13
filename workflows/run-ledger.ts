import { TemporalFailure, defineSearchAttributeKey } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  type WorkflowInboundCallsInterceptor,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import type { EndRun, StartRun } from '../activities/runs.ts';
import { type EndedRunState, type RunMemo, readRunResult } from '../domain/contracts/runs.ts';
import { ledger } from './activity-profiles.ts';
import { failureWords } from './failure-words.ts';
import { TimedOut, withinTimeout } from './run-timeout.ts';

/** As the server notes them on what a schedule starts. */
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');
const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** A run of a schedule, as it is known inside of it. */
interface ScheduledRun extends StartRun {
  /** Milliseconds; null: none. */
  timeoutMs: number | null;
}

/**
 * Writes the start and the end of every run that a schedule started into the run ledger, and holds it to its timeout. It
 * acts when the server says which schedule started the run, or the memo does. Nothing is awaited before the workflow
 * itself is called: its handlers must be there for an update that came with the start.
 */
export const runLedger: WorkflowInboundCallsInterceptor = {
  execute(input, next) {
    const run = scheduledRun(input.args);
    // Runs of 0.1.0 go on without a ledger.
    if (run === null || !patched('run-ledger')) return next(input);
    return recorded(run, () => next(input));
  },
};

async function recorded({ timeoutMs, ...start }: ScheduledRun, work: () => Promise<unknown>): Promise<unknown> {
  const { continuedFromExecutionRunId } = workflowInfo();
  const started =
    continuedFromExecutionRunId === undefined
      ? CancellationScope.nonCancellable(() => written(ledger.startRun(start)))
      : Promise.resolve();
  started.catch(() => undefined);

  const end = (state: EndedRunState, told: Partial<EndRun> = {}): Promise<void> =>
    CancellationScope.nonCancellable(async () => {
      await started;
      const finishedAt = new Date().toISOString();
      const { summary = null, tokensUsed = null, error = null } = told;
      await written(ledger.endRun({ start, state, finishedAt, summary, tokensUsed, error }));
    });

  try {
    const result = await withinTimeout(timeoutMs, work);
    const { failures, ...told } = readRunResult(result);
    await end(failures > 0 ? 'completed_with_errors' : 'completed', told);
    return result;
  } catch (error) {
    const state = endOf(error);
    if (state !== null) await end(state, { error: failureWords(error) });
    throw error;
  }
}

/** A ledger that cannot be written keeps no run from ending as it does: reconciliation finds what is missing. */
async function written(activity: Promise<void>): Promise<void> {
  try {
    await activity;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
  }
}

/**
 * How the run ends with this error. null: it does not end by it, since it goes on as another one, is tried again, or only its
 * workflow task fails, which is a fault in the code.
 */
function endOf(error: unknown): EndedRunState | null {
  if (error instanceof TimedOut) return 'timed_out';
  if (CancellationScope.current().consideredCancelled && isCancellation(error)) return 'cancelled';
  if (!(error instanceof TemporalFailure) || isTriedAgain(error)) return null;
  return 'failed';
}

/** Whether the server starts the workflow anew after this failure, by the retry policy it was started with. */
function isTriedAgain(error: TemporalFailure): boolean {
  const { retryPolicy, attempt } = workflowInfo();
  if (!retryPolicy || isCancellation(error)) return false;
  const { maximumAttempts = 0, nonRetryableErrorTypes = [] } = retryPolicy;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return false;
  if (!(error instanceof ApplicationFailure)) return true;
  return !error.nonRetryable && !nonRetryableErrorTypes.includes(error.type ?? '');
}

/** What is known of the run that this is; null when no schedule started it. */
function scheduledRun(args: readonly unknown[]): ScheduledRun | null {
  const { typedSearchAttributes, memo, startTime, workflowId, firstExecutionRunId } = workflowInfo();
  const travelled = readMemo(memo);
  const by = typedSearchAttributes.get(SCHEDULED_BY);
  const scheduleId = by ?? travelled.scheduleId;
  if (scheduleId === undefined) return null;
  const {
    scheduleVersion = null,
    timeoutMs = null,
    cause = null,
  } = travelled.scheduleId === scheduleId ? travelled : {};
  return {
    scheduleId,
    scheduleVersion,
    plannedAt: (typedSearchAttributes.get(SCHEDULED_START) ?? startTime).toISOString(),
    cause,
    workspace: workspaceOf(args[0]),
    workflowId,
    runId: firstExecutionRunId,
    // The first task's time: a run whose worker was away has waited.
    startedAt: new Date().toISOString(),
    timeoutMs,
  };
}

/** Anyone may have written a memo: what is not of its form counts as absent. */
function readMemo(memo: Record<string, unknown> | undefined): Partial<RunMemo> {
  const { scheduleId, scheduleVersion, timeoutMs, cause } = memo ?? {};
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
  return {
    ...(typeof scheduleId === 'string' && scheduleId !== '' && { scheduleId }),
    ...(isCount(scheduleVersion) && { scheduleVersion }),
    ...(isCount(timeoutMs) && { timeoutMs }),
    ...(cause === 'trigger' && { cause }),
  };
}

function workspaceOf(input: unknown): string | null {
  const { workspace } = (typeof input === 'object' && input !== null ? input : {}) as { workspace?: unknown };
  return typeof workspace === 'string' ? workspace : null;
}
