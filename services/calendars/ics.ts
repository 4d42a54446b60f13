import ical, {
  ICalAttendeeRole,
  type ICalAttendeeScheduleAgent,
  ICalAttendeeStatus,
  ICalCalendarMethod,
  ICalEventStatus,
  ICalEventTransparency,
} from 'ical-generator';
import type { CalendarEvent } from '../../domain/ports/calendars.ts';

/** The library declares the enumeration without exporting its values. */
const BY_US = 'CLIENT' as ICalAttendeeScheduleAgent;

/** By which an event of ours is known wherever it lies; the same for every change of it (RFC 5545, 3.8.4.7). */
export const uidOf = (eventId: string): string => `${eventId}@reveille`;

/** The `eventId` of a UID of ours; null for everybody else's. */
export const eventIdOf = (uid: string): string | null => /^([0-9a-v]{5,1024})@reveille$/.exec(uid)?.[1] ?? null;

/**
 * A meeting as an iCalendar object. With a method it is an invitation or its end, to be mailed (RFC 5546); without one it is for
 * a calendar, and tells the server there to write to nobody, since we have (RFC 6638, 7.1). Times are UTC, so that no zone has to
 * be described. `now`: epoch milliseconds.
 */
export function eventIcs(
  event: CalendarEvent,
  { method = null, now }: { method?: 'REQUEST' | 'CANCEL' | null; now: number },
): string {
  const { attendee, organizer, location, description } = event;
  const calendar = ical({ prodId: '//Reveille//Booking//EN' });
  if (method !== null) calendar.method(ICalCalendarMethod[method]);
  const made = calendar.createEvent({
    id: uidOf(event.eventId),
    sequence: event.sequence,
    stamp: new Date(now),
    start: new Date(event.start),
    end: new Date(event.end),
    summary: line(event.summary),
    description: text(description),
    location: location === null ? null : line(location),
    status: method === 'CANCEL' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    transparency: ICalEventTransparency.OPAQUE,
    organizer: { name: nameOf(organizer), email: line(organizer.email) },
  });
  made.createAttendee({
    name: nameOf(attendee),
    email: line(attendee.email),
    role: ICalAttendeeRole.REQ,
    status: ICalAttendeeStatus.NEEDSACTION,
    rsvp: method !== 'CANCEL',
    scheduleAgent: method === null ? BY_US : null,
  });
  return `${calendar.toString()}\r\n`;
}

/** Without control characters but for the ends of lines, and without halves of characters. */
const text = (given: string): string =>
  given
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]/gu, '');

/** The same on a single line. */
const line = (given: string): string => text(given).replaceAll('\n', ' ').trim();

/** The library refuses an empty one. */
const nameOf = ({ name, email }: { name: string; email: string }): string => line(name) || line(email);
