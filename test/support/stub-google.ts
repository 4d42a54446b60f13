import { createHash, randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { GoogleSettings } from '../../services/calendars/settings.ts';
import type { AcceptedEffects } from './accepted-effects.ts';
import { type GoogleAnswer, StubGoogleEvents, googleError } from './stub-google-events.ts';

/** What the stub does with a request instead of answering it well. `accepts`: whether it has acted on it by then. */
export type GoogleBehaviour =
  | { kind: 'accept' }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'hang' | 'reset' | 'garbage' | 'huge'; accepts: boolean };

export interface GoogleRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
}

const SCOPE = 'https://www.googleapis.com/auth/calendar.events';
const MEGABYTES_20 = 20 * 1024 * 1024;

/** What was asked on the page of consent, and waits for whoever brings its code. */
interface Grant {
  challenge: string;
  redirectUri: string;
}

/**
 * Google as its reference describes it (developers.google.com/workspace/calendar/api/v3/reference/events and
 * developers.google.com/identity/protocols/oauth2/native-app): consent, tokens and events of one calendar, `primary`. Behaviours come in
 * order, each for one request; after them it answers well.
 */
export class StubGoogle implements AsyncDisposable {
  readonly requests: GoogleRequest[] = [];
  readonly tokenRequests: URLSearchParams[] = [];
  readonly events: StubGoogleEvents;
  /** Leaves that were given and not taken back. */
  readonly refreshTokens = new Set<string>();
  /** Seconds, as for applications in testing; null where leaves last. */
  leaveSeconds: number | null = null;
  /** What the person leaves ticked on the page of consent. */
  granted = SCOPE;
  /** Whether the person says yes. */
  consents = true;
  #behaviours: GoogleBehaviour[] = [];
  #tokenBehaviours: GoogleBehaviour[] = [];
  readonly #accessTokens = new Set<string>();
  readonly #codes = new Map<string, Grant>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  private constructor(effects: AcceptedEffects) {
    this.events = new StubGoogleEvents(effects);
  }

  static async start(effects: AcceptedEffects): Promise<StubGoogle> {
    const stub = new StubGoogle(effects);
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get settings(): GoogleSettings {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      ...{ clientId: 'reveille.apps.example', clientSecret: 'canary-secret-of-the-application' },
      ...{ apiUrl: url, tokenUrl: `${url}/token`, authUrl: `${url}/o/oauth2/v2/auth` },
    };
  }

  script(...behaviours: GoogleBehaviour[]): void {
    this.#behaviours = behaviours;
  }

  scriptTokens(...behaviours: GoogleBehaviour[]): void {
    this.#tokenBehaviours = behaviours;
  }

  /** A leave as if somebody had given it. */
  giveLeave(): string {
    const token = `canary-refresh-${randomUUID()}`;
    this.refreshTokens.add(token);
    return token;
  }

  /** Ends every access token before its time. */
  endAccess(): void {
    this.#accessTokens.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/', headers } = incoming;
    const { pathname: path, searchParams: query } = new URL(url, 'http://127.0.0.1');
    const body = await text(incoming);
    response.on('error', () => undefined);
    if (path === '/o/oauth2/v2/auth') return this.#consent(query, response);
    const request = { method, path, query, body };
    if (path === '/token') {
      this.tokenRequests.push(new URLSearchParams(body));
      const behaviour = this.#tokenBehaviours.shift() ?? { kind: 'accept' };
      return behave(behaviour, response, () => this.#tokens(new URLSearchParams(body)));
    }
    this.requests.push(request);
    const behaviour = this.#behaviours.shift() ?? { kind: 'accept' };
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
    behave(behaviour, response, () =>
      this.#accessTokens.has(token)
        ? this.events.answer(request)
        : googleError(401, 'authError', 'Invalid Credentials'),
    );
  }

  /** The page on which a person says yes, or no, and is sent back. */
  #consent(query: URLSearchParams, response: ServerResponse): void {
    const wanted = { client_id: this.settings.clientId, response_type: 'code', code_challenge_method: 'S256' };
    const isRight = Object.entries(wanted).every(([name, value]) => query.get(name) === value);
    const [redirectUri = '', challenge = ''] = ['redirect_uri', 'code_challenge'].map((name) => query.get(name) ?? '');
    if (!isRight || !/^http:\/\/127\.0\.0\.1:\d+$/.test(redirectUri) || !/^[\w-]{43}$/.test(challenge)) {
      response.writeHead(400).end('Error 400: invalid_request');
      return;
    }
    const back = new URL(redirectUri);
    back.searchParams.set('state', query.get('state') ?? '');
    if (this.consents) {
      const code = `canary-code-${randomUUID()}`;
      this.#codes.set(code, { challenge, redirectUri });
      back.searchParams.set('code', code);
    } else back.searchParams.set('error', 'access_denied');
    response.writeHead(302, { location: back.href }).end();
  }

  #tokens(form: URLSearchParams): GoogleAnswer {
    const refused = (status: number, error: string) => ({
      status,
      body: { error, error_description: 'canary-description' },
    });
    const { clientId, clientSecret } = this.settings;
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
      return refused(401, 'invalid_client');
    }
    const access_token = `canary-access-${randomUUID()}`;
    const given = { access_token, expires_in: 3_599, token_type: 'Bearer', scope: this.granted };
    if (form.get('grant_type') === 'refresh_token') {
      if (!this.refreshTokens.has(form.get('refresh_token') ?? '')) return refused(400, 'invalid_grant');
      this.#accessTokens.add(access_token);
      return { status: 200, body: given };
    }
    if (form.get('grant_type') !== 'authorization_code') return refused(400, 'unsupported_grant_type');
    const grant = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    const isTheirs =
      grant?.challenge === verifier.digest('base64url') && grant.redirectUri === form.get('redirect_uri');
    if (!isTheirs) return refused(400, 'invalid_grant');
    this.#accessTokens.add(access_token);
    const ends = this.leaveSeconds === null ? {} : { refresh_token_expires_in: this.leaveSeconds };
    return { status: 200, body: { ...given, refresh_token: this.giveLeave(), ...ends } };
  }
}

function behave(behaviour: GoogleBehaviour, response: ServerResponse, act: () => GoogleAnswer): void {
  if (behaviour.kind === 'status') {
    response.writeHead(behaviour.status, { 'content-type': 'application/json; charset=UTF-8', ...behaviour.headers });
    response.end(behaviour.body ?? '');
    return;
  }
  const answer = behaviour.kind === 'accept' || behaviour.accepts ? act() : null;
  switch (behaviour.kind) {
    case 'accept':
      response.writeHead(answer!.status, { 'content-type': 'application/json; charset=UTF-8' });
      response.end(answer!.body === null ? '' : JSON.stringify(answer!.body));
      return;
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'garbage':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>canary</html>');
      return;
    case 'huge':
      response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.alloc(MEGABYTES_20, ' '));
  }
}
