import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  rootCause,
  sleep,
} from '@temporalio/workflow';
import { CANCELLED_THROUGH_TEMPORAL } from '../../domain/bookings/booking.ts';
import type { Errand } from '../../domain/contracts/bookings.ts';
import { ERROR_CATALOGUE } from '../../domain/errors.ts';
import { checking, quick } from '../activity-profiles.ts';
import type { Course } from './course.ts';
import { failureOf } from './failure.ts';

/** How long event and meeting may each take before the invitee is told without, in milliseconds. */
const MAKING_MS = 3 * 60_000;

/** The making of a meeting, while it lasts. */
export class Making {
  readonly #course: Course;
  readonly #scope = new CancellationScope();
  readonly #timer = new CancellationScope();
  #isExpired = false;

  constructor(course: Course) {
    this.#course = course;
  }

  /** From the held slot to the confirmed meeting within the time for which the slot is held; undone where that fails. */
  async run(holdUntil: string): Promise<void> {
    const expiry = this.#timer.run(async () => {
      await sleep(Math.max(1, Date.parse(holdUntil) - Date.now()), { summary: 'Until the slot is held no more' });
      this.#isExpired = true;
      this.#scope.cancel();
    });
    // Cancelled when the making is over, which is all that can go wrong with it.
    expiry.catch(() => undefined);
    try {
      await this.#scope.run(() => this.#make());
    } finally {
      this.#timer.cancel();
    }
  }

  /** Has it undone, since it is cancelled. */
  stop(): void {
    this.#scope.cancel();
  }

  async #make(): Promise<void> {
    const course = this.#course;
    const { calendar, meeting } = course.held!;
    const undo: Errand[] = [];
    try {
      course.show('looking at the calendar');
      await checking.checkSlot(course.step());
      course.show('making event and meeting');
      if (calendar) {
        this.#unlessStopped();
        undo.unshift('event-removal');
        course.add('event');
        await course.runErrands(MAKING_MS, 'event');
      }
      if (meeting) {
        this.#unlessStopped();
        undo.unshift('meeting-removal');
        course.add('meeting');
        await course.runErrands(MAKING_MS, 'meeting', 'event');
      }
      await this.#confirm();
    } catch (error) {
      // What failed before it expired has failed, however long it takes to undo.
      this.#timer.cancel();
      await CancellationScope.nonCancellable(() => this.#unmake(undo, error));
      if (this.#isExpired || course.cancelled !== null) return;
      throw error;
    }
    course.add('mail-confirmed', 'reminders');
  }

  /** What is not begun need not be undone. @throws CancelledFailure */
  #unlessStopped(): void {
    if (this.#scope.consideredCancelled) throw new CancelledFailure('It is not to be made any more');
  }

  /** @throws ApplicationFailure where whoever asked for it has given it up meanwhile */
  async #confirm(): Promise<void> {
    const state = await quick.confirmBooking(this.#course.step());
    if (state !== 'confirmed') {
      const message = `Booking ${this.#course.input.bookingId} is ${state}, and cannot be confirmed`;
      throw ApplicationFailure.nonRetryable(message, ERROR_CATALOGUE.conflict.failureType);
    }
    this.#course.status.state = state;
  }

  /** Takes back what was made, the last first, and says why. */
  async #unmake(undo: readonly Errand[], error: unknown): Promise<void> {
    const course = this.#course;
    course.todo.clear();
    course.add(...undo);
    // What cannot be done at once is done when others may have the time already.
    while (await course.runErrand());
    if (course.cancelled !== null) return course.end('cancelled', course.cancelled);
    if (this.#isExpired) return course.end('expired', 'It was not confirmed in time');
    if (isCancellation(error)) return course.end('cancelled', CANCELLED_THROUGH_TEMPORAL);
    course.status.failure = failureOf(error);
    await course.end('failed', rootCause(error) ?? 'It could not be made');
  }
}
