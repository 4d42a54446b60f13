import { z } from 'zod';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest interval and policy of a schedule, in milliseconds: what Temporal takes. */
export const LONGEST_MS = 36_500 * 86_400_000;

/** Milliseconds of a duration such as `90s`, `5m`, `2h`, `3d`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2]!] ?? Number.NaN) : undefined;
}

/** A duration in words as short as the input form allows: 90000 is `90s`, 300000 is `5m`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (milliseconds > 0 && milliseconds % UNITS[unit]! === 0) return `${milliseconds / UNITS[unit]!}${unit}`;
  }
  return `${milliseconds / 1_000}s`;
}

/** Duration input: `"90s" "5m" "2h" "3d"` or milliseconds; parsed to milliseconds, above zero. */
export const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = typeof value === 'number' ? value : parseDuration(value);
  if (parsed !== undefined && Number.isSafeInteger(parsed) && parsed > 0) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a duration such as "90s", "5m", "2h", "3d", or milliseconds' });
  return z.NEVER;
});

/** Instant input: ISO 8601 with a zone, kept as written in UTC with milliseconds. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant with its zone, such as 2026-01-31T09:00:00Z' })
  .transform((text) => new Date(text).toISOString());

/** Instant as it is given out: ISO 8601 UTC with milliseconds. */
export const instantOut = z.iso.datetime();
