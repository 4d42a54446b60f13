/** What activities ask of Temporal itself. */
export interface WorkflowService {
  /** Whether that run, or what it was reset to, is still open; false when it ended or is unknown. */
  isOpen(workflowId: string, firstRunId: string): Promise<boolean>;
  /** The next instant (ISO 8601) the schedule fires at; null when it is unknown, paused or has none. */
  nextRun(scheduleId: string): Promise<string | null>;
}
