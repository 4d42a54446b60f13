/**
 * Schedules a follow-up, as after a viewing or a call.
 *
 *     node client/examples/schedule-follow-up.ts CONTACT [--workspace W] [--in 2h] [--id ID]
 *
 * An update with start: it opens the contact's workflow where none is open, and answers when the follow-up is written
 * down. With an id of yours, the same again is the same follow-up.
 */
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import { type Contact, onContact, opening } from './on-contact.ts';

await onContact(
  async ({ client, contactId, start, option }) => {
    const { followUpId, scheduledFor } = await client.workflow.executeUpdateWithStart<Contact, FollowUp, [object]>(
      'scheduleFollowUp',
      {
        args: [
          {
            ...(option('id') && { followUpId: option('id') }),
            type: 'follow_up',
            scheduledFor: option('in') ?? '3d',
            payload: { purpose: 'service', message_template: 'Hello {{name}}, did you get what you needed?' },
            actor: 'example',
          },
        ],
        startWorkflowOperation: opening(start),
      },
    );
    return `Scheduled ${followUpId} for ${contactId} at ${scheduledFor}`;
  },
  ['in', 'id'],
);
