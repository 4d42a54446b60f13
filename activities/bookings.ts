import { createHash } from 'node:crypto';
import type { BookingInput, BookingState, Errand } from '../domain/contracts/bookings.ts';
import type { OutboxMessage } from '../domain/contracts/interventions.ts';
import { ReveilleError } from '../domain/errors.ts';
import type { BookingRow } from '../domain/ports/booking-store.ts';
import { refusal, unseen } from '../services/calendars/desk.ts';
import { takeSlot } from '../services/calendars/take-slot.ts';
import { timeFrom } from './clock.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Which booking, and the workflow's time (ISO 8601). */
export interface BookingStep {
  workspace: string;
  bookingId: string;
  at: string;
}

/** What the workflow has to know of its booking. Instants are ISO 8601. */
export interface HeldBooking {
  state: BookingState;
  start: string;
  end: string;
  /** Until when it has to be confirmed. */
  holdUntil: string;
  /** Whether there is a calendar that events can be put in, and a service that holds meetings. */
  calendar: boolean;
  meeting: boolean;
  /** Steps that are still to be made. */
  repairs: string[];
  /** Of the invitation. */
  sequence: number;
}

/** What could not be done for a booking, by its name; `isLong`: for so long that a person should know. */
export interface Trouble {
  errand: Errand;
  reason: string;
  isLong: boolean;
}

/** Activities of `booking` that change its row. */
export function bookingActivities(dependencies: ActivityDependencies) {
  const { store, failpoint, escalationOwner } = dependencies;
  const { desk, meetings } = dependencies.booking;

  function heldAs(row: BookingRow): HeldBooking {
    const { state, start, end, holdUntil, repairs, sequence } = row;
    const source = desk.calendars.get(row.calendar)?.source ?? null;
    return {
      ...{ state, start, end, holdUntil, repairs, sequence },
      ...{ calendar: source?.writable ?? false, meeting: meetings !== null },
    };
  }

  /** A contact for whoever is known by their address alone; one that there is stays as it is. */
  async function knowInvitee(
    { contactId, invitee, inviteeTimezone, language }: BookingRow,
    workspace: string,
    at: string,
  ) {
    if (contactId === null || (await store.contacts.get(workspace, contactId)) !== null) return;
    const details = { ...invitee, timezone: inviteeTimezone, language };
    await store.contacts.put(workspace, contactId, details, timeFrom(at));
  }

  return {
    /**
     * Holds the slot, or finds it held. @throws `Conflict` when another has it, `InvalidInput` when it is none, `NotFound` for an unknown
     * contact
     */
    async holdBooking({ at, ...input }: BookingInput & { at: string }): Promise<HeldBooking> {
      const { workspace, bookingId } = input;
      const there = await store.bookings.get(workspace, bookingId);
      const row = there ?? (await takeSlot({ store, desk }, input, { createdBy: 'temporal', at: timeFrom(at) }));
      failpoint('hold-after-row');
      await knowInvitee(row, workspace, at);
      if (row.startedAt !== null) return heldAs(row);
      // From now on its workflow says when it is over, not whoever finds it left.
      const started = await store.bookings.change(workspace, bookingId, { startedAt: timeFrom(at) });
      return heldAs(started ?? row);
    },

    /**
     * Looks at the representative's calendar once more. @returns whether it could be looked at. @throws `Conflict` when the slot is
     * taken; `Unavailable`, to be tried again, when it cannot be looked at and must be
     */
    async checkSlot({ workspace, bookingId, at }: BookingStep): Promise<{ verified: boolean }> {
      const row = await bookingRow(dependencies, workspace, bookingId);
      const asked = await desk.slotOf(row.movingTo?.slotId ?? row.slotId);
      const except = { bookingId, eventId: eventIdOf(workspace, bookingId) };
      const { why, verified } = await desk.check(asked, Date.parse(timeFrom(at)), except);
      if (why !== null) throw refusal(why, asked);
      if (!verified && asked.calendar.settings.whenUnavailable === 'closed') throw unseen(asked);
      return { verified };
    },

    async confirmBooking({ workspace, bookingId, at }: BookingStep): Promise<BookingState> {
      const row = await store.bookings.confirm(workspace, bookingId, timeFrom(at));
      failpoint('confirm-after-row');
      return row?.state ?? 'failed';
    },

    /** Holds the slot that it is to be moved to. @throws `Conflict` or `InvalidInput` that says why it cannot be had */
    async beginMove({ workspace, bookingId, slotId, at }: BookingStep & { slotId: string }): Promise<void> {
      const row = await bookingRow(dependencies, workspace, bookingId);
      const asked = await desk.slotOf(slotId, row.calendar);
      await desk.beginMove(workspace, row, asked, Date.parse(timeFrom(at)));
      failpoint('move-after-row');
    },

    /** Moves it to that slot, or leaves it where it was. */
    async endMove({
      workspace,
      bookingId,
      at,
      ...end
    }: BookingStep & { slotId: string; to: 'new' | 'old' }): Promise<HeldBooking> {
      const row = await store.bookings.endMove(workspace, bookingId, { ...end, at: timeFrom(at) });
      failpoint('move-after-row');
      return heldAs(row ?? (await bookingRow(dependencies, workspace, bookingId)));
    },

    /** Ends it, and gives its time back. */
    async endBooking({
      workspace,
      bookingId,
      at,
      ...end
    }: BookingStep & {
      state: Exclude<BookingState, 'held' | 'confirmed'>;
      reason: string | null;
    }): Promise<BookingState> {
      const row = await store.bookings.end(workspace, bookingId, { ...end, at: timeFrom(at) });
      failpoint('end-after-row');
      return row?.state ?? end.state;
    },

    /** Notes what could not be done yet, and tells whoever sees to such things what has taken long. */
    async noteTroubles({ workspace, bookingId, troubles, at }: BookingStep & { troubles: Trouble[] }): Promise<void> {
      const repairs = troubles.map(({ errand }) => errand);
      const row = await store.bookings.change(workspace, bookingId, {
        repairs,
        stateReason: troubles[0]?.reason || null,
      });
      for (const { errand, reason, isLong } of troubles) {
        if (isLong && row !== null) await store.outbox.put(workspace, notice(row, errand, reason));
      }

      function notice({ topic, invitee, start, contactId }: BookingRow, errand: string, why: string): OutboxMessage {
        return {
          messageId: createHash('sha256').update(`${workspace}/${bookingId}/${errand}`).digest('hex').slice(0, 32),
          ...{ kind: 'booking', interventionId: null, customerId: null, contactId, channel: 'notification' },
          to: escalationOwner,
          subject: `Booking ${bookingId}: ${errand} could not be done`,
          body: [
            `${topic} with ${invitee.name}, ${start}: ${why}.`,
            `It is tried again where that can help. To have it tried at once: reveille bookings repair ${bookingId}`,
          ].join('\n'),
          reason: 'For somebody to see to',
          createdAt: timeFrom(at),
        };
      }
    },
  };
}

/** @throws ReveilleError `not_found` */
export async function bookingRow(
  { store }: Pick<ActivityDependencies, 'store'>,
  workspace: string,
  bookingId: string,
): Promise<BookingRow> {
  const row = await store.bookings.get(workspace, bookingId);
  if (row !== null) return row;
  throw new ReveilleError('not_found', `There is no booking ${bookingId} in this workspace`);
}

/** Id of a booking's event, in every calendar that it may stand in: as Google wants them, and the same for ever. */
export const eventIdOf = (workspace: string, bookingId: string): string =>
  createHash('sha256').update(`${workspace}/${bookingId}`).digest('hex').slice(0, 32);
