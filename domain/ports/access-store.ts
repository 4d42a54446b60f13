import type { Event, EventType } from '../contracts/events.ts';
import type { Scope, Token } from '../contracts/tokens.ts';
import type { ListOptions, Page } from './page.ts';

/** Who may call. Only a hash of each token is kept. */
export interface TokenStore {
  create(token: {
    tokenId: string;
    name: string;
    workspace: string | null;
    scopes: Scope[];
    hash: string;
    createdAt: string;
    createdBy: string;
  }): Promise<Token>;
  /** The token of this hash that is not revoked; notes its use, at most once a minute. */
  find(hash: string, at: string): Promise<Token | null>;
  /** Of one workspace, or of all (null). */
  list(workspace: string | null, options: ListOptions): Promise<Page<Token>>;
  /** Revoking a revoked one changes nothing. @returns null when there is none in this workspace (any for null) */
  revoke(workspace: string | null, tokenId: string, at: string): Promise<Token | null>;
}

/** An answer that can be given again. */
export interface KeptAnswer {
  status: number;
  body: unknown;
}

/** Answers by `Idempotency-Key`. */
export interface IdempotencyStore {
  /**
   * Takes the key for a request with this fingerprint. `begun`: carry it out, then `finish` or `release`. One in flight
   * since before `staleBefore` was lost with its process: its key is taken over, as `begun`.
   */
  begin(
    workspace: string,
    key: string,
    request: { fingerprint: string; at: string; staleBefore: string },
  ): Promise<{ outcome: 'begun' | 'in_flight' | 'mismatch' } | { outcome: 'replay'; answer: KeptAnswer }>;
  finish(workspace: string, key: string, answer: KeptAnswer): Promise<void>;
  /** Forgets a key whose request failed for a reason that may pass. */
  release(workspace: string, key: string): Promise<void>;
  dropBefore(instant: string): Promise<number>;
}

/** What the WebSocket sends. Appended by the store itself, in the transaction of the change that it tells. */
export interface EventStore {
  /** Events after `seq`, ascending, at most `limit`. */
  after(workspace: string, seq: number, limit: number): Promise<Event[]>;
  /** The last `seq` of the workspace; 0 when it has none. */
  last(workspace: string): Promise<number>;
  /** For what the store does not itself see; the same `key` twice is once. */
  append(workspace: string, event: { type: EventType; at: string; data: object; key: string }): Promise<void>;
  /** Drops old events; `seq` goes on counting. @returns how many */
  dropBefore(instant: string): Promise<number>;
}
