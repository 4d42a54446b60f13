import { setTimeout as sleep } from 'node:timers/promises';
import { parseScheduleId } from '../../../domain/contracts/names.ts';
import { fireAt } from '../../../domain/cron/index.ts';
import type { RunRow, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { SETTLE_MS } from '../../../domain/schedules/not-started.ts';
import type { Reconciling } from './dependencies.ts';
import { eachForItself } from './each-for-itself.ts';
import { workflowIdOf } from './past-fires.ts';
import type { SeenRun } from './temporal-view.ts';

/** What Temporal was asked to start is there within this time, or something is wrong. */
const APPEAR_MS = 3_000;
const APPEAR_POLL_MS = 100;
/** Only when nothing has come of a request for so long is it made again, and only so often. */
const ASK_AGAIN_MS = 60_000;
const MOST_ASKS = 5;

/**
 * Starts the runs that were noted to be run again: of each schedule one after the other, each when the one before has
 * ended; Temporal holds it back until the schedule's own run has. Never twice: a request is noted before it is made, and
 * made again only when Temporal knows nothing of it, neither in its buffer nor as a run, asked in this order, since a fire
 * leaves the buffer by becoming a run. What else waits there does not keep back a first request: a schedule whose runs
 * fill its interval always has something waiting.
 */
export function intendedRuns(reconciling: Reconciling & { stillOurs: () => Promise<boolean> }) {
  const { store, temporal, schedules, logger, now } = reconciling;
  const asked = new Map<string, { at: number; times: number }>();

  const giveUp = (run: RunRow, state: 'skipped' | 'missed', reason: 'operator' | 'paused' | 'outage' | 'unknown') =>
    store.runs.giveUp(run.workspace, run.ledgerId, { state, reason });

  /** Whether the row became a run, which is then noted in it. */
  async function become(run: RunRow, row: ScheduleRow): Promise<boolean> {
    const workflowId = workflowIdOf(row.workflowType, row, run.plannedAt);
    const seen = await temporal.newest(workflowId);
    if (seen === null || isEarlier(run, row, seen)) return false;
    const { firstRunId: runId } = seen;
    const known = await store.runs.get(run.workspace, runId);
    if (known !== null) return known.ledgerId === run.ledgerId;
    // It has just begun and is about to say so itself.
    if (seen.taken && seen.attempts <= 1 && now() - seen.startedAt < APPEAR_MS) return true;
    const { scheduleVersion, ...fire } = run;
    const late = { state: 'late', reason: null, workflowId, runId } as const;
    await store.runs.plan(run.workspace, [{ ...fire, scheduleVersion: scheduleVersion ?? row.version, ...late }]);
    return true;
  }

  async function appears(run: RunRow, row: ScheduleRow): Promise<boolean> {
    for (let waited = 0; waited < APPEAR_MS; waited += APPEAR_POLL_MS) {
      if (await become(run, row)) return true;
      await sleep(APPEAR_POLL_MS);
    }
    return false;
  }

  async function start(run: RunRow, row: ScheduleRow): Promise<void> {
    const state = await temporal.schedule(run.scheduleId);
    if (state === null || (await become(run, row)) || (isRequested(run) && state.waiting > 0)) return;
    if (run.cause === 'catch-up' && row.pause) return giveUp(run, 'skipped', 'paused');
    // Temporal starts only what its schedule has; whoever changed the schedule has called off the others.
    if (fireAt(row.timing, run.plannedAt) === null) return giveUp(run, 'skipped', 'operator');
    const before = asked.get(run.ledgerId);
    if (before && now() - before.at < ASK_AGAIN_MS) return;
    if (before && before.times >= MOST_ASKS) return unanswered(run);
    if (!(await reconciling.stillOurs())) return;
    await store.runs.requested(run.workspace, run.ledgerId, workflowIdOf(row.workflowType, row, run.plannedAt));
    asked.set(run.ledgerId, { at: now(), times: (before?.times ?? 0) + 1 });
    await schedules.startInstant(row, run.plannedAt);
    await appears(run, row);
  }

  async function unanswered(run: RunRow): Promise<void> {
    const { workspace, scheduleId } = run;
    logger.error({ workspace, scheduleId }, 'Temporal does not start a run that was to be made up for');
    await giveUp(run, 'missed', 'unknown');
  }

  /** Those of one schedule, oldest first, that are still to be started. */
  async function wanted(intended: readonly RunRow[], row: ScheduleRow): Promise<RunRow[]> {
    const left: RunRow[] = [];
    const newest = intended.findLast(({ cause }) => cause === 'catch-up');
    for (const run of intended) {
      const old = row.policies.catchUp === 'latest' && run !== newest;
      if (run.cause === 'backfill' || isRequested(run)) left.push(run);
      else if (row.pause) await giveUp(run, 'skipped', 'paused');
      else if (old) await supersede(run, row);
      else left.push(run);
    }
    return left;
  }

  async function next(runs: readonly RunRow[], row: ScheduleRow | undefined): Promise<void> {
    const intended = runs.filter(isIntended);
    if (!row) {
      for (const run of intended) await giveUp(run, 'skipped', 'operator');
      return;
    }
    const [first] = await wanted(intended, row);
    const overlaps = row.policies.overlap === 'allow-all';
    const busy = runs.some((run) => !isIntended(run) && (isMadeUp(run) || (!overlaps && run.cause === 'trigger')));
    if (first && !busy && row.appliedRevision === row.revision) await start(first, row);
  }

  /** A later outage has taken a later fire: that one is the latest now. */
  async function supersede(run: RunRow, row: ScheduleRow): Promise<void> {
    if (!(await become(run, row))) await giveUp(run, 'missed', 'outage');
  }

  return {
    /**
     * @param rows schedules of the store, by id. @param open all open rows of the ledger
     * @throws when Temporal went away
     */
    async reconcile(rows: ReadonlyMap<string, ScheduleRow>, open: readonly RunRow[]): Promise<void> {
      const groups = [...Map.groupBy(open, ({ scheduleId }) => scheduleId)];
      await eachForItself(
        reconciling,
        groups.filter(([, runs]) => runs.some(isIntended)),
        ([scheduleId]) => ({ scheduleId, workspace: parseScheduleId(scheduleId, null).workspace }),
        ([scheduleId, runs]) => next(runs, rows.get(scheduleId)),
      );
      const left = new Set(open.map(({ ledgerId }) => ledgerId));
      for (const ledgerId of asked.keys()) if (!left.has(ledgerId)) asked.delete(ledgerId);
    },
  };
}

/** Whether the schedule itself has started it, at its time: before a person wished for it again. */
const isEarlier = ({ cause, plannedAt }: RunRow, { policies }: ScheduleRow, { startedAt }: SeenRun): boolean =>
  cause === 'backfill' && startedAt < Date.parse(plannedAt) + (policies.jitter ?? 0) + SETTLE_MS;

/** Whether the row is to become a run, and has not yet. */
export const isIntended = ({ cause, runId, state }: RunRow): boolean =>
  state === 'late' && runId === null && isMadeUp({ cause });

/** Whether Temporal has been asked for it, by whichever process: it may wait there, or run at any moment. */
const isRequested = ({ workflowId }: RunRow): boolean => workflowId !== null;

const isMadeUp = ({ cause }: Pick<RunRow, 'cause'>): boolean => cause === 'catch-up' || cause === 'backfill';
