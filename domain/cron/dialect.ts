import { type ReveilleError, invalidInput } from '../errors.ts';

/** What a cron expression says, in ascending numbers. */
export interface CronFields {
  minutes: number[];
  hours: number[];
  daysOfMonth: number[];
  months: number[];
  /** 0 (Sunday) to 6. */
  daysOfWeek: number[];
  /** Whether a day must be in one of `daysOfMonth` and `daysOfWeek`, or in both. */
  daysJoin: 'or' | 'and';
  /** False when the minute or hour field begins with `*`: such a schedule follows the clock through its changes. */
  fixedTime: boolean;
}

const MACROS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

interface Field {
  name: string;
  least: number;
  most: number;
  names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly [Field, Field, Field, Field, Field] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 0, most: 7, names: DAYS },
];

/**
 * The fields of a cron expression as Vixie cron reads them.
 * @throws ReveilleError `invalid_input` at `cron` with field, reason and suggestion
 */
export function parseCron(expression: string): CronFields {
  const text = expression.trim();
  const written = (text.startsWith('@') ? macro(text) : text).split(/\s+/);
  if (written.length !== 5) throw refused(`has ${written.length} fields; write five: minute hour day month weekday`);
  const [minutes, hours, daysOfMonth, months, weekdays] = FIELDS.map((field, index) =>
    parseField(field, written[index] ?? ''),
  ) as [number[], number[], number[], number[], number[]];
  const begins = written.map((field) => field.startsWith('*'));
  return {
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek: sorted(weekdays.map((day) => day % 7)),
    daysJoin: begins[2] || begins[4] ? 'and' : 'or',
    fixedTime: !begins[0] && !begins[1],
  };
}

function macro(text: string): string {
  const fields = MACROS[text.toLowerCase()];
  if (fields === undefined) throw refused(`${text} is not known; use one of ${Object.keys(MACROS).join(' ')}`);
  return fields;
}

function parseField(field: Field, text: string): number[] {
  return sorted(text.split(',').flatMap((part) => parsePart(field, part)));
}

function parsePart(field: Field, part: string): number[] {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
  if (!match) throw refused(`${field.name} "${part}" is not understood`);
  const [, star, first, last, step = '1'] = match;
  const from = star ? field.least : parseValue(field, first ?? '');
  const to = star ? field.most : last === undefined ? from : parseValue(field, last);
  if (to < from) throw refused(`${field.name} range ${part} is reversed; write it as two`);
  if (Number(step) === 0) throw refused(`${field.name} step must be above 0`);
  const values: number[] = [];
  for (let value = from; value <= to; value += Number(step)) values.push(value);
  return values;
}

function parseValue(field: Field, text: string): number {
  const named = field.names.indexOf(text.toLowerCase());
  const value = named === -1 ? Number(text) : named + (field === FIELDS[3] ? 1 : 0);
  if (value >= field.least && value <= field.most) return value;
  throw refused(`${field.name} ${text} is not from ${field.least} to ${field.most}`);
}

const sorted = (values: number[]): number[] => [...new Set(values)].toSorted((a, b) => a - b);

const refused = (message: string): ReveilleError => invalidInput([{ path: 'cron', message }]);
