import type { ContactOf, ContactService } from '../../../domain/ports/contact-service.ts';
import { type Reconciling, iso } from './dependencies.ts';
import { eachForItself } from './each-for-itself.ts';

/** What of the contact service reconciliation calls. */
export type WakesContacts = Pick<ContactService, 'wake'>;

/** A follow-up that nobody has tried for so long after its time has no workflow that will. */
const OVERDUE_MS = 120_000;
/** One that is behind only because there is much to do is not asked again and again. */
const EVERY_MS = 300_000;
/** In one look; the rest comes with the next. */
const AT_MOST = 500;

/**
 * Gives up attempts whose lease is over and slots that are held for nobody, and has the workflows of contacts look at the store whose follow-ups are overdue:
 * a server that lost its data, or somebody who terminated the workflow, leaves rows that nobody would come back to.
 */
export function forgottenContacts(
  reconciling: Pick<Reconciling, 'store' | 'temporal' | 'logger' | 'now'> & { contacts: WakesContacts },
) {
  const { store, temporal, contacts, logger, now } = reconciling;

  async function expireLeases(): Promise<void> {
    const count = await store.effects.expireLeases(iso(now()));
    if (count > 0) logger.warn({ count }, 'Attempts to send were lost: they are tried again, or listed for review');
  }

  async function expireHolds(): Promise<void> {
    const count = await store.bookings.expireHolds(iso(now()));
    if (count > 0)
      logger.warn({ count }, 'Slots were held for bookings that nobody began to make: they are free again');
  }

  async function wakeForgotten(): Promise<void> {
    const options = { everyMs: EVERY_MS, limit: AT_MOST };
    const forgotten = await store.followUps.forgotten(iso(now() - OVERDUE_MS), iso(now()), options);
    let prepared: Promise<void> | undefined;
    const wake = async (contact: ContactOf): Promise<void> => {
      try {
        await contacts.wake(contact);
      } catch {
        // A server that has lost its data does not know our search attributes.
        await (prepared ??= temporal.prepare());
        await contacts.wake(contact);
      }
      logger.info({ ...contact }, 'Woke a contact whose follow-up is overdue');
    };
    await eachForItself(reconciling, forgotten, (contact) => ({ ...contact }), wake);
  }

  return {
    /**
     * Never fails for reasons of its own: those are logged, and the next look tries again.
     * @throws when Temporal or the store is away
     */
    async reconcile(): Promise<void> {
      for (const part of [expireLeases, expireHolds, wakeForgotten]) {
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
