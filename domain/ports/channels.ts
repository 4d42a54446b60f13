import type { Channel } from '../contracts/interventions.ts';
import type { Purpose } from '../contracts/contacts.ts';

/** Channels that a message may take: those of a contact, and what the service itself uses. */
export type ChannelName = Channel | 'webhook' | 'log';

/** A message as a channel takes it. */
export interface OutgoingMessage {
  workspace: string;
  /** Of the effect: the same for every attempt, and the idempotency key where the other side knows one. */
  key: string;
  contactId: string | null;
  to: { name: string | null; address: string };
  subject: string | null;
  body: string;
  language: string | null;
  purpose: Purpose;
  /** A meeting as calendars read it (RFC 5546, 6047); for mail alone. */
  invitation?: { method: 'REQUEST' | 'CANCEL'; ics: string };
  /** Signed; for `List-Unsubscribe` and the like. Absent on service messages. */
  unsubscribeUrl?: string;
}

/** What the other side answered: ids of its own. */
export interface Delivered {
  result: Record<string, string | number | boolean | null>;
}

/** Why a message did not go. `unknown`: it may have. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly outcome: 'refused' | 'later' | 'unknown';
  /** For `later`: not before so many milliseconds, where the other side said. */
  readonly retryAfterMs: number | null;

  constructor(
    outcome: DeliveryError['outcome'],
    message: string,
    options: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.outcome = outcome;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** A way to send a message. Knows nothing of policy, ledger or retries. */
export interface DeliveryChannel {
  readonly name: ChannelName;
  /** Whether the other side takes two messages with the same key for one. */
  readonly repeatable: boolean;
  /** The address of a contact for this channel; null where it has none. */
  addressOf(contact: {
    contactId: string;
    email: string | null;
    phone: string | null;
    telegram: string | null;
  }): string | null;
  /**
   * Sends it once. `signal` aborts; before anything went out that is `later`, after it `unknown`.
   * @throws DeliveryError
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<Delivered>;
}

/** The channels that are configured, by name. */
export type Channels = ReadonlyMap<ChannelName, DeliveryChannel>;
