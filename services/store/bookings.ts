import { type SQL, and, eq, sql } from 'drizzle-orm';
import { bookingOf } from '../../domain/bookings/booking.ts';
import type { EventType } from '../../domain/contracts/events.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingRow, BookingStore, BookingTime, DecideHold, Hold } from '../../domain/ports/booking-store.ts';
import type { WhyNot } from '../../domain/slots/slots.ts';
import {
  type BookingUpdate,
  NEXT,
  NO_MOVE,
  OWN,
  changeBooking,
  expired,
  findBooking,
  isBooking,
  isLeft,
  isOpen,
  isOverdue,
  keptOf,
  over,
  reserving,
  takenTimes,
  toBookingRow,
} from './booking-rows.ts';
import { bookings } from './booking-schema.ts';
import { type Connection, type Database, lockName } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { appendEvents } from './events.ts';

const DAY_MS = 86_400_000;

type Refused = { refused: WhyNot };

/** Days around a time: whatever counts towards what may be had of that day. */
const around = ({ start, end }: BookingTime) => ({
  from: Date.parse(start) - 2 * DAY_MS,
  to: Date.parse(end) + 2 * DAY_MS,
});

/** What the constraint says of a time that another has whom nothing else kept from it. */
async function unlessTaken<Result>(work: Promise<Result>): Promise<Result | Refused> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ReveilleError && error.code === 'conflict') return { refused: 'taken' };
    throw error;
  }
}

/** Work of whoever takes up time of the resource: one after the other, each without holds that are over. */
const holding = <Result>(
  connection: Connection,
  resource: string,
  at: string,
  work: (transaction: Database) => Promise<Result>,
): Promise<Result | Refused> =>
  unlessTaken(
    connection.holding(lockName('bookings', resource), async (transaction) => {
      await changeBooking(transaction, and(eq(bookings.resource, resource), isLeft(at)), expired(at));
      return work(transaction);
    }),
  );

async function hold(
  transaction: Database,
  workspace: string,
  { start, end, ...rest }: Hold,
  decide: DecideHold,
): Promise<{ held: BookingRow } | Refused> {
  const there = await findBooking(transaction, workspace, rest.bookingId);
  if (there !== null) return { held: toBookingRow(there) };
  const { resource, calendar, createdAt: at, apartMs, slotId } = rest;
  const time = { slotId, start, end };
  const refused = decide(await takenTimes(transaction, { ...around(time), resource, calendar, at }));
  if (refused !== null) return { refused };
  const kept = { startsAt: start, endsAt: end, reserved: reserving(keptOf({ start, end, apartMs })) };
  const [row] = await transaction
    .insert(bookings)
    .values({ ...rest, ...kept, workspace, state: 'held' })
    // The same id at the same moment for time of another resource.
    .onConflictDoNothing({ target: [bookings.workspace, bookings.bookingId] })
    .returning();
  const held = row ?? (await findBooking(transaction, workspace, rest.bookingId));
  if (held === null) throw new ReveilleError('internal', 'A booking was neither made nor there.');
  return { held: toBookingRow(held) };
}

type Move = Parameters<BookingStore['beginMove']>[2];

async function beginMove(
  transaction: Database,
  workspace: string,
  bookingId: string,
  to: Move,
  decide: DecideHold,
): Promise<{ moving: BookingRow } | Refused | null> {
  const row = await findBooking(transaction, workspace, bookingId);
  if (row === null || row.endedAt !== null) return null;
  const has = row.nextSlotId === null && row.slotId === to.slotId && row.endsAt === to.end;
  if (has || row.nextSlotId === to.slotId) return { moving: toBookingRow(row) };
  const { resource, calendar } = row;
  const taken = await takenTimes(
    transaction,
    { ...around(to), resource, calendar, at: to.at },
    (booking) => booking.workspace === workspace && booking.bookingId === bookingId,
  );
  const refused = decide(taken);
  if (refused !== null) return { refused };
  // It may be over by now; only who takes up time is held off.
  const moving = await changeBooking(transaction, and(isBooking(workspace, bookingId), isOpen), {
    ...{ nextSlotId: to.slotId, nextStartsAt: to.start, nextEndsAt: to.end, nextApartMs: to.apartMs },
    reserved: reserving(OWN, keptOf(to)),
  });
  return moving && { moving };
}

const EVENT_OF: Partial<Record<BookingRow['state'], EventType>> = {
  cancelled: 'booking.cancelled',
  no_show: 'booking.no_show',
};

