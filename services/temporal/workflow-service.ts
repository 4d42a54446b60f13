import { type Client, ScheduleNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowService } from '../../domain/ports/workflow-service.ts';

/** What activities ask of Temporal, through a client of their namespace. */
export function createWorkflowService(client: Client): WorkflowService {
  return {
    async isOpen(workflowId, firstRunId) {
      try {
        const { status, raw } = await client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING' && raw.workflowExecutionInfo?.firstRunId === firstRunId;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    async nextRun(scheduleId) {
      try {
        const { info, state } = await client.schedule.getHandle(scheduleId).describe();
        return state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null);
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return null;
        throw error;
      }
    },
    async pauseSchedule(scheduleId, note) {
      try {
        await client.schedule.getHandle(scheduleId).pause(note);
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      }
    },
  };
}
