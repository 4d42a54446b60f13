import { type BusyTime, CalendarError } from '../../domain/ports/calendars.ts';
import { eventIdOf } from './ics.ts';
import { IcsError, type Occurrence, occurrencesIn } from './ics-events.ts';

/** What takes up time in iCalendar texts. @throws CalendarError */
export function busyTimesIn(
  texts: readonly string[],
  window: { from: number; to: number },
  timezone: string,
  service: string,
): BusyTime[] {
  return understood(() => occurrencesIn(texts, window, timezone), service)
    .filter(({ transparent }) => !transparent)
    .map(({ uid, start, end, days, tentative }) => {
      return { start, end, allDay: days !== null, tentative, eventId: eventIdOf(uid) };
    });
}

/** What was read of an iCalendar text. @throws CalendarError `refused` where it cannot be */
export function understood(read: () => Occurrence[], service: string): Occurrence[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof IcsError) throw new CalendarError('refused', `${service} ${error.message}`, { cause: error });
    throw error;
  }
}
