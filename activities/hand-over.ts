import type { Purpose } from '../domain/contracts/contacts.ts';
import type { FollowUpMessage } from '../domain/contracts/follow-ups.ts';
import type { Channel, InterventionState } from '../domain/contracts/interventions.ts';
import { ReveilleError } from '../domain/errors.ts';
import type { InterventionChanges, InterventionRow } from '../domain/ports/store.ts';
import { timeFrom } from './clock.ts';
import { type Delivery, type MessageToSend, deliver } from './delivery.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { type InterventionStep, rowOf } from './interventions.ts';

/** Names the review list, where a person settles what nobody knows. */
export const MAY_HAVE_GONE =
  'Nobody knows whether it was sent. Find out, and settle it: reveille effects list --state unknown';

/** A message on its way to its contact. */
export interface MessageStep extends InterventionStep {
  /** Of the text that was approved. */
  textHash: string | null;
  /** When its text was decided on or last changed. */
  plannedAt: string;
}

/** What became of the message, as the row has it. `until`: it waits, and is to be asked about again then; ISO 8601. */
export interface Handed {
  state: InterventionState;
  stateReason: string;
  until: string | null;
}

/** The message of an intervention in the effect ledger. */
export const messageKey = (interventionId: string): string => `intervention/${interventionId}/message`;

/** Activities of `intervention` from the approval to the message's end. */
export function handOverActivities(dependencies: ActivityDependencies) {
  const { store, contacts } = dependencies;

  /** The row with the text that was approved, or what became of it where it must go no further. */
  async function approved(step: MessageStep): Promise<{ over: Handed } | { row: ApprovedRow }> {
    const row = await rowOf(store, step.workspace, step.interventionId);
    if (row.endedAt !== null) return { over: standing(row) };
    const { subject, body } = row;
    if (row.textHash !== step.textHash || subject === null || body === null) {
      throw new ReveilleError('conflict', 'The message is not the text that was approved');
    }
    if (await store.customers.facts(step.workspace, row.customerId)) return { row: { ...row, subject, body } };
    return { over: await write(step, 'suppressed', 'The customer is no longer in the workspace, so it was not sent') };
  }

  async function write(
    { workspace, interventionId, at }: InterventionStep,
    state: InterventionState,
    stateReason: string,
    until: string | null = null,
  ): Promise<Handed> {
    const changes: InterventionChanges = { state, stateReason, ...(until === null && { endedAt: at }) };
    return standing(await store.interventions.update(workspace, interventionId, changes), until);
  }

  return {
    /** Asks the contact whether the message may go; anything but yes is in the row before this returns. */
    async askContact(step: MessageStep & { round: number }): Promise<'now' | Handed> {
      const found = await approved(step);
      if ('over' in found) return found.over;
      const { workspace, interventionId, plannedAt } = step;
      const contact = { workspace, contactId: found.row.customerId };
      const [channels, purpose] = [channelsOf(found.row), purposeOf(found.row)];
      const question = { messageId: interventionId, channels, purpose, actor: 'intervention', plannedAt };
      const updateId = `intervention/${interventionId}/${step.round}`;
      const answer = await contacts.update(contact, 'requestSend', question, updateId);
      if (answer.decision === 'now') return 'now';
      if (answer.decision === 'never') return write(step, 'suppressed', answer.detail);
      return write(step, 'deferred', answer.detail, answer.at ?? step.at);
    },

    /** Sends the message, once, if it may still go. */
    async sendIntervention(step: MessageStep): Promise<Handed> {
      const found = await approved(step);
      if ('over' in found) return found.over;
      const { workspace, interventionId, plannedAt } = step;
      const { customerId, subject, body, language } = found.row;
      const message: Omit<MessageToSend, 'compose'> = {
        workspace,
        contactId: customerId,
        key: messageKey(interventionId),
        messageId: interventionId,
        followUpId: null,
        kind: 'intervention',
        channels: channelsOf(found.row),
        purpose: purposeOf(found.row),
        plannedAt,
      };
      let by: Channel | null = null;
      const compose = (_contact: unknown, channel: Channel): FollowUpMessage => {
        by = channel;
        return { subject, body, language };
      };
      const delivery = await deliver(dependencies, { ...message, compose }, timeFrom(step.at));
      const { state, stateReason, until } = handedBy(delivery, by, step.at);
      return write({ ...step, at: timeFrom(step.at) }, state, stateReason, until);
    },
  };
}

type ApprovedRow = InterventionRow & { subject: string; body: string };

const standing = (row: InterventionRow, until: string | null = null): Handed => ({
  state: row.state,
  stateReason: row.stateReason ?? '',
  until: row.endedAt === null ? until : null,
});

const channelsOf = ({ channels }: InterventionRow): Channel[] => (channels.length > 0 ? channels : ['email']);

/** What was written for somebody who agreed to marketing stays promotion, should they take that back before it goes. */
const purposeOf = ({ decision, discountPercent }: InterventionRow): Purpose =>
  decision?.serviceOnly === false || (discountPercent ?? 0) > 0 ? 'promotion' : 'service';

function handedBy({ outcome, at, reason }: Delivery, by: Channel | null, askedAt: string): Handed {
  const state = STATE_OF[outcome];
  const until = state === 'deferred' ? (at ?? askedAt) : null;
  if (outcome === 'unknown') return { state, stateReason: `${MAY_HAVE_GONE} (${reason})`, until };
  if (outcome === 'sent' && reason === '') return { state, stateReason: by === null ? 'Sent' : SENT[by], until };
  return { state, stateReason: reason, until };
}

const STATE_OF = {
  sent: 'sent',
  ready: 'ready',
  later: 'deferred',
  never: 'suppressed',
  failed: 'failed',
  unknown: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<Delivery['outcome'], InterventionState>;

const SENT: Record<Channel, string> = {
  email: 'Sent by email',
  telegram: 'Sent by Telegram',
  phone: 'Passed on for a call',
  sms: 'Sent by SMS',
  in_app: 'In the application, for the customer to see',
  whatsapp: 'Sent by WhatsApp',
};
