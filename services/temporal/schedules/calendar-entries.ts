import {
  type CalendarSpecDescription,
  DAYS_OF_WEEK,
  type IntervalSpecDescription,
  MONTHS,
  type Range,
} from '@temporalio/client';
import type { CronFields } from '../../../domain/cron/index.ts';
import type { Calendar } from './server-calendar.ts';

/** Years that the server's calendars know. */
const YEARS = sequence(2_000, 2_100);
const DAYS_OF_MONTH = sequence(1, 31);
const WEEKDAYS = sequence(0, 6);
/** Longer comments are refused. */
const COMMENT_LENGTH = 200;

/** The server joins day of month and day of week with "and" alone: "or" is a calendar for each. */
export function plainCalendars(fields: CronFields): Calendar[] {
  const { minutes, hours, months, daysOfMonth, daysOfWeek } = fields;
  const every = { minutes, hours, months, years: [] };
  if (fields.daysJoin === 'and') return [{ ...every, daysOfMonth, daysOfWeek }];
  return [
    { ...every, daysOfMonth, daysOfWeek: WEEKDAYS },
    { ...every, daysOfMonth: DAYS_OF_MONTH, daysOfWeek },
  ];
}

/** A calendar of one date. */
export function datedCalendar(date: string, hours: readonly number[], minutes: readonly number[]): Calendar {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return { minutes, hours, daysOfMonth: [day], months: [month], daysOfWeek: WEEKDAYS, years: [year] };
}

/**
 * What is left of a calendar without some hours (`2027-11-07T01`): a union of calendars, since the server has no other
 * way to leave times out that spares what else fires then.
 */
export function withoutHours(calendar: Calendar, carved: Iterable<string>): Calendar[] {
  const dates = new Map<number, string[]>(calendar.hours.map((hour) => [hour, []]));
  for (const hour of [...carved].toSorted()) dates.get(Number(hour.slice(11)))?.push(hour.slice(0, 10));
  const alike = Map.groupBy(dates, ([, days]) => days.join(' ')).values();
  return [...alike].flatMap((group) =>
    withoutDates({ ...calendar, hours: group.map(([hour]) => hour) }, group[0]?.[1] ?? []),
  );
}

function withoutDates(calendar: Calendar, dates: readonly string[]): Calendar[] {
  const named = dates.filter((date) => calendar.months.includes(monthOf(date)));
  if (named.length === 0) return [calendar];
  const byYear = Map.groupBy(named, (date) => Number(date.slice(0, 4)));
  const byMonth = Map.groupBy(named, (date) => date.slice(0, 7));
  const months = [...byYear].map(([year, days]) => ({ year, without: days.map(monthOf) }));
  const days = [...byMonth].map(([month, all]) => ({ month, without: all.map((date) => Number(date.slice(8))) }));
  return [
    { ...calendar, years: except(YEARS, [...byYear.keys()]) },
    ...merge(months, ({ without }) => without.join()).map((group) => ({
      ...calendar,
      years: group.map(({ year }) => year),
      months: except(calendar.months, group[0].without),
    })),
    ...merge(days, ({ month, without }) => `${month.slice(5)} ${without.join()}`).map((group) => ({
      ...calendar,
      years: group.map(({ month }) => Number(month.slice(0, 4))),
      months: [monthOf(group[0].month)],
      daysOfMonth: except(calendar.daysOfMonth, group[0].without),
    })),
  ].filter(({ months: left, daysOfMonth }) => left.length > 0 && daysOfMonth.length > 0);
}

/** What to write to the server. */
export function calendarEntry(calendar: Calendar, comment: string): CalendarSpecDescription {
  return {
    second: ranges([0]),
    minute: ranges(calendar.minutes),
    hour: ranges(calendar.hours),
    dayOfMonth: ranges(calendar.daysOfMonth),
    month: named(ranges(calendar.months), (month) => MONTHS[month - 1]),
    year: ranges(calendar.years),
    dayOfWeek: named(ranges(calendar.daysOfWeek), (day) => DAYS_OF_WEEK[day]),
    comment: comment.slice(0, COMMENT_LENGTH),
  };
}

/**
 * Fires at one instant (epoch ms, whole seconds) and then not before 2080: the interval's next end is as far from that
 * instant as the epoch is. It needs no clock, so it also reaches an hour that comes twice.
 */
export const onceAt = (instant: number): IntervalSpecDescription => ({ every: instant, offset: 0 });

/** `0 15 30 45` as one range with a step; else runs of neighbours. */
export function ranges(values: readonly number[]): Range<number>[] {
  const [first = 0, second = 0] = values;
  const step = second - first;
  if (values.length > 2 && values.every((value, index) => value === first + index * step)) {
    return [{ start: first, end: values.at(-1) ?? first, step }];
  }
  const found: Range<number>[] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last?.end === value - 1) last.end = value;
    else found.push({ start: value, end: value, step: 1 });
  }
  return found;
}

function named<Name>(given: Range<number>[], name: (value: number) => Name | undefined): Range<Name>[] {
  return given.map(({ start, end, step }) => ({ start: known(name(start)), end: known(name(end)), step }));
}

function known<Name>(name: Name | undefined): Name {
  if (name === undefined) throw new RangeError('no such month or weekday');
  return name;
}

function merge<Item>(items: readonly Item[], key: (item: Item) => string): [Item, ...Item[]][] {
  return [...Map.groupBy(items, key).values()] as [Item, ...Item[]][];
}

function sequence(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const except = (values: readonly number[], without: readonly number[]): number[] =>
  values.filter((value) => !without.includes(value));
const monthOf = (date: string): number => Number(date.slice(5, 7));
