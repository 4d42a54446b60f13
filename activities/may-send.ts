import { wantedChannels } from '../domain/contacts/wanted-channels.ts';
import { type SendQuestion, maySend, promotionWindowStart } from '../domain/contacts/policy.ts';
import type { RequestSendMessage, SendDecision } from '../domain/contracts/contacts.ts';
import { type Channel, channel as channelName } from '../domain/contracts/interventions.ts';
import type { DeliveryFacts } from '../domain/ports/delivery-store.ts';
import { timeFrom } from './clock.ts';
import type { ToContact } from './contacts.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** The policy's answer on these facts, at `now` (ISO 8601). */
export function decide(
  { delivery }: ActivityDependencies,
  question: SendQuestion,
  { contact, lastReplyAt, promotionsAt }: DeliveryFacts,
  now: string,
): SendDecision {
  const addresses: Partial<Record<Channel, string | null>> = {};
  for (const name of channelName.options) {
    const channel = delivery.channels.get(name) ?? delivery.standIn(name, 'follow_up');
    addresses[name] = channel.addressOf(contact);
  }
  const channels = wantedChannels(question.channels, (name) => delivery.channels.has(name), addresses);
  const { marketing, optOuts } = contact;
  const timezone = contact.timezone ?? delivery.timezone;
  const facts = { timezone, marketing, optOuts, addresses, lastReplyAt, promotionsAt, heldOut: false };
  return maySend({ ...question, channels }, facts, now, delivery.policy);
}

/** Answers "may we write to them now" without sending anything. */
export function askPolicy(
  dependencies: ActivityDependencies,
  { workspace, contactId, messageId, channels, purpose, plannedAt, at }: ToContact<RequestSendMessage>,
): Promise<SendDecision> {
  const { store, delivery } = dependencies;
  const now = timeFrom(at);
  const promotionsSince = promotionWindowStart(delivery.policy, now);
  return store.deliveries.ask(workspace, { key: messageId, contactId, messageId }, now, { promotionsSince }, (facts) =>
    decide(dependencies, { channels, purpose, plannedAt: plannedAt ?? null }, facts, now),
  );
}
