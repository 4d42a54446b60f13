import type { Calendar, CalendarHealth } from '../../domain/contracts/calendars.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { formatDuration } from '../../domain/contracts/time-values.ts';
import { utc } from './scan-output.ts';

/** What to say where the configuration has no calendar. */
export const noCalendars = (): string =>
  [
    'No calendars are configured. Name one in reveille.yaml, and start the service anew:',
    '',
    '  calendars:',
    '    sales:',
    '      timezone: Asia/Kolkata',
    '      hours:',
    '        mon: [["09:00", "13:00"], ["14:00", "17:00"]]',
    '',
    'Everything else that a calendar can say is in docs/booking.md',
  ].join('\n');

/** One line a slot: the time on the calendar's clock, its zone, and its id. */
export function formatSlots(slots: readonly Slot[], calendars: readonly Calendar[]): string {
  const zones = new Map(calendars.map(({ calendar, timezone }) => [calendar, timezone]));
  const lines = slots.map(
    (slot) => `${formatLocal(slot.local)}  ${zones.get(slot.calendar) ?? ''}  ${slot.id}${remarkOn(slot)}`,
  );
  return lines.join('\n') || 'No slot is free in that time; reveille calendars check says whether calendars answer';
}

/** A clock's reading as people read it: `2027-03-15 09:00 -04:00`. */
export const formatLocal = (local: string): string => local.replace(/^(.{10})T(\d\d:\d\d)[\d:.]*([+-].*)$/, '$1 $2 $3');

function remarkOn({ available, source }: Slot): string {
  if (!available) return '  not free';
  return source === 'unverified'
    ? '  unverified: its calendar does not answer now, and is looked at when it is booked'
    : '';
}

const CONNECTIONS: Record<Calendar['connection'], string> = {
  none: 'no calendar connected',
  google: 'Google',
  caldav: 'CalDAV',
  ics: 'ICS, read only',
};

/** One line a calendar: whom one meets there, for how long, and what says when they are busy. */
export function formatCalendar({ calendar, timezone, slotMs, stepMs, representative, connection }: Calendar): string {
  const whom = representative === null ? 'nobody in particular' : `${representative.name} (${representative.id})`;
  const step = stepMs === slotMs ? '' : ` every ${formatDuration(stepMs)}`;
  return `${calendar}  ${timezone}  ${formatDuration(slotMs)}${step}  ${whom}  ${CONNECTIONS[connection]}`;
}

const MARKS = { ok: 'ok      ', none: 'off     ', warning: 'warning ', problem: 'PROBLEM ' } as const;

/** Whether a calendar can be read, and until when. */
export function formatHealth(health: CalendarHealth & { calendar: string }): string {
  return `${MARKS[health.state]} ${health.calendar}: ${formatDetail(health)}`;
}

/** What is said of the health, with when the leave ends where that is known. */
export const formatDetail = ({ detail, expiresAt }: CalendarHealth): string =>
  expiresAt === null ? detail : `${detail} (leave ends at ${utc(expiresAt)})`;
