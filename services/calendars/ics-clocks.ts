import ICAL from 'ical.js';
import { offsetAt } from '../../domain/cron/transitions.ts';
import { parseZone } from '../../domain/cron/zones.ts';

const DAY_MS = 86_400_000;

/** The instant (epoch ms) at which clocks show a time (ms from 1970-01-01T00:00 on them). */
export type Clock = (wall: number) => number;

/** A time as an iCalendar text has it. */
export interface Moment {
  wall: number;
  /** A day, and no time of it. */
  isDate: boolean;
  clock: Clock;
}

export interface Clocks {
  /** All times of a property. */
  momentsOf(property: ICAL.Property): Moment[];
  momentOf(time: ICAL.Time, property: ICAL.Property): Moment;
}

/**
 * Reads the times of a calendar: by the name of their zone where our own clocks know it, else by what the calendar says of the
 * zone, else, as days and times without a zone, on the clock of `timezone`.
 */
export function clocksOf(calendar: ICAL.Component, timezone: string): Clocks {
  const own = clockNamed(timezone);
  const known = new Map<string, Clock>();
  const clockOf = (time: ICAL.Time, property: ICAL.Property): Clock => {
    if (time.isDate) return own;
    if (time.zone === ICAL.Timezone.utcTimezone) return (wall) => wall;
    const name = property.getFirstParameter('tzid');
    if (!name) return own;
    const clock = known.get(name) ?? systemClock(name) ?? describedClock(calendar, name) ?? own;
    known.set(name, clock);
    return clock;
  };
  const momentOf: Clocks['momentOf'] = (time, property) => {
    return { wall: wallOf(time), isDate: time.isDate, clock: clockOf(time, property) };
  };
  return {
    momentOf,
    momentsOf: (property) => timesIn(property).map((time) => momentOf(time, property)),
  };
}

/** Times of a property; of periods, their starts. */
const timesIn = (property: ICAL.Property): ICAL.Time[] =>
  (property.getValues() as unknown[])
    .map((value) => (value instanceof ICAL.Period ? (value.start as unknown) : value))
    .filter((value) => value instanceof ICAL.Time);

/** What a clock shows at an instant. */
export function wallAt(clock: Clock, instant: number): number {
  const near = instant + (instant - clock(instant));
  return instant + (near - clock(near));
}

export const wallOf = ({ year, month, day, hour, minute, second }: ICAL.Time): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** The same in the library's own words, of no zone. */
export function timeOf(wall: number, isDate: boolean): ICAL.Time {
  const text = new Date(wall).toISOString();
  return isDate ? ICAL.Time.fromDateString(text.slice(0, 10)) : ICAL.Time.fromDateTimeString(text.slice(0, 19));
}

function systemClock(name: string): Clock | null {
  try {
    return clockNamed(parseZone(name, 0));
  } catch {
    return null;
  }
}

/** A time that comes twice is the first; one that is skipped is told by the offset before (RFC 5545, 3.3.5). */
function clockNamed(timezone: string): Clock {
  return (wall) => {
    const before = offsetAt(timezone, wall - DAY_MS);
    const after = offsetAt(timezone, wall + DAY_MS);
    const isBefore = offsetAt(timezone, wall - before) === before || offsetAt(timezone, wall - after) !== after;
    return wall - (isBefore ? before : after);
  };
}

function describedClock(calendar: ICAL.Component, name: string): Clock | null {
  const zone = calendar.getTimeZoneByID(name) as ICAL.Timezone | null;
  return zone && ((wall) => wall - zone.utcOffset(timeOf(wall, false)) * 1_000);
}
