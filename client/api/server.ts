import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { DEFAULT_WORKSPACE, slug } from '../../domain/contracts/names.ts';
import { type ErrorCode, ReveilleError, invalidInput } from '../../domain/errors.ts';
import { parse } from '../../domain/parse.ts';
import type { Logger } from '../../services/logging.ts';
import { freePort } from '../../services/temporal/server/dev-server.ts';
import { MalformedRequest, problemOf } from './problem.ts';
import { type Caller, type OperationName, type Operations, routes } from './routes.ts';

export interface ApiServer {
  /** Such as `http://127.0.0.1:3000`. */
  url: string;
  close(): Promise<void>;
}

export interface ApiOptions {
  operations: Operations;
  /** The one token, for all workspaces, and the name its actions are noted under. */
  token: string;
  actor: string;
  workspace: string;
  /** Preferred port on loopback, else the next free one; 0: the system chooses. */
  port: number;
  /** Throws while Temporal or the store is away. */
  ready: () => Promise<void>;
  logger: Logger;
}

/**
 * Serves the operations over HTTP on loopback, on `port` or the next free one.
 * @throws ReveilleError `unavailable` when there is none
 */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { operations, ready, logger } = options;
  const loggerInstance: FastifyBaseLogger = logger;
  const logController = new LogController({ disableRequestLogging: true });
  const app = Fastify({ loggerInstance, logController, genReqId: () => randomUUID(), frameworkErrors: answerError });
  // Bodies are JSON; Fastify would take plain text too.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, id: requestId } = request;
    const route = request.routeOptions.url ?? 'unknown';
    logger.debug({ requestId, method, route, statusCode: reply.statusCode, elapsedMs: reply.elapsedTime }, 'Request');
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    throw new ReveilleError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}`);
  });
  app.get('/healthz', async () => ({ status: 'alive', pid: process.pid }));
  app.get('/readyz', async () => {
    await ready().catch((cause: unknown) => {
      throw new ReveilleError('unavailable', 'The store or the Temporal server does not answer', { cause });
    });
    return { status: 'ready' };
  });
  for (const name of Object.keys(routes) as OperationName[]) serve(app, name, operations, options);
  await listen(app, options.port);
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new ReveilleError('unavailable', 'The API has no port');
  return { url: `http://${HOST}:${address.port}`, close: () => app.close() };
}

function serve(app: FastifyInstance, name: OperationName, operations: Operations, options: ApiOptions): void {
  const { method, path, status, bodyLimit } = { bodyLimit: undefined, ...routes[name] };
  const run = operations[name] as (caller: Caller, input: unknown) => Promise<unknown>;
  app.route({
    method,
    url: path,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    // By route, not by what the URL looks like: `/%61pi` and `http://host/api` lead here as well.
    onRequest: async (request) => authorize(request, options.token),
    async handler(request, reply) {
      const caller = {
        workspace: workspaceOf(request, options.workspace),
        actor: options.actor,
        correlationId: request.id,
      };
      const result = await run(caller, inputOf(request));
      return reply.code(status).send(result);
    },
  });
}

/** Every error as a problem; the words of what is not ours go to the log only. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body = problemOf(error instanceof ReveilleError ? error : fromFastify(error), request.id);
  if (body.code === 'internal') request.log.error({ requestId: request.id, err: error }, 'Request failed');
  if (body.status === 503) reply.header('retry-after', '5');
  return reply.code(body.status).header('x-request-id', request.id).type('application/problem+json').send(body);
}

const HOST = '127.0.0.1';

async function listen(app: FastifyInstance, preferred: number): Promise<void> {
  for (let port = preferred; ; port = await freePort(port + 1)) {
    try {
      await app.listen({ host: HOST, port });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') continue;
      throw new ReveilleError('unavailable', `The API cannot listen on port ${port} (${code ?? 'no reason given'})`, {
        cause: error,
      });
    }
  }
}

/** Equal in constant time whatever the lengths. @throws ReveilleError `unauthorized` */
function authorize(request: FastifyRequest, token: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new ReveilleError('unauthorized', 'Send the token of .reveille/runtime.json as "Authorization: Bearer TOKEN"');
}

function workspaceOf(request: FastifyRequest, otherwise: string): string {
  const header = request.headers['x-workspace'];
  return header === undefined ? otherwise || DEFAULT_WORKSPACE : parse(slug, header, 'X-Workspace');
}

/** One object of what the path names and the query or body says; the same name in both is refused. */
function inputOf(request: FastifyRequest): Record<string, unknown> {
  const params = request.params as Record<string, unknown>;
  const given = request.method === 'GET' ? request.query : request.body === undefined ? {} : request.body;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidInput([{ path: '', message: 'the body must be a JSON object' }]);
  }
  const twice = Object.keys(params).filter((key) => Object.hasOwn(given, key));
  if (twice.length > 0) throw invalidInput(twice.map((path) => ({ path, message: 'is named by the path already' })));
  return { ...given, ...params };
}

const REFUSALS: Record<number, [code: ErrorCode, words: string]> = {
  404: ['not_found', 'There is no such path'],
  413: ['too_large', 'The body is too large'],
  415: ['unsupported_media_type', 'Send the body as application/json'],
  429: ['rate_limited', 'Too many requests; try again in a moment'],
  503: ['unavailable', 'The service is stopping'],
};

/** Fastify's own refusals in our words; 400 is a body that is not JSON, or a URL that is none. */
function fromFastify(error: FastifyError): ReveilleError {
  const [code, words] = REFUSALS[error.statusCode ?? 500] ?? [];
  if (code && words) return new ReveilleError(code, words, { cause: error });
  if (error.statusCode === 400) {
    const what = error.code === 'FST_ERR_BAD_URL' ? 'The path is not a valid URL' : 'The body is not valid JSON';
    return new MalformedRequest(what, { cause: error });
  }
  return new ReveilleError('internal', 'Something went wrong inside', { cause: error });
}
