import type { Purpose, SendDecision } from '../domain/contracts/contacts.ts';
import type { FollowUpMessage } from '../domain/contracts/follow-ups.ts';
import type { Channel, OutboxMessage } from '../domain/contracts/interventions.ts';
import { promotionWindowStart } from '../domain/contacts/policy.ts';
import { type DeliveryChannel, DeliveryError, type OutgoingMessage } from '../domain/ports/channels.ts';
import type { ContactRow } from '../domain/ports/contact-store.ts';
import type { Begun, DeliveryEnd, DeliveryPlan } from '../domain/ports/delivery-store.ts';
import { timeFrom } from './clock.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { FRESH_MS, LEASE_MS, keepUp, stopwatch } from './lease.ts';
import { decide } from './may-send.ts';

/** A message that somebody wants to send to a contact. */
export interface MessageToSend {
  workspace: string;
  contactId: string;
  /** Of the effect, such as `follow-up/F1/message`. */
  key: string;
  /** Under which the answer to "may we write to them now" is kept; an identifier. */
  messageId: string;
  followUpId: string | null;
  kind: Extract<OutboxMessage['kind'], 'intervention' | 'follow_up' | 'booking'>;
  purpose: Purpose;
  /** Best first. */
  channels: readonly Channel[];
  /** A reply since then makes it needless; null: it is due whatever they reply. */
  plannedAt: string | null;
  /** Goes at its moment, quiet hours or not; service messages only. */
  atFixedMoment?: boolean;
  /** A mail address that this message goes to, whatever the contact's own is. */
  email?: string;
  /** Goes along with a mail. */
  invitation?: OutgoingMessage['invitation'];
  /** Its text, for that channel. */
  compose: (contact: ContactRow, channel: Channel) => FollowUpMessage;
}

/** What became of it. `ready`: in the outbox, since nothing is configured that sends it. */
export interface Delivery {
  outcome: 'sent' | 'ready' | 'later' | 'never' | 'failed' | 'cancelled' | 'unknown';
  /** For `later`: when to try again, ISO 8601. */
  at: string | null;
  /** In a sentence. */
  reason: string;
}

/** Waits between attempts: a second, doubled each time, at most a quarter of an hour; so the last is about a day later. */
const MAX_WAIT_MS = 15 * 60_000;
const MAX_ATTEMPTS = 100;

const IN_OUTBOX = 'In the outbox: no channel is configured to send it';

/** What is sent, and by what. */
interface Composed {
  channel: DeliveryChannel;
  name: Channel;
  text: FollowUpMessage;
}

type Go = Extract<Begun, { outcome: 'go' }>;

/**
 * Sends it once, if it may go now. Whatever dies on the way, the effect ledger knows how far it came: what may have been sent is
 * not sent again, unless the other side takes the same key twice for once.
 */
export async function deliver(
  dependencies: ActivityDependencies,
  message: MessageToSend,
  at: string,
): Promise<Delivery> {
  const { store, delivery, failpoint } = dependencies;
  const { workspace, key, contactId, purpose, followUpId, messageId } = message;
  const now = timeFrom(at);
  const since = stopwatch();
  let composed: Composed | null = null;
  failpoint('delivery-before-intent');
  const begun = await store.deliveries.begin(
    workspace,
    { key, contactId, purpose, followUpId, messageId },
    now,
    { leaseMs: LEASE_MS, promotionsSince: promotionWindowStart(delivery.policy, now) },
    (facts): DeliveryPlan => {
      const contact = addressee(message, facts.contact);
      const decision = decide(dependencies, message, { ...facts, contact }, now);
      composed = decision.decision === 'now' ? compose(dependencies, message, contact, decision) : null;
      return { decision, effect: composed && effectOf(composed) };
    },
  );
  failpoint('delivery-after-intent');
  if (begun.outcome !== 'go' || composed === null) return notBegun(begun);
  return attempt(dependencies, message, { ...begun, ...(composed as Composed), at, since });
}

const addressee = ({ email }: MessageToSend, contact: ContactRow): ContactRow =>
  email === undefined ? contact : { ...contact, email };

function compose(
  { delivery }: ActivityDependencies,
  message: MessageToSend,
  contact: ContactRow,
  { channel: name }: SendDecision,
): Composed | null {
  if (name === null) return null;
  const channel = delivery.channels.get(name) ?? delivery.standIn(name, message.kind);
  return { channel, name, text: message.compose(contact, name) };
}

