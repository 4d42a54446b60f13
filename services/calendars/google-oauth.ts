import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CalendarError } from '../../domain/ports/calendars.ts';
import { allowEntryOfUrl } from '../address-rules.ts';
import { type Dialler, whicheverFirst } from '../dialler.ts';
import { TIMEOUT_MS } from './calendar-http.ts';
import { requestTokens } from './google-tokens.ts';
import type { GoogleSettings } from './settings.ts';

/** Events are all that we read and write. */
const SCOPE = 'https://www.googleapis.com/auth/calendar.events';

/** A leave that a person gave at Google. */
export interface GoogleLeave {
  /** A secret: for the store, and nothing else. */
  refreshToken: string;
  /** ISO 8601; null where Google names no end. */
  expiresAt: string | null;
}

/** A question that waits for its answer at Google. Disposing of it ends the waiting. */
export interface GoogleConsent extends AsyncDisposable {
  /** To be opened in a browser on this machine. */
  readonly url: string;
  /** @throws CalendarError `refused` when the person said no, `access` when what they gave does not do; the signal's reason */
  leave(signal: AbortSignal): Promise<GoogleLeave>;
}

/** What comes back in the browser's address. */
type Returned = { code: string } | { refused: true };

/**
 * Asks a person for leave to see to their calendar, as an installed application does: the browser comes back to a port of this
 * machine (RFC 8252, 7.3), and what it brings is of use only to whoever asked (PKCE, RFC 7636).
 */
export async function askGoogleForLeave(
  settings: GoogleSettings,
  { dialler, now = Date.now, timeoutMs = TIMEOUT_MS }: { dialler: Dialler; now?: () => number; timeoutMs?: number },
): Promise<GoogleConsent> {
  const [state, verifier] = [randomBytes(24).toString('base64url'), randomBytes(48).toString('base64url')];
  const returned = Promise.withResolvers<Returned>();
  const server = createServer((request, response) => takeReturn(request, response, state, returned.resolve));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const allowed = dialler.allowing([allowEntryOfUrl(settings.tokenUrl)]);

  return {
    url: consentUrl(settings, { redirectUri, state, verifier }),

    async leave(signal) {
      const answer = await whicheverFirst(returned.promise, signal);
      if ('refused' in answer) throw new CalendarError('refused', 'Leave to see to the calendar was not given');
      const parameters = {
        ...{ grant_type: 'authorization_code', code: answer.code },
        ...{ code_verifier: verifier, redirect_uri: redirectUri },
      };
      const given = await requestTokens(parameters, signal, { settings, dialler: allowed, now, timeoutMs });
      if (given.scope !== undefined && !given.scope.split(' ').includes(SCOPE)) {
        throw new CalendarError('access', 'The leave that was given does not go as far as events');
      }
      const { refresh_token: refreshToken, refresh_token_expires_in: seconds } = given;
      if (refreshToken === undefined) throw new CalendarError('access', 'Google gave leave for an hour only');
      return {
        refreshToken,
        expiresAt: seconds === undefined ? null : new Date(now() + seconds * 1_000).toISOString(),
      };
    },

    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** developers.google.com/identity/protocols/oauth2/native-app, step 2. `consent`: else a second leave comes without a refresh token. */
function consentUrl(
  { authUrl, clientId }: GoogleSettings,
  { redirectUri, state, verifier }: { redirectUri: string; state: string; verifier: string },
): string {
  const url = new URL(authUrl);
  const parameters = {
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope: SCOPE, state },
    ...{ access_type: 'offline', prompt: 'consent' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** Anyone on this machine can call here: what does not know the state is nobody's answer. */
function takeReturn(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  state: string,
  take: (returned: Returned) => void,
): void {
  const asked = URL.parse(url, 'http://127.0.0.1');
  const code = asked?.searchParams.get('code') ?? null;
  const isAnswer = method === 'GET' && asked?.pathname === '/' && asked.searchParams.get('state') === state;
  const say = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`${text}\n`);
  };
  if (!isAnswer || (code === null && !asked.searchParams.has('error'))) return say(404, 'There is nothing here.');
  say(200, 'Thank you. You may close this window and go back to the terminal.');
  take(code === null ? { refused: true } : { code });
}
