import type { FastifyInstance, FastifyReply, onRequestAsyncHookHandler } from 'fastify';
import { ERROR_CATALOGUE, ReveilleError } from '../../domain/errors.ts';
import type { Logger } from '../../services/logging.ts';
import { PAGE_HEADERS } from './public-page.ts';

/** A form of a few words has no more. */
const MAX_BODY_BYTES = 16 * 1024;
/** When to try again where something is away, in seconds. */
const RETRY_AFTER = '60';

export interface PageAnswer {
  status: number;
  /** Whole, as HTML. */
  page: string;
}

/** What a form sent; has nothing where it came in another encoding than a browser's. */
export type Form = URLSearchParams;

/** The page of a signed link, for whoever has one. What they throw is answered with `failed` of its options. */
export interface SignedPage {
  /** With the parameter `token`. */
  path: string;
  /** For GET and HEAD: changes nothing, since mail scanners follow links. */
  show(token: string): Promise<PageAnswer>;
  /** For POST. */
  act(token: string, form: Form, requestId: string): Promise<PageAnswer>;
}

export interface PublicPagesOptions {
  limitByAddress: onRequestAsyncHookHandler;
  logger: Pick<Logger, 'error'>;
  /** What is said where a request is refused, or something is away. */
  failed: () => string;
}

/** Serves pages that need no account: the token in their path is all the authority there is, and all that is asked for. */
export async function servePublicPages(
  app: FastifyInstance,
  signed: readonly SignedPage[],
  { limitByAddress, logger, failed }: PublicPagesOptions,
): Promise<void> {
  await app.register(async (pages) => {
    // Programs send the form in one encoding or another, or nothing; what counts is that they post.
    pages.removeAllContentTypeParsers();
    const limits = { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES } as const;
    pages.addContentTypeParser('*', limits, async () => undefined);
    pages.addContentTypeParser('application/x-www-form-urlencoded', limits, async (_request: unknown, body: Buffer) => {
      return new URLSearchParams(body.toString());
    });
    pages.addHook('onRequest', async (_request, reply) => {
      reply.header('x-robots-tag', 'noindex');
    });
    pages.setErrorHandler((error, request, reply) => {
      const status = statusOf(error);
      const route = request.routeOptions.url;
      if (status >= 500) logger.error({ requestId: request.id, route, err: error }, 'A public page failed');
      return send(reply, { status, page: failed() });
    });

    const route = { schema: { hide: true }, helmet: PAGE_HEADERS, onRequest: limitByAddress };
    type Token = { Params: { token: string } };
    for (const { path, show, act } of signed) {
      pages.get<Token>(path, route, async ({ params }, reply) => send(reply, await show(params.token)));
      pages.post<Token>(path, route, async ({ params, body, id }, reply) => {
        const form = body instanceof URLSearchParams ? body : new URLSearchParams();
        return send(reply, await act(params.token, form, id));
      });
    }
  });
}

/** Of our own errors, and of what Fastify refuses before it comes to us. */
function statusOf(error: unknown): number {
  if (error instanceof ReveilleError) return ERROR_CATALOGUE[error.code].status;
  const { statusCode } = error as { statusCode?: number };
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? statusCode : 500;
}

function send(reply: FastifyReply, { status, page }: PageAnswer): FastifyReply {
  if (status === 429 || status >= 500) reply.header('retry-after', RETRY_AFTER);
  return reply.code(status).type('text/html; charset=utf-8').send(page);
}
