import { createHash, randomUUID } from 'node:crypto';
import { bookingOf, startOf } from '../../domain/bookings/booking.ts';
import type { Booking, BookingRequest } from '../../domain/contracts/bookings.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingUpdates } from '../../domain/ports/booking-service.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
import { type BookingDesk, unseen } from '../../services/calendars/desk.ts';
import { takeSlot } from '../../services/calendars/take-slot.ts';
import type { Caller, OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, bookingsOf, found } from './dependencies.ts';

/** How long whoever books waits to hear that it was made; then it is told as held. */
const SETTLED_MS = 8_000;

type Reading = 'listBookings' | 'getBooking';
type Changing = 'createBooking' | 'rescheduleBooking' | 'cancelBooking' | 'noShow' | 'repairBooking';

/** Bookings: read from the store, made and changed through their workflows. */
export function bookingOperations(dependencies: OperationDependencies): Pick<OperationHandlers, Reading | Changing> {
  const { store } = dependencies;
  const get = async (workspace: string, id: string): Promise<BookingRow> =>
    found(await store.bookings.get(workspace, id), 'booking', id);

  return {
    async listBookings({ workspace }, filter) {
      const { items, nextCursor } = await store.bookings.list(workspace, filter);
      return { items: items.map(bookingOf), nextCursor };
    },

    getBooking: async ({ workspace }, { id }) => bookingOf(await get(workspace, id)),

    createBooking: (caller, request) => create(dependencies, caller, request),

    // Whoever asks again is told that it holds.
    rescheduleBooking: (caller, { id, slotId }) =>
      change(caller, id, 'reschedule', { slotId, actor: caller.actor }, (row) => row.slotId === slotId && !row.endedAt),
    cancelBooking: (caller, { id, reason }) =>
      change(caller, id, 'cancelBooking', { reason, actor: caller.actor }, ({ state }) => state === 'cancelled'),
    noShow: (caller, { id }) =>
      change(caller, id, 'noShow', { actor: caller.actor }, ({ state }) => state === 'no_show'),
    repairBooking: (caller, { id }) => change(caller, id, 'repair', { actor: caller.actor }, () => false),
  };

  /** Has it changed by its workflow, unless it `holds` already. @returns it as it is then */
  async function change<Name extends keyof BookingUpdates>(
    { workspace, requestKey }: Caller,
    id: string,
    name: Name,
    message: BookingUpdates[Name],
    holds: (row: BookingRow) => boolean,
  ): Promise<Booking> {
    const row = await get(workspace, id);
    if (!holds(row)) {
      const lost = row.endedAt === null ? startOf({ ...row, workspace }) : null;
      const options = { updateId: requestKey, lost };
      await bookingsOf(dependencies).update({ workspace, bookingId: id }, name, message, options);
    }
    return bookingOf(await get(workspace, id));
  }
}

/** Holds the slot first, so that of many who want it all but one hear of it at once. */
async function create(dependencies: OperationDependencies, caller: Caller, request: BookingRequest): Promise<Booking> {
  const { store, desk } = dependencies;
  const service = bookingsOf(dependencies);
  if (desk === undefined) throw new ReveilleError('not_found', 'There are no calendars to book in');
  const at = new Date().toISOString();
  const { workspace } = caller;
  const held = await take({ store, desk }, caller, request, at);
  const { bookingId } = held;
  if (held.endedAt !== null) throw new ReveilleError('conflict', `Booking ${bookingId} is over: ${held.stateReason}`);
  const begun = async () => {
    if (held.startedAt === null) await seeCalendar(desk, held, at);
    return service.make({ ...request, workspace, bookingId }, SETTLED_MS);
  };
  const status = await begun().catch(async (error: unknown) => {
    // Where nobody is at it, the slot is free again, and whoever asked may ask again.
    await store.bookings.letGo(workspace, bookingId, new Date().toISOString());
    throw error;
  });
  const row = found(await store.bookings.get(workspace, bookingId), 'booking', bookingId);
  if (status?.failure) throw new ReveilleError(status.failure, row.stateReason ?? 'It could not be booked');
  return bookingOf(row);
}

/** The row of the booking that the request makes; one that nobody ever began, and that is over, is made as another. */
async function take(
  parts: Parameters<typeof takeSlot>[0],
  { workspace, actor, requestKey }: Caller,
  request: BookingRequest,
  at: string,
): Promise<BookingRow> {
  for (let count = 0; ; count += 1) {
    const bookingId = bookingIdOf(workspace, requestKey, count);
    const row = await takeSlot(parts, { ...request, workspace, bookingId }, { createdBy: actor, at });
    if (row.endedAt === null || row.startedAt !== null) return row;
  }
}

/**
 * Where nothing is booked unseen, whoever asks hears at once that the calendar is away: its workflow would wait a minute for it to come
 * back. @throws ReveilleError `unavailable`
 */
async function seeCalendar(desk: BookingDesk, { bookingId, slotId }: BookingRow, at: string): Promise<void> {
  const asked = await desk.slotOf(slotId);
  if (asked.calendar.settings.whenUnavailable !== 'closed') return;
  const { verified } = await desk.check(asked, Date.parse(at), { bookingId, eventId: '' });
  if (!verified) throw unseen(asked);
}

/** The same request makes the same booking. `count`: of those before it that were never begun. */
function bookingIdOf(workspace: string, requestKey: string | undefined, count: number): string {
  const key = requestKey === undefined ? randomUUID() : `${workspace}/${requestKey}`;
  const unique = count === 0 ? key : `${key}/${count}`;
  return `B${createHash('sha256').update(unique).digest('hex').slice(0, 20)}`;
}
