import type {
  CalendarSpecDescription,
  IntervalSpecDescription,
  ScheduleSpec,
  ScheduleSpecDescription,
} from '@temporalio/client';
import {
  type CronFields,
  type CronTiming,
  type EveryTiming,
  type Fire,
  type Timing,
  type Transition,
  fireAt,
  parseCron,
  transitions,
} from '../../../domain/cron/index.ts';
import { BoundedCache } from '../../../domain/cron/bounded-cache.ts';
import { calendarEntry, datedCalendar, onceAt, plainCalendars, ranges } from './calendar-entries.ts';
import { REACH, correctClockChanges } from './clock-changes.ts';

/** A spec with every field written out, as the server gives it back. */
export interface ExactSpec extends ScheduleSpec {
  calendars: CalendarSpecDescription[];
  intervals: IntervalSpecDescription[];
  skip: CalendarSpecDescription[];
  timezone: string;
  /** Milliseconds. */
  jitter: number;
}

export interface SpecOptions {
  /** Within `from` and `to` (ISO 8601) fires are exact; outside, changes of the clock are left to the server. */
  from: string;
  to: string;
  /** Fires (ISO 8601) that must not happen. */
  skips?: readonly string[];
  jitterMs?: number | null;
}

/**
 * Fires put back for changes of the clock, at most. Enough for three changes of the densest schedule in the zone that
 * repeats most (two hours, each minute), and cheap: the server looks through a thousand in 40 µs.
 */
const MOST_CORRECTIONS = 1_000;
const MINUTE = 60_000;

/** Reconciliation asks for the same specs again and again; one takes ten milliseconds to make. */
const cronSpecs = new BoundedCache<Entries & { exactUntil: string }>(1_000);

/** The span that specs are made for: from the beginning of last year for more than five years. The same all year. */
export function specHorizon(now: number): { from: string; to: string } {
  const year = new Date(now).getUTCFullYear();
  return { from: new Date(Date.UTC(year - 1, 0)).toISOString(), to: new Date(Date.UTC(year + 6, 0)).toISOString() };
}

/**
 * What to tell a Temporal server so that it starts just the fires that `domain/cron` computes. The same input gives
 * deeply equal specs. How and why: docs/decisions/2026-11-21-cron-on-temporal.md.
 * @returns with `exactUntil`, the first instant from which fires may be wrong around changes of the clock: make a new
 *   spec before
 */
export function scheduleSpec(timing: Timing, options: SpecOptions): { spec: ExactSpec; exactUntil: string } {
  const jitter = options.jitterMs ?? 0;
  if ('every' in timing) return { spec: { ...everySpec(timing, options), jitter }, exactUntil: options.to };
  const key = JSON.stringify([timing.cron, timing.timezone, options.from, options.to, options.skips ?? []]);
  const { exactUntil, ...spec } = cronSpecs.get(key, () => cronSpec(timing, options));
  return { spec: { ...spec, jitter }, exactUntil };
}

/** Whether a schedule on the server has the spec that it should have. */
export function sameSpec(described: ScheduleSpecDescription, desired: ExactSpec): boolean {
  return canonical(described) === canonical(desired);
}

type Entries = Omit<ExactSpec, 'jitter'>;

function everySpec(timing: EveryTiming, { skips = [] }: SpecOptions): Entries {
  const { every, anchor } = timing;
  const phase = anchor === null ? 0 : modulo(Date.parse(anchor), every);
  return {
    calendars: [],
    intervals: [{ every, offset: phase }],
    skip: skippedFires(timing, skips).map(({ at }) => exclusion(at)),
    timezone: 'UTC',
  };
}

