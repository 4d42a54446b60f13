import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import { DEFAULT_WORKSPACE, slug } from '../../domain/contracts/names.ts';
import { type ErrorCode, ReveilleError, invalidInput } from '../../domain/errors.ts';
import { parse } from '../../domain/parse.ts';
import type { Logger } from '../../services/logging.ts';
import { MalformedBody, problemOf } from './problem.ts';
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
  /** Preferred port on loopback; the system chooses where it is taken. */
  port: number;
  /** Throws while Temporal or the store is away. */
  ready: () => Promise<void>;
  logger: Logger;
}

/** Serves the operations over HTTP on loopback. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { operations, ready, logger } = options;
  const loggerInstance: FastifyBaseLogger = logger;
  const logController = new LogController({ disableRequestLogging: true });
  const app = Fastify({ loggerInstance, logController, genReqId: () => randomUUID() });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.url.startsWith('/api/')) authorize(request, options.token);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, id: requestId } = request;
    const route = request.routeOptions.url ?? 'unknown';
    logger.debug({ requestId, method, route, statusCode: reply.statusCode, elapsedMs: reply.elapsedTime }, 'Request');
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = error instanceof ReveilleError ? error : fromFastify(error);
    const body = problemOf(known, request.id);
    if (body.code === 'internal') logger.error({ requestId: request.id, err: error }, 'Request failed');
    if (body.status === 503) reply.header('retry-after', '5');
    return reply.code(body.status).type('application/problem+json').send(body);
  });
  app.setNotFoundHandler((request) => {
    throw new ReveilleError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}`);
  });
  app.get('/healthz', async () => ({ status: 'alive' }));
  app.get('/readyz', async () => {
    await ready();
    return { status: 'ready' };
  });
  for (const name of Object.keys(routes) as OperationName[]) serve(app, name, operations, options);
  await listen(app, options.port);
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new ReveilleError('unavailable', 'The API has no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => app.close() };
}

function serve(app: FastifyInstance, name: OperationName, operations: Operations, options: ApiOptions): void {
  const { method, path, status, bodyLimit } = { bodyLimit: undefined, ...routes[name] };
  const run = operations[name] as (caller: Caller, input: unknown) => Promise<unknown>;
  app.route({
    method,
    url: path,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
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

async function listen(app: FastifyInstance, port: number): Promise<void> {
  try {
    await app.listen({ host: '127.0.0.1', port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await app.listen({ host: '127.0.0.1', port: 0 });
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
  const given = request.method === 'GET' ? request.query : (request.body ?? {});
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidInput([{ path: '', message: 'the body must be a JSON object' }]);
  }
  const twice = Object.keys(params).filter((key) => Object.hasOwn(given, key));
  if (twice.length > 0) throw invalidInput(twice.map((path) => ({ path, message: 'is named by the path already' })));
  return { ...given, ...params };
}

const STATUS_CODES: Record<number, ErrorCode> = {
  404: 'not_found',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'unavailable',
};

/** Fastify's own refusals in our words; 400 is a body that is not JSON. */
function fromFastify(error: FastifyError): ReveilleError {
  const code = STATUS_CODES[error.statusCode ?? 500];
  if (code) return new ReveilleError(code, `The request was refused: ${code.replaceAll('_', ' ')}`, { cause: error });
  if (error.statusCode === 400) return new MalformedBody({ cause: error });
  return new ReveilleError('internal', 'Something went wrong inside', { cause: error });
}
