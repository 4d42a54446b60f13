import type { Contact, ContactDetails, ContactMessage, OptOut, Purpose, SendDecision } from '../contracts/contacts.ts';
import type { Effect } from '../contracts/effects.ts';
import type { FollowUp, FollowUpMessage, FollowUpPayload, FollowUpState } from '../contracts/follow-ups.ts';
import type { Channel } from '../contracts/interventions.ts';
import type { ListOptions, Page } from './page.ts';

/** A person, from what was said of them and, for what was not, from the customer of the same id. */
export interface ContactRow {
  contactId: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  telegram: string | null;
  /** null: nobody said; the configured zone then. */
  timezone: string | null;
  language: string | null;
  /** Said of the contact, else the customer's `opt_in_marketing`; without either false. */
  marketing: boolean;
  optOuts: OptOut[];
}

/** The contact object, its zone null where nobody said. */
export type ShownContact = Omit<Contact, 'timezone'> & { timezone: string | null };

export interface FollowUpRow extends Omit<FollowUp, 'latenessMs'> {
  payload: FollowUpPayload;
  createdAt: string;
  /** When it is to be tried next: when it is due, later where it has to wait. */
  nextAt: string;
  /** Since when it is being sent; null unless processing. */
  processingSince: string | null;
  /** The text that was written for it; null where its template says everything. */
  message: FollowUpMessage | null;
}

/** Everything about a person that outlives their workflow. */
export interface ContactStore {
  /** Notes details; absent ones stay. Creates the contact where there is none. */
  put(workspace: string, contactId: string, details: ContactDetails, at: string): Promise<ContactRow>;
  /** null when there is neither a contact nor a customer of that id. */
  get(workspace: string, contactId: string): Promise<ContactRow | null>;
  /** Those of these that there are, in any order, in a constant number of queries. */
  getMany(workspace: string, contactIds: readonly string[]): Promise<ContactRow[]>;
  /** With the newest ten messages and at most a hundred follow-ups to come; null when unknown. */
  show(workspace: string, contactId: string): Promise<ShownContact | null>;
  /** Notes an opt-out; the same one twice is once. @returns null when the contact is unknown */
  optOut(workspace: string, contactId: string, optOut: OptOut): Promise<ContactRow | null>;
  /** Takes back the opt-outs that these name: of that channel and purpose; all where neither is given. Sets marketing where the purpose is promotion or absent. */
  optIn(
    workspace: string,
    contactId: string,
    which: { channel: Channel | null; purpose: Purpose | null; at: string; actor: string },
  ): Promise<ContactRow | null>;
  /**
   * Notes a reply and, in the same transaction, calls off every effect of the contact that is not over, and cancels the
   * follow-ups whose message is thereby certain not to go out. The same `messageId` again cancels nothing and answers the
   * same. What is due whatever is replied stays (`kept`: how many follow-ups). Appends `contact.replied`.
   */
  replied(
    workspace: string,
    contactId: string,
    reply: { messageId: string; at: string; channel: string },
  ): Promise<{ cancelled: number; kept: number }>;
  /** Messages to and from the contact, newest first. */
  messages(workspace: string, contactId: string, options: { since?: string; limit: number }): Promise<ContactMessage[]>;
  /** Keeps an answer to "may we write now"; the newest of a message replaces the one before. */
  decided(workspace: string, contactId: string, messageId: string, decision: SendDecision, at: string): Promise<void>;
}

/** Table `scheduled_actions`, with the columns that the seed names. Sending is the delivery store's. */
export interface FollowUpStore {
  /** Keyed by id; scheduling it again changes nothing and returns what there is. In bulk in one statement. */
  schedule(
    workspace: string,
    followUps: readonly {
      followUpId: string;
      contactId: string;
      type: string;
      scheduledFor: string;
      payload: FollowUpPayload;
      actor: string;
      createdAt: string;
    }[],
  ): Promise<FollowUpRow[]>;
  get(workspace: string, followUpId: string): Promise<FollowUpRow | null>;
  /** Those of these that there are, in any order, in one query. */
  getMany(workspace: string, followUpIds: readonly string[]): Promise<FollowUpRow[]>;
  list(
    workspace: string,
    options: ListOptions & { contactId?: string | undefined; state?: FollowUpState | undefined },
  ): Promise<Page<FollowUpRow>>;
  /**
   * What is to be tried of one contact, by `nextAt`: pending ones, and those in processing that a lost attempt may have sent
   * and that are to be tried again since their channel takes the same key twice for once.
   */
  pending(workspace: string, contactId: string, limit: number): Promise<FollowUpRow[]>;
  /** Moves a pending one. @returns null when it is not pending */
  reschedule(workspace: string, followUpId: string, scheduledFor: string): Promise<FollowUpRow | null>;
  /** Keeps the text written for one that is not over; the first one stays. @returns null when it is over or unknown */
  write(workspace: string, followUpId: string, message: FollowUpMessage): Promise<FollowUpRow | null>;
  /**
   * Calls off its effect, and cancels it where its message is thereby certain not to go out. One that is being sent, or may
   * have been, stays as it is, and is not tried again. @returns it as it is then; null when it is unknown
   */
  cancel(
    workspace: string,
    followUpId: string,
    by: { reason: string; actor: string; at: string },
  ): Promise<FollowUpRow | null>;
  /** The same for all of a contact that are not over. @returns those that it cancelled, soonest first */
  cancelPending(
    workspace: string,
    contactId: string,
    by: { reason: string; actor: string; at: string },
  ): Promise<FollowUpRow[]>;
  /** Ends one that cannot be sent as `failed`, unless its message may have gone out; the first end stays. */
  fail(workspace: string, followUpId: string, by: { reason: string; at: string }): Promise<FollowUpRow | null>;
  /** Processing since before that instant, oldest first, each with its effect, where it has one. */
  stale(workspace: string, before: string, limit: number): Promise<{ followUp: FollowUpRow; effect: Effect | null }[]>;
  /**
   * Contacts of every workspace with one that should have been tried before that instant (see `pending`): their workflow may be
   * gone. Each is named at most once within `everyMs`. Oldest first.
   */
  forgotten(
    before: string,
    at: string,
    options: { everyMs: number; limit: number },
  ): Promise<{ workspace: string; contactId: string }[]>;
}
