import type { WebSocket } from '@fastify/websocket';
import { z } from 'zod';
import { ReveilleError } from '../../domain/errors.ts';
import { type Authenticate, requireScope, workspaceOf } from './access.ts';
import type { EventFeed, EventText, Listener } from './event-feed.ts';

/** Times in milliseconds, sizes in bytes. */
export interface EventLimits {
  pollMs: number;
  /** How long the token may take to come. */
  tokenMs: number;
  /** Between pings; whoever has not answered the one before is gone. */
  heartbeatMs: number;
  /** What may lie unread for one reader. */
  unreadBytes: number;
}

export const EVENT_LIMITS: EventLimits = {
  pollMs: 300,
  tokenMs: 10_000,
  heartbeatMs: 30_000,
  unreadBytes: 4 * 1024 * 1024,
};

/** RFC 6455, section 7.4.1, and 1013 of the IANA registry. */
export const CLOSE = { goingAway: 1001, unsupportedData: 1003, policy: 1008, internal: 1011, tryAgain: 1013 } as const;

/** How long a socket that was told to close may take to do so, in milliseconds. */
const CLOSING_MS = 2_000;

const place = z.number().int().min(0);
export const lastSeq = z.coerce.number().pipe(place);
const firstMessage = z.strictObject({ token: z.string().max(1_000), lastSeq: place.optional() });

export interface SubscriptionOptions {
  socket: WebSocket;
  feed: EventFeed;
  authenticate: Authenticate;
  limits: EventLimits;
  /** As the URL names it. */
  workspace: string | undefined;
  /** From the subprotocol; else the first message brings it. */
  token: string | undefined;
  lastSeq: number | undefined;
}

/** Sends one client a workspace's events: from its last one on, or from now on. */
export class EventSubscription implements Listener {
  seq = 0;
  readonly #options: SubscriptionOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #workspace: string | null = null;
  #begun = false;
  #alive = true;
  #closed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    const { socket, token, limits } = options;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('close', () => this.#end());
    if (token !== undefined) this.#begin(token, options.lastSeq);
    else this.#timers.push(setTimeout(() => this.#awaitToken(), limits.tokenMs));
  }

  /** Live events; a reader that cannot keep up reads them later from the store. */
  take(events: readonly EventText[]): void {
    const { socket, feed, limits } = this.#options;
    for (const event of events) {
      if (socket.bufferedAmount > limits.unreadBytes && this.#workspace !== null) {
        feed.leave(this.#workspace, this);
        this.#readUp(this.#workspace).catch((error: unknown) => this.#refuse(error));
        return;
      }
      this.#send(event);
    }
  }

  #send({ seq, text }: EventText): void {
    if (this.#closed || seq <= this.seq) return;
    this.#options.socket.send(text);
    this.seq = seq;
  }

  #awaitToken(): void {
    if (!this.#begun) this.#close(CLOSE.policy, 'No token came in time');
  }

  /** One message is read, the one with the token; whatever else is sent ends it, so that nobody can flood us. */
  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) return this.#close(CLOSE.unsupportedData, 'Send text');
    if (this.#begun) return this.#close(CLOSE.policy, 'Only one message is read, the one with the token');
    const message = firstMessage.safeParse(parsed(data));
    if (!message.success) return this.#close(CLOSE.policy, 'Send {"token": …, "lastSeq"?: …} first');
    this.#begin(message.data.token, message.data.lastSeq ?? this.#options.lastSeq);
  }

  #begin(token: string, from: number | undefined): void {
    this.#begun = true;
    this.#follow(token, from).catch((error: unknown) => this.#refuse(error));
  }

  async #follow(token: string, from: number | undefined): Promise<void> {
    const { feed, authenticate, limits } = this.#options;
    const access = await authenticate(token);
    requireScope(access, 'read');
    const workspace = workspaceOf(access, this.#options.workspace, 'workspace');
    const last = await feed.last(workspace);
    if (from !== undefined && from > last) {
      return this.#close(CLOSE.policy, `There is no event ${from} yet; the last is ${last}`);
    }
    this.seq = from ?? last;
    if (this.#closed) return;
    this.#timers.push(setInterval(() => this.#heartbeat(token), limits.heartbeatMs));
    this.#options.socket.ping();
    this.#workspace = workspace;
    await this.#readUp(workspace);
  }

  /** Sends what is in the store already, no faster than it is read, then what is new. */
  async #readUp(workspace: string): Promise<void> {
    const { feed } = this.#options;
    while (!this.#closed) {
      const events = await feed.read(workspace, this.seq);
      if (this.#closed || (events.length === 0 && feed.join(workspace, this))) return;
      for (const event of events) {
        this.#send(event);
        await this.#drained();
      }
    }
  }

  /** Resolves once little lies unread; whoever does not read for as long as a ping may take is cut off. */
  async #drained(): Promise<void> {
    const { socket, limits } = this.#options;
    const deadline = Date.now() + limits.heartbeatMs;
    while (!this.#closed && socket.bufferedAmount > limits.unreadBytes / 4) {
      if (Date.now() > deadline) return this.#close(CLOSE.tryAgain, 'Events are read too slowly');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Finds clients that are gone, and tokens that were revoked. */
  #heartbeat(token: string): void {
    const { socket, authenticate } = this.#options;
    if (!this.#alive) return socket.terminate();
    this.#alive = false;
    socket.ping();
    authenticate(token).catch((error: unknown) => {
      const revoked = error instanceof ReveilleError && error.code === 'unauthorized';
      if (revoked) this.#refuse(error);
    });
  }

  #refuse(error: unknown): void {
    if (!(error instanceof ReveilleError)) return this.#close(CLOSE.internal, 'Something went wrong inside');
    this.#close(error.code === 'unavailable' ? CLOSE.tryAgain : CLOSE.policy, error.message);
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#end();
    closeSocket(this.#options.socket, code, reason);
  }

  #end(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#workspace !== null) this.#options.feed.leave(this.#workspace, this);
  }
}

/** Says why, and does not wait for ever for an answer. A reason has room for 123 bytes (RFC 6455, section 5.5). */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(
    code,
    Buffer.from(reason)
      .subarray(0, 123)
      .toString()
      .replace(/\uFFFD+$/, ''),
  );
  setTimeout(() => socket.terminate(), CLOSING_MS).unref();
}

function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}
