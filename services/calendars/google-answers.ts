import { z } from 'zod';
import { parseZone } from '../../domain/cron/zones.ts';
import { type BusyTime, CalendarError } from '../../domain/ports/calendars.ts';
import { edgeAt } from '../../domain/slots/wall-clock.ts';
import { failedAnswer } from './calendar-http.ts';

/** Pages of 2,500 events: more than anybody has in the time that slots are offered for. */
export const MAX_PAGES = 10;

export interface GoogleAnswer {
  status: number;
  headers: Headers;
  /** What was JSON, else a text. */
  body: unknown;
  /** Whether something was to be changed. */
  changes: boolean;
}

/** A day, or a time with its offset. */
const moment = z.union([
  z.object({ date: z.iso.date() }).transform(({ date }) => ({ date, at: null })),
  z
    .object({ dateTime: z.iso.datetime({ offset: true }) })
    .transform(({ dateTime }) => ({ date: null, at: Date.parse(dateTime) })),
]);

const zoneName = z.string().transform((name, context) => {
  try {
    return parseZone(name, 0);
  } catch {
    context.addIssue({ code: 'custom', message: 'is no time zone' });
    return z.NEVER;
  }
});

/** developers.google.com/workspace/calendar/api/v3/reference/events, the fields that we ask for. */
const event = z.object({
  id: z.string().optional(),
  status: z.enum(['confirmed', 'tentative', 'cancelled']).default('confirmed'),
  transparency: z.enum(['opaque', 'transparent']).default('opaque'),
  start: moment.optional(),
  end: moment.optional(),
  attendees: z.array(z.object({ self: z.boolean().optional(), responseStatus: z.string().optional() })).default([]),
  extendedProperties: z.object({ private: z.record(z.string(), z.string()).default({}) }).optional(),
});

/** A page of `events.list`. */
export const eventsPage = z.object({
  /** Of the calendar. */
  timeZone: zoneName,
  nextPageToken: z.string().min(1).optional(),
  items: z.array(event).default([]),
});
export type EventsPage = z.output<typeof eventsPage>;

/** What takes up time of a page: not what was cancelled, is shown as free, or was declined. */
export function busyTimesOf({ timeZone, items }: EventsPage): BusyTime[] {
  return items.flatMap(({ id, status, transparency, start, end, attendees, extendedProperties }) => {
    const own = attendees.find(({ self }) => self)?.responseStatus;
    if (status === 'cancelled' || transparency === 'transparent' || own === 'declined') return [];
    if (start === undefined || end === undefined) return [];
    const marked = extendedProperties?.private['reveille'];
    return {
      start: instantOf(start, timeZone),
      end: instantOf(end, timeZone),
      allDay: start.date !== null,
      // An invitation that was not answered takes up time, as Google itself has it.
      tentative: status === 'tentative' || own === 'tentative',
      eventId: marked !== undefined && marked === id ? marked : null,
    };
  });
}

/** A day begins when the calendar's clocks say so. */
const instantOf = ({ date, at }: z.output<typeof moment>, timeZone: string): number =>
  date === null ? at! : edgeAt(timeZone, Date.parse(date));

/** developers.google.com/workspace/calendar/api/guides/errors */
const failure = z.object({
  error: z.object({ errors: z.array(z.object({ reason: z.string() })).default([]), status: z.string().optional() }),
});

const TOO_FAST: ReadonlySet<string> = new Set([
  ...[
    'rateLimitExceeded',
    'userRateLimitExceeded',
    'quotaExceeded',
    'dailyLimitExceeded',
    'calendarUsageLimitsExceeded',
  ],
]);

/** What an answer without success means. */
export function failedGoogle({ status, headers, body, changes }: GoogleAnswer, now: number): CalendarError {
  const general = failedAnswer({ status, headers }, { service: 'Google', changes }, now);
  if (status !== 403) return general;
  const reasons = failure.safeParse(body).data?.error.errors.map(({ reason }) => reason) ?? [];
  if (reasons.some((reason) => TOO_FAST.has(reason))) {
    const { retryAfterMs } = failedAnswer({ status: 429, headers }, { service: 'Google', changes }, now);
    return new CalendarError('later', 'Google asks to come back later (status 403)', { retryAfterMs });
  }
  if (reasons.includes('insufficientPermissions')) {
    return new CalendarError('access', 'The leave that was given does not go as far as events');
  }
  return general;
}
