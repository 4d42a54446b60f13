import type { UpdateDefinition } from '@temporalio/common';
import {
  ActivityFailure,
  condition,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  uuid4,
} from '@temporalio/workflow';
import {
  type ContactDoing,
  clientRepliedSignal,
  optMessage,
  recordReplyMessage,
  requestSendMessage,
} from '../../domain/contracts/contacts.ts';
import {
  type CancelFollowUpsMessage,
  FOLLOW_UPS_SCHEDULED,
  cancelFollowUpMessage,
  cancelFollowUpsMessage,
  cancelFollowUpsSignal,
  rescheduleFollowUpMessage,
  scheduleFollowUpMessage,
} from '../../domain/contracts/follow-ups.ts';
import type { ContactOf, ContactUpdates } from '../../domain/ports/contact-service.ts';
import type { Reply } from '../../activities/contacts.ts';
import { quick } from '../activity-profiles.ts';
import { inTurns } from '../in-turns.ts';
import { onUpdate } from '../on-update.ts';
import type { Agenda } from './agenda.ts';

type UpdateName = keyof ContactUpdates;
const update = <Name extends UpdateName>(name: Name): UpdateDefinition<ContactUpdates[Name][1], [unknown], Name> =>
  defineUpdate(name);

export const scheduleFollowUp = update('scheduleFollowUp');
export const rescheduleFollowUp = update('rescheduleFollowUp');
export const cancelFollowUp = update('cancelFollowUp');
export const cancelFollowUps = update('cancelFollowUps');
export const recordReply = update('recordReply');
export const optOut = update('optOut');
export const optIn = update('optIn');
export const requestSend = update('requestSend');
export const clientReplied = defineSignal<[unknown?]>('clientReplied');
export const cancelFollowUpsNow = defineSignal<[unknown?]>('cancelFollowUps');
export const followUpsScheduled = defineSignal(FOLLOW_UPS_SCHEDULED);
export const state = defineQuery<ContactDoing>('state');
export const pending = defineQuery<{ followUpId: string; nextAt: string }[]>('pending');

/** Replies that one activity notes. */
const MOST_AT_ONCE = 100;

/**
 * What signals asked for and is still to be done. Their handlers only note it: of thousands in one task each that waited for
 * something would cost more than the task may take.
 */
export interface Signals {
  replies: Reply[];
  cancellation: CancelFollowUpsMessage | null;
}

/** How long a cancellation waits for a message that is just being sent, to tell what became of it. */
const OUTCOME_TIME = '5 seconds';

/** Answers the messages of a contact. What changes the agenda is done in turn; sending is not, so that nobody waits for it. */
export function answerMessages(agenda: Agenda, { workspace, contactId }: ContactOf) {
  const inTurn = inTurns();
  const signals: Signals = { replies: [], cancellation: null };
  const here = () => ({ workspace, contactId, at: new Date().toISOString() });

  onUpdate(scheduleFollowUp, scheduleFollowUpMessage, (message) =>
    inTurn(async () => {
      // The id of the update makes that of the follow-up, so that a repeat finds it, whichever run it comes to.
      const updateId = currentUpdateInfo()?.id ?? uuid4();
      const { followUp, nextAt, writtenAt } = await quick.scheduleFollowUp({ ...message, ...here(), updateId });
      agenda.told = writtenAt;
      if (followUp.state === 'pending') agenda.put(followUp.followUpId, nextAt);
      return followUp;
    }),
  );
  onUpdate(rescheduleFollowUp, rescheduleFollowUpMessage, (message) =>
    inTurn(async () => {
      const { followUp, nextAt } = await quick.rescheduleFollowUp({ ...message, ...here() });
      agenda.put(followUp.followUpId, nextAt);
      return followUp;
    }),
  );
  onUpdate(cancelFollowUp, cancelFollowUpMessage, async (message) => {
    const { followUpId } = message;
    const followUp = await inTurn(async () => {
      const cancelled = await quick.cancelFollowUp({ ...message, ...here() });
      agenda.drop(followUpId);
      return cancelled;
    });
    if (agenda.sending !== followUpId) return followUp;
    await condition(() => agenda.sending !== followUpId, OUTCOME_TIME, { summary: 'What becomes of the message' });
    return quick.showFollowUp({ ...here(), followUpId });
  });

  const cancelAll = (message: CancelFollowUpsMessage) =>
    inTurn(async () => {
      const counted = await quick.cancelFollowUps({ ...message, ...here() });
      agenda.clear();
      return counted;
    });
  const noteReplies = (replies: Reply[]) =>
    inTurn(async () => {
      const noted = await quick.recordReplies({ workspace, contactId, replies });
      if (noted.some(({ ignored }) => ignored === null)) agenda.clear();
      if (noted.some(({ kept }) => kept !== undefined)) agenda.unread = true;
      return noted;
    });
  onUpdate(cancelFollowUps, cancelFollowUpsMessage, cancelAll);
  onUpdate(recordReply, recordReplyMessage, async ({ at, ...reply }) => {
    const [noted] = await noteReplies([{ ...reply, at: at ?? here().at }]);
    const { cancelled, ignored } = noted!;
    return { cancelled, ignored };
  });
  onUpdate(optOut, optMessage, (message) => inTurn(() => quick.optOut({ ...message, ...here() })));
  onUpdate(optIn, optMessage, (message) => inTurn(() => quick.optIn({ ...message, ...here() })));
  onUpdate(requestSend, requestSendMessage, (message) =>
    inTurn(() => quick.answerSendRequest({ ...message, ...here() })),
  );

  setHandler(clientReplied, (message) => {
    // A signal cannot be refused, and a reply whose details cannot be read is a reply all the same.
    const { messageId, at, channel, ...told } = clientRepliedSignal.safeParse(message ?? {}).data ?? {};
    const reply = { messageId: messageId ?? `signal-${uuid4()}`, at: at ?? here().at, channel: channel ?? 'unknown' };
    signals.replies.push({ ...told, ...reply });
  });
  setHandler(cancelFollowUpsNow, (message) => {
    signals.cancellation ??= cancelFollowUpsSignal.parse(message);
  });
  setHandler(followUpsScheduled, () => {
    agenda.unread = true;
  });
  setHandler(state, () => ({
    ...{ workspace, contactId, pending: agenda.entries().length },
    ...{ nextAt: agenda.soonest(), sending: agenda.sending },
  }));
  setHandler(pending, () =>
    agenda.entries().map(({ followUpId, scheduledFor }) => ({ followUpId, nextAt: scheduledFor })),
  );
  return {
    inTurn,
    signals,
    /** Does what signals ask for; nobody waits for an answer. */
    async carryOut() {
      const replies = signals.replies.splice(0, MOST_AT_ONCE);
      if (replies.length > 0) await tolerant(noteReplies(replies));
      const { cancellation } = signals;
      signals.cancellation = null;
      if (cancellation) await tolerant(cancelAll(cancellation));
    },
  };
}

/** A signal that cannot be carried out, such as one for an unknown contact, changes nothing. */
async function tolerant(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof ActivityFailure)) throw error;
  });
}
