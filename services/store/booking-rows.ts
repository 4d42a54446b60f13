import { type SQL, and, eq, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import type { BookingRow, BookingTime } from '../../domain/ports/booking-store.ts';
import type { BookedTime } from '../../domain/slots/slots.ts';
import { bookings } from './booking-schema.ts';
import type { Database } from './connection.ts';

type Stored = typeof bookings.$inferSelect;
type Next = Pick<Stored, 'nextSlotId' | 'nextStartsAt' | 'nextEndsAt'>;
export type BookingUpdate = PgUpdateSetSource<typeof bookings>;

export function toBookingRow(row: Stored): BookingRow {
  const { workspace: _workspace, reserved: _reserved, apartMs: _apart, startsAt: start, endsAt: end, ...rest } = row;
  const { nextSlotId: _slot, nextStartsAt: _start, nextEndsAt: _end, nextApartMs: _nextApart, ...booking } = rest;
  return { ...booking, start, end, movingTo: movingToOf(row) };
}

function movingToOf({ nextSlotId: slotId, nextStartsAt: start, nextEndsAt: end }: Next): BookingTime | null {
  return slotId === null || start === null || end === null ? null : { slotId, start, end };
}

export const isBooking = (workspace: string, bookingId: string): SQL | undefined =>
  and(eq(bookings.workspace, workspace), eq(bookings.bookingId, bookingId));

export const isOpen = sql`${bookings.state} in ('held', 'confirmed')`;

/** Held, but no workflow took it up in time, whether or not somebody has said so yet. */
export const isLeft = (at: string): SQL =>
  sql`(${bookings.state} = 'held' and ${bookings.startedAt} is null and ${bookings.holdUntil} <= ${instantOf(at)})`;

/** Its workflow should have ended it before then. */
export const isOverdue = (before: string): SQL =>
  sql`(${isOpen} and ${bookings.startedAt} is not null and (${bookings.endsAt} < ${instantOf(before)}
    or ${bookings.state} = 'held' and ${bookings.holdUntil} < ${instantOf(before)}))`;

const instantOf = (at: string | number): SQL =>
  sql`${sql.param(new Date(at).toISOString(), bookings.startsAt)}::timestamptz`;

/** A time and what has to lie after it, as values or columns. */
interface Kept {
  start: SQL | typeof bookings.startsAt | typeof bookings.nextStartsAt;
  end: SQL | typeof bookings.endsAt | typeof bookings.nextEndsAt;
  apartMs: SQL | typeof bookings.apartMs | typeof bookings.nextApartMs;
}

/** The time that a booking has. */
export const OWN: Kept = { start: bookings.startsAt, end: bookings.endsAt, apartMs: bookings.apartMs };
/** The time that it is being moved to. */
export const NEXT: Kept = { start: bookings.nextStartsAt, end: bookings.nextEndsAt, apartMs: bookings.nextApartMs };

export const keptOf = ({ start, end, apartMs }: Pick<BookingTime, 'start' | 'end'> & { apartMs: number }): Kept => ({
  ...{ start: instantOf(start), end: instantOf(end), apartMs: sql`${apartMs}::integer` },
});

/** Times, each with what has to lie after it: two that are so apart do not overlap, whichever of them is first. */
export function reserving(...times: Kept[]): SQL {
  const ranges = times.map(
    ({ start, end, apartMs }) => sql`tstzrange(${start}, ${end} + ${apartMs} * interval '1 millisecond')`,
  );
  return sql`tstzmultirange(${sql.join(ranges, sql`, `)})`;
}

export const NO_MOVE = { nextSlotId: null, nextStartsAt: null, nextEndsAt: null, nextApartMs: null };

/** Over, its time given back. One that was over stays so since then. */
export const over = (at: string): BookingUpdate => ({
  ...{ ...NO_MOVE, reserved: reserving(), endedAt: sql`coalesce(${bookings.endedAt}, ${instantOf(at)})` },
});

export const expired = (at: string): BookingUpdate => ({
  ...{ ...over(at), state: 'expired', stateReason: 'It was not taken up in time' },
});

export async function findBooking(database: Database, workspace: string, bookingId: string): Promise<Stored | null> {
  const [row] = await database.select().from(bookings).where(isBooking(workspace, bookingId));
  return row ?? null;
}

export async function changeBooking(
  database: Database,
  which: SQL | undefined,
  changes: BookingUpdate,
): Promise<BookingRow | null> {
  const [row] = await database.update(bookings).set(changes).where(which).returning();
  return row === undefined ? null : toBookingRow(row);
}

/** What whoever wants time of a resource reads, while others wait. */
const TIMES = {
  ...{ workspace: bookings.workspace, bookingId: bookings.bookingId, calendar: bookings.calendar },
  ...{ startsAt: bookings.startsAt, endsAt: bookings.endsAt, apartMs: bookings.apartMs },
  ...{ nextSlotId: bookings.nextSlotId, nextStartsAt: bookings.nextStartsAt, nextEndsAt: bookings.nextEndsAt },
  nextApartMs: bookings.nextApartMs,
};

/** Times of a resource from `from` to `to` (epoch ms), without those of bookings that `except` names. */
export async function takenTimes(
  database: Database,
  { resource, from, to, calendar, at }: { resource: string; from: number; to: number; calendar: string; at: string },
  except: (booking: { workspace: string; bookingId: string }) => boolean = () => false,
): Promise<BookedTime[]> {
  const [since, until] = [instantOf(from), instantOf(to)];
  const isKept = sql`(${bookings.reserved} && tstzrange(${since}, ${until}) and not ${isLeft(at)})`;
  // It keeps no time, but counts towards its day, and whoever met may need a while after it.
  const wasMet = sql`(${bookings.state} = 'completed' and ${bookings.endsAt} > ${since} and ${bookings.startsAt} < ${until})`;
  const rows = await database
    .select(TIMES)
    .from(bookings)
    .where(and(eq(bookings.resource, resource), sql`(${isKept} or ${wasMet})`));
  return rows
    .filter((row) => !except(row))
    .flatMap((row) => {
      const next = movingToOf(row);
      const times = [{ start: row.startsAt, end: row.endsAt, apartMs: row.apartMs }];
      if (next !== null) times.push({ start: next.start, end: next.end, apartMs: row.nextApartMs ?? row.apartMs });
      return times.map(({ start, end, apartMs }) => ({
        ...{ start: Date.parse(start), end: Date.parse(end), apartMs, ofCalendar: row.calendar === calendar },
      }));
    });
}
