import { z } from 'zod';
import { WORKFLOW_TYPES, slug } from './names.ts';
import { duration, instantOut } from './time-values.ts';

/** What makes a schedule: every `every` milliseconds it starts `workflowType` with `input`. */
export const scheduleSettings = z.strictObject({
  workflowType: z.enum(WORKFLOW_TYPES),
  every: duration,
  input: z.record(z.string(), z.unknown()).default({}),
});
export type ScheduleSettings = z.output<typeof scheduleSettings>;

/** A schedule as it is on the Temporal server. */
export const schedule = z.object({
  scheduleId: z.string(),
  workspace: slug,
  name: slug,
  workflowType: z.string(),
  every: z.string().nullable(),
  state: z.enum(['active', 'paused']),
  pausedReason: z.string().nullable(),
  nextRuns: z.array(instantOut),
});
export type Schedule = z.infer<typeof schedule>;
