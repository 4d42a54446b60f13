import { type ReveilleError, invalidInput } from '../errors.ts';
import { FIELDS, type Field, MACROS, MONTHS, daysIn } from './fields.ts';
import { suggestCount, suggestPart, suggestRange } from './suggestions.ts';

/** What a cron expression says; each list in ascending numbers, without repeats. */
export interface CronFields {
  minutes: number[];
  hours: number[];
  daysOfMonth: number[];
  months: number[];
  /** 0 (Sunday) to 6. */
  daysOfWeek: number[];
  /** Whether a day must be in one of `daysOfMonth` and `daysOfWeek`, or in both: `and` when either begins with `*`. */
  daysJoin: 'or' | 'and';
  /** False when the minute or hour field begins with `*`: such a schedule follows the clock through its changes. */
  fixedTime: boolean;
}

/** Why a field is refused. */
class Refusal extends Error {}

/**
 * The fields of a cron expression as Vixie cron reads them: values, ranges, lists, steps of `*` and of ranges, names
 * of months and weekdays in any case, 0 and 7 for Sunday, `@daily` and its like.
 * @throws ReveilleError `invalid_input` at `cron`, for every wrong field the reason and what to write instead
 */
export function parseCron(expression: string): CronFields {
  const text = expression.trim();
  if (text === '') throw refused('is empty: write minute, hour, day, month and weekday, such as "0 9 * * *"');
  const written = (text.startsWith('@') ? macro(text) : text).split(/\s+/);
  if (written.length !== FIELDS.length) throw refused(suggestCount(written, isCron));
  const refusals: string[] = [];
  const parsed = FIELDS.map((field, index) => {
    try {
      return parseField(field, written[index] ?? '');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error.message);
      return [];
    }
  });
  if (refusals.length > 0) throw refused(...refusals);
  const [minutes = [], hours = [], daysOfMonth = [], months = [], weekdays = []] = parsed;
  const star = written.map((field) => field.startsWith('*'));
  const fields: CronFields = {
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek: ascending(weekdays.map((day) => day % 7)),
    daysJoin: star[2] || star[4] ? 'and' : 'or',
    fixedTime: !star[0] && !star[1],
  };
  assertComes(fields);
  return fields;
}

function isCron(text: string): boolean {
  try {
    parseCron(text);
    return true;
  } catch {
    return false;
  }
}

function macro(text: string): string {
  const fields = MACROS[text.toLowerCase()];
  if (fields !== undefined) return fields;
  const known = Object.keys(MACROS).join(' ');
  if (/^@every\b/i.test(text)) throw refused(`${text} is no cron: give the interval as every, such as "5m"`);
  throw refused(`${text} is not known: use one of ${known}, or five fields`);
}

function parseField(field: Field, text: string): number[] {
  return ascending(text.split(',').flatMap((part) => parsePart(field, part)));
}

/** One part of a list: `*`, a value or a range; steps go with the first and the last. */
function parsePart(field: Field, part: string): number[] {
  const match = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/i.exec(part);
  if (!match) throw refusal(field, part, suggestPart(field, part));
  const [, star, first = '', last, stride] = match;
  const from = star ? field.least : parseValue(field, first);
  const to = star ? field.most : last === undefined ? from : parseValue(field, last);
  const step = parseStep(field, part, stride);
  if (stride !== undefined && !star && last === undefined) {
    throw refusal(
      field,
      part,
      `a step needs a range: write ${from === field.most ? first : `${first}-${field.most}/${stride}`}`,
    );
  }
  if (to < from) throw refusal(field, part, `it is reversed: write ${suggestRange(field, from, to, step)}`);
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

function parseValue(field: Field, text: string): number {
  const named = field.names.indexOf(text.toLowerCase());
  if (named !== -1) return named + field.least;
  if (!/^\d+$/.test(text)) throw refusal(field, text, suggestPart(field, text));
  const value = Number(text);
  if (value >= field.least && value <= field.most) return value;
  throw refusal(field, text, `it is out of range: use ${field.range}`);
}

function parseStep(field: Field, part: string, stride: string | undefined): number {
  if (stride === undefined) return 1;
  const step = Number(stride);
  if (step === 0) throw refusal(field, part, 'a step of 0 goes nowhere: use a step from 1 on, or leave it out');
  if (step <= field.size) return step;
  throw refusal(
    field,
    part,
    `a step of ${stride} is more than ${field.size}, all that the field holds: for longer intervals give every, such as "90m"`,
  );
}

/** @throws ReveilleError when no year has such a date, as with 30 February */
function assertComes({ daysOfMonth, months, daysOfWeek, daysJoin }: CronFields): void {
  // A date that comes at all comes on every weekday in some year, 29 February included.
  if (daysJoin === 'or' && daysOfWeek.length > 0) return;
  const [least = 1] = daysOfMonth;
  const longest = Math.max(...months.map(daysIn));
  if (least <= longest) return;
  const named = months.map((month) => MONTHS[month - 1]?.full).join(', ');
  const instead = longest === 29 ? '28, or 29 for leap years only' : `${longest} or less`;
  throw refused(`day of month ${least} never comes in ${named}: use ${instead}`);
}

const ascending = (values: number[]): number[] => [...new Set(values)].toSorted((a, b) => a - b);

const refusal = (field: Field, part: string, reason: string): Refusal =>
  new Refusal(`${field.name} "${part}": ${reason}`);

const refused = (...messages: string[]): ReveilleError =>
  invalidInput(messages.map((message) => ({ path: 'cron', message })));
