import { type EndedRunState, FAILED_RUN_STATES, readRunResult } from '../../../domain/contracts/runs.ts';
import { parseScheduleId } from '../../../domain/contracts/names.ts';
import { failurePause } from '../../../domain/schedules/failure-pause.ts';
import { outlastsInterval } from '../../../domain/schedules/long-runs.ts';
import type { RunRow, RunStore, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { type Reconciling, iso } from './dependencies.ts';
import { eachForItself } from './each-for-itself.ts';
import type { SeenRun } from './temporal-view.ts';

type End = Parameters<RunStore['finish']>[2];

/** A workflow task that has failed so often fails for a reason that stays. */
const STUCK_ATTEMPTS = 3;
/** A run that ends by itself says so; only when it has not for so long do we. */
const OWN_WORDS_MS = 10_000;
/** A run that is started by hand has its id by then, or was never started. */
const TRIGGER_MS = 60_000;
const ERROR_AT_MOST = 500;

/** Brings the open rows of the ledger up to what Temporal says of their runs. */
export function openRuns(reconciling: Reconciling) {
  const { store, temporal, logger, now } = reconciling;
  const reported = new Set<string>();
  /** When a run whose start nobody has written was first seen to have begun. */
  const begun = new Map<string, number>();

  async function observe(row: RunRow): Promise<void> {
    if (row.runId === null) return row.cause === 'trigger' ? findTriggered(row) : undefined;
    const run = row.workflowId === null ? null : await temporal.chain(row.workflowId, row.runId);
    if (run === null) return finish(row, lost(now()));
    if (run.end) return ended(row, run, run.end);
    if (await began(row, run)) return;
    const state = stateOf(row, run);
    if (state !== row.state) await store.runs.mark(row.workspace, row.ledgerId, state);
    if (state === 'stuck' && row.state !== 'stuck') {
      logger.warn(fieldsOf(row), 'Run is stuck: its workflow task fails again and again');
    }
  }

  /** Whoever started it died before noting which run it became, or before starting it. */
  async function findTriggered(row: RunRow): Promise<void> {
    const run = row.workflowId === null ? null : await temporal.newest(row.workflowId);
    if (run) return store.runs.triggered(row.workspace, row.ledgerId, run.firstRunId);
    if (now() - Date.parse(row.plannedAt) < TRIGGER_MS) return;
    await store.runs.giveUp(row.workspace, row.ledgerId, { state: 'missed', reason: 'unknown' });
  }

  /** Writes the start of a run that could not do it itself, such as while the store was away. */
  async function began(row: RunRow, run: SeenRun): Promise<boolean> {
    if (row.startedAt !== null || !run.taken || run.attempts > 1) return false;
    const since = begun.get(row.ledgerId) ?? now();
    begun.set(row.ledgerId, since);
    if (now() - since < OWN_WORDS_MS) return false;
    const { workflowId, firstRunId: runId } = run;
    await store.runs.start(row.workspace, { ...row, workflowId, runId, startedAt: iso(since) });
    return true;
  }

  async function ended(row: RunRow, run: SeenRun, { state, at }: NonNullable<SeenRun['end']>): Promise<void> {
    const tellsItself = state !== 'terminated' && state !== 'timed_out';
    if (tellsItself && now() - at < OWN_WORDS_MS) return;
    await finish(row, endOf(state, at, await temporal.outcome(run)));
  }

  async function finish(row: RunRow, end: End): Promise<void> {
    const finished = await store.runs.finish(row.workspace, row.runId!, end);
    if (finished?.changed) await pauseAfterFailures(row, end, finished.failureStreak);
  }

  /** As a run that ends by itself does. */
  async function pauseAfterFailures(row: RunRow, end: End, streak: number): Promise<void> {
    const { workspace, name } = parseScheduleId(row.scheduleId, row.workspace);
    if (name === null || !(FAILED_RUN_STATES as readonly EndedRunState[]).includes(end.state)) return;
    const told = { failureStreak: streak, runId: row.runId!, at: iso(now()) };
    const pause = failurePause(await store.schedules.get(workspace, name), told);
    if (pause === null) return;
    await store.schedules.pause(workspace, [name], pause);
  }

  /** Once for each run that is still there when the next one of its schedule should begin. */
  function reportLong(row: RunRow, schedule: ScheduleRow | undefined): void {
    if (!schedule || reported.has(row.ledgerId) || !outlastsInterval(row, schedule.timing, now())) return;
    reported.add(row.ledgerId);
    logger.warn(fieldsOf(row), 'Run takes longer than its schedule leaves between two runs');
  }

  return {
    /** @param rows open ones. @throws when Temporal went away */
    async reconcile(rows: readonly RunRow[], schedules: ReadonlyMap<string, ScheduleRow>): Promise<void> {
      await eachForItself(reconciling, rows, fieldsOf, async (row) => {
        await observe(row);
        reportLong(row, schedules.get(row.scheduleId));
      });
    },

    /** Forgets what is no longer open. */
    forgetOthers(rows: readonly RunRow[]): void {
      const open = new Set(rows.map((row) => row.ledgerId));
      for (const ledgerId of [...reported, ...begun.keys()]) {
        if (open.has(ledgerId)) continue;
        reported.delete(ledgerId);
        begun.delete(ledgerId);
      }
    },
  };
}

const fieldsOf = ({ workspace, scheduleId: id, workflowId, runId }: RunRow) => ({
  workspace,
  scheduleId: id,
  workflowId,
  runId,
});

function stateOf({ state, startedAt }: RunRow, { attempts }: SeenRun): 'late' | 'running' | 'stuck' {
  if (attempts >= STUCK_ATTEMPTS) return 'stuck';
  // Between two attempts of a task that fails there is a moment without one.
  if (state === 'stuck' && attempts > 1) return 'stuck';
  return startedAt === null ? 'late' : 'running';
}

const lost = (now: number): End => ({
  ...{ state: 'terminated', finishedAt: iso(now), summary: null, tokensUsed: null },
  error: 'Temporal no longer knows this run: its history was deleted, or the server has lost its data',
});

/** The end of a run that did not tell it itself. */
function endOf(state: EndedRunState, at: number, outcome: { result: unknown } | { failure: unknown }): End {
  const told = { finishedAt: iso(at), summary: null, tokensUsed: null, error: null };
  if ('failure' in outcome) return { ...told, state, error: wordsOf(state, outcome.failure) };
  const { failures, ...said } = readRunResult(outcome.result);
  return { ...told, ...said, state: state === 'completed' && failures > 0 ? 'completed_with_errors' : state };
}

function wordsOf(state: EndedRunState, failure: unknown): string {
  if (state === 'timed_out') return 'Ended by the server at its timeout';
  const words = failure instanceof Error ? failure.message : '';
  return (words || `Ended as ${state}`).replace(/\s+/g, ' ').slice(0, ERROR_AT_MOST);
}
