import { z } from 'zod';
import {
  cancelFollowUpsMessage,
  cancelledCount,
  followUp,
  followUpPayload,
  followUpType,
} from '../../domain/contracts/follow-ups.ts';
import { identifier } from '../../domain/contracts/names.ts';
import { type AgentTool, agentTool } from './tool.ts';

const contactId = identifier.describe('The contact, by the id that you were told or that book_meeting answered');

const scheduleFollowUp = agentTool({
  name: 'schedule_follow_up',
  title: 'Write to someone later',
  description:
    'Has a message sent to a contact at a later time, by their best channel. Use it when the person asks to hear again ' +
    'later, or when you promise to write; ask them when. It is not sent at night, nor once they have replied or opted ' +
    'out. Each call schedules another one: call it once.',
  ...{ scope: 'write', effect: 'adds', repeatable: false, subject: 'contactId' },
  renamed: { id: 'contactId', scheduledFor: 'when', 'payload.reason': 'reason', payload: 'message' },
  input: z.strictObject({
    contactId,
    when: z
      .string()
      .max(100)
      .describe('A delay such as 30m, 2h or 3d, or an instant with its zone such as 2027-03-15T09:00:00+05:30'),
    type: followUpType
      .default('follow_up')
      .describe(
        'follow_up, check_in, nurture or reminder have a text of their own; agent has it written when it is due, and ' +
          'needs a reason; any other word needs a message',
      ),
    message: followUpPayload.shape.message_template.describe(
      "The text, in the person's language; {{name}} and {{first_name}} stand for theirs. That of the type when left out",
    ),
    reason: followUpPayload.shape.reason.describe('What it is about, in a few words'),
  }),
  output: followUp.pick({ followUpId: true, contactId: true, type: true, scheduledFor: true, state: true }),
  carryOut: (operations, caller, { contactId: id, when, type, message, reason }) =>
    operations.scheduleFollowUp(caller, {
      ...{ id, type, scheduledFor: when },
      payload: { ...(message !== undefined && { message_template: message }), ...(reason !== undefined && { reason }) },
    }),
});

const cancelFollowUps = agentTool({
  name: 'cancel_follow_ups',
  title: 'Write to someone no more',
  description:
    'Cancels every message to a contact that is still to come, reminders of a meeting too. Use it when the person says ' +
    'that the matter is closed. A reply of theirs has done it already, but for reminders.',
  ...{ scope: 'write', effect: 'removes', repeatable: true, subject: 'contactId', renamed: { id: 'contactId' } },
  input: z.strictObject({
    contactId,
    reason: cancelFollowUpsMessage.shape.reason.describe('Why, in a few words'),
  }),
  output: cancelledCount,
  carryOut: (operations, caller, { contactId: id, reason }) =>
    operations.cancelContactFollowUps(caller, { id, reason }),
});

/** Messages to come. */
export const followUpTools: readonly AgentTool[] = [scheduleFollowUp, cancelFollowUps];
