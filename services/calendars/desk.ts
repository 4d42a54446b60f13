import type { Slot, SlotSource } from '../../domain/contracts/slots.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import type { BookingRow, BookingStore, Hold } from '../../domain/ports/booking-store.ts';
import { type BusyTime, CalendarError } from '../../domain/ports/calendars.ts';
import type { SlotRules } from '../../domain/slots/rules.ts';
import { parseSlotId } from '../../domain/slots/slot-ids.ts';
import { type Occupied, type WhyNot, apartOf, slotsBetween, spanOf, whyNotFree } from '../../domain/slots/slots.ts';
import type { BookableCalendar, Calendars } from './calendars.ts';

const DAY_MS = 86_400_000;
/** How long a calendar may take to say what is in it; whoever asks for slots is waiting. */
const BUSY_MS = 8_000;

/** What a slot that was asked for is, and whose. */
export interface AskedSlot {
  calendar: BookableCalendar;
  rules: SlotRules;
  /** Epoch milliseconds. */
  start: number;
  slotId: string;
}

/** Whether a slot can be had. `verified`: the representative's calendar was looked at, or there is none. */
export interface Checked {
  why: WhyNot | null;
  verified: boolean;
}

/** What the desk asks of the store. */
type Bookings = Pick<BookingStore, 'get' | 'hold' | 'beginMove' | 'taken'>;

/** Where slots are asked for and taken. */
export interface BookingDesk {
  readonly calendars: Calendars;
  /**
   * Slots of one calendar, or of all, of the coming `days` days, soonest first. `all`: those that cannot be had as well.
   * @throws ReveilleError `not_found` for an unknown calendar
   */
  slots(
    options: { calendar?: string | undefined; from?: string | undefined; days: number; all?: boolean | undefined },
    now: number,
  ): Promise<Slot[]>;
  /** The slot of an id. @throws ReveilleError `invalid_input` at `slotId` or `calendar` */
  slotOf(id: string, calendar?: string): Promise<AskedSlot>;
  /**
   * Holds a slot. Its calendar is looked at when it is committed, not now. @throws ReveilleError `conflict`, or `invalid_input` at
   * `slotId`, that says why it cannot be had
   */
  hold(workspace: string, asked: AskedSlot, booking: NewBooking, now: number): Promise<BookingRow>;
  /** Holds the slot that a booking is to be moved to. @throws ReveilleError the same; `conflict` for one that is over */
  beginMove(workspace: string, booking: BookingRow, asked: AskedSlot, now: number): Promise<BookingRow>;
  /** Looks whether a slot can still be had, in bookings and in the representative's calendar. */
  check(asked: AskedSlot, now: number, except: { bookingId: string; eventId: string }): Promise<Checked>;
}

/** A booking but for its time. */
export type NewBooking = Omit<
  Hold,
  'slotId' | 'start' | 'end' | 'calendar' | 'resource' | 'timezone' | 'apartMs' | 'createdAt' | 'holdUntil'
> & { holdMs: number };

