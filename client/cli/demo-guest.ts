import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ScheduleNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { CUSTOMER_SCAN_SCHEDULE, TASK_QUEUES, scheduleId } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Configuration } from '../../services/configuration.ts';
import { connectClient } from '../../services/temporal/connection.ts';
import { livePollers } from './pollers.ts';
import { plural } from './scan-output.ts';
import { temporalTarget } from './temporal-target.ts';

/** How often, and how long apart, runs are listed: what the server lists lags a moment behind. */
const LISTINGS = 4;
const LAG_MS = 500;

/** How the demo behaves on a Temporal server that is not its own. */
export interface DemoGuest {
  /**
   * Its worker would take work of others from the task queue, and theirs would take its own.
   * @throws ReveilleError `conflict` where Reveille is in use, `unavailable` when the server does not answer
   */
  refuseToDisturb(): Promise<void>;
  /** Takes away the demo's schedule and runs. */
  leaveNothing(): Promise<void>;
}

export function demoGuest(configuration: Configuration, workspace: string): DemoGuest {
  const connected = async (work: (client: Client) => Promise<void>): Promise<void> => {
    const client = await connectClient(await temporalTarget(configuration));
    try {
      await work(client);
    } finally {
      await client.connection.close();
    }
  };
  return {
    refuseToDisturb: () =>
      connected(async (client) => {
        const use = await useOf(client);
        if (use === null) return;
        throw new ReveilleError(
          'conflict',
          `Namespace ${client.options.namespace} of the Temporal server at ${configuration.temporal.address} has ${use} ` +
            'that a demo would disturb. Unset TEMPORAL_ADDRESS, or set TEMPORAL_NAMESPACE to one without Reveille',
        );
      }),
    leaveNothing: () =>
      connected(async (client) => {
        await ignoring(ScheduleNotFoundError, () =>
          client.schedule.getHandle(scheduleId(workspace, CUSTOMER_SCAN_SCHEDULE)).delete(),
        );
        for (let listing = 1; listing <= LISTINGS; listing += 1) {
          await endRuns(client, workspace);
          if (listing < LISTINGS) await sleep(LAG_MS);
        }
      }),
  };
}

/** What of Reveille there is on our task queue; null: nothing. */
async function useOf(client: Client): Promise<string | null> {
  const workers = await livePollers(client);
  if (workers.length > 0) {
    return `${plural(workers.length, 'worker')} on task queue ${TASK_QUEUES.main} (${workers.join(', ')})`;
  }
  const { count } = await client.workflow.count(`TaskQueue = "${TASK_QUEUES.main}" AND ExecutionStatus = "Running"`);
  if (count > 0) return `open workflows on task queue ${TASK_QUEUES.main}`;
  for await (const { scheduleId: id, state } of client.schedule.list()) {
    if (state.paused) continue;
    const { action } = await client.schedule.getHandle(id).describe();
    if (action.type === 'startWorkflow' && action.taskQueue === TASK_QUEUES.main) return `schedule ${id}`;
  }
  return null;
}

/** Ends the runs of a workspace; no worker is left to do it from within. */
async function endRuns(client: Client, workspace: string): Promise<void> {
  const query = `Workspace = "${workspace}" AND ExecutionStatus = "Running"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    await ignoring(WorkflowNotFoundError, () =>
      client.workflow.getHandle(workflowId, runId).terminate('The demo is over'),
    );
  }
}

async function ignoring(known: new (...args: never[]) => Error, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof known)) throw error;
  }
}
