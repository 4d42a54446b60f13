import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { connect as openSocket, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import { promisify } from 'node:util';
import { Agent, buildConnector, type Dispatcher, fetch as undiciFetch, type RequestInit as UndiciInit } from 'undici';
import { type AllowedPrivate, allowedPrivate, isPublic } from './address-rules.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Between two parts of an answer. A whole answer is bounded by the caller's own time. */
const SILENCE_MS = 60_000;
/** No answer we read is longer; a longer one ends the connection. */
export const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** All addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

export interface DiallerOptions {
  /** `host`, `host:port`, addresses and CIDR ranges that may be connected to though they are not public. */
  allowPrivateHosts?: readonly string[];
  /** Instead of the system's resolver. */
  lookup?: Lookup;
  /** How long an answer over HTTP may be silent, in milliseconds; a minute when absent. */
  silenceMs?: number;
}

/** A connection that the server's configuration does not allow. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number) {
    super(`${host}:${port} is not a public address; the server's configuration can allow it`);
    this.host = host;
    this.port = port;
  }
}

export interface ConnectOptions {
  host: string;
  port: number;
  /** TLS from the start, with the certificate checked against `host`. */
  secure?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * The one way to open connections whose host a user can name. The host is resolved and every one of its addresses
 * checked for each connection, which then goes to those addresses and no other, so that a name that changes its answer
 * (DNS rebinding) gains nothing. No redirect is followed.
 */
export interface Dialler extends AsyncDisposable {
  /** `fetch` over checked connections. Redirects are given back as they are. Takes URLs, not `Request` objects. */
  readonly fetch: typeof globalThis.fetch;
  /** For undici's `request`, over checked connections. */
  readonly dispatcher: Dispatcher;
  /** @throws AddressRefused, or what the socket says */
  connect(options: ConnectOptions): Promise<Socket>;
  /** The same, with more hosts allowed: those that the server's configuration names for a purpose. Ends with this one. */
  allowing(hosts: readonly string[]): Dialler;
}

/** @throws Error for an entry of `allowPrivateHosts` that is neither host, host:port nor range */
export function createDialler(options: DiallerOptions = {}): Dialler {
  return new CheckedDialler(
    options.allowPrivateHosts ?? [],
    options.lookup ?? lookupAll,
    options.silenceMs ?? SILENCE_MS,
  );
}

const resolveAll = promisify(systemLookup);
const lookupAll: Lookup = (host) => resolveAll(host, { all: true });

class CheckedDialler implements Dialler {
  readonly dispatcher: Dispatcher;
  readonly #entries: readonly string[];
  readonly #allowed: AllowedPrivate;
  readonly #lookup: Lookup;
  readonly #silenceMs: number;
  readonly #children: CheckedDialler[] = [];

  constructor(entries: readonly string[], lookup: Lookup, silenceMs: number) {
    this.#entries = entries;
    this.#allowed = allowedPrivate(entries);
    this.#lookup = lookup;
    this.#silenceMs = silenceMs;
    this.dispatcher = new Agent({
      connect: (target, callback) => void this.#connectHttp(target, callback),
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    if (typeof input !== 'string' && !(input instanceof URL)) throw new TypeError('The dialler takes URLs only');
    // undici's own types and Node's copy of them differ by version only.
    const given = init as UndiciInit | undefined;
    const response = await undiciFetch(input, { ...given, redirect: 'manual', dispatcher: this.dispatcher });
    return response as unknown as Response;
  };

  async connect({
    host,
    port,
    secure = false,
    timeoutMs = CONNECT_TIMEOUT_MS,
    signal,
  }: ConnectOptions): Promise<Socket> {
    const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
    const addresses = await whicheverFirst(this.#checked(host, port), limit);
    const plain = openSocket({ host, port, lookup: answering(addresses), noDelay: true });
    const socket = secure ? openTls({ socket: plain, host, ...(isIP(host) === 0 ? { servername: host } : {}) }) : plain;
    try {
      await whicheverFirst(opened(socket, plain, secure), limit);
      return socket;
    } catch (error) {
      socket.destroy();
      plain.destroy();
      throw error;
    }
  }

  allowing(hosts: readonly string[]): Dialler {
    const child = new CheckedDialler([...this.#entries, ...hosts], this.#lookup, this.#silenceMs);
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.dispatcher.destroy(), ...this.#children.map((child) => child[Symbol.asyncDispose]())]);
  }

  async #connectHttp(target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const host = target.hostname.replace(/^\[|\]$/g, '');
    try {
      const lookup = answering(await this.#checked(host, port));
      const connect = buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS, allowH2: false, maxCachedSessions: 0 });
      connect({ ...target, hostname: host }, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    }
  }

  /** Addresses of the host. One that is not allowed refuses them all: which one is used is not ours to choose. */
  async #checked(host: string, port: number): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    const addresses = family === 0 ? await this.#lookup(host) : [{ address: host, family }];
    if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
    for (const { address } of addresses) {
      if (!isPublic(address) && !this.#allowed(host, port, address)) throw new AddressRefused(host, port);
    }
    return addresses;
  }
}

/** Answers a socket's question for addresses with these, whatever the resolver would say now. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const first = addresses[0]!;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

function opened(socket: Socket, plain: Socket, secure: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject);
      resolve();
    });
    socket.once('error', reject);
    if (secure) plain.once('error', reject);
  });
}

/** The promise, unless the signal comes first: then its reason is thrown. */
export function whicheverFirst<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
