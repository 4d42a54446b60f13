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
import { inPlainWords } from '../in-plain-words.ts';
import { parseInput } from '../input.ts';

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
  function onUpdate<Schema extends z.ZodType>(
    definition: UpdateDefinition<BookingStatus, [unknown]>,
    schema: Schema,
    carryOut: (message: z.output<Schema>) => Promise<unknown>,
  ): void {
    const handler = async (...args: unknown[]): Promise<BookingStatus> => {
      await inPlainWords(() => carryOut(parseInput(schema, args)));
      return { ...status };
    };
    setHandler(definition as UpdateDefinition<unknown, unknown[]>, handler, {
      validator: (...args) => void parseInput(schema, args),
    });
  }

  onUpdate(reschedule, rescheduleMessage, (message) => actions.reschedule(message));
  onUpdate(cancelBooking, cancelBookingMessage, (message) => actions.cancelBooking(message));
  onUpdate(noShow, noShowMessage, (message) => actions.noShow(message));
  onUpdate(repair, repairMessage, (message) => actions.repair(message));
  // For whoever has just asked for it: whether it was made.
  onUpdate(settled, settledMessage, () => condition(() => status.state !== 'held'));
  setHandler(state, () => ({ ...status }));
}
