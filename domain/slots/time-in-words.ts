import { offsetAt } from '../cron/transitions.ts';
import type { TextLanguage } from '../follow-ups/texts/follow-up-texts.ts';
import { DAY, instantAt, wallAt } from './wall-clock.ts';

/** Times as a reader's language and zone have them. Instants are epoch milliseconds. */
export interface TimeWords {
  /**
   * `Monday, 15 March 2027, 09:00–09:30`, with the other date where it ends on another day. A time that the clocks show twice
   * is followed by which one is meant: `01:30–02:00 (Eastern Daylight Time)`.
   */
  time(start: number, end: number): string;
  /** `Monday, 15 March 2027, 09:00–09:30 (Eastern Time)`. */
  timeAndZone(start: number, end: number): string;
  /** `Monday, 15 March 2027`. */
  day(instant: number): string;
  /** What `time` says after the day: `09:00–09:30`. */
  hours(start: number, end: number): string;
  /** What clocks there go by, whatever the season: `Eastern Time`. */
  zone(instant: number): string;
}

/** Where a language alone would say it as elsewhere. */
const LOCALES: Partial<Record<TextLanguage, string>> = { en: 'en-GB' };

/** @throws RangeError for a zone that is none */
export function timeWords(timezone: string, language: TextLanguage): TimeWords {
  const locale = LOCALES[language] ?? language;
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: timezone });
  const dates = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  // Languages differ in words for morning and evening, and in whether people use them; 24 hours are understood by all.
  const times = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const zoneName = (instant: number, timeZoneName: 'long' | 'longGeneric'): string =>
    format({ timeZoneName })
      .formatToParts(instant)
      .find(({ type }) => type === 'timeZoneName')?.value ?? timezone;
  // Universal time has no name but the exact one.
  const zone = (instant: number): string => zoneName(instant, timezone === 'UTC' ? 'long' : 'longGeneric');
  const range = (start: number, end: number): string => {
    const to = dates.format(end);
    const last = dates.format(start) === to ? `–${times.format(end)}` : ` – ${to}, ${times.format(end)}`;
    return `${times.format(start)}${last}`;
  };
  const exactZone = (instant: number): string | null =>
    comesTwice(timezone, instant) ? zoneName(instant, 'long') : null;
  const hours = (start: number, end: number): string => {
    const exact = exactZone(start);
    return `${range(start, end)}${exact === null ? '' : ` (${exact})`}`.normalize('NFC');
  };
  const day = (instant: number): string => dates.format(instant).normalize('NFC');
  return {
    day,
    hours,
    time: (start, end) => `${day(start)}, ${hours(start, end)}`,
    timeAndZone: (start, end) =>
      `${day(start)}, ${range(start, end)} (${exactZone(start) ?? zone(start)})`.normalize('NFC'),
    zone: (instant) => zone(instant).normalize('NFC'),
  };
}

/** Whether the zone's clocks show the time of an instant at another one as well. */
function comesTwice(timezone: string, instant: number): boolean {
  const wall = wallAt(timezone, instant);
  const first = instantAt(timezone, wall);
  if (first !== instant) return true;
  const later = offsetAt(timezone, instant + DAY);
  return later < offsetAt(timezone, instant) && wallAt(timezone, wall - later) === wall;
}
