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
  const date = new Date(Math.floor(from / DAY) * DAY);
  while (date.getUTCFullYear() <= LAST_YEAR) {
    if (fields.months.includes(date.getUTCMonth() + 1)) {
      if (isDay(fields, date)) yield date.getTime();
      date.setUTCDate(date.getUTCDate() + 1);
    } else {
      date.setUTCMonth(date.getUTCMonth() + 1, 1);
    }
  }
}

function isDay({ daysOfMonth, daysOfWeek, daysJoin }: CronFields, date: Date): boolean {
  const ofMonth = daysOfMonth.includes(date.getUTCDate());
  const ofWeek = daysOfWeek.includes(date.getUTCDay());
  return daysJoin === 'or' ? ofMonth || ofWeek : ofMonth && ofWeek;
}
