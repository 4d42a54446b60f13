/** What a structured calendar names, as sets of numbers. No years: every year. Seconds are always 0. */
export interface Calendar {
  minutes: readonly number[];
  hours: readonly number[];
  daysOfMonth: readonly number[];
  /** 1 to 12. */
  months: readonly number[];
  /** 0 (Sunday) to 6. */
  daysOfWeek: readonly number[];
  years: readonly number[];
}

/** An instant (epoch ms) at which the server fires, and the hour of the calendar because of which: `2027-11-07T01`. */
export interface Match {
  at: number;
  hour: string;
}

/** UTC offset in milliseconds at an instant (epoch milliseconds). */
export type OffsetAt = (instant: number) => number;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MIDNIGHT = { hour: 0, minute: 0, second: 0, shift: 0 };

/** Where the search stands: a reading of the clock, and what to add to its instant when it is the second of two. */
interface Cursor {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  shift: number;
}

/**
 * The first instant after `after` that the server finds for a calendar, faults included: it takes a repeated hour for
 * one of 60 minutes that begins at a full hour, east of Greenwich it misses the first pass through it, in gaps of less
 * than an hour it fires late, and a day whose midnight does not exist has for it the weekday of the day before. Those
 * faults are why this is here: they decide what must be said to the server in another way.
 * Source: service/worker/scheduler/calendar.go of temporalio/temporal 1.29.1, `compiledCalendar.next`, step by step,
 * with `Date` of Go's package time.
 * @param until days after this instant are not looked at
 */
export function nextMatch(calendar: Calendar, offsetAt: OffsetAt, after: number, until: number): Match | null {
  const cursor = startAfter(after, offsetAt);
  for (;;) {
    carry(cursor, offsetAt);
    if (Date.UTC(cursor.year, cursor.month - 1, cursor.day) > until + DAY) return null;
    if (!settle(cursor, calendar, offsetAt)) continue;
    const at = instantOf(cursor, offsetAt);
    if (new Date(at + offsetAt(at)).getUTCHours() === cursor.hour) {
      return { at: at + cursor.shift, hour: hourKey(cursor) };
    }
    [cursor.hour, cursor.minute, cursor.second] = [cursor.hour + 1, 0, 0];
  }
}

/** `2027-11-07T01`, the hour in which a clock shows what UTC shows at `local` (epoch ms). */
export const localHour = (local: number): string => new Date(local).toISOString().slice(0, 13);

const hourKey = ({ year, month, day, hour }: Cursor): string => localHour(Date.UTC(year, month - 1, day, hour));

function startAfter(after: number, offsetAt: OffsetAt): Cursor {
  const clock = new Date(after + offsetAt(after));
  const hourBefore = new Date(after - HOUR + offsetAt(after - HOUR)).getUTCHours();
  return {
    year: clock.getUTCFullYear(),
    month: clock.getUTCMonth() + 1,
    day: clock.getUTCDate(),
    hour: clock.getUTCHours(),
    minute: clock.getUTCMinutes(),
    second: clock.getUTCSeconds() + 1,
    shift: hourBefore === clock.getUTCHours() ? HOUR : 0,
  };
}

/** Takes minutes of 60 to the next hour and so on, and goes through an hour again when the next is two away. */
function carry(cursor: Cursor, offsetAt: OffsetAt): void {
  if (cursor.second >= 60) [cursor.minute, cursor.second] = [cursor.minute + 1, 0];
  if (cursor.minute >= 60) {
    const full = { ...cursor, minute: 0, second: 0 };
    const length = instantOf({ ...full, hour: cursor.hour + 1 }, offsetAt) - instantOf(full, offsetAt);
    cursor.minute = 0;
    if (cursor.shift === 0 && length > HOUR) cursor.shift = HOUR;
    else [cursor.hour, cursor.shift] = [cursor.hour + 1, 0];
  }
  if (cursor.hour >= 24) [cursor.day, cursor.hour] = [cursor.day + 1, 0];
  if (cursor.day > daysIn(cursor)) [cursor.month, cursor.day] = [cursor.month + 1, 1];
  if (cursor.month > 12) [cursor.year, cursor.month] = [cursor.year + 1, 1];
}

/** Moves on to a reading that the calendar names; false when that carries into the next larger unit. */
function settle(cursor: Cursor, calendar: Calendar, offsetAt: OffsetAt): boolean {
  if (calendar.years.length > 0 && !calendar.years.includes(cursor.year)) {
    Object.assign(cursor, MIDNIGHT, { year: cursor.year + 1, month: 1, day: 1 });
    return false;
  }
  while (!calendar.months.includes(cursor.month)) {
    Object.assign(cursor, MIDNIGHT, { month: cursor.month + 1, day: 1 });
    if (cursor.month > 12) return false;
  }
  while (!calendar.daysOfMonth.includes(cursor.day) || !calendar.daysOfWeek.includes(weekday(cursor, offsetAt))) {
    Object.assign(cursor, MIDNIGHT, { day: cursor.day + 1 });
    if (cursor.day > daysIn(cursor)) return false;
  }
  while (!calendar.hours.includes(cursor.hour)) {
    Object.assign(cursor, MIDNIGHT, { hour: cursor.hour + 1 });
    if (cursor.hour >= 24) return false;
  }
  while (!calendar.minutes.includes(cursor.minute)) {
    [cursor.minute, cursor.second] = [cursor.minute + 1, 0];
    if (cursor.minute >= 60) return false;
  }
  if (cursor.second === 0) return true;
  cursor.second = 60;
  return false;
}

/** Go's `time.Date`: of two instants that the clock shows, the one whose offset the zone has at the reading as UTC. */
function instantOf({ year, month, day, hour, minute, second }: Cursor, offsetAt: OffsetAt): number {
  const reading = Date.UTC(year, month - 1, day, hour, minute, second);
  const offset = offsetAt(reading);
  return offset === 0 ? reading : reading - offsetAt(reading - offset);
}

function weekday(cursor: Cursor, offsetAt: OffsetAt): number {
  const at = instantOf(cursor, offsetAt);
  return new Date(at + offsetAt(at)).getUTCDay();
}

const daysIn = ({ year, month }: Cursor): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
