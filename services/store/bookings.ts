import { type SQL, and, eq, sql } from 'drizzle-orm';
import type { Booking } from '../../domain/contracts/bookings.ts';
import type { EventType } from '../../domain/contracts/events.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingRow, BookingStore, BookingTime, DecideHold } from '../../domain/ports/booking-store.ts';
import type { BookedTime, WhyNot } from '../../domain/slots/slots.ts';
import { bookings } from './booking-schema.ts';
import { type Connection, type Database, holdLock } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { appendEvents } from './events.ts';

type Stored = typeof bookings.$inferSelect;
type Changes = Partial<Record<keyof Stored, unknown>>;

const DAY_MS = 86_400_000;

function toBookingRow(row: Stored): BookingRow {
  const { workspace: _workspace, reserved: _reserved, apartMs: _apart, startsAt, endsAt, ...rest } = row;
  const { nextSlotId, nextStartsAt, nextEndsAt, ...booking } = rest;
  const movingTo = nextSlotId === null ? null : { slotId: nextSlotId, start: nextStartsAt!, end: nextEndsAt! };
  return { ...booking, start: startsAt, end: endsAt, movingTo };
}

/** The contract's object of a row. */
export function bookingOf(row: BookingRow): Booking {
  const { bookingId, calendar, slotId, start, end, timezone, invitee, topic, contactId } = row;
  const { state, stateReason, joinUrl, sequence } = row;
  return {
    ...{ bookingId, calendar, slotId, start, end, timezone, invitee, topic, contactId },
    ...{ state, stateReason, joinUrl, sequence },
  };
}

const isBooking = (workspace: string, bookingId: string): SQL | undefined =>
  and(eq(bookings.workspace, workspace), eq(bookings.bookingId, bookingId));

const isOpen = sql`${bookings.state} in ('held', 'confirmed')`;
const isLeft = (at: string): SQL =>
  sql`${bookings.state} = 'held' and ${bookings.startedAt} is null and ${bookings.holdUntil} <= ${instantOf(at)}`;
const instantOf = (at: string): SQL => sql`${sql.param(at, bookings.startsAt)}::timestamptz`;

/** A time with what has to lie after it: two that are so apart do not overlap, whichever of them is first. */
const kept = ({ start, end }: BookingTime, apartMs: number): SQL =>
  sql`tstzrange(${instantOf(start)}, ${instantOf(new Date(Date.parse(end) + apartMs).toISOString())})`;

/** No time at all. */
const NOTHING = sql`'{}'::tstzmultirange`;

async function find(database: Database, workspace: string, bookingId: string): Promise<Stored | null> {
  const [row] = await database.select().from(bookings).where(isBooking(workspace, bookingId));
  return row ?? null;
}

async function changed(database: Database, which: SQL | undefined, changes: Changes): Promise<Stored | null> {
  const [row] = await database
    .update(bookings)
    .set(changes as Partial<Stored>)
    .where(which)
    .returning();
  return row ?? null;
}

/** Holds that nobody took up are over when their time is, whether or not somebody has said so yet. */
async function takenOf(
  database: Database,
  resource: string,
  { from, to }: { from: number; to: number },
  { calendar, at, except }: Parameters<BookingStore['taken']>[2],
): Promise<BookedTime[]> {
  const span = sql`tstzrange(${instantOf(new Date(from).toISOString())}, ${instantOf(new Date(to).toISOString())})`;
  const rows = await database
    .select()
    .from(bookings)
    .where(and(eq(bookings.resource, resource), sql`${bookings.reserved} && ${span}`, sql`not (${isLeft(at)})`));
  return rows
    .filter(({ bookingId }) => bookingId !== except)
    .flatMap((row) => {
      const { movingTo, start, end } = toBookingRow(row);
      return [{ start, end }, ...(movingTo === null ? [] : [movingTo])].map((time) => ({
        ...{ start: Date.parse(time.start), end: Date.parse(time.end) },
        ...{ apartMs: row.apartMs, ofCalendar: row.calendar === calendar },
      }));
    });
}

/** Days around a time: whatever counts towards what may be had of that day. */
const around = ({ start, end }: BookingTime) => ({
  from: Date.parse(start) - 2 * DAY_MS,
  to: Date.parse(end) + 2 * DAY_MS,
});

const leave = (at: string): Changes => ({
  ...{ state: 'expired', stateReason: 'It was not taken up in time', endedAt: at },
  ...{ reserved: NOTHING, nextSlotId: null, nextStartsAt: null, nextEndsAt: null },
});

/** What the constraint says of a time that another got at the same moment. */
async function unlessTaken<Result>(work: Promise<Result>): Promise<Result | { refused: WhyNot }> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ReveilleError && error.code === 'conflict') return { refused: 'taken' };
    throw error;
  }
}

/** Waits for whoever is about to take up time of the resource. */
const holdResource = (transaction: Database, resource: string): Promise<void> =>
  holdLock(transaction, 'bookings', resource);

