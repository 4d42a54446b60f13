import type { EpochMs } from '../../domain/customers/customer.ts';

const DAY_MS = 86_400_000;
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Minutes east of UTC of `Z`, `+05:30` or `-0800`; undefined when no such zone exists. */
function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function withinYears(at: EpochMs): EpochMs | undefined {
  return at >= EARLIEST && at < LATEST ? at : undefined;
}

/**
 * The instant of an ISO 8601 date with or without a time, UTC where no zone is given; undefined when it is none, or lies
 * outside 1900 to 2199. `Date.parse` will not do: it takes 2025-02-30 for 2 March, and a time without a zone for local.
 */
export function parseInstant(text: string): EpochMs | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offset = offsetMinutes(match[8] ?? 'Z');
  const at = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  const kept = new Date(at);
  const exists =
    kept.getUTCMonth() === month - 1 && kept.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists && offset !== undefined ? withinYears(at - offset * 60_000) : undefined;
}

/** ISO 8601 in UTC without a zone: the date alone at midnight, milliseconds only where there are some. */
export function formatInstant(at: EpochMs): string {
  const iso = new Date(at).toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.slice(0, -1).replace(/\.000$/, '');
}

/**
 * The instant of a workbook's date number: days since the end of 1899, or since 1904 in the other date system (ECMA-376
 * part 1, 18.17.4). The 1900 system has a 29 February 1900 that never was, number 60. Undefined outside 1900 to 2199.
 */
export function instantOfSerial(serial: number, date1904: boolean): EpochMs | undefined {
  if (!Number.isFinite(serial) || serial < 0) return undefined;
  if (date1904) return withinYears(Date.UTC(1904, 0, 1) + Math.round(serial * DAY_MS));
  if (serial >= 60 && serial < 61) return undefined;
  const dayZero = serial < 60 ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  return withinYears(dayZero + Math.round(serial * DAY_MS));
}

/** Formats of ECMA-376 part 1, 18.8.30 that show a date or a time, in any locale. */
function isBuiltInDateFormat(format: number): boolean {
  return (
    (format >= 14 && format <= 22) ||
    (format >= 27 && format <= 36) ||
    (format >= 45 && format <= 47) ||
    (format >= 50 && format <= 58)
  );
}

/** Whether a number format shows a date: `code` is its pattern where the workbook defines it. */
export function isDateFormat(format: number, code: string | undefined): boolean {
  if (code === undefined) return isBuiltInDateFormat(format);
  if (/^general$/i.test(code)) return false;
  const letters = code.replaceAll(/"[^"]*"|\\.|[_*].|\[[^\]]*\]/g, '');
  return /[dmyhs]/i.test(letters);
}
