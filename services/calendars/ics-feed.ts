import { type BusyTime, CalendarError, type CalendarSource } from '../../domain/ports/calendars.ts';
import { type Dialler, whicheverFirst } from '../dialler.ts';
import { TIMEOUT_MS, failedAnswer, failedAsking, fetchOver, healthOf, incomprehensible } from './calendar-http.ts';
import { busyTimesIn } from './ics-busy.ts';

const DAY_MS = 86_400_000;
/** For so long what was read of a feed is taken for what it says. */
const FRESH_MS = 60_000;

export interface FeedDependencies {
  /** Checked, and with what the configuration allows. */
  dialler: Dialler;
  now: () => number;
  timeoutMs?: number;
}

/** The events of a public or secret ICS address. Nothing can be put there. */
export function createIcsSource(
  { url, timezone }: { url: string; timezone: string },
  dependencies: FeedDependencies,
): CalendarSource {
  const read = feedReader(url, FRESH_MS, dependencies);
  const readOnly = (): Promise<never> =>
    Promise.reject(new CalendarError('refused', 'The calendar is read from an ICS feed: nothing can be changed there'));
  const busy = async (from: number, to: number, signal: AbortSignal): Promise<BusyTime[]> => {
    const text = await read(signal);
    return busyTimesIn([text], { from, to }, timezone, "The calendar's feed");
  };
  return {
    type: 'ics',
    writable: false,
    busy,
    put: readOnly,
    remove: readOnly,
    check: (signal) => healthOf(() => busy(dependencies.now(), dependencies.now() + DAY_MS, signal)),
  };
}

/** Reads a URL at most once in `freshMs`, and then asks only whether it has changed (RFC 9110, 13.1.2). */
export function feedReader(
  url: string,
  freshMs: number,
  { dialler, now, timeoutMs = TIMEOUT_MS }: FeedDependencies,
): (signal: AbortSignal) => Promise<string> {
  const about = { service: "The calendar's feed", changes: false };
  let last: { text: string; etag: string | null; at: number } | null = null;
  let reading: Promise<string> | null = null;

  const ask = async (): Promise<string> => {
    const fetch = fetchOver({ dialler, timeoutMs, signal: new AbortController().signal });
    const headers = { accept: 'text/calendar', ...(last?.etag ? { 'if-none-match': last.etag } : {}) };
    const answer = await fetch(url, { headers }).catch((error: unknown) => {
      throw failedAsking(error, about);
    });
    if (answer.status === 304 && last !== null) {
      last.at = now();
      return last.text;
    }
    if (answer.status !== 200) throw failedAnswer(answer, about, now());
    const text = await answer.text();
    if (!text.includes('BEGIN:VCALENDAR')) throw incomprehensible(about);
    last = { text, etag: answer.headers.get('etag'), at: now() };
    return text;
  };

  return async (signal) => {
    if (last !== null && now() - last.at < freshMs) return last.text;
    // Whoever asks meanwhile waits for the same answer, which none of them can stop.
    reading ??= ask().finally(() => (reading = null));
    return whicheverFirst(reading, signal).catch((error: unknown) => {
      if (error instanceof CalendarError) throw error;
      throw new CalendarError('later', "The calendar's feed did not answer in time");
    });
  };
}
