import { createHash } from 'node:crypto';
import { whyNotGenuine } from '../domain/contacts/genuine-reply.ts';
import type {
  OptMessage,
  OptOutcome,
  RecordReplyMessage,
  ReplyNoted,
  RequestSendMessage,
  SendDecision,
} from '../domain/contracts/contacts.ts';
import type {
  CancelFollowUpMessage,
  CancelFollowUpsMessage,
  CancelledCount,
  FollowUp,
  RescheduleFollowUpMessage,
  ScheduleFollowUpMessage,
} from '../domain/contracts/follow-ups.ts';
import { ReveilleError, invalidInput } from '../domain/errors.ts';
import { dueInstant } from '../domain/follow-ups/due.ts';
import { checkFollowUp } from '../domain/follow-ups/messages.ts';
import { followUpOf } from '../domain/follow-ups/follow-up.ts';
import type { ContactOf } from '../domain/ports/contact-service.ts';
import type { ContactRow } from '../domain/ports/contact-store.ts';
import { timeFrom } from './clock.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { askPolicy } from './may-send.ts';

/** A message to a contact, and the workflow's time (ISO 8601) at which it came. */
export type ToContact<Message = object> = Message & ContactOf & { at: string };

/** A follow-up, and when it is tried: when it is due, or when there is room after that. */
export interface Scheduled {
  followUp: FollowUp;
  nextAt: string;
}

/** Follow-ups to come, the soonest first: when each is to be tried. */
export interface Agenda {
  pending: { followUpId: string; nextAt: string }[];
  /** There are more, which come later than these. */
  more: boolean;
  /** When it was read: a workflow's own clock stands still during a task. ISO 8601. */
  readAt: string;
}

/** A reply as it came, its time (ISO 8601) that of its coming where nobody said. */
export type Reply = Omit<RecordReplyMessage, 'channel' | 'at'> & { channel: string; at: string };

/** What became of a reply; `kept`: follow-ups that are due all the same, absent where there are none. */
export type Noted = ReplyNoted & { kept?: number };

const NONE = { cancelled: 0, kept: 0 };

/** How many follow-ups of one contact its workflow knows at once. */
const AGENDA_SIZE = 500;

