import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ZoomSettings } from '../../services/calendars/settings.ts';
import type { AcceptedEffects } from './accepted-effects.ts';
import { Misbehaving } from './misbehaving.ts';
import type { HttpBehaviour, HttpRequest } from './stub-http-service.ts';
import {
  type StandingMeeting,
  StubZoomAccount,
  ZOOM_ACCOUNT,
  type ZoomAccountOptions,
  type ZoomReply,
} from './stub-zoom-account.ts';

const limited = (message: string, headers: Record<string, string>): HttpBehaviour => ({
  kind: 'status',
  status: 429,
  headers,
  body: JSON.stringify({ code: 429, message }),
});

/** What Zoom says when there are too many requests (developers.zoom.us/docs/api/rate-limits). */
export const ZOOM_LIMITS = {
  perSecond: (headers: Record<string, string> = {}): HttpBehaviour =>
    limited('You have reached the maximum per-second rate limit for this API. Try again later.', {
      'x-ratelimit-category': 'Medium',
      'x-ratelimit-type': 'QPS',
      ...headers,
    }),
  /** Of the account; `until` as Zoom writes it, in ISO 8601. */
  daily: (until: string | null): HttpBehaviour =>
    limited('You have reached the maximum rate limit for this API. Refer to the response header for details.', {
      'x-ratelimit-category': 'Heavy',
      'x-ratelimit-type': 'Daily-limit',
      'x-ratelimit-remaining': '0',
      ...(until === null ? {} : { 'retry-after': until }),
    }),
} as const;

/**
 * Plays Zoom over HTTP, and misbehaves as told: behaviours come in order, those of the API and of the token endpoint
 * apart; the last one stays. What it made, moved and deleted is in the file of its effects.
 */
export class StubZoom implements AsyncDisposable {
  /** To the API. */
  readonly requests: HttpRequest[] = [];
  readonly tokenRequests: HttpRequest[] = [];
  readonly effects: AcceptedEffects;
  readonly account: StubZoomAccount;
  #behaviours: HttpBehaviour[] = [{ kind: 'accept' }];
  #tokenBehaviours: HttpBehaviour[] = [{ kind: 'accept' }];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #misbehaving = new Misbehaving();

  private constructor(effects: AcceptedEffects, options: ZoomAccountOptions) {
    this.effects = effects;
    this.account = new StubZoomAccount(options, (did, { id, agenda, start }) =>
      effects.add({ service: 'zoom', key: null, to: String(id), text: `${agenda} ${start}`, did }),
    );
  }

  static async start(effects: AcceptedEffects, options: ZoomAccountOptions = {}): Promise<StubZoom> {
    const stub = new StubZoom(effects, options);
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  /** Bytes of huge answers that were taken from us. */
  get bytesWritten(): number {
    return this.#misbehaving.bytesWritten;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What makes an adapter ask it. */
  get settings(): ZoomSettings {
    return { ...ZOOM_ACCOUNT, apiUrl: `${this.url}/v2`, tokenUrl: `${this.url}/oauth/token` };
  }

  /** What makes a process of ours ask it. */
  get env(): Record<string, string> {
    const { accountId, clientId, clientSecret, user, apiUrl, tokenUrl } = this.settings;
    return {
      ZOOM_ACCOUNT_ID: accountId,
      ZOOM_CLIENT_ID: clientId,
      ZOOM_CLIENT_SECRET: clientSecret,
      REVEILLE_ZOOM_USER: user,
      REVEILLE_ZOOM_API_URL: apiUrl,
      REVEILLE_ZOOM_TOKEN_URL: tokenUrl,
    };
  }

  /** What stands there now, oldest first. */
  meetings(): StandingMeeting[] {
    return this.account.meetings;
  }

  script(...behaviours: HttpBehaviour[]): void {
    this.#behaviours = behaviours;
  }

  scriptToken(...behaviours: HttpBehaviour[]): void {
    this.#tokenBehaviours = behaviours;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#misbehaving.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: await text(incoming) };
    const forToken = path.startsWith('/oauth/token');
    (forToken ? this.tokenRequests : this.requests).push(request);
    const behaviours = forToken ? this.#tokenBehaviours : this.#behaviours;
    const behaviour = (behaviours.length > 1 ? behaviours.shift() : behaviours[0])!;
    const act = (): ZoomReply => (forToken ? this.account.token(request) : this.account.answer(request));
    if (behaviour.kind === 'slow') return this.#slow(behaviour, response, act);
    if (behaviour.kind === 'accept') return answer(response, act());
    if (behaviour.kind !== 'status' && behaviour.accepts) act();
    this.#misbehaving.answer(behaviour, response);
  }

  #slow({ afterMs, accepts }: HttpBehaviour & { kind: 'slow' }, response: ServerResponse, act: () => ZoomReply): void {
    const done = accepts === 'at-once' ? act() : null;
    this.#misbehaving.later(afterMs, () => answer(response, done ?? act()));
  }
}

function answer(response: ServerResponse, { status, headers, body }: ZoomReply): void {
  response.writeHead(status, { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) });
  response.end(body ? JSON.stringify(body) : undefined);
}
