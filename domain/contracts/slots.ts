import { z } from 'zod';
import { identifier, slug } from './names.ts';
import { instantOut } from './time-values.ts';

/**
 * Where a slot's availability comes from: working hours and bookings alone (`generated`), also the representative's calendar
 * (`calendar`), or the former since that could not be reached (`unverified`: looked at again when it is booked).
 */
export const SLOT_SOURCES = ['generated', 'calendar', 'unverified'] as const;
export type SlotSource = (typeof SLOT_SOURCES)[number];

/** A time at which a meeting can be had (booking.md). */
export const slot = z.object({
  /** The same for the same start, for ever. */
  id: identifier,
  calendar: slug,
  start: instantOut,
  end: instantOut,
  /** The start on the calendar's clock, `2027-03-15T09:00:00-04:00`. */
  local: z.string(),
  available: z.boolean(),
  source: z.enum(SLOT_SOURCES),
});
export type Slot = z.infer<typeof slot>;
