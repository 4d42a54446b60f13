import type { CalendarSettings, WorkingHours } from '../contracts/calendars.ts';

/** What makes the slots of one calendar. Durations are milliseconds, zones IANA names as `parseZone` gives them. */
export interface SlotRules {
  calendar: string;
  timezone: string;
  hours: WorkingHours;
  /** Of the representative, on their own clock; null where the calendar's say it all. */
  representativeHours: { timezone: string; hours: WorkingHours } | null;
  slotMs: number;
  /** From one start to the next on the calendar's clock. */
  stepMs: number;
  bufferBeforeMs: number;
  bufferAfterMs: number;
  /** How long before its start a slot is offered no more. */
  noticeMs: number;
  /** How far ahead slots are offered. */
  horizonMs: number;
  /** `2027-01-01`: days on the calendar's clock without any slot. */
  holidays: ReadonlySet<string>;
  /** Most meetings of a day on the calendar's clock; null: any number. */
  dailyMax: number | null;
  allDayEvents: 'busy' | 'free';
  tentativeEvents: 'busy' | 'free';
}

/** A time that somebody has already. Epoch milliseconds; `end` is excluded. */
export interface Taken {
  start: number;
  end: number;
}

/** Who is met, as far as slots go. */
interface Worker {
  timezone?: string | undefined;
  hours?: WorkingHours | undefined;
}

/**
 * The rules of a calendar of the configuration. A zone that it does not name is its representative's, else the service's.
 * `holidays`: dates, whatever they were read from.
 */
export function slotRules(
  calendar: string,
  settings: CalendarSettings,
  representative: Worker | null,
  { timezone: usual, holidays }: { timezone: string; holidays: ReadonlySet<string> },
): SlotRules {
  const timezone = settings.timezone ?? representative?.timezone ?? usual;
  const { hours, slot, step, bufferBefore, bufferAfter, notice, horizon } = settings;
  const { dailyMax, allDayEvents, tentativeEvents } = settings;
  const theirs = representative?.hours;
  return {
    ...{ calendar, timezone, hours, holidays, dailyMax, allDayEvents, tentativeEvents },
    representativeHours:
      theirs === undefined ? null : { timezone: representative?.timezone ?? timezone, hours: theirs },
    ...{ slotMs: slot, stepMs: step ?? slot, bufferBeforeMs: bufferBefore, bufferAfterMs: bufferAfter },
    ...{ noticeMs: notice, horizonMs: horizon },
  };
}