const effectOf = ({ channel, name, text }: Composed): DeliveryPlan['effect'] => ({
  channel: name,
  subject: text.subject,
  repeatable: channel.repeatable,
});

function notBegun(begun: Begun): Delivery {
  switch (begun.outcome) {
    case 'held': {
      const { decision, at, detail } = begun.decision;
      return { outcome: decision === 'later' ? 'later' : 'never', at, reason: detail };
    }
    case 'busy':
      return { outcome: 'later', at: begun.until, reason: 'Another attempt is under way.' };
    case 'done': {
      // By an attempt of which nobody heard.
      const reason = begun.result?.['outbox'] === true ? IN_OUTBOX : 'It was sent.';
      return { outcome: sentOrReady(begun.result), at: null, reason: begun.reason ?? reason };
    }
    case 'go':
      throw new TypeError('An attempt without a text');
    default:
      return { outcome: begun.outcome, at: null, reason: begun.reason ?? `It is ${begun.outcome}.` };
  }
}

/** One attempt, its fence checked just before the call, to an end that the ledger knows. */
async function attempt(
  dependencies: ActivityDependencies,
  message: MessageToSend,
  begun: Go & Composed & { at: string; since: () => number },
): Promise<Delivery> {
  const { store, failpoint } = dependencies;
  const { workspace, key } = message;
  const { fence, at, since } = begun;
  const holds = (): Promise<boolean> => store.effects.holds(workspace, key, fence, timeFrom(at), LEASE_MS);
  await using lease = keepUp(holds);
  let end: DeliveryEnd;
  if (since() < FRESH_MS || (await holds())) {
    failpoint('delivery-before-effect');
    end = await send(begun.channel, outgoing(dependencies, message, begun), lease.signal, begun);
    failpoint('delivery-after-effect');
  } else {
    return takenOver(at);
  }
  const rest = await store.deliveries.finish(workspace, message, fence, end);
  failpoint('delivery-before-acknowledgement');
  if (rest === null) return takenOver(at);
  return {
    outcome: outcomeOf(rest, end),
    at: rest === 'later' ? (end.nextAt ?? end.at) : null,
    reason: end.reason ?? '',
  };
}

/** Somebody else is at it: look again when their attempt must be over. */
const takenOver = (at: string): Delivery => ({
  outcome: 'later',
  at: new Date(Date.parse(timeFrom(at)) + LEASE_MS).toISOString(),
  reason: 'Another attempt has taken over.',
});

function outcomeOf(rest: 'done' | 'failed' | 'unknown' | 'later' | 'cancelled', end: DeliveryEnd): Delivery['outcome'] {
  return rest === 'done' ? sentOrReady(end.result) : rest;
}

const sentOrReady = (result: DeliveryEnd['result'] | null): 'sent' | 'ready' =>
  result?.['outbox'] === true ? 'ready' : 'sent';

function outgoing(
  { delivery }: ActivityDependencies,
  message: MessageToSend,
  { channel, name, text, contact: known }: Go & Composed,
): OutgoingMessage {
  const { workspace, key, contactId, purpose, invitation } = message;
  const contact = addressee(message, known);
  const link = { workspace, contactId, channel: name, purpose };
  return {
    ...{ workspace, key, contactId, purpose },
    to: { name: contact.name, address: channel.addressOf(contact) ?? '' },
    ...text,
    ...(invitation && { invitation }),
    ...(purpose === 'promotion' && delivery.unsubscribeUrl && { unsubscribeUrl: delivery.unsubscribeUrl(link) }),
  };
}

async function send(
  channel: DeliveryChannel,
  message: OutgoingMessage,
  signal: AbortSignal,
  { attempts, at }: Go & { at: string },
): Promise<DeliveryEnd> {
  try {
    const { result } = await channel.send(message, signal);
    const outbox = result['outbox'] === true && { reason: IN_OUTBOX };
    return { state: 'done', at: timeFrom(at), result, ...outbox };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const now = timeFrom(at);
    const reason = error.message;
    const mayBeDone = error.outcome === 'unknown';
    if (mayBeDone && !channel.repeatable) return { state: 'unknown', at: now, reason };
    if (error.outcome === 'refused' || attempts >= MAX_ATTEMPTS) return { state: 'failed', at: now, reason };
    const wait = Math.max(error.retryAfterMs ?? 0, Math.min(1_000 * 2 ** (attempts - 1), MAX_WAIT_MS));
    const nextAt = new Date(Date.parse(now) + wait).toISOString();
    return { state: 'later', at: now, nextAt, reason, mayBeDone };
  }
}
