import { randomUUID } from 'node:crypto';
import { maxHeaderSize } from 'node:http';
import { isIPv6 } from 'node:net';
import fastifyHelmet from '@fastify/helmet';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { ReveilleError } from '../../domain/errors.ts';
import type { ContactService } from '../../domain/ports/contact-service.ts';
import type { Store } from '../../domain/ports/store.ts';
import { createLinks } from '../../services/links.ts';
import type { Logger } from '../../services/logging.ts';
import type { LinkSettings } from '../../services/sending-settings.ts';
import { freePort } from '../../services/temporal/server/dev-server.ts';
import { productVersion } from '../version.ts';
import { type RuntimeToken, authentication, requireScope } from './access.ts';
import { limitedAccess } from './admission.ts';
import { answerClientError, answerError } from './answer-errors.ts';
import { serveBookingPages } from './booking-pages.ts';
import type { EventLimits } from './event-subscription.ts';
import { serveEvents } from './events.ts';
import { readJsonBodies } from './json-body.ts';
import { serveMcp } from './mcp.ts';
import { measure } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { serveOperations } from './operation-routes.ts';
import type { Operations } from './routes.ts';
import { serveUnsubscribe } from './unsubscribe.ts';

export interface ApiServer {
  /** Such as `http://127.0.0.1:3000`. */
  url: string;
  /** Answers what was asked, for so long as the grace time allows, and takes nothing new. */
  close(): Promise<void>;
}

export interface ApiOptions {
  operations: Operations;
  store: Pick<Store, 'tokens' | 'idempotency' | 'events' | 'contacts' | 'bookings'>;
  /** For callers of the same user on the same machine; all others have tokens of the store. */
  runtimeToken: RuntimeToken;
  /** Address to listen on; loopback when absent. */
  host?: string;
  /** Preferred port, else the next free one; 0: the system chooses. */
  port: number;
  /** Requests a minute for each token. */
  rateLimit: number;
  /** How long requests in progress may take to end once it closes, in milliseconds. */
  graceMs: number;
  eventLimits?: Partial<EventLimits>;
  /** What links to our public pages were made with; without it none is valid. */
  links?: LinkSettings | null;
  /** Who carries out what a link to unsubscribe asks; without it the store alone. */
  contacts?: ContactService | null;
  /** Throws while Temporal or the store is away. */
  ready: () => Promise<void>;
  logger: Logger;
}

/** How long a client may take to send a request, and any connection may be silent, in milliseconds. */
const REQUEST_MS = 120_000;
const HEADERS_MS = 20_000;
const SILENCE_MS = 180_000;
/** Connections that may wait to be taken up; the system allows as many of them as it is set to. */
const BACKLOG = 8_192;
const LOOPBACK = '127.0.0.1';

/**
 * Serves the operations, events, health, metrics and the OpenAPI document over HTTP.
 * @throws ReveilleError `unavailable` when it cannot listen
 */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { port, host = LOOPBACK, graceMs } = options;
  const app = await createApp(options);
  await listen(app, host, port);
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new ReveilleError('unavailable', 'The API has no port');
  return { url: `http://${reachable(host)}:${address.port}`, close: () => closed(app, graceMs) };
}

async function createApp(options: ApiOptions): Promise<FastifyInstance> {
  const { operations, store, ready, logger, rateLimit } = options;
  const loggerInstance: FastifyBaseLogger = logger;
  const app: FastifyInstance = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
    requestTimeout: REQUEST_MS,
    connectionTimeout: SILENCE_MS,
    http: { headersTimeout: HEADERS_MS },
    // Ids have lengths of their own, which say more than a path that is refused: no path is longer than this.
    routerOptions: { maxParamLength: maxHeaderSize },
  });
  readJsonBodies(app);
  // The operations check their input and their answers whole; the schemas of routes are for the document.
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    throw new ReveilleError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, id: requestId } = request;
    const route = request.routeOptions.url ?? 'unknown';
    logger.debug({ requestId, method, route, statusCode: reply.statusCode, elapsedMs: reply.elapsedTime }, 'Request');
  });
  await app.register(fastifyHelmet, HEADERS);
  const authenticate = authentication(store.tokens, options.runtimeToken);
  const { admit, accessOf, limitByAddress } = await limitedAccess(app, { authenticate, rateLimit });
  const listening = { events: store.events, authenticate, limitByAddress, limits: options.eventLimits, logger };
  const subscribers = await serveEvents(app, listening);
  const metrics = measure(app, subscribers);
  await describeApi(app, productVersion());

  const hidden = { schema: { hide: true } };
  app.get('/healthz', hidden, async () => ({ status: 'alive', pid: process.pid }));
  app.get('/readyz', { ...hidden, onRequest: limitByAddress }, async () => {
    await ready().catch((cause: unknown) => {
      throw new ReveilleError('unavailable', 'The store or the Temporal server does not answer', { cause });
    });
    return { status: 'ready' };
  });
  app.get('/metrics', { ...hidden, onRequest: admit }, async (request, reply) => {
    requireScope(accessOf(request), 'read');
    const { contentType, text } = await metrics.show();
    return reply.type(contentType).send(text);
  });
  const { contacts = null } = options;
  const links = options.links ? createLinks(options.links) : null;
  await serveUnsubscribe(app, { links, store: store.contacts, contacts, limitByAddress, logger });
  await serveBookingPages(app, { links, store, operations, limitByAddress, logger });
  const publicUrl = options.links?.publicUrl ?? null;
  serveMcp(app, { operations, publicUrl, admit, accessOf, limitByAddress, logger });
  serveOperations(app, { operations, idempotency: store.idempotency, admit, accessOf, logger });
  return app;
}

/** Scripts and styles of the documentation page come from here and nowhere else. TLS, where there is any, ends before us. */
const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'", 'data:'],
      imgSrc: ["'self'", 'data:'],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  hsts: false,
} as const;

/** How callers on this machine reach a server that listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return LOOPBACK;
  return isIPv6(host) ? `[${host}]` : host;
}

async function listen(app: FastifyInstance, host: string, preferred: number): Promise<void> {
  for (let port = preferred; ; port = await freePort(port + 1)) {
    try {
      await app.listen({ host, port, backlog: BACKLOG });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') continue;
      const where = host === LOOPBACK ? `port ${port}` : `${host}, port ${port}`;
      throw new ReveilleError('unavailable', `The API cannot listen on ${where} (${code ?? 'no reason given'})`, {
        cause: error,
      });
    }
  }
}

/** Requests in progress may end; what does not in time is cut off. */
async function closed(app: FastifyInstance, graceMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
