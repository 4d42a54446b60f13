import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { ReveilleError } from '../../domain/errors.ts';
import { type Access, type Authenticate, bearerOf } from './access.ts';

export interface Admission {
  /** Hooks of a route that asks for a token. */
  admit: onRequestAsyncHookHandler[];
  /** Who asks, once `admit` has run. */
  accessOf: (request: FastifyRequest) => Access;
  /** Hook of a route that asks for none. */
  limitByAddress: onRequestAsyncHookHandler;
}

/**
 * Lets requests in by their token, each token so many a minute. Requests without one, or with one that nobody has, are
 * counted by address. The hooks throw ReveilleError `unauthorized` and `rate_limited`.
 */
export async function limitedAccess(
  app: FastifyInstance,
  { authenticate, rateLimit: max }: { authenticate: Authenticate; rateLimit: number },
): Promise<Admission> {
  const known = new WeakMap<FastifyRequest, Access>();
  const accessOf = (request: FastifyRequest): Access => {
    const access = known.get(request);
    if (!access) throw new ReveilleError('unauthorized', 'Send a token');
    return access;
  };
  await app.register(fastifyRateLimit, {
    global: false,
    max,
    timeWindow: 60_000,
    errorResponseBuilder: () => tooMany(),
  });
  const limitByToken = app.rateLimit({ keyGenerator: (request) => `token ${accessOf(request).tokenId}` });
  const limitByAddress = app.rateLimit({ keyGenerator: (request) => `address ${request.ip}` });
  const strangers = app.createRateLimit({ keyGenerator: (request) => `stranger ${request.ip}` });

  const enter: onRequestAsyncHookHandler = async (request) => {
    try {
      known.set(request, await authenticate(bearerOf(request)));
    } catch (error) {
      if (!(error instanceof ReveilleError) || error.code !== 'unauthorized') throw error;
      const { isExceeded } = { isExceeded: false, ...(await strangers(request)) };
      throw isExceeded ? tooMany() : error;
    }
  };
  return {
    admit: [enter, limitByToken as onRequestAsyncHookHandler],
    accessOf,
    limitByAddress: limitByAddress as onRequestAsyncHookHandler,
  };
}

const tooMany = (): ReveilleError => new ReveilleError('rate_limited', 'Too many requests; try again in a moment');
