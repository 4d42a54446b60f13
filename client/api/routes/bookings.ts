import { z } from 'zod';
import {
  booking,
  bookingRequest,
  bookingState,
  cancelBookingMessage,
  rescheduleMessage,
} from '../../../domain/contracts/bookings.ts';
import { calendar, calendarHealth, calendarLeave } from '../../../domain/contracts/calendars.ts';
import { identifier, slug } from '../../../domain/contracts/names.ts';
import { slot } from '../../../domain/contracts/slots.ts';
import { instant } from '../../../domain/contracts/time-values.ts';
import { type Route, byId, list, page, route } from './route.ts';

const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** Which slots are asked for. */
const wanted = {
  calendar: slug.optional(),
  /** Today counts, on the calendar's clock. */
  days: z.coerce.number().int().min(1).max(366).default(7),
  from: instant.optional(),
};

/** Calendars, their slots, and what is booked in them. */
export const bookingRoutes = {
  listCalendars: route('GET', '/api/calendars', 'Calendars of the configuration', z.strictObject({}), page(calendar)),
  checkCalendar: route(
    'GET',
    '/api/calendars/:id/health',
    "Whether a calendar's own appointments can be read",
    z.strictObject({ id: slug }),
    calendarHealth.extend({ calendar: slug }),
  ),
  connectCalendar: route(
    'PUT',
    '/api/representatives/:id/connection',
    "Take a representative's leave to see to their calendar at Google; a token for all workspaces may",
    calendarLeave.extend(byId.shape),
    calendarHealth.extend({ representative: identifier }),
    { scope: 'admin' },
  ),

  listSlots: route(
    'GET',
    '/api/slots',
    'Slots of the coming days that can be had, soonest first; with `all` the others as well',
    z.strictObject({ ...wanted, all: flag.default(false) }),
    page(slot),
  ),
  slotsMessage: route(
    'GET',
    '/api/slots/message',
    'Free slots in a message for a person, in their zone and language',
    z.strictObject({
      ...wanted,
      max: z.coerce.number().int().min(1).max(20).default(5),
      timezone: z.string().max(100).optional(),
      language: z.string().max(20).default('en'),
    }),
    z.object({ message: z.string(), slots: z.array(slot) }),
  ),

  createBooking: route('POST', '/api/bookings', 'Book a slot; 409 when it is taken', bookingRequest, booking, {
    status: 201,
  }),
  listBookings: route(
    'GET',
    '/api/bookings',
    'Bookings, newest first',
    z.strictObject({
      ...list,
      calendar: slug.optional(),
      slotId: identifier.optional(),
      contactId: identifier.optional(),
      state: bookingState.optional(),
    }),
    page(booking),
  ),
  getBooking: route('GET', '/api/bookings/:id', 'One booking', byId, booking),
  rescheduleBooking: route(
    'POST',
    '/api/bookings/:id/reschedule',
    'Move a booking to another slot of its calendar; 409 when that is taken, or the booking is over',
    rescheduleMessage.omit({ actor: true }).extend(byId.shape),
    booking,
  ),
  cancelBooking: route(
    'POST',
    '/api/bookings/:id/cancel',
    'Cancel a booking; 409 when it is over',
    cancelBookingMessage.omit({ actor: true }).extend(byId.shape),
    booking,
  ),
  noShow: route('POST', '/api/bookings/:id/no-show', 'Note that nobody came', byId, booking),
  repairBooking: route(
    'POST',
    '/api/bookings/:id/repair',
    'Try at once what could not be done for a booking',
    byId,
    booking,
  ),
} as const satisfies Record<string, Route>;