function cronSpec(timing: CronTiming, { from, to, skips = [] }: SpecOptions): Entries & { exactUntil: string } {
  const fields = parseCron(timing.cron);
  const changes = transitions(timing.timezone, Date.parse(from) - 2 * REACH, Date.parse(to) + 2 * REACH);
  const skipped = skippedFires(timing, skips);
  const minutes = minutesOfUtc(fields, changes);
  if (minutes !== null) return { ...hourlySpec(timing, minutes, skipped), exactUntil: to };
  const { calendars, carved, dated, instants, stoppedAt } = correctClockChanges(
    timing,
    plainCalendars(fields),
    changes,
    {
      skips: new Set(skipped.map(({ at }) => Date.parse(at))),
      limit: MOST_CORRECTIONS,
    },
  );
  return {
    calendars: [
      ...calendars.map((calendar) => calendarEntry(calendar, timing.cron)),
      ...dated.map(({ calendar, comment }) => calendarEntry(calendar, comment)),
    ],
    intervals: instants.map(onceAt),
    // What lies in a carved hour was not put back; to exclude it too would take the other fire of that local time.
    skip: skipped.filter(({ local }) => !carved.has(local.slice(0, 13))).map(({ local }) => exclusion(local)),
    timezone: timing.timezone,
    exactUntil: stoppedAt === null ? to : new Date(Math.min(stoppedAt, Date.parse(to))).toISOString(),
  };
}

/**
 * The minutes of each hour of UTC at which a schedule fires that fires every hour of every day, in a zone whose clock
 * changes move no minute; else null. Such a schedule needs no zone, and then no change of the clock concerns it.
 */
function minutesOfUtc(fields: CronFields, changes: readonly Transition[]): number[] | null {
  const { fixedTime, hours, months, daysOfMonth, daysOfWeek, daysJoin } = fields;
  const [everyDate, everyWeekday] = [daysOfMonth.length === 31, daysOfWeek.length === 7];
  const everyDay = daysJoin === 'or' ? everyDate || everyWeekday : everyDate && everyWeekday;
  if (fixedTime || hours.length < 24 || months.length < 12 || !everyDay) return null;
  const shifted = changes
    .flatMap(({ before, after }) => [before, after])
    .map((offset) => fields.minutes.map((minute) => modulo(minute - offset / MINUTE, 60)));
  const [first = []] = shifted.map((minutes) => minutes.toSorted((one, other) => one - other));
  return shifted.every((minutes) => minutes.every((minute) => first.includes(minute))) && first.length > 0
    ? first
    : null;
}

function hourlySpec({ cron, timezone }: CronTiming, minutes: readonly number[], skipped: readonly Fire[]): Entries {
  const [everyHour] = plainCalendars(parseCron('0 * * * *'));
  return {
    calendars: everyHour ? [calendarEntry({ ...everyHour, minutes }, `${cron} in ${timezone}, kept in UTC`)] : [],
    intervals: [],
    skip: skipped.map(({ at }) => exclusion(at)),
    timezone: 'UTC',
  };
}

/** Each once, in order; an instant that is no fire needs no exclusion. */
function skippedFires(timing: Timing, skips: readonly string[]): Fire[] {
  return [...new Set(skips.map((skip) => new Date(skip).toISOString()))]
    .toSorted()
    .map((skip) => fireAt(timing, skip))
    .filter((fire) => fire !== null);
}

/** @param shown what the clock of the spec's zone shows: `2027-03-14T09:00:00…` */
function exclusion(shown: string): CalendarSpecDescription {
  const [hour, minute, second] = shown.slice(11, 19).split(':').map(Number) as [number, number, number];
  const calendar = datedCalendar(shown.slice(0, 10), [hour], [minute]);
  return { ...calendarEntry(calendar, `Skips ${shown.slice(0, 16).replace('T', ' ')}`), second: ranges([second]) };
}

function canonical(spec: ScheduleSpecDescription): string {
  const { calendars, intervals, skip, timezone, jitter, startAt, endAt } = spec;
  return JSON.stringify([
    (calendars ?? []).map(canonicalCalendar),
    (intervals ?? []).map(({ every, offset }) => [every, offset ?? 0]),
    (skip ?? []).map(canonicalCalendar),
    timezone === undefined || timezone === '' ? 'UTC' : timezone,
    jitter ?? 0,
    [startAt, endAt].map((bound) => bound?.getTime() ?? null),
  ]);
}

function canonicalCalendar(calendar: CalendarSpecDescription): unknown {
  const { second, minute, hour, dayOfMonth, month, year, dayOfWeek, comment } = calendar;
  const fields = [second, minute, hour, dayOfMonth, month, year, dayOfWeek];
  return [fields.map((field) => field.map(({ start, end, step }) => [start, end, step])), comment ?? ''];
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
