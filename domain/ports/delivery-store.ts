import type { Purpose, SendDecision } from '../contracts/contacts.ts';
import type { ContactRow, FollowUpRow } from './contact-store.ts';

/** A message to a contact, by its key in the effect ledger. */
export interface DeliveryOf {
  key: string;
  contactId: string;
  purpose: Purpose;
  /** The follow-up whose message it is, which is kept in step with the effect; null for others. */
  followUpId: string | null;
}

/** What the answer to "may we write to them now" rests on. Instants are ISO 8601. */
export interface DeliveryFacts {
  contact: ContactRow;
  /** The follow-up whose message it is, as it was before; null for others. */
  followUp: FollowUpRow | null;
  lastReplyAt: string | null;
  /** Promotion messages over all senders that were sent, are being sent, or may have been, this one left out. */
  promotionsAt: string[];
}

/** What is decided on the facts: the answer, and how it is sent where that is now. */
export interface DeliveryPlan {
  decision: SendDecision;
  /** Of the channel that was chosen; null unless the decision is `now`. */
  effect: { channel: string; subject: string | null; repeatable: boolean } | null;
}

export type Begun =
  /** Leave to send it, once, until the lease is over. */
  | { outcome: 'go'; fence: number; attempts: number; contact: ContactRow; decision: SendDecision }
  /** May not go: not yet, or never; a follow-up waits until then, or is over. */
  | { outcome: 'held'; decision: SendDecision }
  /** Another attempt is at it, or it is not due, until then. */
  | { outcome: 'busy'; until: string }
  /** It is over, or was called off. `result`: what the other side answered, where it is done. */
  | {
      outcome: 'done' | 'failed' | 'cancelled' | 'unknown';
      reason: string | null;
      result: Record<string, unknown> | null;
    };

export interface DeliveryEnd {
  /** `later`: it did not go and is to be tried again at `nextAt`. */
  state: 'done' | 'failed' | 'unknown' | 'later';
  at: string;
  nextAt?: string;
  /** Of `later`: its answer was lost, so that it may have gone; the other side takes the same key twice for once. */
  mayBeDone?: boolean;
  result?: Record<string, unknown>;
  /** Why it did not go, or on what way it went when there is something to say. */
  reason?: string;
}

/**
 * Sending one message, from the question whether it may go to its end. Each step is one transaction that holds the contact, so
 * that no reply, cancellation or other sender comes in between.
 */
export interface DeliveryStore {
  /**
   * Asks `decide` with what is known and keeps its answer under `messageId`. Where that is `now`, takes the follow-up and
   * makes an attempt at the effect; a lost attempt is made again where the channel is repeatable, else becomes `unknown`.
   * @throws ReveilleError `not_found` when the contact is unknown
   */
  begin(
    workspace: string,
    delivery: DeliveryOf & { messageId: string },
    at: string,
    options: { leaseMs: number; promotionsSince: string },
    decide: (facts: DeliveryFacts) => DeliveryPlan,
  ): Promise<Begun>;
  /**
   * Ends the attempt of this fence, and its follow-up with it: `done` executed; `failed`; `later` pending again, unless it was
   * called off meanwhile: then it is cancelled. `unknown` leaves a follow-up in processing, for a person to settle.
   * @returns how it came to rest; null when somebody else has taken over
   */
  finish(
    workspace: string,
    delivery: DeliveryOf,
    fence: number,
    end: DeliveryEnd,
  ): Promise<'done' | 'failed' | 'unknown' | 'later' | 'cancelled' | null>;
  /** The answer for a message without sending it. @throws ReveilleError `not_found` when the contact is unknown */
  ask(
    workspace: string,
    delivery: { key: string; contactId: string; messageId: string },
    at: string,
    options: { promotionsSince: string },
    decide: (facts: DeliveryFacts) => SendDecision,
  ): Promise<SendDecision>;
}
