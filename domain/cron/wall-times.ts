import type { CronFields } from './dialect.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const LAST_YEAR = 9_999;

/**
 * The times a cron expression names, from `from` on and in order, as a clock without zone shows them: milliseconds from
 * 1970-01-01T00:00 of that clock.
 */
export function* wallTimes(fields: CronFields, from: number): Generator<number> {
  const times = fields.hours.flatMap((hour) => fields.minutes.map((minute) => (hour * 60 + minute) * MINUTE));
  for (const day of days(fields, Math.floor(from / DAY) * DAY)) {
    for (const time of times) if (day + time >= from) yield day + time;
  }
}

/** Midnights of the days a cron expression names, from `from` (a midnight) on. */
export function* days(fields: CronFields, from: number): Generator<number> {
  const date = new Date(from);
  while (date.getUTCFullYear() <= LAST_YEAR) {
    if (!fields.months.includes(date.getUTCMonth() + 1)) {
      date.setUTCMonth(date.getUTCMonth() + 1, 1);
      continue;
    }
    if (isDay(fields, date)) yield date.getTime();
    date.setUTCDate(date.getUTCDate() + 1);
  }
}

function isDay(fields: CronFields, date: Date): boolean {
  const ofMonth = fields.daysOfMonth.includes(date.getUTCDate());
  const ofWeek = fields.daysOfWeek.includes(date.getUTCDay());
  return fields.daysJoin === 'or' ? ofMonth || ofWeek : ofMonth && ofWeek;
}
