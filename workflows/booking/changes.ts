import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { CancelBookingMessage, RescheduleMessage } from '../../domain/contracts/bookings.ts';
import { ERROR_CATALOGUE } from '../../domain/errors.ts';
import { checking, quick } from '../activity-profiles.ts';
import type { Course } from './course.ts';

/** Moves a meeting that was confirmed: its link stays, its event and invitation change. Nothing is changed where the slot cannot be had. */
export async function move(course: Course, { slotId }: RescheduleMessage): Promise<void> {
  if (course.status.state !== 'confirmed') throw tooLate(course);
  course.show('moving it');
  const end = (to: 'new' | 'old') =>
    CancellationScope.nonCancellable(() => quick.endMove({ ...course.step(), slotId, to }));
  const { sequence } = course.held!;
  try {
    await quick.beginMove({ ...course.step(), slotId });
    await checking.checkSlot(course.step());
  } catch (error) {
    await end('old');
    course.rest();
    throw error;
  }
  const held = await end('new');
  course.moved(held);
  course.rest();
  // It is there already.
  if (held.sequence === sequence) return;
  // A mail about the time that it no longer has.
  course.todo.drop('mail-confirmed');
  if (held.calendar) course.add('event');
  if (held.meeting && !course.todo.has('meeting')) course.add('meeting-move');
  course.add('mail-changed', 'reminders');
}

/** Cancels a meeting: its event and its link go, and the invitee is told. */
export async function cancel(course: Course, { reason }: CancelBookingMessage): Promise<void> {
  // Somebody else was faster with the same.
  if (course.status.state === 'cancelled') return;
  if (course.isOver) throw tooLate(course);
  course.cancelled = reason;
  course.show('cancelling it');
  course.todo.clear();
  if (course.held?.calendar) course.add('event-removal');
  if (course.held?.meeting) course.add('meeting-removal');
  // The event should be gone before others may have the time; a calendar that is away does not keep them from it.
  while (await course.runErrand());
  await course.end('cancelled', reason);
  course.add('mail-cancelled', 'reminders');
}

/** Notes that nobody came, during the meeting or soon after. */
export async function noShow(course: Course): Promise<void> {
  const hasBegun = course.held !== null && Date.now() >= Date.parse(course.held.start);
  if (!hasBegun || (course.status.state !== 'confirmed' && course.status.state !== 'completed')) {
    throw conflict(`Booking ${course.input.bookingId} has not begun, or did not take place`);
  }
  await course.end('no_show', null);
  course.dropUseless();
}

const tooLate = ({ input, status }: Course): ApplicationFailure =>
  conflict(`Booking ${input.bookingId} is ${status.state}, and cannot be changed`);

const conflict = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, ERROR_CATALOGUE.conflict.failureType);
