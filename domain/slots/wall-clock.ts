import type { Weekday, WorkingHours, WorkingTime } from '../contracts/calendars.ts';
import { WEEKDAYS } from '../contracts/calendars.ts';
import { offsetAt } from '../cron/transitions.ts';

export const DAY = 86_400_000;
const MINUTE = 60_000;

/**
 * The first instant (epoch ms) at which a zone's clocks show `wall` (milliseconds from 1970-01-01T00:00 on them); null where they
 * skip it.
 */
export function instantAt(timezone: string, wall: number): number | null {
  // Offsets of a day before and after are all that a clock can have around a change.
  const instants = [offsetAt(timezone, wall - DAY), offsetAt(timezone, wall + DAY)]
    .map((offset) => wall - offset)
    .filter((instant) => instant + offsetAt(timezone, instant) === wall);
  return instants.length === 0 ? null : Math.min(...instants);
}

/** The same, of an edge of working time: where the clocks skip it, it is the instant at which they do. */
export function edgeAt(timezone: string, wall: number): number {
  const exact = instantAt(timezone, wall);
  if (exact !== null) return exact;
  let at = wall;
  // Within a skipped time, whole minutes on: the first that exists is where the clocks go on.
  while (instantAt(timezone, at) === null) at += MINUTE;
  return instantAt(timezone, at)!;
}

/** What a zone's clocks show at an instant, milliseconds from 1970-01-01T00:00 on them. */
export const wallAt = (timezone: string, instant: number): number => instant + offsetAt(timezone, instant);

/** Midnight of the day that a zone's clocks show at an instant, on those clocks. */
export const dayAt = (timezone: string, instant: number): number => Math.floor(wallAt(timezone, instant) / DAY) * DAY;

/** `2027-03-14`. */
export const dateOf = (day: number): string => new Date(day).toISOString().slice(0, 10);

/** Working times of a day, minutes after midnight. */
export function timesOn(hours: WorkingHours, day: number): readonly WorkingTime[] {
  return hours[weekdayOf(day)] ?? [];
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): Weekday => WEEKDAYS[(((day / DAY + 3) % 7) + 7) % 7]!;

/** Working time of a day as instants (epoch ms); what the clocks skip is not in it. */
export function workingInstants(
  timezone: string,
  day: number,
  [from, to]: WorkingTime,
): { start: number; end: number } {
  return { start: edgeAt(timezone, day + from * MINUTE), end: edgeAt(timezone, day + to * MINUTE) };
}

/** Whether a time lies within the working times of the days that it touches, of which two may meet at midnight. */
export function isWithin(hours: WorkingHours, timezone: string, start: number, end: number): boolean {
  let covered = start;
  for (let day = dayAt(timezone, start); day <= dayAt(timezone, end); day += DAY) {
    for (const time of timesOn(hours, day)) {
      const working = workingInstants(timezone, day, time);
      if (working.start <= covered && working.end > covered) covered = working.end;
    }
  }
  return covered >= end;
}
