import { z } from 'zod';
import { instantOut } from './time-values.ts';

export const EVENT_TYPES = [
  'scan.completed',
  'intervention.waiting_approval',
  'intervention.approved',
  'intervention.rejected',
  'intervention.expired',
  'intervention.sent',
  'intervention.suppressed',
  'follow_up.executed',
  'follow_up.cancelled',
  'follow_up.failed',
  'contact.replied',
  'contact.opted_out',
  'booking.confirmed',
  'booking.rescheduled',
  'booking.cancelled',
  'booking.no_show',
  'run.started',
  'run.completed',
  'run.failed',
  'run.skipped',
  'run.missed',
  'schedule.paused',
  'schedule.resumed',
  'schedule.disabled',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What the WebSocket sends. `seq` counts per workspace, without gaps; `data` is the object the type speaks of. */
export const event = z.object({
  seq: z.number().int(),
  type: z.enum(EVENT_TYPES),
  workspace: z.string(),
  at: instantOut,
  data: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof event>;
