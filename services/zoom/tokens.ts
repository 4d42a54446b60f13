import { z } from 'zod';
import { MeetingError } from '../../domain/ports/meetings.ts';
import type { ZoomSettings } from '../calendars/settings.ts';
import { whicheverFirst } from '../dialler.ts';
import { type HttpAnswer, jsonOf, send } from '../notifications/http-post.ts';
import { type ZoomDependencies, notReached, waitAsked } from './failures.ts';

/** A token is not used any more so long before it ends, or for the second half of a shorter life. */
const MARGIN_MS = 60_000;

/** What the token endpoint answers. A token goes into a header, so it is visible ASCII. */
const granted = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/),
  /** Seconds. */
  expires_in: z.number().positive().max(31_536_000),
});

/** The right to ask Zoom, shared by all who ask. */
export interface ZoomTokens {
  /** @throws MeetingError `later`, or `refused` for an address that is not allowed: nothing has happened */
  get(signal: AbortSignal): Promise<string>;
  /** Zoom does not take this one: the next `get` asks for another, unless somebody has already. */
  drop(token: string): void;
}

/**
 * Tokens of a server-to-server application (developers.zoom.us/docs/internal-apps/s2s-oauth): asked for once for
 * all who wait, kept until shortly before their end.
 */
export function createZoomTokens(settings: ZoomSettings, dependencies: ZoomDependencies): ZoomTokens {
  let kept: { token: string; until: number } | null = null;
  let asking: Promise<string> | null = null;

  const ask = async (): Promise<string> => {
    const askedAt = dependencies.now();
    const { access_token: token, expires_in: seconds } = await askForToken(settings, dependencies);
    const lifeMs = seconds * 1_000;
    kept = { token, until: askedAt + lifeMs - Math.min(MARGIN_MS, lifeMs / 2) };
    return token;
  };

  return {
    async get(signal) {
      if (kept && dependencies.now() < kept.until) return kept.token;
      asking ??= ask().finally(() => (asking = null));
      return whicheverFirst(asking, signal).catch((error: unknown) => {
        if (error instanceof MeetingError) throw error;
        throw new MeetingError('later', 'Zoom: stopped before it was asked');
      });
    },
    drop(token) {
      if (kept?.token === token) kept = null;
    },
  };
}

/** Whatever goes wrong here, what the token was wanted for has not happened. */
async function askForToken(
  { tokenUrl, accountId, clientId, clientSecret }: ZoomSettings,
  { dialler, now, timeoutMs }: ZoomDependencies,
): Promise<z.output<typeof granted>> {
  const url = new URL(tokenUrl);
  url.searchParams.set('grant_type', 'account_credentials');
  url.searchParams.set('account_id', accountId);
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const headers = { authorization: `Basic ${basic}`, accept: 'application/json' };
  // It is for all who wait, so that none of them can stop it.
  const signal = new AbortController().signal;
  const answer = await send(dialler, { method: 'POST', url: url.href, headers, timeoutMs, signal }).catch(
    (error: unknown) => {
      throw notReached(error, { changes: false });
    },
  );
  const told = granted.safeParse(answer.status === 200 ? jsonOf(answer.body) : undefined);
  if (!told.success) throw notGranted(answer, now());
  return told.data;
}

function notGranted(answer: HttpAnswer, now: number): MeetingError {
  const { status } = answer;
  // A wrong secret is 400 or 401, `{"reason": "Invalid client_id or client_secret", "error": "invalid_client"}`; a
  // wrong account 400. The fault is ours and can be mended, so that nothing is lost by waiting.
  if ([400, 401, 403].includes(status)) {
    const what = 'Zoom does not accept ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET for ZOOM_ACCOUNT_ID';
    return new MeetingError('later', `${what} (status ${status})`);
  }
  const wait = waitAsked(answer, now);
  return new MeetingError('later', `Zoom gives no token (status ${status})`, { retryAfterMs: wait });
}
