import { cancelled } from '@temporalio/activity';
import type { ContactService } from '../domain/ports/contact-service.ts';

/**
 * The contacts as activities ask them. A worker that stops gives up an answer that is not there when its grace is over: it may be the
 * only one that could give it, and takes no more workflow tasks.
 */
export const contactsOfActivities = (contacts: ContactService): ContactService => ({
  update: (...asked) => Promise.race([contacts.update(...asked), cancelled()]),
  wake: (contact) => contacts.wake(contact),
});
