import { customType } from 'drizzle-orm/pg-core';
import type { EpochMs } from '../../domain/customers/customer.ts';

/** Text as Postgres can keep it: without NUL, and U+FFFD in place of each lone surrogate. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** Postgres' own form of a timestamptz in a UTC session, such as `2026-01-31 09:00:00.5+00`, in milliseconds. */
function parseTimestamp(text: string): EpochMs {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11).replace(/\+00$/, 'Z')}`);
}

/** `text` that takes any JavaScript string. */
export const safeText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: storableText,
});

/** `timestamptz` as ISO 8601 UTC with milliseconds. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: (value) => new Date(value).toISOString(),
  fromDriver: (value) => new Date(parseTimestamp(value)).toISOString(),
});

/** `timestamptz` as milliseconds since the epoch. */
export const epochMs = customType<{ data: EpochMs; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  toDriver: (value) => new Date(value).toISOString(),
  fromDriver: parseTimestamp,
});

/** `jsonb` whose strings may be any; say what it holds with `$type`. */
export const json = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => 'jsonb',
  toDriver: (value) =>
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? storableText(item) : item)),
});
