/** One of cron's five fields. */
export interface Field {
  name: string;
  least: number;
  most: number;
  /** How many different values there are: the longest step that means anything. */
  size: number;
  /** In the order of their values, from `least` on. */
  names: readonly string[];
  /** What it takes, in words. */
  range: string;
}

interface Name {
  short: string;
  full: string;
}

const named = (full: string): Name => ({ short: full.slice(0, 3).toLowerCase(), full });

export const MONTHS: readonly Name[] =
  'January February March April May June July August September October November December'.split(' ').map(named);

/** From Sunday, which is 0. */
export const DAYS: readonly Name[] = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ').map(named);

const shorts = (names: readonly Name[]): string[] => names.map(({ short }) => short);

/** In the order in which they are written. */
export const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, size: 60, names: [], range: '0 to 59' },
  { name: 'hour', least: 0, most: 23, size: 24, names: [], range: '0 to 23, where 0 is midnight' },
  { name: 'day of month', least: 1, most: 31, size: 31, names: [], range: '1 to 31' },
  { name: 'month', least: 1, most: 12, size: 12, names: shorts(MONTHS), range: '1 to 12, or jan to dec' },
  { name: 'day of week', least: 0, most: 7, size: 7, names: shorts(DAYS), range: '0 (Sunday) to 7, or sun to sat' },
];

export const MACROS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** Days of a month (1 to 12) in the longest of its years. */
export const daysIn = (month: number): number => new Date(Date.UTC(2_000, month, 0)).getUTCDate();
