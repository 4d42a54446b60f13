import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AcceptedEffects } from './accepted-effects.ts';
import { Misbehaving } from './misbehaving.ts';

/** What a stub does with a request. `accepts`: whether it has acted on it by then. */
export type HttpBehaviour =
  | { kind: 'accept' }
  /** Accepts at once, or only then, and answers then. */
  | { kind: 'slow'; afterMs: number; accepts: 'at-once' | 'then' }
  | { kind: 'hang'; accepts: boolean }
  | { kind: 'reset'; accepts: boolean }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'garbage'; accepts: boolean }
  | { kind: 'huge'; bytes: number; accepts: boolean }
  | { kind: 'drip'; everyMs: number; accepts: boolean };

export interface HttpRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A service behind HTTP: what it takes for an effect and what it answers then. */
export interface HttpProtocol {
  /** The effect the request asks for and the good answer to it; or the answer that says what is wrong with it. */
  read(
    request: HttpRequest,
  ): { key: string | null; to: string; text: string; answer: object } | { status: number; answer: object };
  name: string;
  /** Whether the same key twice is one effect. */
  idempotent: boolean;
}

/** Plays a service, and misbehaves as told. Behaviours come in order; the last one stays. */
export class StubHttpService implements AsyncDisposable {
  readonly requests: HttpRequest[] = [];
  readonly effects: AcceptedEffects;
  readonly #protocol: HttpProtocol;
  readonly #seen = new Set<string>();
  #behaviours: HttpBehaviour[] = [{ kind: 'accept' }];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #misbehaving = new Misbehaving();

  private constructor(protocol: HttpProtocol, effects: AcceptedEffects) {
    this.#protocol = protocol;
    this.effects = effects;
  }

  static async start(protocol: HttpProtocol, effects: AcceptedEffects): Promise<StubHttpService> {
    const stub = new StubHttpService(protocol, effects);
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

  script(...behaviours: HttpBehaviour[]): void {
    this.#behaviours = behaviours;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#misbehaving.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: await text(incoming) };
    this.requests.push(request);
    const behaviour = (this.#behaviours.length > 1 ? this.#behaviours.shift() : this.#behaviours[0])!;
    const asked = this.#protocol.read(request);
    if ('status' in asked) return answerJson(response, asked.status, asked.answer);
    if (behaviour.kind === 'slow') return this.#slow(behaviour, response, asked);
    if (behaviour.kind === 'accept' || (behaviour.kind !== 'status' && behaviour.accepts)) this.#accept(asked);
    response.on('error', () => undefined);
    if (behaviour.kind === 'accept') return answerJson(response, 200, asked.answer);
    this.#misbehaving.answer(behaviour, response);
  }

  #accept({ key, to, text: said }: { key: string | null; to: string; text: string }): void {
    const known = this.#protocol.idempotent && key !== null && this.#seen.has(key);
    if (key !== null) this.#seen.add(key);
    if (!known) this.effects.add({ service: this.#protocol.name, key, to, text: said });
  }

  #slow(
    { afterMs, accepts }: HttpBehaviour & { kind: 'slow' },
    response: ServerResponse,
    asked: { key: string | null; to: string; text: string; answer: object },
  ): void {
    if (accepts === 'at-once') this.#accept(asked);
    this.#misbehaving.later(afterMs, () => {
      if (accepts === 'then') this.#accept(asked);
      answerJson(response, 200, asked.answer);
    });
  }
}

function answerJson(response: ServerResponse, status: number, answer: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}
