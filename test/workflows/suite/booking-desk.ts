import { randomUUID } from 'node:crypto';
import type { Booking, BookingStatus } from '../../../domain/contracts/bookings.ts';
import type { Event } from '../../../domain/contracts/events.ts';
import type { OutboxMessage } from '../../../domain/contracts/interventions.ts';
import { TASK_QUEUES, workflowIds } from '../../../domain/contracts/names.ts';
import type { Slot } from '../../../domain/contracts/slots.ts';
import { calendarSettings } from '../../../domain/contracts/calendars.ts';
import type { BookingRow } from '../../../domain/ports/booking-store.ts';
import type { FollowUpRow } from '../../../domain/ports/contact-store.ts';
import { representativeSettings } from '../../../domain/contracts/calendars.ts';
import type { BookingConfiguration } from '../../../services/calendars/settings.ts';
import type { TestService } from '../../support/service.ts';
import { until } from './desk.ts';

/** Slots of half an hour at any time of any day, so that tests run at any time of day. */
export const ALL_DAY = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['00:00', '24:00']]]),
);

/** Calendars `one` and `two`, of nobody, and what else is given. */
export function bookingConfiguration(
  more: Partial<BookingConfiguration> = {},
  settings: object = {},
): BookingConfiguration {
  const calendar = (given: object = {}) =>
    calendarSettings.parse({ timezone: 'Europe/Berlin', hours: ALL_DAY, ...given });
  return {
    calendars: { one: calendar(settings), two: calendar(settings) },
    representatives: {},
    google: null,
    zoom: null,
    ...more,
  };
}

/** A representative whose calendar is `connection`. */
export const representative = (connection: object | null) =>
  representativeSettings.parse({ name: 'Mia Berg', email: 'mia@example.com', calendar: connection });

/** One workspace of a running service, as a test books in it. */
export interface BookingDesk {
  workspace: string;
  /** Free slots of the coming days. */
  slots(calendar?: string, days?: number): Promise<Slot[]>;
  /** Books a slot through the operations. */
  book(slot: Slot, more?: object): Promise<Booking>;
  reschedule(id: string, slot: Slot): Promise<Booking>;
  cancel(id: string, reason?: string): Promise<Booking>;
  /** Starts its workflow as the Temporal CLI would. @returns its result */
  start(input: object, bookingId?: string): Promise<BookingStatus>;
  /** Starts one for a slot, whenever that is; returns its row when that is so. */
  begin(slotId: string, more?: object, ready?: (row: BookingRow) => boolean): Promise<BookingRow>;
  row(id: string, ready?: (row: BookingRow) => boolean): Promise<BookingRow>;
  status(id: string): Promise<BookingStatus>;
  /** Ids of those that `begin` has started. */
  started: string[];
  /** How the workflow stands. */
  described(id: string): Promise<string>;
  /** What lies in the outbox for people, oldest first. */
  outbox(ready?: (items: OutboxMessage[]) => boolean): Promise<OutboxMessage[]>;
  reminders(ready?: (items: FollowUpRow[]) => boolean): Promise<FollowUpRow[]>;
  events(): Promise<Event[]>;
}

export const INVITEE = { email: 'asha@example.com', name: 'Asha Rao' };

export function openBookings(service: TestService, workspace = `w-${randomUUID().slice(0, 8)}`): BookingDesk {
  const { operations, store, client } = service;
  const caller = { workspace, actor: 'tester' };
  const handleOf = (id: string) => client.workflow.getHandle(workflowIds.booking(workspace, id));
  const readyOf = async <Items extends unknown[]>(read: () => Promise<Items>, ready: (items: Items) => boolean) =>
    until(async () => {
      const items = await read();
      return ready(items) && items;
    });
  const desk: BookingDesk = {
    workspace,
    started: [],
    slots: async (calendar = 'one', days = 4) => (await operations.listSlots(caller, { calendar, days })).items,
    book: (slot, more = {}) =>
      operations.createBooking(caller, {
        ...{ calendar: slot.calendar, slotId: slot.id, invitee: INVITEE, topic: 'Demo' },
        ...more,
      }),
    reschedule: (id, slot) => operations.rescheduleBooking(caller, { id, slotId: slot.id }),
    cancel: (id, reason = 'changed plans') => operations.cancelBooking(caller, { id, reason }),
    start: (input, bookingId = `T${randomUUID().slice(0, 8)}`) =>
      client.workflow.execute<(given: object) => Promise<BookingStatus>>('booking', {
        args: [{ workspace, bookingId, ...input }],
        workflowId: workflowIds.booking(workspace, bookingId),
        taskQueue: TASK_QUEUES.main,
      }),
    async begin(slotId, more = {}, ready = ({ state }) => state === 'confirmed') {
      const bookingId = `T${randomUUID().slice(0, 8)}`;
      const calendar = slotId.slice(0, slotId.lastIndexOf('-'));
      await client.workflow.start('booking', {
        args: [{ workspace, bookingId, calendar, slotId, invitee: INVITEE, topic: 'Demo', ...more }],
        workflowId: workflowIds.booking(workspace, bookingId),
        taskQueue: TASK_QUEUES.main,
      });
      desk.started.push(bookingId);
      return desk.row(bookingId, ready);
    },
    row: (id, ready = () => true) =>
      until(async () => {
        const row = await store.bookings.get(workspace, id);
        return row && ready(row) && row;
      }),
    status: (id) => handleOf(id).query<BookingStatus>('state'),
    described: async (id) => (await handleOf(id).describe()).status.name,
    outbox: (ready = () => true) =>
      readyOf(async () => (await store.outbox.list(workspace, { limit: 500 })).items.toReversed(), ready),
    reminders: (ready = () => true) =>
      readyOf(async () => (await store.followUps.list(workspace, { limit: 500 })).items.toReversed(), ready),
    events: () => store.events.after(workspace, 0, 500),
  };
  return desk;
}

/** Resolves once each meeting of a workspace that takes place has two reminders to come, and no other has any. */
export function remindersAreThere({ store }: TestService, workspace: string): Promise<unknown> {
  return until(async () => {
    const confirmed = await store.bookings.list(workspace, { limit: 500, state: 'confirmed' });
    const pending = await store.followUps.list(workspace, { limit: 500, state: 'pending' });
    return pending.items.length === 2 * confirmed.items.length;
  });
}
