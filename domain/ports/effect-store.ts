import type { Effect, EffectState } from '../contracts/effects.ts';
import type { Purpose } from '../contracts/contacts.ts';
import type { ListOptions, Page } from './page.ts';

/** What is to be done, written down before it happens. */
export interface PlannedEffect {
  /** Workspace-wide: business key and step, such as `follow-up/F1/message`. The same for every attempt. */
  key: string;
  kind: 'message' | 'webhook' | 'calendar' | 'meeting';
  channel: string;
  contactId: string | null;
  purpose: Purpose | null;
  subject: string | null;
  plannedAt: string;
}

/** Leave to do it now, once: whoever has a newer fence has taken over. */
export interface Attempt {
  fence: number;
  attempts: number;
  /** An earlier attempt was lost: it may have done it. */
  mayBeDone: boolean;
  /** What the attempt before noted as its result, where it ended as `planned`. */
  noted: Record<string, unknown> | null;
}

/**
 * The effect ledger. An effect goes planned → attempting → done, failed, or unknown when the answer was lost; planned →
 * cancelled when it was called off in time. Each change is one statement on the row, so that of two who meet one wins.
 */
export interface EffectStore {
  /** Keyed; planning it again finds the first, whatever its state. */
  plan(workspace: string, effect: PlannedEffect): Promise<Effect>;
  /**
   * Leave to make an attempt, with a fence newer than any before. One that another attempt is at: `busy` until its lease is
   * over; then, since nobody knows how far it came, it is `unknown` unless `repeatable` says that the other side takes the same key
   * twice for once.
   */
  attempt(
    workspace: string,
    key: string,
    at: string,
    options: { leaseMs: number; repeatable: boolean },
  ): Promise<
    ({ outcome: 'go' } & Attempt) | { outcome: 'busy' | Exclude<EffectState, 'planned' | 'attempting'>; effect: Effect }
  >;
  /** Whether this fence is still the newest and the lease not over: asked just before the call goes out. Extends the lease. */
  holds(workspace: string, key: string, fence: number, at: string, leaseMs: number): Promise<boolean>;
  /** Ends an attempt; of an older fence it says nothing and returns false. `planned`: it did not happen and may be tried again. */
  end(
    workspace: string,
    key: string,
    fence: number,
    end: {
      state: 'done' | 'failed' | 'unknown' | 'planned';
      at: string;
      result?: Record<string, unknown>;
      error?: string;
    },
  ): Promise<boolean>;
  /**
   * Calls it off unless somebody is at it or it is over. One that somebody is at is not tried again, should this attempt
   * end as `planned`; one that a lost attempt may have done is `unknown`, never `cancelled`, but for events and meetings, which an effect
   * of its own takes back.
   */
  cancel(workspace: string, key: string, at: string, reason: string): Promise<Effect | null>;
  get(workspace: string, effectId: string): Promise<Effect | null>;
  list(workspace: string, options: ListOptions & { state?: EffectState | undefined }): Promise<Page<Effect>>;
  /** Settles an unknown one, and the follow-up that waits for it. @throws ReveilleError `conflict` when it is not unknown; null when there is none */
  resolve(
    workspace: string,
    effectId: string,
    by: { as: 'done' | 'failed'; actor: string; note: string; at: string },
  ): Promise<Effect | null>;
  /** Instants of messages of this purpose to the contact since then that were sent, are being sent, or may have been. */
  sentSince(workspace: string, contactId: string, purpose: Purpose, since: string): Promise<string[]>;
  /** Attempts whose lease is over, of every workspace: they become `unknown`, or planned again where repeatable. @returns how many */
  expireLeases(at: string): Promise<number>;
}
