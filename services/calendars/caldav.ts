import { calendarQuery, createObject, deleteObject } from 'tsdav';
import { z } from 'zod';
import { CalendarError, type CalendarSource } from '../../domain/ports/calendars.ts';
import type { Dialler } from '../dialler.ts';
import { TIMEOUT_MS, failedAnswer, failedAsking, fetchOver, healthOf, incomprehensible } from './calendar-http.ts';
import { eventIcs } from './ics.ts';
import { busyTimesIn } from './ics-busy.ts';

const DAY_MS = 86_400_000;
const SERVICE = 'The CalDAV server';

/** Objects of an answer, once the library has read its XML (RFC 4791, 7.8). */
const found = z.array(
  z.object({
    props: z.object({
      calendarData: z.union([z.string(), z.object({ _cdata: z.string() }).transform((data) => data._cdata)]),
    }),
  }),
);

export interface CaldavSettings {
  /** Of the calendar's collection. */
  url: string;
  user: string;
  password: string;
  /** IANA zone in which whole days, and times without a zone, are read. */
  timezone: string;
}

interface Dependencies {
  /** Checked, and with what the configuration allows. */
  dialler: Dialler;
  now: () => number;
  timeoutMs?: number;
}

/**
 * A calendar behind CalDAV (RFC 4791). An event of ours is an object whose name is made from its id, which is nobody else's: one
 * PUT without a condition makes it or changes it, and the same twice is once.
 */
export function createCaldavSource(
  { url, user, password, timezone }: CaldavSettings,
  { dialler, now, timeoutMs = TIMEOUT_MS }: Dependencies,
): CalendarSource {
  const collection = url.endsWith('/') ? url : `${url}/`;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const objectUrl = (eventId: string): string => new URL(`${encodeURIComponent(eventId)}.ics`, collection).href;

  /** Asks for what is there; answers that are not a good one are thrown before the library, which would quote them, sees them. */
  const query = async (from: number, to: number, signal: AbortSignal): Promise<string[]> => {
    const about = { service: SERVICE, changes: false };
    const fetch = fetchOver({ dialler, timeoutMs, signal });
    const answers = await calendarQuery({
      url: collection,
      props: { 'c:calendar-data': {} },
      filters: eventsBetween(from - DAY_MS, to + DAY_MS),
      depth: '1',
      headers: { authorization },
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (answer.status !== 207) throw failedAnswer(answer, about, now());
        // The library takes what is no XML for an empty calendar.
        if (!(await answer.clone().text()).includes('multistatus')) throw incomprehensible(about);
        return answer;
      },
    }).catch((error: unknown) => {
      throw error instanceof CalendarError ? error : failedQuery(error, about);
    });
    const read = found.safeParse(answers);
    if (!read.success) throw incomprehensible(about);
    return read.data.map(({ props }) => props.calendarData);
  };

  const change = async (asking: Promise<Response>, isDone: (status: number) => boolean): Promise<void> => {
    const about = { service: SERVICE, changes: true };
    const answer = await asking.catch((error: unknown) => {
      throw failedAsking(error, about);
    });
    if (!isDone(answer.status)) throw failedAnswer(answer, about, now());
  };

  return {
    type: 'caldav',
    writable: true,

    async busy(from, to, signal) {
      return busyTimesIn(await query(from, to, signal), { from, to }, timezone, 'The CalDAV calendar');
    },

    async put(event, signal) {
      const headers = { authorization, 'content-type': 'text/calendar; charset=utf-8' };
      const data = eventIcs(event, { now: now() });
      const fetch = fetchOver({ dialler, timeoutMs, signal });
      await change(createObject({ url: objectUrl(event.eventId), data, headers, fetch }), (status) =>
        [200, 201, 204].includes(status),
      );
    },

    async remove(eventId, signal) {
      const fetch = fetchOver({ dialler, timeoutMs, signal });
      await change(deleteObject({ url: objectUrl(eventId), headers: { authorization }, fetch }), (status) =>
        [200, 204, 404, 410].includes(status),
      );
    },

    check: (signal) => healthOf(() => query(now(), now() + DAY_MS, signal)),
  };
}

/**
 * Events that may have some of their time there. Servers read whole days, and times without a zone, in zones of their own: what
 * is asked for is wider by a day on each side.
 */
function eventsBetween(from: number, to: number) {
  const [start, end] = [from, to].map(
    (instant) => `${new Date(instant).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`,
  );
  const events = { _attributes: { name: 'VEVENT' }, 'time-range': { _attributes: { start, end } } };
  return [{ 'comp-filter': { _attributes: { name: 'VCALENDAR' }, 'comp-filter': events } }];
}

/** The library throws errors of its own where it cannot make sense of XML. */
function failedQuery(error: unknown, about: { service: string; changes: boolean }): CalendarError {
  try {
    return failedAsking(error, about);
  } catch {
    return incomprehensible(about);
  }
}
