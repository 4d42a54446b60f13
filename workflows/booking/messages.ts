import type { UpdateDefinition } from '@temporalio/common';
import { condition, defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';
import {
  type BookingStatus,
  cancelBookingMessage,
  noShowMessage,
  repairMessage,
  rescheduleMessage,
  settledMessage,
} from '../../domain/contracts/bookings.ts';
import { onUpdate } from '../on-update.ts';

const update = <Name extends string>(name: Name): UpdateDefinition<BookingStatus, [unknown], Name> =>
  defineUpdate(name);

export const reschedule = update('reschedule');
export const cancelBooking = update('cancelBooking');
export const noShow = update('noShow');
export const repair = update('repair');
export const settled = update('settled');
export const state = defineQuery<BookingStatus>('state');

/** What is done when a booking is told something. */
export interface Actions {
  reschedule(message: z.output<typeof rescheduleMessage>): Promise<void>;
  cancelBooking(message: z.output<typeof cancelBookingMessage>): Promise<void>;
  noShow(message: z.output<typeof noShowMessage>): Promise<void>;
  repair(message: z.output<typeof repairMessage>): Promise<void>;
}

/** Answers the messages of a booking with what it is then. */
export function answerMessages(status: BookingStatus, actions: Actions): void {
  const told = async (work: Promise<unknown>): Promise<BookingStatus> => {
    await work;
    return { ...status };
  };

  onUpdate(reschedule, rescheduleMessage, (message) => told(actions.reschedule(message)));
  onUpdate(cancelBooking, cancelBookingMessage, (message) => told(actions.cancelBooking(message)));
  onUpdate(noShow, noShowMessage, (message) => told(actions.noShow(message)));
  onUpdate(repair, repairMessage, (message) => told(actions.repair(message)));
  // For whoever has just asked for it: whether it was made.
  onUpdate(settled, settledMessage, () => told(condition(() => status.state !== 'held')));
  setHandler(state, () => ({ ...status }));
}
