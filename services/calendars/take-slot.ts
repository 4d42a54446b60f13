import { createHash } from 'node:crypto';
import type { BookingStart } from '../../domain/contracts/bookings.ts';
import { readersZone } from '../../domain/contracts/time-zone.ts';
import { invalidInput } from '../../domain/errors.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { BookingDesk } from './desk.ts';

/** How long a slot is kept while calendar, meeting and invitation are made, in milliseconds. */
const HOLD_MS = 15 * 60_000;

interface Parts {
  store: Pick<Store, 'contacts'>;
  desk: BookingDesk;
}

/**
 * Holds the slot that a booking asks for, once for each booking. @throws ReveilleError `invalid_input` that names the field,
 * `conflict` when another has the slot
 */
export async function takeSlot(
  { store, desk }: Parts,
  { workspace, bookingId, ...asked }: BookingStart,
  { createdBy, at }: { createdBy: string; at: string },
): Promise<BookingRow> {
  const { invitee, topic } = asked;
  const slot = await desk.slotOf(asked.slotId, asked.calendar);
  const contact = asked.contactId === undefined ? null : await store.contacts.get(workspace, asked.contactId);
  if (asked.contactId !== undefined && contact === null) {
    throw invalidInput([
      { path: 'contactId', message: 'is no contact of this workspace; leave it out to have one made' },
    ]);
  }
  const inviteeTimezone =
    asked.timezone === undefined ? (contact?.timezone ?? null) : readersZone(asked.timezone, Date.parse(at));
  const booking = {
    ...{ bookingId, invitee, topic, inviteeTimezone, createdBy, holdMs: HOLD_MS },
    contactId: asked.contactId ?? inviteeContactId(invitee.email),
    language: asked.language ?? contact?.language ?? null,
  };
  return desk.hold(workspace, slot, booking, Date.parse(at));
}

/** The contact of a person who is known by an address alone: the same address is the same contact. */
const inviteeContactId = (email: string): string =>
  `I${createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 24)}`;
