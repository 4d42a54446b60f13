import {
  type CalendarSpecDescription,
  DAYS_OF_WEEK,
  MONTHS,
  type Range,
  type ScheduleSpecDescription,
} from '@temporalio/client';
import { transitions } from '../../domain/cron/index.ts';
import { type Calendar, type OffsetAt, nextMatch } from '../../services/temporal/schedules/server-calendar.ts';

const SECOND = 1_000;

/**
 * The instants (epoch ms) that a Temporal server of 1.29 finds for a spec from `from` (included) to `to` (excluded):
 * calendars and intervals, the exclusions taken away. Source: service/worker/scheduler/spec.go.
 */
export function* serverFires(spec: ScheduleSpecDescription, from: number, to: number): Generator<number> {
  const next = serverSearch(spec, from, to);
  for (let at = next(from - SECOND); at !== null && at < to; at = next(at)) yield at;
}

/** The server's next fire after an instant of the span, or null when there is none before its end. */
export function serverSearch(
  spec: ScheduleSpecDescription,
  from: number,
  to: number,
): (after: number) => number | null {
  const offsetAt = offsetsIn(spec.timezone ?? 'UTC', from, to);
  const calendars = (spec.calendars ?? []).map(readCalendar);
  const excluded = (at: number): boolean => (spec.skip ?? []).some((entry) => matches(entry, at + offsetAt(at)));
  const raw = (after: number): number =>
    Math.min(
      ...calendars.map((calendar) => nextMatch(calendar, offsetAt, after, to)?.at ?? Infinity),
      ...(spec.intervals ?? []).map(({ every, offset }) => (Math.trunc((after - offset) / every) + 1) * every + offset),
    );
  return (after) => {
    let at = raw(after);
    while (at < to && excluded(at)) at = raw(at);
    return at < to ? at : null;
  };
}

function offsetsIn(timezone: string, from: number, to: number): OffsetAt {
  const year = 366 * 86_400_000;
  const changes = transitions(timezone, from - year, to + year);
  const [{ before } = { before: fixedOffset(timezone, from) }] = changes;
  return (instant) => changes.findLast(({ at }) => at <= instant)?.after ?? before;
}

function fixedOffset(timezone: string, instant: number): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' }).formatToParts(
    instant,
  );
  const [, sign = '+', hours = '0', minutes = '0'] =
    /GMT([+-])?(\d+)?:?(\d+)?/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function readCalendar(entry: CalendarSpecDescription): Calendar {
  return {
    minutes: numbers(entry.minute),
    hours: numbers(entry.hour),
    daysOfMonth: numbers(entry.dayOfMonth),
    months: numbers(monthNumbers(entry)),
    daysOfWeek: numbers(weekdayNumbers(entry)),
    years: numbers(entry.year),
  };
}

/** Exclusions are compared with the clock, field by field, seconds too. */
function matches(entry: CalendarSpecDescription, local: number): boolean {
  const clock = new Date(local);
  const calendar = readCalendar(entry);
  return (
    numbers(entry.second).includes(clock.getUTCSeconds()) &&
    calendar.minutes.includes(clock.getUTCMinutes()) &&
    calendar.hours.includes(clock.getUTCHours()) &&
    calendar.daysOfMonth.includes(clock.getUTCDate()) &&
    calendar.months.includes(clock.getUTCMonth() + 1) &&
    calendar.daysOfWeek.includes(clock.getUTCDay()) &&
    (calendar.years.length === 0 || calendar.years.includes(clock.getUTCFullYear()))
  );
}

const monthNumbers = ({ month }: CalendarSpecDescription): Range<number>[] =>
  month.map(({ start, end, step }) => ({ start: MONTHS.indexOf(start) + 1, end: MONTHS.indexOf(end) + 1, step }));

const weekdayNumbers = ({ dayOfWeek }: CalendarSpecDescription): Range<number>[] =>
  dayOfWeek.map(({ start, end, step }) => ({
    start: DAYS_OF_WEEK.indexOf(start),
    end: DAYS_OF_WEEK.indexOf(end),
    step,
  }));

function numbers(given: readonly Range<number>[]): number[] {
  const found: number[] = [];
  for (const { start, end, step } of given) for (let value = start; value <= end; value += step) found.push(value);
  return found;
}
