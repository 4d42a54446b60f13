import { createSchedules } from '../../services/temporal/schedules.ts';
import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, temporalOf } from './dependencies.ts';

type ScheduleOperations = Pick<
  OperationHandlers,
  'getSchedule' | 'createSchedule' | 'updateSchedule' | 'pauseSchedule' | 'resumeSchedule' | 'triggerSchedule'
>;

/** Schedules on the Temporal server. */
export function scheduleOperations(dependencies: OperationDependencies): ScheduleOperations {
  const schedules = () => createSchedules(temporalOf(dependencies).client);
  return {
    getSchedule: async ({ workspace }, { name }) => schedules().get(workspace, name),
    createSchedule: async ({ workspace }, { name, ...settings }) => schedules().create(workspace, name, settings),
    updateSchedule: async ({ workspace }, { name, ...settings }) => schedules().update(workspace, name, settings),
    pauseSchedule: async ({ workspace }, { name, reason }) => schedules().pause(workspace, name, reason),
    resumeSchedule: async ({ workspace }, { name, reason }) => schedules().resume(workspace, name, reason),
    async triggerSchedule({ workspace }, { name }) {
      const { workflowId, runId } = await schedules().trigger(workspace, name);
      return { scanId: runId, workflowId };
    },
  };
}
