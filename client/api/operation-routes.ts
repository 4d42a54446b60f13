import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import type { IdempotencyStore, KeptAnswer } from '../../domain/ports/access-store.ts';
import type { Logger } from '../../services/logging.ts';
import { type Access, callerOf, requireScope, workspaceOf } from './access.ts';
import { PROBLEM_TYPE } from './answer-errors.ts';
import { idempotencyKeyOf, onceEach } from './idempotency.ts';
import { refuseUnusable } from './input.ts';
import { schemaOf } from './openapi.ts';
import { problemOf } from './problem.ts';
import { type Caller, type OperationName, type Operations, type Route, routes } from './routes.ts';
import { readsQuery } from './routes/route.ts';

export interface OperationRoutesOptions {
  operations: Operations;
  idempotency: IdempotencyStore;
  /** Finds out who asks and holds them to their limit; afterwards `accessOf` knows them. */
  admit: onRequestAsyncHookHandler[];
  accessOf: (request: FastifyRequest) => Access;
  logger: Logger;
}

/** Serves every operation of the table. */
export function serveOperations(app: FastifyInstance, options: OperationRoutesOptions): void {
  const once = onceEach(options.idempotency, options.logger);
  for (const name of Object.keys(routes) as OperationName[]) serve(app, name, once, options);
}

function serve(
  app: FastifyInstance,
  name: OperationName,
  once: ReturnType<typeof onceEach>,
  { operations, admit, accessOf }: OperationRoutesOptions,
): void {
  const { method, path, status, scope, bodyLimit }: Route = routes[name];
  const run = operations[name] as (caller: Caller, input: unknown) => Promise<unknown>;
  app.route({
    method,
    url: path,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    schema: schemaOf(name),
    // By route, not by what the URL looks like: `/%61pi` and `http://host/api` lead here as well.
    onRequest: [
      ...admit,
      async (request) => {
        const access = accessOf(request);
        requireScope(access, scope);
        workspaceOf(access, request.headers['x-workspace']);
      },
    ],
    async handler(request, reply) {
      const access = accessOf(request);
      const workspace = workspaceOf(access, request.headers['x-workspace']);
      const caller = callerOf(access, workspace, request.id);
      const input = inputOf(request);
      const key = method === 'POST' ? idempotencyKeyOf(request) : undefined;
      if (key === undefined) return reply.code(status).send(await run(caller, input));
      refuseUnusable(input);
      const keyed = { workspace, tokenId: access.tokenId, operation: name, key, input, requestId: request.id };
      const work = async (requestKey: string): Promise<KeptAnswer> => ({
        status,
        body: await run({ ...caller, requestKey }, input),
      });
      const answer = await once(keyed, work, name === 'createToken' ? withoutSecret(request.id) : undefined);
      if (answer.replayed) reply.header('idempotency-replayed', 'true');
      if (answer.status >= 400) reply.type(PROBLEM_TYPE);
      return reply.code(answer.status).send(answer.body);
    },
  });
}

/** A token's secret is kept nowhere, so that a repeat can only be told that it was made. */
const withoutSecret =
  (requestId: string) =>
  ({ body }: KeptAnswer): KeptAnswer => {
    const { tokenId } = body as { tokenId: string };
    const words = `The first request made the token ${tokenId}; its secret is shown only once`;
    const problem = problemOf(new ReveilleError('conflict', words), requestId);
    return { status: problem.status, body: problem };
  };

/** One object of what the path names and the query or the body says; a name that comes twice, or in the other, is refused. */
function inputOf(request: FastifyRequest): Record<string, unknown> {
  const params = request.params as Record<string, unknown>;
  const query = request.query as Record<string, unknown>;
  const body = request.body === undefined ? {} : request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidInput([{ path: '', message: 'the body must be a JSON object' }]);
  }
  const [read, unread, where] = readsQuery(request.method) ? [query, body, 'body'] : [body, query, 'URL'];
  const lost = Object.keys(unread);
  if (lost.length > 0) throw invalidInput(lost.map((path) => ({ path, message: `is not read from the ${where}` })));
  return joined(read as Record<string, unknown>, params);
}

function joined(given: Record<string, unknown>, params: Record<string, unknown>): Record<string, unknown> {
  const twice = Object.keys(params).filter((key) => Object.hasOwn(given, key));
  if (twice.length > 0) throw invalidInput(twice.map((path) => ({ path, message: 'is named by the path already' })));
  return { ...given, ...params };
}