/** The desk of the configuration's calendars. */
export function createDesk(calendars: Calendars, bookings: Bookings): BookingDesk {
  const known = (id: string): BookableCalendar => {
    const calendar = calendars.get(id);
    if (calendar !== null) return calendar;
    throw new ReveilleError('not_found', `There is no calendar ${id}`);
  };
  const taken = (
    { resource, id }: BookableCalendar,
    span: { from: number; to: number },
    now: number,
    except?: string,
  ) => {
    const at = new Date(now).toISOString();
    // A day counts as a whole towards its maximum, and a buffer may be as long.
    const wide = { from: span.from - 2 * DAY_MS, to: span.to + 2 * DAY_MS };
    return bookings.taken(resource, wide, { calendar: id, at, except });
  };

  /** Who is about to get a slot, by its id: whether they did. Who comes meanwhile comes second. */
  const takers = new Map<string, Promise<boolean>>();

  return {
    calendars,

    async slots({ calendar: id, from, days, all }, now) {
      const asked = id === undefined ? calendars.all() : [known(id)];
      const found = await Promise.all(
        asked.map(async (calendar) => {
          const rules = await rulesOf(calendar);
          const span = spanOf(rules, from === undefined ? now : Date.parse(from), days, now);
          const [booked, busy] = await Promise.all([
            taken(calendar, span, now),
            busyTimes(calendar, neededFor(rules, span)),
          ]);
          if (busy === 'unavailable' && calendar.settings.whenUnavailable === 'closed') return [];
          const occupied: Occupied = { bookings: booked, busy: busy === 'unavailable' ? null : busy };
          return slotsBetween(rules, span, occupied, sourceOf(busy)).filter(({ available }) => available || all);
        }),
      );
      return found.flat().sort((one, other) => (one.start < other.start ? -1 : one.start > other.start ? 1 : 0));
    },

    async slotOf(id, calendarId) {
      const parsed = parseSlotId(id);
      const calendar = parsed && calendars.get(parsed.calendar);
      if (calendarId !== undefined && calendars.get(calendarId) === null) {
        throw invalidInput([
          { path: 'calendar', message: 'is none of the calendars; list them to see which there are' },
        ]);
      }
      if (parsed === null || calendar === null || (calendarId !== undefined && parsed.calendar !== calendarId)) {
        const message = 'is no slot of this calendar; ask for free slots and take the id of one of them';
        throw invalidInput([{ path: 'slotId', message }]);
      }
      return { calendar, rules: await rulesOf(calendar), start: parsed.start, slotId: id };
    },

    async hold(workspace, asked, { holdMs, ...booking }, now) {
      const { calendar, rules, slotId, start } = asked;
      const { id, resource, timezone } = calendar;
      const isTaken = decideOn(asked, now);
      const there = await bookings.get(workspace, booking.bookingId);
      if (there !== null) return there;
      // Most of a rush hear of it without waiting for the resource.
      const why = isTaken(await taken(calendar, { from: start, to: start }, now, booking.bookingId));
      if (why !== null) throw refusal(why, asked);
      const hold: Hold = {
        ...booking,
        ...timeOf(asked),
        ...{ calendar: id, resource, timezone, apartMs: apartOf(rules) },
        ...{ createdAt: new Date(now).toISOString(), holdUntil: new Date(now + holdMs).toISOString() },
      };
      while (takers.has(slotId)) if (await takers.get(slotId)) throw refusal('taken', asked);
      const asking = bookings.hold(workspace, hold, isTaken);
      const gotIt = asking.then(
        (answer) => 'held' in answer && answer.held.endedAt === null,
        () => false,
      );
      takers.set(slotId, gotIt);
      void gotIt.then(() => takers.get(slotId) === gotIt && takers.delete(slotId));
      const answer = await asking;
      if ('refused' in answer) throw refusal(answer.refused, asked);
      return answer.held;
    },

    async beginMove(workspace, { bookingId }, asked, now) {
      const to = { ...timeOf(asked), apartMs: apartOf(asked.rules), at: new Date(now).toISOString() };
      const answer = await bookings.beginMove(workspace, bookingId, to, decideOn(asked, now));
      if (answer === null) throw new ReveilleError('conflict', `Booking ${bookingId} is over and cannot be moved`);
      if ('refused' in answer) throw refusal(answer.refused, asked);
      return answer.moving;
    },

    async check({ calendar, rules, start }, now, except) {
      const span = { from: start, to: start };
      const [booked, busy] = await Promise.all([
        taken(calendar, span, now, except.bookingId),
        busyTimes(calendar, neededFor(rules, span)),
      ]);
      const others =
        busy === 'unavailable' || busy === null ? null : busy.filter(({ eventId }) => eventId !== except.eventId);
      // Whether there was time enough was asked when it was held.
      const why = whyNotFree(
        { ...rules, noticeMs: -Infinity, horizonMs: Infinity },
        start,
        { bookings: booked, busy: others },
        now,
      );
      return { why, verified: busy !== 'unavailable' };
    },
  };
}

/** All the time that slots starting in a span need. */
const neededFor = (
  { bufferBeforeMs, bufferAfterMs, slotMs }: SlotRules,
  { from, to }: { from: number; to: number },
) => ({
  from: from - bufferBeforeMs,
  to: to + slotMs + bufferAfterMs,
});

const decideOn =
  ({ rules, start }: AskedSlot, now: number): Parameters<Bookings['hold']>[2] =>
  (booked) =>
    whyNotFree(rules, start, { bookings: booked, busy: null }, now);

const timeOf = ({ slotId, start, rules: { slotMs } }: AskedSlot) => ({
  slotId,
  start: new Date(start).toISOString(),
  end: new Date(start + slotMs).toISOString(),
});

/** @throws ReveilleError `unavailable` where holidays cannot be read */
async function rulesOf(calendar: BookableCalendar): Promise<SlotRules> {
  try {
    return await calendar.rules(AbortSignal.timeout(BUSY_MS));
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error;
    throw new ReveilleError('unavailable', `The holidays of calendar ${calendar.id} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

/** What is in the representative's calendar; null where there is none. */
async function busyTimes(
  { source }: BookableCalendar,
  { from, to }: { from: number; to: number },
): Promise<BusyTime[] | null | 'unavailable'> {
  if (source === null || from >= to) return source === null ? null : [];
  try {
    return await source.busy(from, to, AbortSignal.timeout(BUSY_MS));
  } catch (error) {
    if (error instanceof CalendarError) return 'unavailable';
    throw error;
  }
}

const sourceOf = (busy: BusyTime[] | null | 'unavailable'): SlotSource =>
  busy === 'unavailable' ? 'unverified' : busy === null ? 'generated' : 'calendar';

const WORDS: Record<WhyNot, string> = {
  no_slot: 'is no slot of this calendar; ask for free slots and take the id of one of them',
  too_soon: 'starts too soon to be booked, or has passed; ask for free slots and take another',
  too_far: 'lies too far ahead to be booked; ask for free slots and take another',
  taken: 'is taken; ask for free slots and take another',
  day_full: 'is on a day that has as many meetings as it may; ask for free slots and take another',
};

/** What others were faster with is a conflict; what never could be had is wrong input. */
export function refusal(why: WhyNot, { slotId }: Pick<AskedSlot, 'slotId'>): ReveilleError {
  const errors = [{ path: 'slotId', message: WORDS[why] }];
  if (why === 'taken' || why === 'day_full') {
    return new ReveilleError('conflict', `Slot ${slotId} ${WORDS[why]}`, { errors });
  }
  return invalidInput(errors);
}

/** What is said of a calendar that has to be looked at and cannot be. */
export const unseen = ({ calendar }: Pick<AskedSlot, 'calendar'>): ReveilleError =>
  new ReveilleError('unavailable', `Calendar ${calendar.id} cannot be reached, so nothing is booked in it`);
