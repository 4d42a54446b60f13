import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CalendarError } from '../../domain/ports/calendars.ts';
import { dateOf, dayAt } from '../../domain/slots/wall-clock.ts';
import { type Dialler, MAX_ANSWER_BYTES } from '../dialler.ts';
import { understood } from './ics-busy.ts';
import { type Occurrence, occurrencesIn } from './ics-events.ts';
import { type FeedDependencies, feedReader } from './ics-feed.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Holidays are told from a year ago to three years ahead. */
const BEFORE_MS = 366 * DAY_MS;
const AFTER_MS = 3 * 366 * DAY_MS;
/** Known holidays serve for so long where they cannot be read again: they seldom change. */
const KEPT_MS = DAY_MS;

/** Dates of the holidays in an ICS calendar: a path or a URL. @throws CalendarError */
export type HolidaysIn = (place: string, timezone: string, signal: AbortSignal) => Promise<ReadonlySet<string>>;

/**
 * Holidays of ICS calendars, each read at most once an hour. Events of several days are holidays on each, and those that take up
 * no time are holidays too: public calendars mark theirs so. `diallerFor`: connections to the host of a URL.
 */
export function createHolidays({
  folder,
  diallerFor,
  ...dependencies
}: Omit<FeedDependencies, 'dialler'> & {
  /** Where paths begin: the folder of the configuration. */
  folder: string;
  diallerFor(url: string): Dialler;
}): HolidaysIn {
  const { now } = dependencies;
  const places = new Map<string, (signal: AbortSignal) => Promise<{ text: string; version: string }>>();
  const known = new Map<string, { dates: ReadonlySet<string>; version: string; at: number }>();
  const readerOf = (place: string) => {
    const reader =
      places.get(place) ??
      (/^https?:\/\//i.test(place)
        ? urlReader(place, { ...dependencies, dialler: diallerFor(place) })
        : fileReader(isAbsolute(place) ? place : join(folder, place)));
    places.set(place, reader);
    return reader;
  };

  return async (place, timezone, signal) => {
    const key = JSON.stringify([place, timezone]);
    const before = known.get(key);
    try {
      const { text, version } = await readerOf(place)(signal);
      if (before !== undefined && before.version === version && now() - before.at < HOUR_MS) return before.dates;
      const dates = datesIn(text, timezone, now());
      known.set(key, { dates, version, at: now() });
      return dates;
    } catch (error) {
      if (before !== undefined && now() - before.at < KEPT_MS) return before.dates;
      throw error;
    }
  };
}

function urlReader(url: string, dependencies: FeedDependencies) {
  const read = feedReader(url, HOUR_MS, dependencies);
  return async (signal: AbortSignal) => {
    const text = await read(signal);
    return { text, version: text };
  };
}

function fileReader(path: string) {
  let last: { text: string; version: string } | null = null;
  return async () => {
    try {
      const { mtimeMs, size } = await stat(path);
      if (size > MAX_ANSWER_BYTES) throw new CalendarError('refused', 'The file of holidays is longer than 10 MB');
      const version = `${mtimeMs} ${size}`;
      if (last?.version !== version) last = { text: await readFile(path, 'utf8'), version };
      return last;
    } catch (error) {
      if (error instanceof CalendarError) throw error;
      throw new CalendarError('refused', 'The file of holidays cannot be read', { cause: error });
    }
  };
}

function datesIn(text: string, timezone: string, now: number): Set<string> {
  const window = { from: now - BEFORE_MS, to: now + AFTER_MS };
  const found = understood(() => occurrencesIn([text], window, timezone), 'The calendar of holidays');
  return new Set(found.flatMap((occurrence) => [...datesOf(occurrence, window, timezone)]));
}

/** The days of the window that an event touches: its own, else those of the zone. */
function* datesOf(
  { start, end, days }: Occurrence,
  window: { from: number; to: number },
  timezone: string,
): Generator<string> {
  const from = days ? Date.parse(days.from) : dayAt(timezone, start);
  const to = days ? Date.parse(days.to) - DAY_MS : dayAt(timezone, end - 1);
  const first = Math.max(from, dayAt(timezone, window.from));
  const last = Math.min(to, dayAt(timezone, window.to));
  for (let day = first; day <= last; day += DAY_MS) yield dateOf(day);
}