const again = sql`${bookings.sequence} + 1`;

/** To where it was being moved. */
const MOVED: BookingUpdate = {
  ...NO_MOVE,
  ...{ slotId: bookings.nextSlotId, startsAt: bookings.nextStartsAt, endsAt: bookings.nextEndsAt },
  ...{ apartMs: bookings.nextApartMs, reserved: reserving(NEXT), sequence: again },
};
const STAYED: BookingUpdate = { ...NO_MOVE, reserved: reserving(OWN) };

interface Step {
  /** Of which bookings it is one, in one statement: of two at once, one finds it so. */
  condition: SQL;
  changes: BookingUpdate;
  /** What it is told as, where it is told. */
  event?: { type: EventType; at: string } | undefined;
}

/** One change, with the event that tells it; the booking as it is where there is nothing to change. */
const step = (
  connection: Connection,
  workspace: string,
  bookingId: string,
  { condition, changes, event }: Step,
): Promise<BookingRow | null> =>
  connection.transaction(async (transaction) => {
    const after = await changeBooking(transaction, and(isBooking(workspace, bookingId), condition), changes);
    if (after === null) {
      const there = await findBooking(transaction, workspace, bookingId);
      return there && toBookingRow(there);
    }
    if (event) await appendEvents(transaction, workspace, [{ ...event, data: bookingOf(after) }]);
    return after;
  });

export function bookingStore(connection: Connection): BookingStore {
  const newest = new NewestFirst(bookings, 'createdAt', 'bookingId');
  const get = async (workspace: string, bookingId: string) => {
    const row = await connection.run((database) => findBooking(database, workspace, bookingId));
    return row && toBookingRow(row);
  };

  return {
    get,

    hold: (workspace, given, decide) =>
      holding(connection, given.resource, given.createdAt, (transaction) =>
        hold(transaction, workspace, given, decide),
      ),

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

    taken: (resource, span, { calendar, at, except }) =>
      connection.run((database) =>
        takenTimes(database, { resource, ...span, calendar, at }, ({ bookingId }) => bookingId === except),
      ),

    change: (workspace, bookingId, changes) =>
      Object.values(changes).some((value) => value !== undefined)
        ? step(connection, workspace, bookingId, { condition: isOpen, changes })
        : get(workspace, bookingId),

    confirm: (workspace, bookingId, at) =>
      step(connection, workspace, bookingId, {
        condition: eq(bookings.state, 'held'),
        changes: { state: 'confirmed', stateReason: null },
        event: { type: 'booking.confirmed', at },
      }),

    async beginMove(workspace, bookingId, to, decide) {
      const known = await get(workspace, bookingId);
      if (known === null) return null;
      return holding(connection, known.resource, to.at, (transaction) =>
        beginMove(transaction, workspace, bookingId, to, decide),
      );
    },

    endMove: (workspace, bookingId, { slotId, to, at }) =>
      step(connection, workspace, bookingId, {
        condition: eq(bookings.nextSlotId, slotId),
        changes: to === 'new' ? MOVED : STAYED,
        event: to === 'new' ? { type: 'booking.rescheduled', at } : undefined,
      }),

    end(workspace, bookingId, { state, reason, at }) {
      const type = EVENT_OF[state];
      return step(connection, workspace, bookingId, {
        condition: state === 'no_show' ? sql`(${isOpen} or ${bookings.state} = 'completed')` : isOpen,
        changes: { ...over(at), state, stateReason: reason, ...(state === 'cancelled' && { sequence: again }) },
        event: type && { type, at },
      });
    },

    letGo: (workspace, bookingId, at) =>
      step(connection, workspace, bookingId, {
        condition: sql`${bookings.state} = 'held' and ${bookings.startedAt} is null`,
        changes: expired(at),
      }),

    async overdue(before, limit) {
      const rows = await connection.run((database) =>
        database.select().from(bookings).where(isOverdue(before)).orderBy(bookings.endsAt).limit(limit),
      );
      return rows.map((row) => ({ ...toBookingRow(row), workspace: row.workspace }));
    },

    async expireHolds(at) {
      const rows = await connection.run((database) =>
        database
          .update(bookings)
          .set(expired(at))
          // What somebody else is changing is left to them: of two that wait for nobody, neither waits for ever.
          .where(sql`ctid = any (array(select ctid from ${bookings} where ${isLeft(at)} for update skip locked))`)
          .returning({ one: sql`1` }),
      );
      return rows.length;
    },
  };
}
