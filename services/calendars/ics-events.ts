import { runInNewContext } from 'node:vm';
import ICAL from 'ical.js';
import { dateOf } from '../../domain/slots/wall-clock.ts';
import { type Clocks, type Moment, clocksOf, wallAt } from './ics-clocks.ts';
import { type Window, repeatsOf } from './ics-repeats.ts';

const DAY_MS = 86_400_000;
/** More than anybody has in the time we look at. */
const MAX_OCCURRENCES = 10_000;
/** Some rules can never be met, and are looked for without end; nothing else runs meanwhile. */
const MAX_WORK_MS = 2_000;
const TOO_MUCH = 'repeats more often than we follow';

/** An event at one of its times. */
export interface Occurrence {
  uid: string;
  /** Epoch milliseconds; `end` is excluded. */
  start: number;
  end: number;
  /** Its days, such as `2027-03-14`, where it lasts whole ones; `to` is excluded. */
  days: { from: string; to: string } | null;
  tentative: boolean;
  /** Takes up no time. */
  transparent: boolean;
}

/** A text that is no calendar, or that repeats more often than we follow. Quotes nothing of it. */
export class IcsError extends Error {
  override readonly name = 'IcsError';
}

/**
 * Events of iCalendar texts (RFC 5545) that have some of their time in the window, repeated ones one by one, without those that
 * were cancelled. Times without a zone, and days, are on the clock of `timezone`.
 * @throws IcsError
 */
export function occurrencesIn(texts: readonly string[], window: Window, timezone: string): Occurrence[] {
  const run = (): Occurrence[] => {
    const found: Occurrence[] = [];
    for (const text of texts) {
      for (const occurrence of occurrencesOf(text, window, timezone)) {
        if (occurrence.end <= window.from || occurrence.start >= window.to) continue;
        if (found.push(occurrence) > MAX_OCCURRENCES) throw new IcsError(TOO_MUCH);
      }
    }
    return found;
  };
  try {
    // The only way to end work in this thread that does not end by itself.
    return runInNewContext('run()', { run }, { timeout: MAX_WORK_MS }) as Occurrence[];
  } catch (error) {
    if (error instanceof IcsError) throw error;
    const isEndless = (error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw new IcsError(isEndless ? TOO_MUCH : 'is no calendar that we understand', { cause: error });
  }
}

/** How long an event is: what clocks show to have gone by, and then what really goes by. Milliseconds. */
interface Length {
  nominal: number;
  exact: number;
}

interface IcsEvent {
  component: ICAL.Component;
  uid: string;
  start: Moment;
  length: Length;
  /** The repetition that it stands for; null for an event in its own right. */
  changes: { at: number; andFuture: boolean } | null;
}

function* occurrencesOf(text: string, window: Window, timezone: string): Generator<Occurrence> {
  for (const calendar of calendarsOf(text)) {
    const clocks = clocksOf(calendar, timezone);
    const events = calendar.getAllSubcomponents('vevent').flatMap((component) => readEvent(component, clocks) ?? []);
    const changes = Map.groupBy(
      events.filter((event) => event.changes !== null),
      ({ uid }) => uid,
    );
    for (const event of events) {
      if (event.changes !== null) yield* occurrence(event, event.start);
      else yield* repeated(event, changes.get(event.uid) ?? [], { clocks, window });
    }
  }
}

/** One text may hold several calendars, one after the other. */
function calendarsOf(text: string): ICAL.Component[] {
  // Some begin with a byte order mark.
  const parsed = ICAL.parse(text.replace(/^\uFEFF/, '').trim()) as unknown[];
  const all = (typeof parsed[0] === 'string' ? [parsed] : parsed) as unknown[][];
  const calendars = all.filter(([name]) => name === 'vcalendar');
  if (calendars.length === 0) throw new IcsError('is no calendar');
  return calendars.map((calendar) => new ICAL.Component(calendar));
}

/** null for one that says no time. */
function readEvent(component: ICAL.Component, clocks: Clocks): IcsEvent | null {
  const starts = component.getFirstProperty('dtstart');
  const start = starts && clocks.momentsOf(starts)[0];
  if (!start) return null;
  const id = component.getFirstProperty('recurrence-id');
  const changed = id && clocks.momentsOf(id)[0];
  return {
    component,
    uid: String(component.getFirstPropertyValue('uid') ?? ''),
    start,
    length: lengthOf(component, start, clocks),
    changes: changed
      ? { at: changed.clock(changed.wall), andFuture: id.getFirstParameter('range') === 'THISANDFUTURE' }
      : null,
  };
}

/** A repetition lasts exactly as long as the first, but a duration in days lasts days (RFC 5545, 3.8.5.3 and 3.3.6). */
function lengthOf(component: ICAL.Component, start: Moment, clocks: Clocks): Length {
  const ends = component.getFirstProperty('dtend');
  const end = ends && clocks.momentsOf(ends)[0];
  const duration = component.getFirstPropertyValue('duration') as unknown;
  if (start.isDate) {
    const days = end ? end.wall - start.wall : duration instanceof ICAL.Duration ? duration.toSeconds() * 1_000 : 0;
    return { nominal: Math.max(Math.ceil(days / DAY_MS), 1) * DAY_MS, exact: 0 };
  }
  if (end) return { nominal: 0, exact: end.clock(end.wall) - start.clock(start.wall) };
  if (!(duration instanceof ICAL.Duration)) return { nominal: 0, exact: 0 };
  const nominal = (duration.weeks * 7 + duration.days) * DAY_MS * (duration.isNegative ? -1 : 1);
  return { nominal, exact: duration.toSeconds() * 1_000 - nominal };
}

/** All times of an event but those that were changed, which are events of their own. */
function* repeated(
  event: IcsEvent,
  changes: readonly IcsEvent[],
  { clocks, window }: { clocks: Clocks; window: Window },
): Generator<Occurrence> {
  const { start, length } = event;
  const changed = new Set(changes.map((change) => change.changes!.at));
  const fromThenOn = changes
    .filter((change) => change.changes!.andFuture)
    .sort((one, other) => other.changes!.at - one.changes!.at);
  const longest = Math.max(...[event, ...fromThenOn].map((one) => one.length.nominal + one.length.exact), length.exact);
  for (const moment of repeatsOf(event.component, start, clocks, { ...window, from: window.from - longest })) {
    const at = moment.clock(moment.wall);
    if (changed.has(at)) continue;
    const change = fromThenOn.find((one) => one.changes!.at <= at);
    if (change === undefined) yield* occurrence(event, moment);
    else
      yield* occurrence(change, {
        ...change.start,
        wall: change.start.wall + moment.wall - wallAt(moment.clock, change.changes!.at),
      });
  }
}

function* occurrence({ component, uid, length }: IcsEvent, { wall, isDate, clock }: Moment): Generator<Occurrence> {
  const status = wordOf(component, 'status');
  if (status === 'CANCELLED') return;
  yield {
    uid,
    start: clock(wall),
    end: clock(wall + length.nominal) + length.exact,
    days: isDate ? { from: dateOf(wall), to: dateOf(wall + length.nominal) } : null,
    tentative: status === 'TENTATIVE',
    transparent: wordOf(component, 'transp') === 'TRANSPARENT',
  };
}

const wordOf = (component: ICAL.Component, name: string): string =>
  String(component.getFirstPropertyValue(name) ?? '').toUpperCase();
