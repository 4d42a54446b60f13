import type { calendar_v3 } from '@googleapis/calendar';
import { z } from 'zod';
import type { CalendarHealth } from '../../domain/contracts/calendars.ts';
import type { CalendarConnectionStore } from '../../domain/ports/booking-store.ts';
import { type BusyTime, CalendarError, type CalendarEvent, type CalendarSource } from '../../domain/ports/calendars.ts';
import { TIMEOUT_MS, incomprehensible } from './calendar-http.ts';
import {
  type EventsPage,
  type GoogleAnswer,
  MAX_PAGES,
  busyTimesOf,
  eventsPage,
  failedGoogle,
} from './google-answers.ts';
import { type AskGoogle, createAskGoogle } from './google-asking.ts';
import { type AccessTokens, type GoogleDependencies, createAccessTokens, notConnected } from './google-tokens.ts';

/** A leave that ends within this is said to end. */
const SOON_MS = 7 * 86_400_000;
/** What we read of events, and no more. */
const FIELDS =
  'timeZone,nextPageToken,items(id,status,transparency,start,end,attendees(self,responseStatus),extendedProperties/private)';

/** Who is asked, and which of their calendars. */
export interface GoogleCalendar {
  representative: string;
  /** `primary`, or the address of a calendar. */
  calendarId: string;
}

/** What every call needs. */
interface Calls {
  ask: AskGoogle;
  calendarId: string;
  now: () => number;
}

/**
 * A calendar at Google, by its Calendar API v3. Events are made under an id that we choose, so that the same event twice is once.
 * The leave to do so is in the store.
 */
export function createGoogleSource(
  { representative, calendarId }: GoogleCalendar,
  dependencies: Omit<GoogleDependencies, 'timeoutMs'> & {
    connections: Pick<CalendarConnectionStore, 'get'>;
    timeoutMs?: number;
  },
): CalendarSource {
  const { connections, now, timeoutMs = TIMEOUT_MS, ...others } = dependencies;
  const tokens = createAccessTokens(representative, connections, { ...others, now, timeoutMs });
  const calls: Calls = { ask: createAskGoogle(tokens, { ...others, timeoutMs }), calendarId, now };
  return {
    type: 'google',
    writable: true,
    busy: (from, to, signal) => busyTimes(calls, { from, to }, signal),
    put: (event, signal) => put(calls, event, signal),
    remove: (eventId, signal) => remove(calls, eventId, signal),
    check: (signal) => health(calls, tokens, representative, signal),
  };
}

async function busyTimes(calls: Calls, window: { from: number; to: number }, signal: AbortSignal): Promise<BusyTime[]> {
  const found: BusyTime[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const read = await page(calls, window, next, signal);
    found.push(...busyTimesOf(read).filter(({ start, end }) => start < window.to && end > window.from));
    next = read.nextPageToken;
    if (next === undefined) return found;
  }
  throw new CalendarError('refused', 'The calendar has more events in that time than we read');
}

async function page(
  { ask, calendarId, now }: Calls,
  window: { from: number; to: number },
  token: string | undefined,
  signal: AbortSignal,
): Promise<EventsPage> {
  const params = {
    ...{ calendarId, singleEvents: true, maxResults: 2_500, maxAttendees: 1, fields: FIELDS },
    ...{ timeMin: new Date(window.from).toISOString(), timeMax: new Date(window.to).toISOString() },
    ...(token === undefined ? {} : { pageToken: token }),
  };
  const answer = await ask((events, options) => events.list(params, options), false, signal);
  if (answer.status !== 200) throw failedGoogle(answer, now());
  const read = eventsPage.safeParse(answer.body);
  if (!read.success) throw incomprehensible({ service: 'Google', changes: false });
  return read.data;
}

async function put({ ask, calendarId, now }: Calls, event: CalendarEvent, signal: AbortSignal): Promise<void> {
  const { eventId, sequence } = event;
  const params = { calendarId, sendUpdates: 'none' };
  const body = bodyOf(event);
  const made = await ask(
    (events, options) => events.insert({ ...params, requestBody: { ...body, id: eventId, sequence } }, options),
    true,
    signal,
  );
  if (made.status !== 409) return checkEvent(made, eventId, now());
  // There already, or there once: it becomes what it is to be, and is back if it was removed. Google counts changes itself, and
  // refuses a number below its own.
  const changed = await ask(
    (events, options) => events.patch({ ...params, eventId, requestBody: body }, options),
    true,
    signal,
  );
  checkEvent(changed, eventId, now());
}

async function remove({ ask, calendarId, now }: Calls, eventId: string, signal: AbortSignal): Promise<void> {
  const params = { calendarId, eventId, sendUpdates: 'none' };
  const answer = await ask((events, options) => events.delete(params, options), true, signal);
  if (![200, 204, 404, 410].includes(answer.status)) throw failedGoogle(answer, now());
}

function checkEvent(answer: GoogleAnswer, eventId: string, now: number): void {
  if (answer.status !== 200) throw failedGoogle(answer, now);
  const read = z.object({ id: z.literal(eventId) }).safeParse(answer.body);
  if (!read.success) throw incomprehensible({ service: 'Google', changes: true });
}

async function health(
  calls: Calls,
  tokens: AccessTokens,
  representative: string,
  signal: AbortSignal,
): Promise<CalendarHealth> {
  const leave = await tokens.leave();
  if (leave === null) return { state: 'problem', detail: notConnected(representative), expiresAt: null };
  const { expiresAt } = leave;
  const again = `run \`reveille calendars connect ${representative}\``;
  const now = calls.now();
  try {
    await page(calls, { from: now, to: now + 60_000 }, undefined, signal);
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error;
    const detail = error.outcome === 'access' ? `${error.message}: ${again}` : error.message;
    return { state: 'problem', detail, expiresAt };
  }
  const left = expiresAt === null ? Infinity : Date.parse(expiresAt) - now;
  if (left < SOON_MS) return { state: 'warning', detail: `The leave to see to it ends soon: ${again}`, expiresAt };
  return { state: 'ok', detail: 'It answers', expiresAt };
}

/** What an event is to be, at Google. That nobody is written to is a parameter of the request: our own invitation is mailed. */
function bodyOf(event: CalendarEvent): calendar_v3.Schema$Event {
  const { eventId, summary, description, location, start, end, timezone: timeZone, attendee } = event;
  return {
    ...{ summary, description, location: location ?? '' },
    status: 'confirmed',
    start: { dateTime: start, timeZone },
    end: { dateTime: end, timeZone },
    attendees: [{ email: attendee.email, displayName: attendee.name }],
    extendedProperties: { private: { reveille: eventId } },
  };
}
