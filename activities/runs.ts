import { type ScheduleName, parseScheduleId, scheduleId } from '../domain/contracts/names.ts';
import type { EndedRunState, RunCause } from '../domain/contracts/runs.ts';
import { fireAt, localTime } from '../domain/cron/index.ts';
import { failurePause } from '../domain/schedules/failure-pause.ts';
import type { ScheduleVersion, StartedRun } from '../domain/ports/schedule-store.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** A run of a schedule, as the run itself knows it. Instants are ISO 8601. */
export interface StartRun {
  /** Temporal's id of the schedule. */
  scheduleId: string;
  /** null: not one of ours. */
  scheduleVersion: number | null;
  plannedAt: string;
  /** Set when we started it ourselves. */
  cause: 'trigger' | null;
  /** As its input names it, unchecked; null when it names none. */
  workspace: string | null;
  workflowId: string;
  /** The first run's. */
  runId: string;
  startedAt: string;
}

/** How a run ended. `start` makes a row where there is none. */
export interface EndRun {
  start: StartRun;
  state: EndedRunState;
  finishedAt: string;
  summary: string | null;
  tokensUsed: number | null;
  error: string | null;
}

/** Activities of the run ledger: what every run of a schedule does, whatever its workflow is. */
export function runActivities(dependencies: ActivityDependencies) {
  const { store } = dependencies;

  async function start(run: StartRun): Promise<void> {
    const schedule = parseScheduleId(run.scheduleId, run.workspace);
    await store.runs.start(schedule.workspace, await started(dependencies, schedule, run));
  }

  return {
    /** Writes that a run has started; the same run again changes nothing. */
    startRun: start,

    /** Writes how a run ended, the first time, and pauses a schedule that failed too often in a row. */
    async endRun({ start: run, ...end }: EndRun): Promise<void> {
      const schedule = parseScheduleId(run.scheduleId, run.workspace);
      let finished = await store.runs.finish(schedule.workspace, run.runId, end);
      if (!finished) {
        await start(run);
        finished = await store.runs.finish(schedule.workspace, run.runId, end);
      }
      if (finished) await pauseAfterFailures(dependencies, schedule, finished.failureStreak, end.finishedAt, run.runId);
    },
  };
}

/** The row of a run: what its version of the schedule says of its instant. */
async function started(
  { store }: ActivityDependencies,
  { workspace, name }: ScheduleName,
  { workspace: _given, ...run }: StartRun,
): Promise<StartedRun> {
  const versions = run.scheduleVersion === null || name === null ? [] : await store.schedules.versions(workspace, name);
  const version = versions.find((each) => each.version === run.scheduleVersion);
  if (!version) {
    const plannedLocal = localTime(run.plannedAt, 'UTC');
    return { ...run, scheduleVersion: null, plannedLocal, note: null, cause: run.cause ?? 'schedule' };
  }
  const fire = plannedFire(versions, version, run.plannedAt);
  // Nothing in a run that somebody triggered through Temporal says so, but that nothing was planned then.
  const cause: RunCause = run.cause ?? (fire ? 'schedule' : 'trigger');
  const plannedLocal = localTime(run.plannedAt, version.timing.timezone);
  return { ...run, plannedLocal, note: run.cause === null ? (fire?.note ?? null) : null, cause };
}

/** The fire that the run was started for: of its own version, or of the one that held when it was planned, where it waited. */
function plannedFire(versions: readonly ScheduleVersion[], own: ScheduleVersion, plannedAt: string) {
  const then = versions.findLast((each) => each.since <= plannedAt);
  return fireAt(own.timing, plannedAt) ?? (then ? fireAt(then.timing, plannedAt) : null);
}

/**
 * Pauses the schedule when so many runs have failed in a row as its policy allows, on Temporal too, where the next run may
 * be a second away. Done again after a worker died on the way, it does what is left.
 */
async function pauseAfterFailures(
  { store, workflows }: ActivityDependencies,
  { workspace, name }: ScheduleName,
  failureStreak: number,
  at: string,
  runId: string,
): Promise<void> {
  if (name === null || failureStreak === 0) return;
  const pause = failurePause(await store.schedules.get(workspace, name), { failureStreak, runId, at });
  if (pause === null) return;
  const { pauseId, reason } = pause;
  const [paused] = await store.schedules.pause(workspace, [name], pause);
  const now = paused ?? (await store.schedules.get(workspace, name));
  if (now?.pause?.pauseId !== pauseId || now.appliedRevision >= now.revision) return;
  await workflows.pauseSchedule(scheduleId(workspace, name), `Paused by reveille: ${reason}`);
  // Whatever else Temporal has yet to learn is the reconciliation's to tell.
  if (now.appliedRevision === now.revision - 1) await store.schedules.applied(workspace, name, now.revision);
  const later = await store.schedules.get(workspace, name);
  if (later && later.revision !== now.revision) await store.schedules.unapplied(workspace, name);
}
