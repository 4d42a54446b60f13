import type { Weekday, WorkingHours, WorkingTime } from '../contracts/calendars.ts';
import { WEEKDAYS } from '../contracts/calendars.ts';
import { offsetAt, transitions } from '../cron/transitions.ts';

export const DAY = 86_400_000;
const MINUTE = 60_000;

/** What clocks show from a moment to another that no change comes between; milliseconds from 1970-01-01T00:00 on them. */
export interface Shown {
  from: number;
  to: number;
}

/**
 * The first instant (epoch ms) at which a zone's clocks show `wall` (milliseconds from 1970-01-01T00:00 on them); null where they
 * skip it.
 */
export function instantAt(timezone: string, wall: number): number | null {
  // No clock is a day away from UTC, so these are the offsets before and after a change that is near.
  const [before, after] = [offsetAt(timezone, wall - DAY), offsetAt(timezone, wall + DAY)];
  if (before === after) return wall - before;
  const shows = (instant: number): boolean => wallAt(timezone, instant) === wall;
  const instants = [wall - before, wall - after].filter(shows);
  return instants.length === 0 ? null : Math.min(...instants);
}

/** The offset that a zone has from before a day of its clocks begins until after it ends; null where it changes. */
export function steadyOffset(timezone: string, day: number): number | null {
  // No zone changes and is back again within so few days.
  const [before, after] = [offsetAt(timezone, day - DAY), offsetAt(timezone, day + 2 * DAY)];
  return before === after ? before : null;
}

/** What `instantAt` gives; where the clocks skip that time, the instant at which they do. */
export function edgeAt(timezone: string, wall: number): number {
  const exact = instantAt(timezone, wall);
  if (exact !== null) return exact;
  const skipping = transitions(timezone, wall - 2 * DAY, wall + 2 * DAY).find(
    ({ at, before, after }) => at + before <= wall && wall < at + after,
  );
  return skipping!.at;
}

/** What a zone's clocks show at an instant, milliseconds from 1970-01-01T00:00 on them. */
export const wallAt = (timezone: string, instant: number): number => instant + offsetAt(timezone, instant);

/** Midnight of a day on a clock without zone. */
export const midnightOf = (wall: number): number => Math.floor(wall / DAY) * DAY;

/** Midnight of the day that a zone's clocks show at an instant, on those clocks. */
export const dayAt = (timezone: string, instant: number): number => midnightOf(wallAt(timezone, instant));

/** `2027-03-14`. */
export const dateOf = (day: number): string => new Date(day).toISOString().slice(0, 10);

/** Working times of a day, minutes after midnight. */
export function timesOn(hours: WorkingHours, day: number): readonly WorkingTime[] {
  return hours[weekdayOf(day)] ?? [];
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): Weekday => WEEKDAYS[(((day / DAY + 3) % 7) + 7) % 7]!;

/** Working time of a day as its clock shows it. */
export const shownFor = (day: number, [from, to]: WorkingTime): Shown => ({
  from: day + from * MINUTE,
  to: day + to * MINUTE,
});

/** All that a zone's clocks show from `start` to `end` (epoch ms), in order: more than one where they change on the way. */
export function shownBetween(timezone: string, start: number, end: number): Shown[] {
  const offset = offsetAt(timezone, start);
  if (end - start <= DAY && offsetAt(timezone, end) === offset) return [{ from: start + offset, to: end + offset }];
  const changes = transitions(timezone, start + 1, end).map(({ at }) => at);
  const starts = [start, ...changes];
  return starts.map((from, index) => {
    const shift = offsetAt(timezone, from);
    return { from: from + shift, to: (starts[index + 1] ?? end) + shift };
  });
}

/** Whether a zone's clocks show working time, and nothing else, from `start` to `end` (epoch ms). */
export const isWithin = (hours: WorkingHours, timezone: string, start: number, end: number): boolean =>
  shownBetween(timezone, start, end).every((shown) => isWorked(hours, shown));

/** Working times of a day may meet, and so may those of two days at midnight. */
function isWorked(hours: WorkingHours, { from, to }: Shown): boolean {
  let worked = from;
  for (let day = midnightOf(from); worked < to && day <= worked; day += DAY) {
    for (const time of timesOn(hours, day)) {
      const shown = shownFor(day, time);
      if (shown.from <= worked) worked = Math.max(worked, shown.to);
    }
  }
  return worked >= to;
}
