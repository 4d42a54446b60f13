import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest, FastifySchema, onRequestAsyncHookHandler } from 'fastify';
import { z } from 'zod';
import { ReveilleError } from '../../domain/errors.ts';
import { parse } from '../../domain/parse.ts';
import type { EventStore } from '../../domain/ports/access-store.ts';
import type { Logger } from '../../services/logging.ts';
import type { Authenticate } from './access.ts';
import { EventFeed } from './event-feed.ts';
import {
  CLOSE,
  EVENT_LIMITS,
  type EventLimits,
  EventSubscription,
  closeSocket,
  lastSeq,
} from './event-subscription.ts';

export interface EventsOptions {
  events: Pick<EventStore, 'after' | 'last'>;
  authenticate: Authenticate;
  limitByAddress: onRequestAsyncHookHandler;
  limits?: Partial<EventLimits> | undefined;
  logger: Logger;
}

const PROTOCOL = 'reveille';
/** The first message is a token and a number. */
const LARGEST_MESSAGE = 4_096;
const MOST_SOCKETS = 1_000;

const query = z.strictObject({ workspace: z.string().max(100).optional(), lastSeq: lastSeq.optional() });

/** Events at `/api/events`, by WebSocket. @returns how many listen */
export async function serveEvents(app: FastifyInstance, options: EventsOptions): Promise<() => number> {
  const { events, authenticate, limitByAddress, logger } = options;
  const limits = { ...EVENT_LIMITS, ...options.limits };
  const feed = new EventFeed(events, limits.pollMs, logger);
  await app.register(fastifyWebsocket, {
    options: { maxPayload: LARGEST_MESSAGE, perMessageDeflate: false, handleProtocols: chosenProtocol },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose(done) {
      feed.close();
      for (const socket of app.websocketServer.clients) {
        closeSocket(socket, CLOSE.goingAway, 'The service is stopping');
      }
      app.websocketServer.close();
      done();
    },
  });
  app.route({
    method: 'GET',
    url: '/api/events',
    schema: { hide: true } as FastifySchema,
    onRequest: [
      limitByAddress,
      async (request) => {
        refuseOtherOrigins(request);
        parse(query, request.query);
        if (app.websocketServer.clients.size < MOST_SOCKETS) return;
        throw new ReveilleError('unavailable', 'As many as can be are listening already');
      },
    ],
    handler() {
      throw new ReveilleError('not_found', 'Events come by WebSocket');
    },
    wsHandler(socket, request) {
      const token = tokenOf(request);
      const given = parse(query, request.query);
      new EventSubscription({
        socket,
        feed,
        authenticate,
        limits,
        token,
        workspace: given.workspace,
        lastSeq: given.lastSeq,
      });
    },
  });
  return () => feed.listeners;
}

/** Pages of other sites may not listen with what a browser knows. Programs send no origin. */
function refuseOtherOrigins({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase())) return;
  throw new ReveilleError('forbidden', 'Pages of another origin may not listen');
}

const isToken = (protocol: string): boolean => protocol.startsWith(`${PROTOCOL}.`);

/** Browsers want one of their protocols back; `reveille`, if offered, keeps the token out of the answer. */
function chosenProtocol(offered: Set<string>): string | false {
  return offered.has(PROTOCOL) ? PROTOCOL : ([...offered].find(isToken) ?? false);
}

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  return offered.find(isToken)?.slice(PROTOCOL.length + 1);
}
