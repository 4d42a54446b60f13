import type { CalendarHealth } from '../contracts/calendars.ts';

/** A time that is taken in somebody's calendar. Epoch milliseconds; `end` is excluded. */
export interface BusyTime {
  start: number;
  end: number;
  /** Lasts whole days, on the calendar's clock. */
  allDay: boolean;
  tentative: boolean;
  /** Of an event that we made: its `CalendarEvent.eventId`; null for everybody else's. */
  eventId: string | null;
}

/** A meeting as it stands in a calendar. */
export interface CalendarEvent {
  /** The same for every attempt: lower-case letters a to v and digits, as Google wants them; at least 5. */
  eventId: string;
  summary: string;
  description: string;
  /** A join link or a place; null where there is none. */
  location: string | null;
  /** ISO 8601. */
  start: string;
  end: string;
  /** IANA zone of the calendar. */
  timezone: string;
  attendee: { email: string; name: string };
  organizer: { email: string; name: string };
  /** Counts the changes of the invitation (RFC 5546). */
  sequence: number;
}

/** Why a calendar did not do what was asked. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
  /**
   * `later`: it did not happen, and may when it is tried again. `unknown`: it may have happened; the same event may be put or
   * removed again. `refused`: it will not happen, whatever is tried. `access`: a person has to connect the calendar anew.
   */
  readonly outcome: 'later' | 'unknown' | 'refused' | 'access';
  /** Not before so many milliseconds, where the other side said. */
  readonly retryAfterMs: number | null;

  constructor(
    outcome: CalendarError['outcome'],
    message: string,
    options: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.outcome = outcome;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** A representative's own calendar. Knows nothing of slots, ledger or retries. Methods throw CalendarError. */
export interface CalendarSource {
  readonly type: 'google' | 'caldav' | 'ics';
  /** Whether meetings can be put there. */
  readonly writable: boolean;
  /** What takes up time from `from` (included) to `to` (excluded), epoch milliseconds, repeated events told one by one; any order. */
  busy(from: number, to: number, signal: AbortSignal): Promise<BusyTime[]>;
  /** Makes the event, or makes it what it is said to be. The same twice is once. */
  put(event: CalendarEvent, signal: AbortSignal): Promise<void>;
  /** Takes it away; one that is not there is gone already. */
  remove(eventId: string, signal: AbortSignal): Promise<void>;
  /** Whether it answers, and until when we may ask. Does not throw for what it can tell. */
  check(signal: AbortSignal): Promise<CalendarHealth>;
}
