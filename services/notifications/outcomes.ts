import { createHash } from 'node:crypto';
import { DeliveryError, type OutgoingMessage } from '../../domain/ports/channels.ts';
import { type HttpAnswer, PostFailed } from './http-post.ts';

/** The longest wait that we let another side ask for. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** The effect's key in the whole service: keys are of their workspace only. */
export const effectKey = (message: OutgoingMessage): string => `${message.workspace}/${message.key}`;

/** 32 hex digits that are the same for every attempt and tell nothing. */
export const keyDigest = (message: OutgoingMessage): string =>
  createHash('sha256').update(effectKey(message)).digest('hex').slice(0, 32);

/** Milliseconds to wait by a `Retry-After` (RFC 9110, 10.2.3: seconds, or a date in one of three spellings). */
export function retryAfterMs(value: string | string[] | undefined, now: number): number | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return within(Number(text) * 1_000);
  // A zone and an era for the spelling that has none; years of two digits are this century's.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  const at = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : within(at - now);
}

const within = (wait: number): number => Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);

/** What a failed request means for the message. */
export function failedPost(error: unknown, service: string): DeliveryError {
  if (!(error instanceof PostFailed)) return new DeliveryError('later', `${service} could not be asked`);
  const outcome = error.sent ? 'unknown' : error.refused ? 'refused' : 'later';
  return new DeliveryError(outcome, `${service}: ${error.message}`);
}

/**
 * What an answer without success means. A status that says that the request was not acted on is `later` or `refused`;
 * of the other 5xx nobody knows, unless the other side takes the same key twice for once.
 */
export function failedAnswer(
  answer: HttpAnswer,
  service: string,
  how: { repeatable: boolean; now: number },
): DeliveryError {
  const { status } = answer;
  const says = (what: string): string => `${service} ${what} (status ${status})`;
  const wait = retryAfterMs(answer.headers['retry-after'], how.now);
  if (status === 429 || status === 503) {
    return new DeliveryError('later', says('asks to come back later'), { retryAfterMs: wait });
  }
  // 409: by the Idempotency-Key draft, the same key is still being worked on.
  if ([408, 409, 425].includes(status)) return new DeliveryError('later', says('is not ready'), { retryAfterMs: wait });
  if (status === 401 || status === 407) return new DeliveryError('later', says('does not accept our credentials'));
  if (status >= 500) {
    return new DeliveryError(how.repeatable ? 'later' : 'unknown', says('failed'), { retryAfterMs: wait });
  }
  if (status >= 300 && status < 400) return new DeliveryError('refused', says('redirects, which is not followed'));
  return new DeliveryError('refused', says('refused the message'));
}
