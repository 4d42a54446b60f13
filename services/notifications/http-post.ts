import { DecoratorHandler, type Dispatcher, request } from 'undici';
import { AddressRefused, type Dialler, whicheverFirst } from '../dialler.ts';

/** Far above what a service says about a message. */
const MAX_BODY_BYTES = 512 * 1024;

export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

/** A request without a whole answer. `sent`: the other side may have acted on it. Quotes neither address nor content. */
export class PostFailed extends Error {
  override readonly name = 'PostFailed';
  readonly sent: boolean;
  /** The configuration does not allow the address. */
  readonly refused: boolean;
  /** Of an answer whose body never ended, or was longer than ours may be. */
  readonly status: number | null;

  constructor(message: string, what: { sent: boolean; refused?: boolean; status?: number | null }) {
    super(message);
    this.sent = what.sent;
    this.refused = what.refused ?? false;
    this.status = what.status ?? null;
  }
}

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | null;
  /** The longest answer that is read, in bytes; half a megabyte when absent. */
  maxBytes?: number;
  /** For everything together. */
  timeoutMs: number;
  signal: AbortSignal;
}

export type HttpPost = Omit<HttpRequest, 'method'>;

/** @throws PostFailed */
export const post = (dialler: Dialler, asked: HttpPost): Promise<HttpAnswer> =>
  send(dialler, { ...asked, method: 'POST' });

/**
 * Asks once, on a connection of its own: one that is used again may be closed by the other side just as the request
 * goes out, and then nobody knows whether it arrived. No redirect is followed.
 * @throws PostFailed
 */
export async function send(
  dialler: Dialler,
  { method, url, headers, body, timeoutMs, signal, maxBytes = MAX_BODY_BYTES }: HttpRequest,
): Promise<HttpAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let sent = false;
  let status: number | null = null;
  try {
    const dispatcher = dialler.dispatcher.compose(noticingStart(() => (sent = true)));
    const asked = request(url, { method, headers, body: body ?? null, signal: limit, reset: true, dispatcher });
    // It looks at the signal only when there is a connection, and says of a stopped request too that it starts.
    const answer = await whicheverFirst(asked, limit);
    status = answer.statusCode;
    return { status, headers: answer.headers, body: await readAll(answer.body, maxBytes) };
  } catch (error) {
    throw new PostFailed(whatHappened(error, limit), { sent, refused: error instanceof AddressRefused, status });
  }
}

/** The value that the text is as JSON; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Says when a request is about to be written: until then a failure means that nothing has happened. */
function noticingStart(notice: () => void): Dispatcher.DispatcherComposeInterceptor {
  class Noticing extends DecoratorHandler implements Dispatcher.DispatchHandler {
    onRequestStart(...about: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestStart']>>): void {
      notice();
      (DecoratorHandler.prototype as Dispatcher.DispatchHandler).onRequestStart?.apply(this, about);
    }
  }
  return (dispatch) => (options, handler) => dispatch(options, new Noticing(handler));
}

async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (size > maxBytes) throw new TooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

class TooLong extends Error {}

/** In our own words: a driver's may quote the address, which for some services holds the secret. */
function whatHappened(error: unknown, limit: AbortSignal): string {
  if (error instanceof AddressRefused) return "its address is not one that the server's configuration allows";
  if (error instanceof TooLong) return 'its answer is longer than any we know';
  if (limit.aborted) return timedOut(limit) ? 'it did not answer in time' : 'the sending was stopped';
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? `no connection (${code})` : 'no connection';
}

const timedOut = (limit: AbortSignal): boolean => (limit.reason as { name?: unknown } | null)?.name === 'TimeoutError';
