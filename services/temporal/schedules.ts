import { randomUUID } from 'node:crypto';
import {
  type Client,
  type ScheduleDescription,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TASK_QUEUES, scheduleId, workflowIds } from '../../domain/contracts/names.ts';
import type { Schedule, ScheduleSettings } from '../../domain/contracts/schedules.ts';
import { formatDuration } from '../../domain/contracts/time-values.ts';
import { ReveilleError } from '../../domain/errors.ts';

/** A workflow that was started, and the run it was started as. */
export interface StartedRun {
  workflowId: string;
  runId: string;
}

/** Fires this far back are still started by Temporal itself; anything older is missed. */
const CATCHUP_WINDOW = '1 minute';

/** Our schedules on a Temporal server; ids are `<workspace>/<name>`. */
export function createSchedules(client: Client) {
  const handle = (workspace: string, name: string) => client.schedule.getHandle(scheduleId(workspace, name));

  async function known<Result>(workspace: string, name: string, run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new ReveilleError('not_found', `There is no schedule ${name} in workspace ${workspace}`, { cause: error });
    }
  }

  async function get(workspace: string, name: string): Promise<Schedule> {
    return known(workspace, name, async () => described(workspace, name, await handle(workspace, name).describe()));
  }

  return {
    get,

    /** @throws ReveilleError `conflict` when there is one of that name */
    async create(workspace: string, name: string, settings: ScheduleSettings): Promise<Schedule> {
      try {
        await client.schedule.create({
          scheduleId: scheduleId(workspace, name),
          ...desired(workspace, name, settings),
        });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        throw new ReveilleError('conflict', `There is a schedule ${name} in workspace ${workspace} already`, {
          cause: error,
        });
      }
      return get(workspace, name);
    },

    /** Makes an existing schedule what `settings` says; whether it is paused stays. @throws ReveilleError `not_found` */
    async update(workspace: string, name: string, settings: ScheduleSettings): Promise<Schedule> {
      await known(workspace, name, () =>
        handle(workspace, name).update(({ state }) => ({ ...desired(workspace, name, settings), state })),
      );
      return get(workspace, name);
    },

    async pause(workspace: string, name: string, reason: string): Promise<Schedule> {
      await known(workspace, name, () => handle(workspace, name).pause(reason));
      return get(workspace, name);
    },

    async resume(workspace: string, name: string, reason: string): Promise<Schedule> {
      await known(workspace, name, () => handle(workspace, name).unpause(reason));
      return get(workspace, name);
    },

    /** Returns the schedule as it was; runs that it has started go on. @throws ReveilleError `not_found` */
    async delete(workspace: string, name: string): Promise<Schedule> {
      const schedule = await get(workspace, name);
      await known(workspace, name, () => handle(workspace, name).delete());
      return schedule;
    },

    /** Starts the schedule's workflow now, with an id of its own: triggers through Temporal within a second merge. */
    async trigger(workspace: string, name: string): Promise<StartedRun> {
      const { action } = await known(workspace, name, () => handle(workspace, name).describe());
      if (action.type !== 'startWorkflow') throw new ReveilleError('conflict', `Schedule ${name} starts no workflow`);
      const workflowId = workflowIds.startedScan(workspace, name, randomUUID());
      const started = await client.workflow.start(action.workflowType, {
        workflowId,
        taskQueue: action.taskQueue,
        args: action.args ?? [],
        memo: { scheduleId: scheduleId(workspace, name), cause: 'trigger' },
        staticSummary: `${summary(workspace, name)}, triggered`,
        typedSearchAttributes: labels(workspace, name),
      });
      return { workflowId, runId: started.firstExecutionRunId };
    },
  };
}

export type Schedules = ReturnType<typeof createSchedules>;

const summary = (workspace: string, name: string): string => `Schedule ${name} of workspace ${workspace}`;

const labels = (workspace: string, name: string) => [
  { key: defineSearchAttributeKey('Workspace', 'KEYWORD'), value: workspace },
  { key: defineSearchAttributeKey('ScheduleName', 'KEYWORD'), value: name },
];

function desired(workspace: string, name: string, settings: ScheduleSettings) {
  const { workflowType, every, input } = settings;
  return {
    spec: { intervals: [{ every }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW },
    action: {
      type: 'startWorkflow' as const,
      workflowType,
      workflowId: workflowIds.scheduledScan(workspace, name),
      taskQueue: TASK_QUEUES.main,
      args: [{ workspace, ...input }],
      memo: { scheduleId: scheduleId(workspace, name) },
      staticSummary: summary(workspace, name),
      staticDetails: `Started every ${formatDuration(every)} by schedule \`${scheduleId(workspace, name)}\`.`,
      typedSearchAttributes: labels(workspace, name),
    },
  };
}

function described(workspace: string, name: string, description: ScheduleDescription): Schedule {
  const { action, spec, state, info } = description;
  const every = spec.intervals?.[0]?.every;
  return {
    scheduleId: description.scheduleId,
    workspace,
    name,
    workflowType: action.type === 'startWorkflow' ? action.workflowType : '',
    every: typeof every === 'number' ? formatDuration(every) : null,
    state: state.paused ? 'paused' : 'active',
    pausedReason: state.paused ? (state.note ?? null) : null,
    nextRuns: state.paused ? [] : info.nextActionTimes.slice(0, 10).map((time) => time.toISOString()),
  };
}
