import { startOf } from '../../../domain/bookings/booking.ts';
import type { BookingOf, BookingService } from '../../../domain/ports/booking-service.ts';
import type { ContactOf, ContactService } from '../../../domain/ports/contact-service.ts';
import { type Reconciling, iso } from './dependencies.ts';
import { eachForItself } from './each-for-itself.ts';

/** The workflows that are woken. */
export interface Wakes {
  contacts: Pick<ContactService, 'wake'>;
  bookings: Pick<BookingService, 'wake'>;
}

/** What nobody has done for so long after its time has no workflow that will. */
const OVERDUE_MS = 120_000;
/** One that is behind only because there is much to do is not asked again and again. */
const EVERY_MS = 300_000;
/** In one look; the rest comes with the next. */
const AT_MOST = 500;

/**
 * Gives up attempts whose lease is over and slots that are held for nobody, has the workflows of contacts look at the store whose
 * follow-ups are overdue, and starts those of bookings again that should be over: a server that lost its data, or somebody who
 * terminated the workflow, leaves rows that nobody would come back to.
 */
export function forgotten(reconciling: Pick<Reconciling, 'store' | 'temporal' | 'logger' | 'now'> & Wakes) {
  const { store, temporal, contacts, bookings, logger, now } = reconciling;
  let preparing: Promise<void> | undefined;

  async function expireLeases(): Promise<void> {
    const count = await store.effects.expireLeases(iso(now()));
    if (count > 0) logger.warn({ count }, 'Attempts to send were lost: they are tried again, or listed for review');
  }

  async function expireHolds(): Promise<void> {
    const count = await store.bookings.expireHolds(iso(now()));
    if (count > 0)
      logger.warn({ count }, 'Slots were held for bookings that nobody began to make: they are free again');
  }

  async function prepared<Result>(wake: () => Promise<Result>): Promise<Result> {
    try {
      return await wake();
    } catch {
      // A server that has lost its data does not know our search attributes.
      await (preparing ??= temporal.prepare());
      return wake();
    }
  }

  async function wakeContacts(): Promise<void> {
    const options = { everyMs: EVERY_MS, limit: AT_MOST };
    const overdue = await store.followUps.forgotten(iso(now() - OVERDUE_MS), iso(now()), options);
    const wake = async (contact: ContactOf): Promise<void> => {
      await prepared(() => contacts.wake(contact));
      logger.info({ ...contact }, 'Woke a contact whose follow-up is overdue');
    };
    await eachForItself(reconciling, overdue, (contact) => ({ ...contact }), wake);
  }

  async function wakeBookings(): Promise<void> {
    const overdue = await store.bookings.overdue(iso(now() - OVERDUE_MS), AT_MOST);
    const idOf = ({ workspace, bookingId }: BookingOf): BookingOf => ({ workspace, bookingId });
    await eachForItself(reconciling, overdue, idOf, async (booking) => {
      const isStarted = await prepared(() => bookings.wake(startOf(booking)));
      if (isStarted) logger.info(idOf(booking), 'Started the workflow of a booking again that should be over');
    });
  }

  return {
    /**
     * Never fails for reasons of its own: those are logged, and the next look tries again.
     * @throws when Temporal or the store is away
     */
    async reconcile(): Promise<void> {
      preparing = undefined;
      for (const part of [expireLeases, expireHolds, wakeContacts, wakeBookings]) {
        try {
          await part();
        } catch (error) {
          await Promise.all([temporal.probe(), store.ping()]);
          logger.error({ err: error }, 'What is overdue could not be looked for; that is tried again');
        }
      }
    },
  };
}
