import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import type { IdempotencyStore, KeptAnswer } from '../../domain/ports/access-store.ts';
import type { Logger } from '../../services/logging.ts';
import { problemOf } from './problem.ts';

/** After this long, in milliseconds, a request in flight is taken for lost with its process. */
const STALE_MS = 60_000;

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The key of a request that may be sent again. @throws ReveilleError `invalid_input` naming the header */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || (typeof key === 'string' && KEY.test(key))) return key as string | undefined;
  throw invalidInput([{ path: 'Idempotency-Key', message: 'must be 1 to 200 visible ASCII characters' }]);
}

const digest = (...parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** One request of a client, with what tells it from others. */
export interface KeyedRequest {
  workspace: string;
  tokenId: string;
  operation: string;
  key: string;
  input: unknown;
  requestId: string;
}

export interface Answer extends KeptAnswer {
  replayed: boolean;
}

/**
 * Carries a request out once, and gives its repeats the same answer. A key belongs to a workspace and a token: another
 * bearer's must not give away what the first was told. `work` gets a key of its own for what it starts. Answers below
 * 500 are kept; `keep` may put another in the place of one that may be shown only once.
 * @throws ReveilleError `idempotency_mismatch`, or `conflict` while the first is in flight
 */
export function onceEach(store: IdempotencyStore, logger: Logger) {
  return async function once(
    request: KeyedRequest,
    work: (requestKey: string) => Promise<KeptAnswer>,
    keep: (answer: KeptAnswer) => KeptAnswer = (answer) => answer,
  ): Promise<Answer> {
    const { workspace, tokenId, operation, key, input, requestId } = request;
    const kept = digest(tokenId, key);
    const now = Date.now();
    const begun = await store.begin(workspace, kept, {
      fingerprint: digest(operation, JSON.stringify(input)),
      at: new Date(now).toISOString(),
      staleBefore: new Date(now - STALE_MS).toISOString(),
    });
    if (begun.outcome === 'replay') return { ...begun.answer, replayed: true };
    if (begun.outcome === 'in_flight') {
      throw new ReveilleError('conflict', 'The first request with this Idempotency-Key is still being carried out');
    }
    if (begun.outcome === 'mismatch') {
      const message = 'was used for another request';
      throw new ReveilleError('idempotency_mismatch', `The Idempotency-Key ${message}`, {
        errors: [{ path: 'Idempotency-Key', message }],
      });
    }
    const noted = (what: Promise<void>): Promise<void> =>
      // The work is done and its answer stands; a repeat within the minute is told that it is in flight.
      what.catch((err: unknown) => logger.warn({ err, requestId }, 'The answer could not be kept for repeats'));
    try {
      const answer = await work(digest(workspace, tokenId, operation, key).slice(0, 40));
      await noted(store.finish(workspace, kept, keep(answer)));
      return { ...answer, replayed: false };
    } catch (error) {
      const problem = problemOf(error, requestId);
      await noted(
        problem.status < 500
          ? store.finish(workspace, kept, { status: problem.status, body: problem })
          : store.release(workspace, kept),
      );
      throw error;
    }
  };
}
