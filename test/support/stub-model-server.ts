import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Misbehaving } from './misbehaving.ts';

/** A completion up to its content. */
const BEGINS = '{"choices":[{"index":0,"message":{"role":"assistant","content":"';

/** One scripted answer of the stub, by what goes wrong (or right). */
export type StubAnswer =
  /** A completion whose content is this value as JSON: good, of the wrong shape, in the wrong language. */
  | { kind: 'json'; value: unknown }
  /** A completion whose content is this text, such as garbage. */
  | { kind: 'content'; content: string; finishReason?: string }
  | { kind: 'refusal'; text: string }
  | { kind: 'content_filter' }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Sends a good answer's head, then a byte now and then, for ever. */
  | { kind: 'drip'; everyMs: number }
  /** An error of the API. */
  | { kind: 'status'; status: number; retryAfter?: string }
  /** A body that is no completion at all. */
  | { kind: 'body'; body: string; contentType?: string }
  /** A completion of this many bytes. */
  | { kind: 'huge'; bytes: number }
  | { kind: 'redirect'; to: string }
  | { kind: 'reset' };

export interface StubRequest {
  method: string;
  path: string;
  authorization: string | undefined;
  body: {
    model: string;
    messages: { role: string; content: unknown }[];
    response_format?: { type: string; json_schema?: { name: string; strict: boolean; schema: unknown } };
  };
}

/**
 * A chat-completions server as the public API describes it (POST /v1/chat/completions). Answers come in the order they
 * are scripted; the last one stays.
 */
export class StubModelServer implements AsyncDisposable {
  readonly requests: StubRequest[] = [];
  /** Answers each request by what it asks for, instead of the script. */
  answerBy: ((request: StubRequest) => StubAnswer) | null = null;
  #answers: StubAnswer[] = [];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #misbehaving = new Misbehaving();

  static async start(...answers: StubAnswer[]): Promise<StubModelServer> {
    const stub = new StubModelServer();
    stub.script(...answers);
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  /** Bytes of huge answers that were taken from us. */
  get bytesWritten(): number {
    return this.#misbehaving.bytesWritten;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  script(...answers: StubAnswer[]): void {
    this.#answers = answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#misbehaving.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as StubRequest['body'];
    const { method = '', url: path = '' } = request;
    const asked = { method, path, authorization: request.headers.authorization, body };
    this.requests.push(asked);
    if (this.answerBy) return this.#send(this.answerBy(asked), response, body.model);
    const answer = (this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]) ?? { kind: 'hang' };
    this.#send(answer, response, body.model);
  }

  #send(answer: StubAnswer, response: ServerResponse, model: string): void {
    switch (answer.kind) {
      case 'json':
        return this.#complete(response, model, { content: JSON.stringify(answer.value) });
      case 'content':
        return this.#complete(response, model, { content: answer.content }, answer.finishReason);
      case 'refusal':
        return this.#complete(response, model, { content: null, refusal: answer.text });
      case 'content_filter':
        return this.#complete(response, model, { content: '' }, 'content_filter');
      case 'hang':
        return;
      case 'drip':
        return this.#misbehaving.drip(response, answer.everyMs, BEGINS);
      case 'status': {
        const headers = answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter };
        response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify({ error: { message: 'scripted', type: 'stub', param: null, code: null } }));
        return;
      }
      case 'body':
        response.writeHead(200, { 'content-type': answer.contentType ?? 'application/json' });
        response.end(answer.body);
        return;
      case 'huge':
        return this.#misbehaving.huge(response, answer.bytes, BEGINS, 'x');
      case 'redirect':
        response.writeHead(307, { location: answer.to });
        response.end();
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
    }
  }

  #complete(response: ServerResponse, model: string, message: object, finishReason = 'stop'): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        id: 'chatcmpl-stub',
        object: 'chat.completion',
        created: 0,
        model,
        choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }),
    );
  }
}
