import type { Purpose } from '../domain/contracts/contacts.ts';
import type { FollowUpMessage } from '../domain/contracts/follow-ups.ts';
import type { Channel, OutboxMessage } from '../domain/contracts/interventions.ts';
import type { ContactRow } from '../domain/ports/contact-store.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** A message that somebody wants to send to a contact. */
export interface MessageToSend {
  workspace: string;
  contactId: string;
  /** Of the effect, such as `follow-up/F1/message`. */
  key: string;
  /** Under which the answer to "may we write to them now" is kept; an identifier. */
  messageId: string;
  followUpId: string | null;
  interventionId: string | null;
  kind: Extract<OutboxMessage['kind'], 'intervention' | 'follow_up'>;
  purpose: Purpose;
  /** Best first. */
  channels: readonly Channel[];
  /** A reply since then makes it needless; null: it is due whatever they reply. */
  plannedAt: string | null;
  /** Goes at its moment, quiet hours or not; service messages only. */
  atFixedMoment?: boolean;
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

/** Sends it once, if it may go now. */
export function deliver(dependencies: ActivityDependencies, message: MessageToSend, at: string): Promise<Delivery> {
  void dependencies;
  void message;
  throw new Error(`not yet: ${at}`);
}
