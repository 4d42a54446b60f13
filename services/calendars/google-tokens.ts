import { z } from 'zod';
import type { CalendarConnectionStore, CalendarLeave } from '../../domain/ports/booking-store.ts';
import { CalendarError } from '../../domain/ports/calendars.ts';
import { type Dialler, whicheverFirst } from '../dialler.ts';
import { jsonOf } from '../notifications/http-post.ts';
import { failedAnswer, failedAsking, fetchOver, incomprehensible } from './calendar-http.ts';
import type { GoogleSettings } from './settings.ts';

/** An access token is not used in its last minute. */
const MARGIN_MS = 60_000;
const ABOUT = { service: "Google's sign-in", changes: false };

export interface GoogleDependencies {
  settings: GoogleSettings;
  /** Checked, and with what the configuration allows. */
  dialler: Dialler;
  now: () => number;
  timeoutMs: number;
}

/** developers.google.com/identity/protocols/oauth2/native-app, "Exchange authorization code" and "Refreshing". Times in seconds. */
const tokens = z.object({
  access_token: z.string().min(1).max(8_000),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).max(2_000).optional(),
  /** Only where the leave ends by itself, as that of applications in testing does after a week. */
  refresh_token_expires_in: z.number().positive().optional(),
  scope: z.string().optional(),
});
export type GoogleTokens = z.output<typeof tokens>;

const refusal = z.object({ error: z.string() });

/**
 * Asks the token endpoint. By hand, since the library's own takes neither signal nor clock and asks again by itself.
 * @throws CalendarError `access` where a person has to see to it
 */
export async function requestTokens(
  parameters: Record<string, string>,
  signal: AbortSignal,
  { settings, dialler, now, timeoutMs }: GoogleDependencies,
): Promise<GoogleTokens> {
  const { clientId: client_id, clientSecret: client_secret, tokenUrl } = settings;
  const answer = await fetchOver({ dialler, timeoutMs, signal })(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ client_id, client_secret, ...parameters }).toString(),
  }).catch((error: unknown) => {
    throw failedAsking(error, ABOUT);
  });
  const body = jsonOf(await answer.text());
  if (answer.status === 200) {
    const given = tokens.safeParse(body);
    if (!given.success) throw incomprehensible(ABOUT);
    return given.data;
  }
  throw whyNoTokens(refusal.safeParse(body).data?.error) ?? failedAnswer(answer, ABOUT, now());
}

/** RFC 6749, 5.2. */
function whyNoTokens(error: string | undefined): CalendarError | null {
  switch (error) {
    case 'invalid_grant':
      return new CalendarError('access', 'The leave to see to the calendar has ended or was taken back');
    case 'invalid_client':
    case 'unauthorized_client':
      return new CalendarError('access', "Google does not accept the application's id and secret");
    default:
      return null;
  }
}

/** Access tokens of one representative. */
export interface AccessTokens {
  /** @throws CalendarError `access` where there is no leave, or no more */
  get(signal: AbortSignal): Promise<string>;
  /** Whether a new one can be had instead of one that was not taken: of many who say so, the first has it fetched. */
  drop(token: string): void;
  leave(): Promise<CalendarLeave | null>;
}

/** Tokens from the leave in the store, kept until shortly before they expire. Those of a new leave begin at once. */
export function createAccessTokens(
  representative: string,
  connections: Pick<CalendarConnectionStore, 'get'>,
  dependencies: GoogleDependencies,
): AccessTokens {
  const { now } = dependencies;
  let kept: { of: string; token: string; until: number } | null = null;
  let refreshing: { of: string; token: Promise<string> } | null = null;

  const refresh = async (refreshToken: string): Promise<string> => {
    // Shared by all who wait, so that none of them ends it.
    const given = await requestTokens(
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      new AbortController().signal,
      dependencies,
    );
    kept = { of: refreshToken, token: given.access_token, until: now() + given.expires_in * 1_000 - MARGIN_MS };
    return given.access_token;
  };

  return {
    leave: () => connections.get(representative),

    async get(signal) {
      const leave = await connections.get(representative);
      if (leave === null) throw new CalendarError('access', notConnected(representative));
      const { refreshToken } = leave;
      if (kept?.of === refreshToken && now() < kept.until) return kept.token;
      if (refreshing?.of !== refreshToken) {
        const started = { of: refreshToken, token: refresh(refreshToken) };
        refreshing = started;
        const forget = (): void => void (refreshing = refreshing === started ? null : refreshing);
        started.token.then(forget, forget);
      }
      return whicheverFirst(refreshing!.token, signal).catch((error: unknown) => {
        throw error instanceof CalendarError ? error : new CalendarError('later', 'Google did not answer in time');
      });
    },

    drop(token) {
      if (kept?.token === token) kept = null;
    },
  };
}

export const notConnected = (representative: string): string =>
  `No calendar at Google is connected: run \`reveille calendars connect ${representative}\``;
