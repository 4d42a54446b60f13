import type { CalendarHealth } from '../../domain/contracts/calendars.ts';
import { CalendarError } from '../../domain/ports/calendars.ts';
import { type Dialler, MAX_ANSWER_BYTES } from '../dialler.ts';
import { PostFailed, send } from '../notifications/http-post.ts';
import { retryAfterMs } from '../notifications/outcomes.ts';

/** For one request, from the connection to the last byte of the answer. */
export const TIMEOUT_MS = 15_000;

export interface Asking {
  dialler: Dialler;
  timeoutMs: number;
  signal: AbortSignal;
}

/** What an answer is judged by. */
interface About {
  /** Whom we asked, for messages. */
  service: string;
  /** Whether something was to be changed: then what was not answered may have happened. */
  changes: boolean;
}

/** Statuses that have no body, for which `Response` takes none. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A `fetch` for libraries that take one: over checked connections, no redirect followed, the answer read to its end and never
 * longer than an answer may be. Compressed ones are not asked for, since what they grow to has no bound.
 * @throws PostFailed
 */
export function fetchOver({ dialler, timeoutMs, signal }: Asking): typeof globalThis.fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const { method = 'GET', body = null } = init ?? {};
    if (body !== null && typeof body !== 'string') throw new TypeError('Only texts can be sent');
    const headers = { ...Object.fromEntries(new Headers(init?.headers)), 'accept-encoding': 'identity' };
    const maxBytes = MAX_ANSWER_BYTES;
    const answer = await send(dialler, { url, method, headers, body, maxBytes, timeoutMs, signal });
    const { status } = answer;
    return new Response(WITHOUT_BODY.has(status) ? null : answer.body, { status, headers: headersOf(answer.headers) });
  };
}

function headersOf(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

/** What a request without a whole answer means. What is no failure of a request is thrown on. */
export function failedAsking(error: unknown, { service, changes }: About): CalendarError {
  const failed = failureIn(error);
  if (failed === null) throw error;
  if (failed.refused) return new CalendarError('refused', `${service}: ${failed.message}`);
  return new CalendarError(changes && failed.sent ? 'unknown' : 'later', `${service}: ${failed.message}`);
}

/** Libraries wrap what their `fetch` throws. */
function failureIn(error: unknown): PostFailed | null {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof PostFailed) return at;
  return null;
}

/** What an answer without success means, as far as its status says. */
export function failedAnswer(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  { service, changes }: About,
  now: number,
): CalendarError {
  const says = (what: string): string => `${service} ${what} (status ${status})`;
  const wait = { retryAfterMs: retryAfterMs(headers.get('retry-after') ?? undefined, now) };
  if (status === 401 || status === 407) return new CalendarError('access', says('does not accept our credentials'));
  if ([408, 423, 425, 429, 503].includes(status)) {
    return new CalendarError('later', says('asks to come back later'), wait);
  }
  if (status >= 500) return new CalendarError(changes ? 'unknown' : 'later', says('failed'), wait);
  if (status >= 300 && status < 400) return new CalendarError('refused', says('redirects, which is not followed'));
  if (status >= 400) return new CalendarError('refused', says('refused'));
  return incomprehensible({ service, changes });
}

/** A good status with an answer that makes no sense. */
export const incomprehensible = ({ service, changes }: About): CalendarError =>
  new CalendarError(changes ? 'unknown' : 'later', `${service} gave an answer that makes no sense`);

/** Whether a calendar that needs no leave answers. */
export async function healthOf(ask: () => Promise<unknown>): Promise<CalendarHealth> {
  try {
    await ask();
    return { state: 'ok', detail: 'It answers', expiresAt: null };
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error;
    return { state: 'problem', detail: error.message, expiresAt: null };
  }
}
