import type {
  BookingStart,
  BookingStatus,
  CancelBookingMessage,
  NoShowMessage,
  RescheduleMessage,
} from '../contracts/bookings.ts';

/** Which booking. */
export interface BookingOf {
  workspace: string;
  bookingId: string;
}

/** Updates of the `booking` workflow by name: what each takes. */
export interface BookingUpdates {
  reschedule: RescheduleMessage;
  cancelBooking: CancelBookingMessage;
  noShow: NoShowMessage;
  repair: { actor: string };
}

/** What is asked of the workflows of bookings. */
export interface BookingService {
  /**
   * Starts the workflow of a booking, or finds it started, and waits until it is known whether it was made; not longer than
   * `milliseconds`. @returns null when that was not known in time. @throws ReveilleError `unavailable` when Temporal does not answer
   */
  make(booking: BookingStart, milliseconds: number): Promise<BookingStatus | null>;
  /**
   * Starts the workflow of a booking that is not over, unless there is one. @returns whether it was started.
   * @throws ReveilleError `unavailable` when Temporal does not answer
   */
  wake(booking: BookingStart): Promise<boolean>;
  /**
   * Sends an update and waits for its answer. `updateId`: the same again is answered the same. `lost`: what its workflow goes on from
   * where it is gone though the booking is not over, such as one that was terminated. @throws ReveilleError what the workflow refused
   * it with; `conflict` when it is over; `unavailable` when Temporal does not answer
   */
  update<Name extends keyof BookingUpdates>(
    booking: BookingOf,
    name: Name,
    message: BookingUpdates[Name],
    options: { updateId: string | undefined; lost: BookingStart | null },
  ): Promise<BookingStatus>;
}
