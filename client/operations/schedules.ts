import type { z } from 'zod';
import { interventionInput } from '../../domain/contracts/interventions.ts';
import type { WorkflowType } from '../../domain/contracts/names.ts';
import { customerScanInput } from '../../domain/contracts/scans.ts';
import type { ScheduleSettings } from '../../domain/contracts/schedules.ts';
import { invalidInput } from '../../domain/errors.ts';
import { fieldErrors } from '../../domain/parse.ts';
import { createSchedules } from '../../services/temporal/schedules.ts';
import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, temporalOf } from './dependencies.ts';

type ScheduleOperations = Pick<
  OperationHandlers,
  | 'getSchedule'
  | 'createSchedule'
  | 'updateSchedule'
  | 'deleteSchedule'
  | 'pauseSchedule'
  | 'resumeSchedule'
  | 'triggerSchedule'
>;

/** What Temporal takes as an interval: from a second to a hundred years, in milliseconds. */
const EVERY = { least: 1_000, most: 36_500 * 86_400_000 };

/** The workspace is the caller's, never the input's. */
const WORKFLOW_INPUTS: Record<WorkflowType, z.ZodType> = {
  customerScan: customerScanInput.omit({ workspace: true }),
  intervention: interventionInput.omit({ workspace: true }),
};

/** Schedules on the Temporal server. */
export function scheduleOperations(dependencies: OperationDependencies): ScheduleOperations {
  const schedules = () => createSchedules(temporalOf(dependencies).client);
  return {
    getSchedule: async ({ workspace }, { name }) => schedules().get(workspace, name),
    createSchedule: async ({ workspace }, { name, ...settings }) =>
      schedules().create(workspace, name, workable(settings)),
    updateSchedule: async ({ workspace }, { name, ...settings }) =>
      schedules().update(workspace, name, workable(settings)),
    deleteSchedule: async ({ workspace }, { name }) => schedules().delete(workspace, name),
    pauseSchedule: async ({ workspace }, { name, reason }) => schedules().pause(workspace, name, reason),
    resumeSchedule: async ({ workspace }, { name, reason }) => schedules().resume(workspace, name, reason),
    async triggerSchedule({ workspace }, { name }) {
      const { workflowId, runId } = await schedules().trigger(workspace, name);
      return { scanId: runId, workflowId };
    },
  };
}

/** The settings when every run of theirs can start. @throws ReveilleError `invalid_input` */
function workable(settings: ScheduleSettings): ScheduleSettings {
  const { every, workflowType, input } = settings;
  const result = WORKFLOW_INPUTS[workflowType].safeParse(input);
  const errors = result.success
    ? []
    : fieldErrors(result.error).map(({ path, message }) => ({ path: path ? `input.${path}` : 'input', message }));
  if (every < EVERY.least || every > EVERY.most) {
    errors.unshift({ path: 'every', message: 'must be from 1 second to 36500 days' });
  }
  if (errors.length > 0) throw invalidInput(errors);
  return settings;
}
