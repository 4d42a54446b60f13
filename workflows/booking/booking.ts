import { CancellationScope, TemporalFailure, continueAsNew, isCancellation } from '@temporalio/workflow';
import { CANCELLED_THROUGH_TEMPORAL } from '../../domain/bookings/booking.ts';
import { type BookingStatus, bookingInput } from '../../domain/contracts/bookings.ts';
import { quick } from '../activity-profiles.ts';
import { parseInput, plainly } from '../input.ts';
import { inTurns } from '../in-turns.ts';
import { isLabelled, labelWorkflow } from '../search-attributes.ts';
import { attend } from './attending.ts';
import { cancel, move, noShow } from './changes.ts';
import { Course } from './course.ts';
import { failureOf } from './failure.ts';
import { Making } from './making.ts';
import { answerMessages } from './messages.ts';

/**
 * One meeting, from the slot that is held for it to its end: a saga whose steps are undone where it cannot be confirmed. What cannot be
 * done at once, such as the mail while the mail server is away, is done as soon as it can be.
 */
export async function booking(...args: unknown[]): Promise<BookingStatus> {
  const input = parseInput(bookingInput, args);
  const course = new Course(input);
  const { status, todo } = course;
  const inTurn = inTurns();
  let making: Making | null = null;
  // First in turn, whatever came with the start.
  const begun = inTurn(begin);
  // Told of below.
  begun.catch(() => undefined);
  // Before anything is awaited: an update may have come with the start.
  answerMessages(status, {
    reschedule: (message) => inTurn(() => move(course, message)),
    noShow: () => inTurn(() => noShow(course)),
    repair: async () => todo.hurry(Date.now()),
    async cancelBooking(message) {
      if (status.state !== 'held') return inTurn(() => cancel(course, message));
      course.cancelled = message.reason;
      making?.stop();
      // It may have been confirmed at that very moment.
      await inTurn(async () => (status.state === 'confirmed' ? cancel(course, message) : undefined));
    },
  });

  /** Makes what is held; what was made before goes on where it was. */
  async function begin(): Promise<void> {
    // Whatever happens, it is known whether there is something to give back.
    const held = await CancellationScope.nonCancellable(() => quick.holdBooking({ ...input, at: course.step().at }));
    course.takeUp(held);
    if (status.state !== 'held') return;
    making = new Making(course);
    if (course.cancelled !== null) making.stop();
    await making.run(held.holdUntil).finally(() => (making = null));
  }

  /** What is over is ended, whether it failed or Temporal was told to cancel it. */
  async function giveUp(error: TemporalFailure): Promise<void> {
    course.isGivenUp = true;
    if (status.state === 'confirmed' && isCancellation(error)) {
      await cancel(course, { reason: CANCELLED_THROUGH_TEMPORAL, actor: 'temporal' });
    } else if (status.state === 'held') {
      status.failure = failureOf(error);
      status.state = 'failed';
    }
  }

  try {
    if (!isLabelled('Workspace'))
      labelWorkflow({ Workspace: input.workspace, ...(input.contactId && { ContactId: input.contactId }) });
    await begun;
    if ((await attend(course, inTurn)) === 'full') await continueAsNew<typeof booking>({ ...input, ...todo.left });
  } catch (error) {
    // It goes on as another run, or the code is at fault.
    if (!(error instanceof TemporalFailure)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await inTurn(() => giveUp(error));
      await attend(course, inTurn);
    });
    throw plainly(error);
  }
  return status;
}
