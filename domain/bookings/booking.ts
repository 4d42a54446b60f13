import type { Booking, BookingStart } from '../contracts/bookings.ts';
import type { BookingRow } from '../ports/booking-store.ts';

/** The contract's object of a row: what API, events and results show of a booking. */
export function bookingOf(row: BookingRow): Booking {
  const { bookingId, calendar, slotId, start, end, timezone, invitee, topic, contactId } = row;
  const { state, stateReason, joinUrl, sequence } = row;
  return {
    ...{ bookingId, calendar, slotId, start, end, timezone, invitee, topic, contactId },
    ...{ state, stateReason, joinUrl, sequence },
  };
}

/** What the workflow of a booking goes on from that was lost: the store has the rest. */
export function startOf({
  contactId,
  inviteeTimezone,
  language,
  ...row
}: BookingRow & { workspace: string }): BookingStart {
  const { workspace, bookingId, calendar, slotId, invitee, topic } = row;
  return {
    ...{ workspace, bookingId, calendar, slotId, invitee, topic },
    ...(contactId !== null && { contactId }),
    ...(inviteeTimezone !== null && { timezone: inviteeTimezone }),
    ...(language !== null && { language }),
  };
}

/** Why a booking is cancelled that its invitee cancels without a word; they need not be told. */
export const CANCELLED_BY_INVITEE = 'Cancelled by the invitee';

/** Why a booking is cancelled whose workflow is. */
export const CANCELLED_THROUGH_TEMPORAL = 'Cancelled through Temporal';
