/** What activities ask of Temporal itself. */
export interface WorkflowService {
  /** Whether that run, or what it was reset to, is still open; false when it ended or is unknown. */
  isOpen(workflowId: string, firstRunId: string): Promise<boolean>;
  /** The next instant (ISO 8601) the schedule fires at; null when it is unknown, paused or has none. */
  nextRun(scheduleId: string): Promise<string | null>;
  /** Pauses the schedule, with a note that says who and why; one that is not there is left alone. */
  pauseSchedule(scheduleId: string, note: string): Promise<void>;
}

/** What has to be done for schedules now and then, as time goes on. */
export interface ScheduleUpkeep {
  /**
   * Renews what Temporal holds of schedules whose clock changes it knows too few years ahead: of one workspace, or of all
   * (null). `onProgress` is called after each schedule.
   */
  renew(workspace: string | null, onProgress: () => void): Promise<{ checked: number; renewed: number }>;
}
