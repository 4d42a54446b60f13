import type { CronFields } from './dialect.ts';
import { DAYS, MONTHS } from './fields.ts';
import { listed, listedRanges, stepOf } from './lists.ts';

/** The days of a cron expression: `every day`, `Monday to Friday`, `on the 13th of every month and on Fridays`. */
export function dayWords({ daysOfMonth, daysOfWeek, daysJoin, months }: CronFields): string {
  const anyDate = daysOfMonth.length === 31;
  const anyWeekday = daysOfWeek.length === 7;
  const inMonths = months.length === 12 ? '' : ` in ${monthWords(months)}`;
  if (anyDate && anyWeekday) return `every day${inMonths}`;
  if (daysJoin === 'or') {
    if (anyDate || anyWeekday) return `every day${inMonths}`;
    return `${dateWords(daysOfMonth, months)} and ${weekdayWords(daysOfWeek)}${inMonths}`;
  }
  if (anyDate) return `${weekdayWords(daysOfWeek)}${inMonths}`;
  if (anyWeekday) return dateWords(daysOfMonth, months);
  const dates = listedRanges(daysOfMonth, ordinal, 'or');
  return `on ${weekdays(daysOfWeek)} that are the ${dates} of ${months.length === 12 ? 'a month' : monthWords(months, 'or')}`;
}

const monthWords = (months: readonly number[], last = 'and'): string =>
  listedRanges(months, (month) => MONTHS[month - 1]?.full ?? '', last);

function dateWords(dates: readonly number[], months: readonly number[]): string {
  const words = `on the ${listedRanges(dates, ordinal)} of ${months.length === 12 ? 'every month' : monthWords(months)}`;
  const [date = 1] = dates;
  if (months.every((month) => month === 2) && date === 29) return `${words} in leap years`;
  return dates.length === 1 && date > 28 && months.length === 12 ? `${words} that has one` : words;
}

/** From Monday on, as weeks are read. */
function weekdayWords(days: readonly number[]): string {
  const order = days.map((day) => day || 7).toSorted((a, b) => a - b);
  if (order.length < 3 || stepOf(order) !== 1) return `on ${weekdays(days)}`;
  return `${fullName(order[0])} to ${fullName(order.at(-1))}`;
}

function weekdays(days: readonly number[]): string {
  const order = days.map((day) => day || 7).toSorted((a, b) => a - b);
  return listed(order.map((day) => `${fullName(day)}s`));
}

const fullName = (day = 0): string => DAYS[day % 7]?.full ?? '';

function ordinal(value: number): string {
  const ending = ['th', 'st', 'nd', 'rd'][Math.trunc((value % 100) / 10) === 1 ? 0 : value % 10] ?? 'th';
  return `${value}${ending}`;
}
