import ICAL from 'ical.js';
import { dateOf } from '../../domain/slots/wall-clock.ts';
import { type Clocks, type Moment, timeOf, wallAt, wallOf } from './ics-clocks.ts';

const DAY_MS = 86_400_000;

/** Epoch milliseconds; `to` is excluded. */
export interface Window {
  from: number;
  to: number;
}

/** Rules whose steps are of equal length on the clock. Milliseconds. */
const STEPS: Readonly<Record<string, number>> = {
  SECONDLY: 1_000,
  MINUTELY: 60_000,
  HOURLY: 3_600_000,
  DAILY: DAY_MS,
  WEEKLY: 7 * DAY_MS,
};

/**
 * The times at which an event begins, of a window and around it: its first, those of its rules and its further dates, without
 * those that are excepted (RFC 5545, 3.8.5); each once, in no order.
 */
export function* repeatsOf(
  component: ICAL.Component,
  start: Moment,
  clocks: Clocks,
  window: Window,
): Generator<Moment> {
  const excepted = exceptionsOf(component, start, clocks);
  const seen = new Set<number>();
  for (const moment of allOf(component, start, clocks, window)) {
    const at = moment.clock(moment.wall);
    if (seen.has(at) || excepted(moment, at)) continue;
    seen.add(at);
    yield moment;
  }
}

function* allOf(component: ICAL.Component, start: Moment, clocks: Clocks, window: Window): Generator<Moment> {
  yield start;
  for (const property of component.getAllProperties('rdate')) yield* clocks.momentsOf(property);
  for (const property of component.getAllProperties('rrule')) {
    const rule = property.getFirstValue() as unknown;
    if (rule instanceof ICAL.Recur) yield* byRule(rule, start, { property, clocks, window });
  }
}

/** Rules are followed on the clock, where the library need not ask for offsets at each step. */
function* byRule(
  rule: ICAL.Recur,
  start: Moment,
  { property, clocks, window }: { property: ICAL.Property; clocks: Clocks; window: Window },
): Generator<Moment> {
  // Two zones are never further apart than this.
  const from = wallAt(start.clock, window.from) - 2 * DAY_MS;
  const to = wallAt(start.clock, window.to) + 2 * DAY_MS;
  const followed = rule.clone();
  const until = rule.until as ICAL.Time | null;
  if (until !== null) followed.until = timeOf(untilOf(until, start, { property, clocks }), start.isDate);
  const iterator = followed.iterator(timeOf(start.wall + skipped(rule, from - start.wall), start.isDate));
  for (;;) {
    const next = iterator.next() as ICAL.Time | null;
    const wall = next && wallOf(next);
    if (wall === null || wall >= to) return;
    if (wall >= from) yield { ...start, wall };
  }
}

/** How much of the time before the window can be left out: whole steps, so that the rule goes on as it was. */
function skipped({ freq, interval, count }: ICAL.Recur, before: number): number {
  const step = (STEPS[freq] ?? 0) * interval;
  // One that is counted is counted from its start.
  if (step === 0 || count) return 0;
  return Math.max(Math.floor(before / step) - 1, 0) * step;
}

/** The last time that a rule may name, on the clock of the event. Some write a day, and mean all of it. */
function untilOf(
  until: ICAL.Time,
  start: Moment,
  { property, clocks }: { property: ICAL.Property; clocks: Clocks },
): number {
  if (until.isDate) return wallOf(until) + (start.isDate ? 0 : DAY_MS - 1_000);
  const { wall, clock } = clocks.momentOf(until, property);
  return until.zone === ICAL.Timezone.utcTimezone ? wallAt(start.clock, clock(wall)) : wall;
}

/** Whether a time is one that is left out. Some name the day only. */
function exceptionsOf(component: ICAL.Component, start: Moment, clocks: Clocks) {
  const moments = component.getAllProperties('exdate').flatMap((property) => clocks.momentsOf(property));
  const days = new Set(moments.filter(({ isDate }) => isDate).map(({ wall }) => dateOf(wall)));
  const times = new Set(moments.map(({ wall, clock }) => clock(wall)));
  return ({ wall }: Moment, at: number): boolean => times.has(at) || (!start.isDate && days.has(dateOf(wall)));
}
