import { writeFollowUp } from '../agents/follow-up-writer.ts';
import { ReveilleError } from '../domain/errors.ts';
import { channelsOf, composeFollowUp, purposeOf } from '../domain/follow-ups/messages.ts';
import type { ContactOf } from '../domain/ports/contact-service.ts';
import type { Channel } from '../domain/contracts/interventions.ts';
import type { ContactRow, FollowUpRow } from '../domain/ports/contact-store.ts';
import { timeFrom } from './clock.ts';
import { type Delivery, deliver } from './delivery.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createPlaces } from './places.ts';

/** A follow-up that is due, and the workflow's time (ISO 8601). */
export interface DueFollowUp extends ContactOf {
  followUpId: string;
  at: string;
}

/** Why nothing was tried: its text has to be written first, or there are too many within tasks of workflows. */
export interface Unsent {
  outcome: 'unwritten' | 'crowded';
}

/** Messages that a worker sends within workflow tasks at once, of which the SDK runs 40: slow vendors leave the rest to others. */
const MOST_HERE = 30;
/** How long one waits for a place, in milliseconds. */
const PLACE_WAIT_MS = 300;

/** How much of what was written before a model may read. */
const LAST_MESSAGES = 10;

/** Activities of `contact` that bring a follow-up out of the house. */
export function followUpActivities(dependencies: ActivityDependencies) {
  const { store, model } = dependencies;
  const here = createPlaces(MOST_HERE);

  async function deliverFollowUp({ workspace, followUpId, at }: DueFollowUp): Promise<Delivery | Unsent> {
    const row = await store.followUps.get(workspace, followUpId);
    if (!row) return { outcome: 'cancelled', at: null, reason: 'It is not there any more.' };
    if (isUnwritten(row)) return { outcome: 'unwritten' };
    try {
      return await deliver(dependencies, { ...messageOf(row), workspace }, at);
    } catch (error) {
      if (!(error instanceof ReveilleError) || error.retryable) throw error;
      // Whatever was right when it was scheduled and no longer is, such as a name that its template needs.
      const reason = error.message;
      await store.followUps.fail(workspace, followUpId, { reason, at: timeFrom(at) });
      return { outcome: 'failed', at: null, reason };
    }
  }

  return {
    /** Sends the message of a follow-up, if it may go now. */
    deliverFollowUp,

    /** The same within a task of the workflow, where it is not crowded. */
    async deliverFollowUpHere(due: DueFollowUp): Promise<Delivery | Unsent> {
      if (!(await here.take(PLACE_WAIT_MS))) return { outcome: 'crowded' };
      try {
        return await deliverFollowUp(due);
      } finally {
        here.release();
      }
    },

    /** Has the text of an `agent` follow-up written, once. */
    async writeFollowUp({ workspace, contactId, followUpId }: DueFollowUp): Promise<void> {
      const row = await store.followUps.get(workspace, followUpId);
      const contact = await store.contacts.get(workspace, contactId);
      if (!row || !contact || !isUnwritten(row)) return;
      const { type, payload } = row;
      const lastMessages = await store.contacts.messages(workspace, contactId, { limit: LAST_MESSAGES });
      const channel = channelsOf(type, payload)[0] ?? 'email';
      const { message } = await writeFollowUp({ type, payload, contact, lastMessages, channel }, model);
      await store.followUps.write(workspace, followUpId, message);
    },
  };
}

const isUnwritten = ({ type, payload, message, state }: FollowUpRow): boolean =>
  type === 'agent' && payload.message_template === undefined && message === null && state === 'pending';

const messageOf = (row: FollowUpRow) => ({
  contactId: row.contactId,
  key: `follow-up/${row.followUpId}/message`,
  messageId: row.followUpId,
  followUpId: row.followUpId,
  kind: 'follow_up' as const,
  purpose: purposeOf(row.type, row.payload),
  channels: channelsOf(row.type, row.payload),
  // A reply cancels what is pending; what is scheduled after it is due.
  plannedAt: row.payload.keepOnReply === true ? null : row.createdAt,
  atFixedMoment: row.payload.atFixedMoment ?? false,
  compose: (contact: ContactRow, channel: Channel) => {
    // A text that was written is a letter; an SMS and a call have forms of their own.
    const isLetter = channel !== 'sms' && channel !== 'phone';
    if (row.message !== null && isLetter) return row.message;
    return composeFollowUp(row.type, row.payload, contact, { channel, sender: null });
  },
});
