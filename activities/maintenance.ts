import { heartbeat } from '@temporalio/activity';
import type { MaintenanceOutcome } from '../domain/contracts/maintenance.ts';
import type { ActivityDependencies } from './dependencies.ts';

const HOUR = 3_600_000;
/** How long the WebSocket can take up where it was, and how long an answer can be given again. */
const EVENTS_KEPT_MS = 30 * 24 * HOUR;
const ANSWERS_KEPT_MS = 24 * HOUR;

const HEARTBEAT_MS = 5_000;

/** Activities of `maintenance`. */
export function maintenanceActivities({ store, upkeep, runRetentionMs }: ActivityDependencies) {
  return {
    /** Carries coming clock changes into the schedules on Temporal, of one workspace or of all. */
    renewSchedules: ({ workspace }: { workspace: string | null }): Promise<{ checked: number; renewed: number }> =>
      beating(() => upkeep.renew(workspace, heartbeat)),

    /** Drops runs, events and kept answers that are older at `now` (ISO 8601) than they are kept, of every workspace. */
    dropOldRuns: ({ now }: { now: string }): Promise<NonNullable<MaintenanceOutcome['dropped']>> =>
      beating(async () => {
        const before = (age: number): string => new Date(Date.parse(now) - age).toISOString();
        return {
          runs: await store.runs.dropBefore(before(runRetentionMs)),
          events: await store.events.dropBefore(before(EVENTS_KEPT_MS)),
          answers: await store.idempotency.dropBefore(before(ANSWERS_KEPT_MS)),
        };
      }),
  };
}

/** With heartbeats while one long statement runs, which tells nothing of its progress. */
async function beating<Result>(work: () => Promise<Result>): Promise<Result> {
  heartbeat();
  const timer = setInterval(heartbeat, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
