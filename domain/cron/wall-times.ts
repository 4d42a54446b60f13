import type { CronFields } from './dialect.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Later instants have no four-digit year. */
const LAST_YEAR = 9_999;

/**
 * The times a cron expression names, from `from` on and in order, as a clock without zone shows them: milliseconds from
 * 1970-01-01T00:00 on that clock.
 */
export function* wallTimes(fields: CronFields, from: number): Generator<number> {
  const times = timesOfDay(fields);
  for (const day of wallDays(fields, from)) {
    for (const time of times) if (day + time >= from) yield day + time;
  }
}

/** Milliseconds after midnight of the times a cron expression names, in order. */
export function timesOfDay({ hours, minutes }: CronFields): number[] {
  return hours.flatMap((hour) => minutes.map((minute) => (hour * 60 + minute) * MINUTE));
}

/** Midnights of the days a cron expression names, from the day of `from` on. */
export function* wallDays(fields: CronFields, from: number): Generator<number> {
  const day = Math.floor(from / DAY) * DAY;
  const month = new Date(day);
  month.setUTCDate(1);
  while (month.getUTCFullYear() <= LAST_YEAR) {
    const first = month.getTime();
    const named = fields.months.includes(month.getUTCMonth() + 1);
    month.setUTCMonth(month.getUTCMonth() + 1);
    if (!named) continue;
    for (let midnight = Math.max(first, day); midnight < month.getTime(); midnight += DAY) {
      if (isDay(fields, (midnight - first) / DAY + 1, weekdayOf(midnight))) yield midnight;
    }
  }
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
const weekdayOf = (midnight: number): number => (((midnight / DAY + 4) % 7) + 7) % 7;

function isDay({ daysOfMonth, daysOfWeek, daysJoin }: CronFields, dayOfMonth: number, weekday: number): boolean {
  const ofMonth = daysOfMonth.includes(dayOfMonth);
  const ofWeek = daysOfWeek.includes(weekday);
  return daysJoin === 'or' ? ofMonth || ofWeek : ofMonth && ofWeek;
}
