import type { Slot, SlotSource } from '../contracts/slots.ts';
import { localTime } from '../cron/index.ts';
import type { BusyTime } from '../ports/calendars.ts';
import type { SlotRules, Taken } from './rules.ts';
import { slotId } from './slot-ids.ts';
import {
  DAY,
  type Shown,
  dateOf,
  dayAt,
  edgeAt,
  instantAt,
  isWithin,
  shownBetween,
  shownFor,
  steadyOffset,
  timesOn,
} from './wall-clock.ts';

/** A booking that takes up the time of the calendar or of its representative. */
export interface BookedTime extends Taken {
  /** What has to lie between it and another meeting, in milliseconds. */
  apartMs: number;
  /** Whether it is one of this very calendar: only those count towards its daily maximum. */
  ofCalendar: boolean;
}

/** What is known of a calendar at a moment. */
export interface Occupied {
  bookings: readonly BookedTime[];
  /** Of the representative's own calendar; null where it could not be reached or there is none. */
  busy: readonly BusyTime[] | null;
}

/**
 * Starts (epoch ms) of all slots of a calendar from `from` (included) to `to` (excluded), in order: every `stepMs` on the
 * calendar's clock from the start of each working time for as long as a whole slot fits. A time that the clocks skip has none,
 * and one that they show twice has one, the first time. All through a slot the calendar's clock shows that working time, and the
 * representative's theirs. A slot within which clocks go forward may reach past the start of the next.
 */
export function* slotStarts(rules: SlotRules, from: number, to: number): Generator<number> {
  const { timezone, hours, slotMs, stepMs, holidays, representativeHours: theirs } = rules;
  // Where clocks go back past midnight, they have shown the next day already.
  const lastDay = dayAt(timezone, to) + DAY;
  for (let day = dayAt(timezone, from); day <= lastDay; day += DAY) {
    if (holidays.has(dateOf(day))) continue;
    const startAt = startsOn(timezone, day, slotMs);
    for (const time of timesOn(hours, day)) {
      const open = shownFor(day, time);
      for (let wall = open.from; wall < open.to; wall += stepMs) {
        const start = startAt(wall, open);
        if (start === null || start < from) continue;
        if (start >= to) return;
        if (theirs === null || isWithin(theirs.hours, theirs.timezone, start, start + slotMs)) yield start;
      }
    }
  }
}

/** When a slot starts that a day's clock shows at `wall` and that lies within `open`; null where there is none. */
function startsOn(timezone: string, day: number, slotMs: number) {
  const steady = steadyOffset(timezone, day);
  return (wall: number, open: Shown): number | null => {
    if (steady !== null) return wall + slotMs <= open.to ? wall - steady : null;
    const start = instantAt(timezone, wall);
    if (start === null) return null;
    const isOpen = ({ from, to }: Shown): boolean => from >= open.from && to <= open.to;
    return shownBetween(timezone, start, start + slotMs).every(isOpen) ? start : null;
  };
}

/** Whether that instant (epoch ms) is the start of a slot of the calendar at all, whoever has it. */
export function isSlotStart(rules: SlotRules, start: number): boolean {
  return slotStarts(rules, start, start + 1).next().done !== true;
}

/** Why a slot cannot be had. */
export type WhyNot = 'no_slot' | 'too_soon' | 'too_far' | 'taken' | 'day_full';

/** Why the slot that starts at an instant (epoch ms) cannot be had at `now`; null when it can. */
export function whyNotFree(rules: SlotRules, start: number, occupied: Occupied, now: number): WhyNot | null {
  if (!isSlotStart(rules, start)) return 'no_slot';
  return whyNotOffered(rules, start, now) ?? whyOccupied(rules, start, occupied);
}

function whyNotOffered({ noticeMs, horizonMs }: SlotRules, start: number, now: number): WhyNot | null {
  if (start < now + noticeMs) return 'too_soon';
  return start > now + horizonMs ? 'too_far' : null;
}

/** Whether somebody has the time of a slot, or the day has as many meetings as it may. */
export function whyOccupied(
  rules: SlotRules,
  start: number,
  { bookings, busy }: Occupied,
): 'taken' | 'day_full' | null {
  const { slotMs, bufferBeforeMs, bufferAfterMs, dailyMax, timezone } = rules;
  const end = start + slotMs;
  const isNear = (booking: BookedTime): boolean => {
    const apart = Math.max(apartOf(rules), booking.apartMs);
    return booking.start < end + apart && booking.end + apart > start;
  };
  if (bookings.some(isNear)) return 'taken';
  const needed = { start: start - bufferBeforeMs, end: end + bufferAfterMs };
  if (busy?.some((time) => counts(rules, time) && time.start < needed.end && time.end > needed.start)) return 'taken';
  if (dailyMax === null) return null;
  const day = dayAt(timezone, start);
  const isThatDay = (booking: BookedTime): boolean =>
    Math.abs(booking.start - start) < 2 * DAY && dayAt(timezone, booking.start) === day;
  const ofDay = bookings.filter((booking) => booking.ofCalendar && isThatDay(booking));
  return ofDay.length >= dailyMax ? 'day_full' : null;
}

/** What lies between two meetings at least, whichever of them comes first, in milliseconds. */
export const apartOf = ({ bufferBeforeMs, bufferAfterMs }: SlotRules): number =>
  Math.max(bufferBeforeMs, bufferAfterMs);

const counts = ({ allDayEvents, tentativeEvents }: SlotRules, { allDay, tentative }: BusyTime): boolean =>
  !(allDay && allDayEvents === 'free') && !(tentative && tentativeEvents === 'free');

/** From when to when slots of the coming `days` days can be, epoch ms: today counts, on the calendar's clock. */
export function spanOf(rules: SlotRules, from: number, days: number, now: number): { from: number; to: number } {
  const lastMidnight = dayAt(rules.timezone, from) + days * DAY;
  const earliest = Math.max(from, now + rules.noticeMs);
  const to = Math.min(edgeAt(rules.timezone, lastMidnight), now + rules.horizonMs + 1);
  return { from: earliest, to: Math.max(earliest, to) };
}

/** A slot as people are shown it. */
export function toSlot(rules: SlotRules, start: number, available: boolean, source: SlotSource): Slot {
  const { calendar, timezone, slotMs } = rules;
  const at = new Date(start).toISOString();
  return {
    ...{ id: slotId(calendar, start), calendar, start: at, end: new Date(start + slotMs).toISOString() },
    ...{ local: localTime(at, timezone), available, source },
  };
}

/** The slots of a calendar between two instants (epoch ms), each with whether it can be had. */
export function slotsBetween(
  rules: SlotRules,
  { from, to }: { from: number; to: number },
  occupied: Occupied,
  source: SlotSource,
): Slot[] {
  return Array.from(slotStarts(rules, from, to), (start) =>
    toSlot(rules, start, whyOccupied(rules, start, occupied) === null, source),
  );
}
