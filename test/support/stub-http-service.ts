import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AcceptedEffects } from './accepted-effects.ts';

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
  /** Bytes of answers that were taken from us. */
  bytesWritten = 0;
  readonly #protocol: HttpProtocol;
  readonly #seen = new Set<string>();
  #behaviours: HttpBehaviour[] = [{ kind: 'accept' }];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(protocol: HttpProtocol, effects: AcceptedEffects) {
    this.#protocol = protocol;
    this.effects = effects;
  }

  static async start(protocol: HttpProtocol, effects: AcceptedEffects): Promise<StubHttpService> {
    const stub = new StubHttpService(protocol, effects);
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  script(...behaviours: HttpBehaviour[]): void {
    this.#behaviours = behaviours;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
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
    this.#answer(behaviour, response, asked.answer);
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
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (accepts === 'then') this.#accept(asked);
      answerJson(response, 200, asked.answer);
    }, afterMs);
    this.#timers.add(timer);
  }

  #answer(behaviour: Exclude<HttpBehaviour, { kind: 'slow' }>, response: ServerResponse, good: object): void {
    response.on('error', () => undefined);
    switch (behaviour.kind) {
      case 'accept':
        return answerJson(response, 200, good);
      case 'hang':
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'status':
        response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
        response.end(behaviour.body ?? '');
        return;
      case 'garbage':
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>Welcome to nginx!</html>');
        return;
      case 'huge':
        return this.#huge(response, behaviour.bytes);
      case 'drip': {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), behaviour.everyMs);
        this.#timers.add(timer);
        response.on('close', () => clearInterval(timer));
      }
    }
  }

  #huge(response: ServerResponse, bytes: number): void {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    response.writeHead(200, { 'content-type': 'application/json' });
    const push = (): void => {
      while (this.bytesWritten < bytes && !response.destroyed) {
        this.bytesWritten += chunk.byteLength;
        if (!response.write(chunk)) {
          response.once('drain', push);
          return;
        }
      }
      response.end();
    };
    push();
  }
}

function answerJson(response: ServerResponse, status: number, answer: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}
