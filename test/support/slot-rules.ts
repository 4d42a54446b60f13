import { calendarSettings } from '../../domain/contracts/calendars.ts';
import { type SlotRules, slotRules } from '../../domain/slots/rules.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Epoch milliseconds of an instant, and the other way round, to the minute. */
export const at = (instant: string): number => Date.parse(instant);
export const iso = (instant: number): string => new Date(instant).toISOString().replace(/:00\.000Z$/, 'Z');

/** Rules of a calendar as the configuration has it. `timezone`: of the service. */
export const rules = (
  settings: object,
  timezone = 'America/New_York',
  representative: object | null = null,
): SlotRules =>
  slotRules('demo', calendarSettings.parse({ notice: 0, ...settings }), representative, {
    timezone,
    holidays: new Set((settings as { holidays?: string[] }).holidays),
  });

/** Working times of every day of the week. */
export const everyDay = (times: string[][]) =>
  Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, times]));

export const WHOLE_DAYS = { hours: everyDay([['00:00', '24:00']]) };
