/**
 * Cancels all that a contact has to come, as when a ticket is opened or a deal is closed.
 *
 *     node client/examples/cancel-follow-ups.ts CONTACT [--workspace W] [--reason TEXT]
 *
 * What it counts is certain not to be sent. A message that is being sent at this moment is not counted, and says itself
 * what became of it.
 */
import type { CancelledCount } from '../../domain/contracts/follow-ups.ts';
import { type Contact, onContact, opening } from './on-contact.ts';

await onContact(
  async ({ client, contactId, start, option }) => {
    const { cancelled } = await client.workflow.executeUpdateWithStart<Contact, CancelledCount, [object]>(
      'cancelFollowUps',
      {
        args: [{ reason: option('reason') ?? 'no longer needed', actor: 'example' }],
        startWorkflowOperation: opening(start),
      },
    );
    return `Cancelled ${cancelled} of ${contactId}`;
  },
  ['reason'],
);