export function bookingStore(connection: Connection): BookingStore {
  const newest = new NewestFirst(bookings, 'createdAt', 'bookingId');

  /** One change with the event that tells it; null when it is over already, or unknown. */
  const step = (
    workspace: string,
    bookingId: string,
    { type, at, condition, changes }: { type: EventType | null; at: string; condition: SQL; changes: Changes },
  ): Promise<BookingRow | null> =>
    connection.transaction(async (transaction) => {
      const row = await changed(transaction, and(isBooking(workspace, bookingId), condition), changes);
      if (row === null) {
        const there = await find(transaction, workspace, bookingId);
        return there && toBookingRow(there);
      }
      const after = toBookingRow(row);
      if (type !== null) await appendEvents(transaction, workspace, [{ type, at, data: bookingOf(after) }]);
      return after;
    });

  return {
    hold: (workspace, hold, decide) =>
      unlessTaken(
        connection.transaction(async (transaction) => {
          const { resource, calendar, createdAt: at, apartMs, start, end, ...rest } = hold;
          await holdResource(transaction, resource);
          const there = await find(transaction, workspace, hold.bookingId);
          if (there !== null) return { held: toBookingRow(there) };
          await transaction
            .update(bookings)
            .set(leave(at) as Partial<Stored>)
            .where(and(eq(bookings.resource, resource), isLeft(at)));
          const refused = decide(await takenOf(transaction, resource, around(hold), { calendar, at }));
          if (refused !== null) return { refused };
          const time = { startsAt: start, endsAt: end, reserved: sql`tstzmultirange(${kept(hold, apartMs)})` };
          const [row] = await transaction
            .insert(bookings)
            .values({ ...rest, ...time, workspace, resource, calendar, apartMs, createdAt: at, state: 'held' } as never)
            .returning();
          return { held: toBookingRow(row!) };
        }),
      ),

    async get(workspace, bookingId) {
      const row = await connection.run((database) => find(database, workspace, bookingId));
      return row && toBookingRow(row);
    },

    async list(workspace, { calendar, slotId, contactId, state, ...options }) {
      const filter = and(
        eq(bookings.workspace, workspace),
        calendar === undefined ? undefined : eq(bookings.calendar, calendar),
        slotId === undefined ? undefined : eq(bookings.slotId, slotId),
        contactId === undefined ? undefined : eq(bookings.contactId, contactId),
        state === undefined ? undefined : eq(bookings.state, state),
      );
      return newest.list(connection, options, filter, toBookingRow);
    },

    taken: (resource, span, options) => connection.run((database) => takenOf(database, resource, span, options)),

    change: (workspace, bookingId, changes) =>
      step(workspace, bookingId, { type: null, at: '', condition: isOpen, changes }),

    confirm: (workspace, bookingId, at) =>
      step(workspace, bookingId, {
        ...{ type: 'booking.confirmed', at, condition: sql`${bookings.state} = 'held'` },
        changes: { state: 'confirmed', stateReason: null },
      }),

    beginMove: (workspace, bookingId, { apartMs, at, ...to }, decide) =>
      unlessTaken(beginMove(connection, workspace, bookingId, { apartMs, at, to }, decide)),

    endMove: (workspace, bookingId, { to, at, apartMs }) =>
      connection.transaction(async (transaction) => {
        const row = await find(transaction, workspace, bookingId);
        if (row === null) return null;
        const before = toBookingRow(row);
        const { movingTo } = before;
        // Said before, and not heard.
        if (movingTo === null || row.endedAt !== null) return before;
        const time = to === 'new' ? movingTo : before;
        const nothing = { nextSlotId: null, nextStartsAt: null, nextEndsAt: null };
        const place = { slotId: time.slotId, startsAt: time.start, endsAt: time.end };
        const reserved = sql`tstzmultirange(${kept(time, to === 'new' ? apartMs : row.apartMs)})`;
        const counted = to === 'new' ? { sequence: row.sequence + 1, apartMs } : {};
        const changes = { ...nothing, ...place, ...counted, reserved };
        const after = toBookingRow((await changed(transaction, isBooking(workspace, bookingId), changes))!);
        if (to === 'new') {
          await appendEvents(transaction, workspace, [{ type: 'booking.rescheduled', at, data: bookingOf(after) }]);
        }
        return after;
      }),

    end: (workspace, bookingId, { state, reason, at }) =>
      step(workspace, bookingId, {
        ...{ type: EVENT_OF[state] ?? null, at },
        condition: state === 'no_show' ? sql`(${isOpen} or ${bookings.state} = 'completed')` : isOpen,
        changes: {
          ...leave(at),
          ...{ state, stateReason: reason },
          ...(state === 'cancelled' && { sequence: sql`${bookings.sequence} + 1` }),
        },
      }),

    async expireHolds(at) {
      const left = await connection.run((database) =>
        database
          .update(bookings)
          .set(leave(at) as Partial<Stored>)
          .where(isLeft(at))
          .returning({ bookingId: bookings.bookingId }),
      );
      return left.length;
    },
  };
}

const EVENT_OF: Partial<Record<BookingRow['state'], EventType>> = {
  cancelled: 'booking.cancelled',
  no_show: 'booking.no_show',
};

function beginMove(
  connection: Connection,
  workspace: string,
  bookingId: string,
  { to, apartMs, at }: { to: BookingTime; apartMs: number; at: string },
  decide: DecideHold,
): Promise<{ moving: BookingRow } | { refused: WhyNot } | null> {
  return connection.transaction(async (transaction) => {
    const known = await find(transaction, workspace, bookingId);
    if (known === null) return null;
    const { resource, calendar } = known;
    await holdResource(transaction, resource);
    const row = await find(transaction, workspace, bookingId);
    if (row === null || row.endedAt !== null) return null;
    if (row.nextSlotId === to.slotId) return { moving: toBookingRow(row) };
    const refused = decide(await takenOf(transaction, resource, around(to), { calendar, at, except: bookingId }));
    if (refused !== null) return { refused };
    const own = kept({ slotId: row.slotId, start: row.startsAt, end: row.endsAt }, row.apartMs);
    const after = await changed(transaction, isBooking(workspace, bookingId), {
      ...{ nextSlotId: to.slotId, nextStartsAt: to.start, nextEndsAt: to.end },
      reserved: sql`tstzmultirange(${own}, ${kept(to, apartMs)})`,
    });
    return { moving: toBookingRow(after!) };
  });
}
