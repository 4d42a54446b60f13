import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { BookingRow, DecideHold, Hold } from '../../../domain/ports/booking-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { slotId } from '../../../domain/slots/slot-ids.ts';
import type { BookedTime } from '../../../domain/slots/slots.ts';
import { NOW, inMinutes } from './fixtures.ts';

const MINUTE = 60_000;

/** Time that no other test takes up: resources are of all workspaces. */
export const newResource = (): string => `r-${randomUUID()}`;

/** `09:00` of a day some time after NOW. */
export const clock = (time: string): string => `2026-03-10T${time}:00.000Z`;

/** Half an hour from `time` on. */
export const slotAt = (time: string) => ({
  slotId: slotId('intro', Date.parse(clock(time))),
  start: clock(time),
  end: new Date(Date.parse(clock(time)) + 30 * MINUTE).toISOString(),
});

/** Half an hour of a resource, held for ten minutes after NOW. */
export const holdOf = (bookingId: string, resource: string, time = '09:00', more: Partial<Hold> = {}): Hold => ({
  ...{ bookingId, calendar: 'intro', resource, ...slotAt(time), apartMs: 0 },
  ...{ timezone: 'Europe/Berlin', invitee: { name: 'Asha Rao', email: 'asha@example.com' }, topic: 'A first talk' },
  ...{ contactId: 'c1', inviteeTimezone: 'Asia/Kolkata', language: 'en' },
  ...{ createdAt: NOW, createdBy: 'mia', holdUntil: inMinutes(10) },
  ...more,
});

/** Lets everybody through, so that only the database itself can refuse. */
export const free: DecideHold = () => null;

/** Holds a slot, which must be had. */
export async function held(store: Store, workspace: string, hold: Hold, decide = free): Promise<BookingRow> {
  const answer = await store.bookings.hold(workspace, hold, decide);
  if ('refused' in answer) return assert.fail(`refused: ${answer.refused}`);
  return answer.held;
}

/** A booking that a workflow has and that is confirmed. */
export async function confirmed(store: Store, workspace: string, hold: Hold): Promise<BookingRow> {
  await held(store, workspace, hold);
  await store.bookings.change(workspace, hold.bookingId, { startedAt: NOW });
  return (await store.bookings.confirm(workspace, hold.bookingId, NOW))!;
}

/** Whether half an hour from `time` on can be had, as far as the database goes. Takes it up when it can. */
export async function canBeHad(store: Store, workspace: string, resource: string, time: string): Promise<boolean> {
  return 'held' in (await store.bookings.hold(workspace, holdOf(`b-${randomUUID()}`, resource, time), free));
}

const ALL = { from: Date.parse(clock('00:00')), to: Date.parse(clock('23:59')) };

/** What is taken of that day, as `09:00`; another calendar's in brackets. */
export async function takenOn(
  store: Store,
  resource: string,
  { at = NOW, except }: { at?: string; except?: string } = {},
): Promise<string[]> {
  return words(await store.bookings.taken(resource, ALL, { calendar: 'intro', at, except }));
}

/** Times as `09:00`, in order; another calendar's in brackets. */
export const words = (booked: readonly BookedTime[]): string[] =>
  booked
    .map(({ start, ofCalendar }) => {
      const time = new Date(start).toISOString().slice(11, 16);
      return ofCalendar ? time : `(${time})`;
    })
    .toSorted();

/** Types of what was told of bookings in a workspace. */
export async function told(store: Store, workspace: string): Promise<string[]> {
  return (await store.events.after(workspace, 0, 99)).map(({ type }) => type);
}
