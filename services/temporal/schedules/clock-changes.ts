import { type CronTiming, type Fire, type Transition, fires } from '../../../domain/cron/index.ts';
import { datedCalendar, withoutHours } from './calendar-entries.ts';
import { type Calendar, type Match, type OffsetAt, localHour, nextMatch } from './server-calendar.ts';

/** What to say to the server so that it fires rightly around changes of the clock. */
export interface Corrected {
  /** The plain calendars without hours in which the server would be wrong. */
  calendars: Calendar[];
  /** Those hours (`2027-11-07T01`). */
  carved: ReadonlySet<string>;
  /** Fires that calendars of their own bring, each on one date. */
  dated: { calendar: Calendar; comment: string }[];
  /** Fires (epoch ms) that only an instant of their own brings. */
  instants: number[];
  /** The first instant (epoch ms) around which nothing was corrected; null: all was. */
  stoppedAt: number | null;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How far from a change the server can be wrong: a day that has no midnight, to its end. */
export const REACH = 26 * HOUR;
/** Where fires are close together it is the hours next to a change that matter. */
const NEAR = 4 * HOUR;

interface Planned {
  /** Epoch milliseconds. */
  at: number;
  /** What the clock shows, as if it were UTC. */
  shown: number;
  /** `2027-11-07T01` of it. */
  hour: string;
  /** Whether a plain calendar names what the clock shows. */
  named: boolean;
  note: string | null;
}

/**
 * Holds what the server makes of a cron schedule's plain calendars, around every change of the clock, against its
 * fires. Where the server is wrong, the hour that it takes wrongly is carved out, and each fire that nothing names any
 * more is put back; where the server is right nothing is done.
 * @param skips fires (epoch ms) that are not put back
 * @param limit how many entries may be put back; changes for which there is no room any more are left as they are
 */
export function correctClockChanges(
  timing: CronTiming,
  plain: readonly Calendar[],
  changes: readonly Transition[],
  { skips, limit }: { skips: ReadonlySet<number>; limit: number },
): Corrected {
  let around = changes.map((change) => lookAround(timing, plain, change, changes));
  let stoppedAt: number | null = null;
  for (;;) {
    const carved = wrongHours(plain, around, skips);
    const corrected: Corrected = { calendars: without(plain, carved), carved, dated: [], instants: [], stoppedAt };
    const full = around.findIndex((each) => {
      const lost = each.planned.filter(({ at, hour, named }) => !skips.has(at) && (!named || carved.has(hour)));
      const { dated, instants } = putBack(lost, each);
      corrected.dated.push(...dated);
      corrected.instants.push(...instants);
      return corrected.dated.length + corrected.instants.length > limit;
    });
    if (full < 0) return corrected;
    stoppedAt = around[full]?.start ?? null;
    around = around.slice(0, full);
  }
}

const without = (plain: readonly Calendar[], carved: ReadonlySet<string>): Calendar[] =>
  plain.flatMap((calendar) => withoutHours(calendar, carved));

/** Offsets of a zone from before the first of its changes to after the last. */
function offsetsOf(changes: readonly Transition[]): OffsetAt {
  return (instant) => changes.findLast(({ at }) => at <= instant)?.after ?? changes[0]?.before ?? 0;
}

/** A change of the clock, and what a schedule does around it. */
interface Around {
  change: Transition;
  /** Epoch milliseconds; the end is excluded. */
  start: number;
  end: number;
  planned: Planned[];
  /** Instants from which the server is asked for the next fire: it may look from any, not only from the fire before. */
  probes: number[];
  offsetAt: OffsetAt;
}

function lookAround(
  timing: CronTiming,
  plain: readonly Calendar[],
  change: Transition,
  changes: readonly Transition[],
): Around {
  const jump = Math.abs(change.before - change.after);
  const [start, end] = [change.at - REACH - jump, change.at + REACH + jump];
  const planned = [...fires(timing, new Date(start).toISOString(), new Date(end).toISOString())].map((fire) =>
    plannedFire(fire, plain),
  );
  const [near, far] = [change.at - NEAR - jump, change.at + NEAR + jump];
  const close = planned.map(({ at }) => at).filter((at) => at >= near && at < far);
  const points = [...steps(start, end, HOUR), ...steps(near, far, 15 * MINUTE), ...close];
  const probes = [...new Set([...points.map((at) => at - SECOND), ...close])].toSorted((one, other) => one - other);
  const offsetAt = offsetsOf(changes.filter(({ at }) => Math.abs(at - change.at) < 3 * REACH));
  return { change, start, end, planned, probes, offsetAt };
}

function plannedFire({ at, local, note }: Fire, plain: readonly Calendar[]): Planned {
  const shown = Date.parse(`${local.slice(0, 19)}Z`);
  const named = plain.some((calendar) => names(calendar, new Date(shown)));
  return { at: Date.parse(at), shown, hour: localHour(shown), named, note };
}

function names({ minutes, hours, daysOfMonth, months, daysOfWeek }: Calendar, shown: Date): boolean {
  return (
    minutes.includes(shown.getUTCMinutes()) &&
    hours.includes(shown.getUTCHours()) &&
    daysOfMonth.includes(shown.getUTCDate()) &&
    months.includes(shown.getUTCMonth() + 1) &&
    daysOfWeek.includes(shown.getUTCDay())
  );
}

/**
 * Hours that the calendars must not name, so that from every probe the server finds the next fire of those they still
 * name. To leave hours out changes how the server goes through the rest, so it is asked again until nothing is wrong.
 */
function wrongHours(plain: readonly Calendar[], all: readonly Around[], skips: ReadonlySet<number>): Set<string> {
  // One of two fires that the clock shows alike cannot be excluded alone.
  const twice = all.flatMap(({ planned, change }) =>
    planned.filter(({ at, named }) => named && skips.has(at) && comesTwice(at, change)),
  );
  const wrong = new Set(twice.map(({ hour }) => hour));
  let calendars = without(plain, wrong);
  for (let known = -1; known !== wrong.size;) {
    known = wrong.size;
    for (const around of all) {
      for (let hour = wrongHour(calendars, around, wrong); hour !== null; hour = wrongHour(calendars, around, wrong)) {
        wrong.add(hour);
        calendars = without(plain, wrong);
      }
    }
  }
  return wrong;
}

/** An hour because of which the server does not find, from some probe, the next fire; null: it finds all. */
function wrongHour(calendars: readonly Calendar[], around: Around, carved: ReadonlySet<string>): string | null {
  const { planned, probes, offsetAt, start, end } = around;
  const named = planned.filter((fire) => fire.named && !carved.has(fire.hour));
  const years = [start, end].map((instant) => new Date(instant).getUTCFullYear());
  const relevant = calendars.filter(
    (each) => each.years.length === 0 || years.some((year) => each.years.includes(year)),
  );
  let next = 0;
  for (const probe of probes) {
    while ((named[next]?.at ?? Infinity) <= probe) next += 1;
    const fire = named[next];
    const found = firstMatch(relevant, offsetAt, probe, end);
    if (found?.at === fire?.at) continue;
    return found !== null && (fire === undefined || found.at < fire.at) ? found.hour : (fire?.hour ?? null);
  }
  return null;
}

function firstMatch(calendars: readonly Calendar[], offsetAt: OffsetAt, after: number, end: number): Match | null {
  let first: Match | null = null;
  for (const calendar of calendars) {
    const match = nextMatch(calendar, offsetAt, after, end);
    if (match !== null && match.at < (first?.at ?? end)) first = match;
  }
  return first;
}

/** Calendars of a date, which people can read, where the server takes them rightly; else instants. */
function putBack(lost: readonly Planned[], around: Around): Pick<Corrected, 'dated' | 'instants'> {
  const dated: Corrected['dated'] = [];
  const instants: number[] = [];
  for (const [date, ofDate] of Map.groupBy(lost, ({ hour }) => hour.slice(0, 10))) {
    const whole = calendarOf(date, ofDate, around);
    const parts = whole === null ? [...Map.groupBy(ofDate, ({ hour }) => hour).values()] : [ofDate];
    for (const part of parts) {
      const calendar = whole ?? calendarOf(date, part, around);
      if (calendar === null) instants.push(...part.map(({ at }) => at));
      else dated.push({ calendar, comment: reason(date, part) });
    }
  }
  return { dated, instants };
}

/** The calendar that brings just these fires of a date on the server, or null. */
function calendarOf(date: string, part: readonly Planned[], { probes, offsetAt, end }: Around): Calendar | null {
  const shown = part.map((fire) => new Date(fire.shown));
  const hours = [...new Set(shown.map((clock) => clock.getUTCHours()))];
  const minutes = [...new Set(shown.map((clock) => clock.getUTCMinutes()))].toSorted((one, other) => one - other);
  if (hours.length * minutes.length !== part.length) return null;
  const calendar = datedCalendar(date, hours, minutes);
  const right = probes.every(
    (probe) => nextMatch(calendar, offsetAt, probe, end)?.at === part.find(({ at }) => at > probe)?.at,
  );
  return right ? calendar : null;
}

function reason(date: string, part: readonly Planned[]): string {
  const notes = part.flatMap(({ note, shown }) =>
    note === null ? [] : [`${note.replace('this day', date)}: at ${new Date(shown).toISOString().slice(11, 16)}`],
  );
  return notes.length > 0 ? notes.join(', ') : `The clock changes around ${date}`;
}

/** Whether the clock shows an instant's time twice because of a change. */
function comesTwice(instant: number, { at, before, after }: Transition): boolean {
  return instant >= at - (before - after) && instant < at + (before - after);
}

function steps(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / step)) }, (_, index) => first + index * step);
}
