import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { type BookingStatus, bookingInput } from '../../domain/contracts/bookings.ts';
import { quick } from '../activity-profiles.ts';
import { parseInput, plainly } from '../input.ts';
import { inTurns } from '../in-turns.ts';
import { isLabelled, labelWorkflow } from '../search-attributes.ts';
import { cancel, move, noShow } from './changes.ts';
import { Course } from './course.ts';
import { Making } from './making.ts';
import { answerMessages } from './messages.ts';
import type { Errand } from './todo.ts';

/** So long after the meeting somebody may still say that nobody came, in milliseconds. */
const NO_SHOW_MS = 24 * 3_600_000;
/** What is left to be done for one that is over is tried for so long, in milliseconds. */
const LAST_MS = 7 * 24 * 3_600_000;
/** It continues as new from so many events on. */
const FULL = 2_000;

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
  // Before anything is awaited: an update may have come with the start.
  answerMessages(status, {
    reschedule: (message) => inTurn(() => move(course, message)),
    noShow: () => inTurn(() => noShow(course)),
    repair: async () => todo.hurry(Date.now()),
    async cancelBooking(message) {
      if (making === null) return inTurn(() => cancel(course, message));
      course.cancelled = message.reason;
      making.stop();
      await inTurn(async () => undefined);
    },
  });

  /** Makes what is held; what was made before goes on where it was. */
  async function begin(): Promise<void> {
    course.held = await quick.holdBooking({ ...input, at: course.step().at });
    status.state = course.held.state;
    if (status.state === 'held') {
      making = new Making(course);
      await making.run(course.held.holdUntil).finally(() => (making = null));
    } else {
      for (const errand of course.held.repairs as Errand[]) todo.add(errand, Date.now(), { again: true });
    }
  }

  /** When it has to be looked at again, epoch milliseconds. */
  function nextMoment(): number {
    const end = Date.parse(course.held!.end);
    const own = { held: end, confirmed: end, completed: end + NO_SHOW_MS }[status.state as 'confirmed'] ?? Date.now();
    return Math.min(todo.next() ?? Infinity, own > Date.now() ? own : Infinity);
  }

  const isFull = (): boolean => {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return (historyLength >= FULL || continueAsNewSuggested) && status.state === 'confirmed';
  };
  const hasEnded = (): boolean => status.state === 'confirmed' && Date.now() >= Date.parse(course.held!.end);
  const mayEnd = (): boolean => {
    const isLate = Date.now() >= Date.parse(course.held!.end) + NO_SHOW_MS;
    return course.isOver && (status.state !== 'completed' || isLate);
  };

  /** Until nothing more can come. @returns whether it is to continue as new */
  async function attend(): Promise<boolean> {
    let last = Infinity;
    for (;;) {
      if (isFull()) return true;
      if (await inTurn(() => course.runErrand())) continue;
      if (hasEnded()) await inTurn(async () => (hasEnded() ? course.end('completed', null) : undefined));
      if (mayEnd()) {
        last = Math.min(last, Date.now() + LAST_MS);
        if ((todo.next() === null || Date.now() >= last) && allHandlersFinished()) return false;
      }
      if (status.state === 'confirmed') course.rest();
      const [before, seen] = [status.state, todo.changes];
      const isOtherwise = (): boolean => status.state !== before || todo.changes !== seen;
      const wait = Math.max(1, nextMoment() - Date.now());
      await condition(isOtherwise, Math.min(wait, LAST_MS), {
        summary: 'Until the meeting is over, or there is something to do',
      });
    }
  }

  try {
    if (!isLabelled('Workspace'))
      labelWorkflow({ Workspace: input.workspace, ...(input.contactId && { ContactId: input.contactId }) });
    await inTurn(begin);
    if (await attend()) {
      await condition(allHandlersFinished);
      await quick.noteTroubles({ ...course.step(), troubles: todo.all() });
      await continueAsNew<typeof booking>({ ...input, revision: todo.revision });
    }
  } catch (error) {
    if (status.state === 'cancelled' && course.cancelled !== null) return status;
    if (status.state === 'expired') return status;
    if (isCancellation(error) && status.state === 'confirmed') {
      const message = { reason: 'Cancelled through Temporal', actor: 'temporal' };
      await CancellationScope.nonCancellable(() =>
        cancel(course, message).then(() => course.runErrands(60_000, 'mail-cancelled', 'reminders')),
      );
    }
    if (status.state === 'held') status.state = 'failed';
    throw plainly(error);
  } finally {
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
  return status;
}