/** Activities of `contact`: what its messages do to the store, each in one statement or transaction. */
export function contactActivities(dependencies: ActivityDependencies) {
  const { store, failpoint, delivery } = dependencies;

  async function known(workspace: string, contactId: string): Promise<ContactRow> {
    return found(await store.contacts.get(workspace, contactId), 'contact', contactId);
  }

  async function ofContact({ workspace, contactId }: ContactOf, followUpId: string): Promise<FollowUp> {
    const row = await store.followUps.get(workspace, followUpId);
    return followUpOf(found(row?.contactId === contactId ? row : null, 'follow-up', followUpId));
  }

  return {
    async readAgenda({ workspace, contactId, at }: ToContact): Promise<Agenda> {
      const rows = await store.followUps.pending(workspace, contactId, AGENDA_SIZE);
      const pending = rows.map(({ followUpId, nextAt }) => ({ followUpId, nextAt }));
      return { pending, more: rows.length === AGENDA_SIZE, readAt: timeFrom(at) };
    },

    /**
     * Writes the row of a follow-up, once for each id. @throws `NotFound` for an unknown contact; `InvalidInput` with what keeps
     * it from being sent; `Conflict` when the id is another's
     */
    async scheduleFollowUp(
      message: ToContact<ScheduleFollowUpMessage & { updateId: string }>,
    ): Promise<Scheduled & { writtenAt: string }> {
      const { workspace, contactId, type, payload, actor, at, updateId, askedAt = at } = message;
      const contact = await known(workspace, contactId);
      const errors = checkFollowUp(type, payload, contact);
      if (errors.length > 0) throw invalidInput(errors);
      const scheduledFor = dueInstant(message.scheduledFor, askedAt);
      const followUpId = message.followUpId ?? followUpIdOf(contactId, updateId);
      const given = { followUpId, contactId, type, scheduledFor, payload, actor, createdAt: at };
      const [row] = await store.followUps.schedule(workspace, [given]);
      failpoint('schedule-after-row');
      if (row?.contactId !== contactId) throw new ReveilleError('conflict', `followUpId: ${followUpId} is taken`);
      return { followUp: followUpOf(row), nextAt: row.nextAt, writtenAt: timeFrom(at) };
    },

    async rescheduleFollowUp(message: ToContact<RescheduleFollowUpMessage>): Promise<Scheduled> {
      const { workspace, followUpId, at, askedAt = at } = message;
      const before = await ofContact(message, followUpId);
      const moved = await store.followUps.reschedule(workspace, followUpId, dueInstant(message.scheduledFor, askedAt));
      if (!moved)
        throw new ReveilleError('conflict', `Follow-up ${followUpId} can no longer be moved: it is ${before.state}`);
      return { followUp: followUpOf(moved), nextAt: moved.nextAt };
    },

    /** The follow-up as it is after it: cancelled unless its message is being sent, or was. */
    async cancelFollowUp(message: ToContact<CancelFollowUpMessage>): Promise<FollowUp> {
      const { workspace, followUpId, reason, actor, at } = message;
      await ofContact(message, followUpId);
      const row = await store.followUps.cancel(workspace, followUpId, { reason, actor, at });
      failpoint('cancel-after-row');
      return followUpOf(found(row, 'follow-up', followUpId));
    },

    showFollowUp: (message: ToContact<{ followUpId: string }>): Promise<FollowUp> =>
      ofContact(message, message.followUpId),

    async cancelFollowUps(message: ToContact<CancelFollowUpsMessage>): Promise<CancelledCount> {
      const { workspace, contactId, reason, actor, at } = message;
      const cancelled = await store.followUps.cancelPending(workspace, contactId, { reason, actor, at });
      failpoint('cancel-after-row');
      return { cancelled: cancelled.length };
    },

    /** Notes replies that a person wrote, and cancels what is pending. @throws `NotFound` for an unknown contact */
    async recordReplies({ workspace, contactId, replies }: ContactOf & { replies: Reply[] }): Promise<Noted[]> {
      await known(workspace, contactId);
      const noted: Noted[] = [];
      for (const { from, headers, ...reply } of replies) {
        const ignored = whyNotGenuine({ from, headers }, delivery.ownAddresses);
        const { cancelled, kept } = ignored === null ? await store.contacts.replied(workspace, contactId, reply) : NONE;
        failpoint('reply-after-row');
        noted.push({ cancelled, ignored, ...(kept > 0 && { kept }) });
      }
      return noted;
    },

    async optOut({ workspace, contactId, at, actor, ...what }: ToContact<OptMessage>): Promise<OptOutcome> {
      const row = await store.contacts.optOut(workspace, contactId, { ...which(what), actor, at });
      failpoint('opt-after-row');
      return consentOf(found(row, 'contact', contactId));
    },

    async optIn({ workspace, contactId, at, actor, ...what }: ToContact<OptMessage>): Promise<OptOutcome> {
      const row = await store.contacts.optIn(workspace, contactId, { ...which(what), actor, at });
      failpoint('opt-after-row');
      return consentOf(found(row, 'contact', contactId));
    },

    /** May this message go now, and if not when and why: kept, and asked again in the moment of sending. */
    answerSendRequest: (message: ToContact<RequestSendMessage>): Promise<SendDecision> =>
      askPolicy(dependencies, message),
  };
}

const which = ({ channel, purpose }: Pick<OptMessage, 'channel' | 'purpose'>) => ({
  channel: channel ?? null,
  purpose: purpose ?? null,
});

const consentOf = ({ marketing, optOuts }: ContactRow): OptOutcome => ({ marketing, optOuts });

/** What was found. @throws ReveilleError `not_found` */
function found<Row>(row: Row | null, what: string, id: string): Row {
  if (row !== null) return row;
  throw new ReveilleError('not_found', `There is no ${what} ${id} in this workspace`);
}

/** The id of a follow-up that came without one: the same update makes the same follow-up. */
const followUpIdOf = (contactId: string, updateId: string): string =>
  `F${createHash('sha256').update(`${contactId}/${updateId}`).digest('hex').slice(0, 24)}`;
