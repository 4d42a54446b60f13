import { ActivityFailure, isCancellation, rootCause } from '@temporalio/workflow';
import type { Delivery } from '../../activities/delivery.ts';
import type { Performed } from '../../activities/effects.ts';
import { asking, sending } from '../activity-profiles.ts';
import type { BookingMail } from '../../domain/bookings/texts/booking-texts.ts';
import type { Due, Tried } from './todo.ts';

/** When an activity that failed for a whole day of attempts is tried again, in milliseconds. */
const AGAIN_MS = 60_000;

interface Which {
  workspace: string;
  bookingId: string;
}

/** One attempt at an errand. `reason`: of a cancellation. */
export async function attempt(
  which: Which,
  { errand, revision, again }: Due,
  reason: string | null,
): Promise<Tried & { result?: Record<string, unknown> }> {
  const step = { ...which, revision, at: new Date().toISOString() };
  try {
    switch (errand) {
      case 'event':
        return ofEffect(await sending.putEvent(step));
      case 'event-removal':
        return ofEffect(await sending.removeEvent(step));
      case 'meeting':
        return ofEffect(await sending.createMeeting({ ...step, again }));
      case 'meeting-move':
        return ofEffect(await sending.moveMeeting(step));
      case 'meeting-removal':
        return ofEffect(await sending.removeMeeting(step));
      case 'meeting-tidying':
        return ofEffect(await sending.tidyMeetings(step));
      case 'reminders':
        await (reason === null ? asking.putReminders(step) : asking.dropReminders({ ...step, reason }));
        return { outcome: 'done' };
      default: {
        const mail = errand.slice('mail-'.length) as BookingMail;
        return ofMail(await sending.sendBookingMail({ ...step, mail, reason }));
      }
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    const at = new Date(Date.now() + AGAIN_MS).toISOString();
    return { outcome: 'later', at, reason: rootCause(error) ?? 'It could not be tried' };
  }
}

function ofEffect(performed: Performed): Tried & { result?: Record<string, unknown> } {
  switch (performed.outcome) {
    case 'done':
    case 'later':
      return performed;
    default:
      return { outcome: 'failed', reason: performed.reason };
  }
}

/** What may have gone out is not sent again: it is on the review list. */
function ofMail({ outcome, at, reason }: Delivery): Tried {
  if (outcome === 'later') return { outcome, at: at ?? new Date(Date.now() + AGAIN_MS).toISOString(), reason };
  return outcome === 'failed' ? { outcome, reason } : { outcome: 'done' };
}
