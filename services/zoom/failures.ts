import { z } from 'zod';
import { MeetingError } from '../../domain/ports/meetings.ts';
import type { Dialler } from '../dialler.ts';
import { type HttpAnswer, jsonOf, PostFailed } from '../notifications/http-post.ts';
import { retryAfterMs } from '../notifications/outcomes.ts';

const DAY_MS = 86_400_000;

export interface ZoomDependencies {
  dialler: Dialler;
  /** Epoch milliseconds. */
  now: () => number;
  /** For one request, from the connection to the last byte of the answer. */
  timeoutMs: number;
}

/** Zoom's own numbers for what is wrong (developers.zoom.us/docs/api/errors, and the pages of the methods). */
export const CODES = { noSuchUser: 1001, noSuchMeeting: 3001, scopeMissing: [104, 4711] } as const;

const failure = z.object({ code: z.number().int(), message: z.string().optional() });

const failureIn = (answer: HttpAnswer): z.output<typeof failure> | null =>
  failure.safeParse(jsonOf(answer.body)).data ?? null;

/** Whether the answer says that the meeting is not there, or not any more. */
export const saysGone = (answer: HttpAnswer): boolean =>
  answer.status >= 400 && answer.status < 500 && failureIn(answer)?.code === CODES.noSuchMeeting;

/** Of a request without a whole answer. `changes`: it was to change something, which may have happened. */
export function notReached(error: unknown, { changes }: { changes: boolean }): MeetingError {
  if (!(error instanceof PostFailed)) return new MeetingError('later', 'Zoom could not be asked');
  const outcome = error.refused ? 'refused' : error.sent && changes ? 'unknown' : 'later';
  return new MeetingError(outcome, `Zoom: ${error.message}`);
}

/** Of an answer that is not the one wanted. In our own words: Zoom's may name people. */
export function failedAnswer(answer: HttpAnswer, { changes, now }: { changes: boolean; now: number }): MeetingError {
  const { status } = answer;
  const code = failureIn(answer)?.code ?? null;
  const saying = (outcome: MeetingError['outcome'], what: string): MeetingError =>
    new MeetingError(outcome, `Zoom ${what} (status ${status}${code === null ? '' : `, code ${code}`})`, {
      retryAfterMs: waitAsked(answer, now),
    });
  if (status < 300) return saying(changes ? 'unknown' : 'later', 'answered in no known form');
  if (status < 400) return saying('refused', 'redirects, which is not followed');
  if (status >= 500) return saying(changes ? 'unknown' : 'later', 'failed');
  if (status === 429) return saying('later', isDaily(answer) ? 'takes no more today' : 'asks to come back later');
  if (status === 408 || status === 425) return saying('later', 'is not ready');
  if (status === 401) return saying('later', 'does not accept the token of ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET');
  if (CODES.scopeMissing.some((known) => known === code)) {
    return saying('later', 'wants a scope that the application of ZOOM_CLIENT_ID does not have');
  }
  if (code === CODES.noSuchUser) return saying('refused', 'does not know the user of REVEILLE_ZOOM_USER');
  return saying('refused', 'refused it');
}

/**
 * Milliseconds to wait as Zoom says (developers.zoom.us/docs/api/rate-limits): `Retry-After` in seconds, or for a daily
 * limit the instant in ISO 8601. Of the limit of meetings made or changed for a user in a day only the text says so;
 * days begin at 00:00 UTC.
 */
export function waitAsked(answer: HttpAnswer, now: number): number | null {
  const told = headerOf(answer, 'retry-after');
  const at = /^\d{4}-\d\d-\d\dT/.test(told) ? Date.parse(told) : Number.NaN;
  const wait = retryAfterMs(Number.isNaN(at) ? told : new Date(at).toUTCString(), now);
  return wait ?? (answer.status === 429 && isDaily(answer) ? DAY_MS - (now % DAY_MS) : null);
}

const isDaily = (answer: HttpAnswer): boolean =>
  /daily/i.test(headerOf(answer, 'x-ratelimit-type')) || /daily/i.test(failureIn(answer)?.message ?? '');

const headerOf = ({ headers }: HttpAnswer, name: string): string => [headers[name] ?? []].flat()[0] ?? '';
