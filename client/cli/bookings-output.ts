import type { Booking } from '../../domain/contracts/bookings.ts';
import { localTime } from '../../domain/cron/index.ts';
import { formatLocal } from './calendars-output.ts';
import { utc } from './scan-output.ts';

/** One line a booking: its time on the calendar's clock, who comes, and what became of it. */
export function formatBookingLine(booking: Booking): string {
  const { bookingId, invitee } = booking;
  return `${bookingId}  ${formatTime(booking)}  ${invitee.name} <${invitee.email}>  ${formatState(booking)}`;
}

/** `2027-03-15 09:00 -04:00 America/New_York` */
const formatTime = ({ start, timezone }: Booking): string => `${formatLocal(localTime(start, timezone))} ${timezone}`;

const formatState = ({ state, stateReason }: Booking): string =>
  `${state.replace('_', ' ')}${stateReason === null ? '' : `: ${stateReason}`}`;

/** Everything about one booking. */
export function formatBooking(booking: Booking): string {
  const { bookingId, calendar, slotId, start, end, invitee, topic, contactId, joinUrl, sequence } = booking;
  const facts: [string, string][] = [
    ['When', `${formatTime(booking)} (${utc(start)} to ${utc(end)})`],
    ['Calendar', `${calendar}, slot ${slotId}`],
    ['Invitee', `${invitee.name} <${invitee.email}>`],
    ['Contact', contactId ?? 'none'],
    ['Topic', topic],
    ['State', formatState(booking)],
    ['Link', joinUrl ?? 'none'],
    ['Changed', sequence === 0 ? 'never' : sequence === 1 ? 'once' : `${sequence} times`],
  ];
  return [bookingId, ...facts.map(([fact, value]) => `  ${fact.padEnd(10)}${value}`)].join('\n');
}
