import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, onRequestAsyncHookHandler } from 'fastify';
import { ReveilleError } from '../../domain/errors.ts';
import type { Logger } from '../../services/logging.ts';
import { createMcpServer } from '../mcp.ts';
import { productVersion } from '../version.ts';
import { type Access, callerOf, requireScope, workspaceOf } from './access.ts';
import { MalformedRequest } from './problem.ts';
import type { Operations } from './routes.ts';

export interface McpRouteOptions {
  operations: Operations;
  /** Where people reach this service, when that is known. */
  publicUrl: string | null;
  /** Finds out who asks and holds them to their limit; afterwards `accessOf` knows them. */
  admit: onRequestAsyncHookHandler[];
  accessOf: (request: FastifyRequest) => Access;
  limitByAddress: onRequestAsyncHookHandler;
  logger: Logger;
}

const PATH = '/mcp';
const schema = { hide: true } as FastifySchema;

/**
 * The tools at `POST /mcp` (MCP, streamable HTTP): without sessions, each message answered with JSON.
 * https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
 */
export function serveMcp(app: FastifyInstance, options: McpRouteOptions): void {
  const { publicUrl, admit, accessOf, limitByAddress } = options;
  const version = productVersion();
  const refuseOtherOrigins: onRequestAsyncHookHandler = async (request) => checkOrigin(request, publicUrl);
  app.route({
    method: 'POST',
    url: PATH,
    schema,
    onRequest: [
      refuseOtherOrigins,
      ...admit,
      async (request) => void workspaceOf(accessOf(request), request.headers['x-workspace']),
    ],
    async handler(request, reply) {
      // Many in one request would be many calls for one of the limit; the protocol has no batches any more either.
      if (Array.isArray(request.body)) throw new MalformedRequest('Send one message in a request');
      return sent(reply, await answer(request, options, version));
    },
  });
  // There is no stream to listen to and no session to end.
  app.route({
    method: ['GET', 'DELETE'],
    url: PATH,
    schema,
    onRequest: [refuseOtherOrigins, limitByAddress],
    handler: (_request, reply) => reply.code(405).header('allow', 'POST').send(NOT_ALLOWED),
  });
}

/** The transport's own words for it: clients expect JSON-RPC here, and go on. */
const NOT_ALLOWED = { jsonrpc: '2.0', error: { code: -32000, message: 'Method not allowed' }, id: null };

async function answer(request: FastifyRequest, options: McpRouteOptions, version: string): Promise<Response> {
  const access = options.accessOf(request);
  const caller = callerOf(access, workspaceOf(access, request.headers['x-workspace']), request.id);
  const mcp = createMcpServer({
    version,
    run: async (tool, input) => {
      requireScope(access, tool.scope);
      return tool.run(options.operations, caller, input);
    },
    onFault: (err) => options.logger.error({ err, requestId: request.id }, 'A tool failed'),
  });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await mcp.connect(transport);
  try {
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const asked = new Request(new URL(PATH, 'http://localhost'), { method: 'POST', headers });
    return await transport.handleRequest(asked, { parsedBody: request.body ?? null });
  } finally {
    await mcp.close();
  }
}

async function sent(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  const type = response.headers.get('content-type');
  if (type !== null) reply.type(type);
  return reply.code(response.status).send(await response.text());
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Pages of other sites may not call: one whose name was made to lead here (DNS rebinding) has the same host as we do, so the name
 * itself has to be one of this machine, or ours. Programs send no origin.
 */
function checkOrigin({ headers: { origin } }: FastifyRequest, publicUrl: string | null): void {
  if (origin === undefined) return;
  const from = URL.parse(origin);
  if (
    from !== null &&
    (LOOPBACK.has(from.hostname) || (publicUrl !== null && from.origin === new URL(publicUrl).origin))
  )
    return;
  throw new ReveilleError('forbidden', 'Pages of another origin may not call');
}
