import { nextTransition, offsetAt } from '../cron/transitions.ts';
import { invalidInput } from '../errors.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * Hours of the day in which nobody is written to: from `start` (included) to `end` (excluded), minutes after midnight on
 * the contact's clock. An end before the start is on the next day.
 */
export interface QuietHours {
  start: number;
  end: number;
}

/** 21:00 to 08:00 (contacts.md). */
export const DEFAULT_QUIET_HOURS: QuietHours = { start: 21 * 60, end: 8 * 60 };

/**
 * Quiet hours as a setting has them, such as `21:00-08:00`; null, none, for an empty text.
 * @throws ReveilleError `invalid_input` at `quietHours`
 */
export function parseQuietHours(text: string): QuietHours | null {
  if (text.trim() === '') return null;
  const time = '([01]\\d|2[0-3]):([0-5]\\d)';
  const match = new RegExp(`^${time}\\s*[-–]\\s*${time}$`).exec(text.trim());
  if (match === null) throw refused('must be times such as "21:00-08:00" (midnight is 00:00), or empty for none');
  const [startHour = 0, startMinute = 0, endHour = 0, endMinute = 0] = match.slice(1).map(Number);
  const quiet = { start: startHour * 60 + startMinute, end: endHour * 60 + endMinute };
  if (quiet.start === quiet.end) throw refused('must not end when they start; leave it empty for none');
  return quiet;
}

/** Quiet hours as `parseQuietHours` reads them. */
export function formatQuietHours(quiet: QuietHours | null): string {
  return quiet === null ? '' : `${timeOfDay(quiet.start)}-${timeOfDay(quiet.end)}`;
}

/**
 * Whether the contact's clock shows a quiet time at an instant (epoch ms). What their clock shows is all that counts, so
 * an hour that it skips is not quiet, and one that it shows twice is quiet both times or neither.
 */
export function isQuiet(quiet: QuietHours | null, timezone: string, instant: number): boolean {
  if (quiet === null) return false;
  const minute = wallTime(timezone, instant) / MINUTE;
  return quiet.start < quiet.end
    ? minute >= quiet.start && minute < quiet.end
    : minute >= quiet.start || minute < quiet.end;
}

/**
 * The first instant (epoch ms) from `instant` on that is not quiet: itself, else when the clock comes to the end of quiet
 * hours, the first time where it does so twice, or jumps past it.
 */
export function nextOpening(quiet: QuietHours | null, timezone: string, instant: number): number {
  let at = instant;
  while (quiet !== null && isQuiet(quiet, timezone, at)) {
    const untilEnd = (quiet.end * MINUTE - wallTime(timezone, at) + DAY) % DAY;
    // A change of the clock makes the wait shorter or longer, so look again from there.
    at = nextTransition(timezone, at, at + untilEnd)?.at ?? at + untilEnd;
  }
  return at;
}

/** What the clock shows, in milliseconds after midnight. */
function wallTime(timezone: string, instant: number): number {
  const wall = (instant + offsetAt(timezone, instant)) % DAY;
  return (wall + DAY) % DAY;
}

const timeOfDay = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');

const refused = (message: string) => invalidInput([{ path: 'quietHours', message }]);
