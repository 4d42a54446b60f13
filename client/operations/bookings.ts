import { createHash, randomUUID } from 'node:crypto';
import { bookingOf } from '../../domain/bookings/booking.ts';
import type { Booking, BookingRequest } from '../../domain/contracts/bookings.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
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

    async rescheduleBooking({ workspace, actor, requestKey }, { id, slotId }) {
      const row = await get(workspace, id);
      // Whoever asks again is told that it holds.
      if (row.slotId !== slotId || row.endedAt !== null) {
        const message = { slotId, actor };
        await bookingsOf(dependencies).update({ workspace, bookingId: id }, 'reschedule', message, requestKey);
      }
      return bookingOf(await get(workspace, id));
    },

    async cancelBooking({ workspace, actor, requestKey }, { id, reason }) {
      const row = await get(workspace, id);
      if (row.state !== 'cancelled') {
        const message = { reason, actor };
        await bookingsOf(dependencies).update({ workspace, bookingId: id }, 'cancelBooking', message, requestKey);
      }
      return bookingOf(await get(workspace, id));
    },

    async noShow({ workspace, actor, requestKey }, { id }) {
      const row = await get(workspace, id);
      if (row.state !== 'no_show') {
        await bookingsOf(dependencies).update({ workspace, bookingId: id }, 'noShow', { actor }, requestKey);
      }
      return bookingOf(await get(workspace, id));
    },

    async repairBooking({ workspace, actor, requestKey }, { id }) {
      await get(workspace, id);
      await bookingsOf(dependencies).update({ workspace, bookingId: id }, 'repair', { actor }, requestKey);
      return bookingOf(await get(workspace, id));
    },
  };
}

/** Holds the slot first, so that of many who want it all but one hear of it at once. */
async function create(
  dependencies: OperationDependencies,
  { workspace, actor, requestKey }: Caller,
  request: BookingRequest,
): Promise<Booking> {
  const { store, desk } = dependencies;
  const service = bookingsOf(dependencies);
  if (desk === undefined) throw new ReveilleError('not_found', 'There are no calendars to book in');
  const bookingId = bookingIdOf(workspace, requestKey);
  const input = { ...request, workspace, bookingId, revision: 0, todo: [] };
  const at = new Date().toISOString();
  await takeSlot({ store, desk }, input, { createdBy: actor, at });
  const status = await service.make(input, SETTLED_MS).catch(async (error: unknown) => {
    // Nobody is at it: the slot is free again, and whoever asked may ask again.
    await store.bookings.end(workspace, bookingId, { state: 'failed', reason: 'It could not be begun', at });
    throw error;
  });
  const row = found(await store.bookings.get(workspace, bookingId), 'booking', bookingId);
  if (status?.failure) throw new ReveilleError(status.failure, row.stateReason ?? 'It could not be booked');
  return bookingOf(row);
}

/** The same request makes the same booking. */
function bookingIdOf(workspace: string, requestKey: string | undefined): string {
  const unique = requestKey === undefined ? randomUUID() : `${workspace}/${requestKey}`;
  return `B${createHash('sha256').update(unique).digest('hex').slice(0, 20)}`;
}
