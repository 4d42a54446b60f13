import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, ReveilleError } from '../../domain/errors.ts';
import { MalformedRequest, problemOf } from './problem.ts';

/** When to ask again after a 503, in seconds. */
const RETRY_AFTER = '5';

export const PROBLEM_TYPE = 'application/problem+json';

/** Every error as a problem; the words of what is not ours go to the log only. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const told = error instanceof ReveilleError ? error : fromFastify(error);
  const body = problemOf(told, request.id);
  if (body.code === 'internal') request.log.error({ requestId: request.id, err: error }, 'Request failed');
  if (body.status === 503) reply.header('retry-after', RETRY_AFTER);
  if (body.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(body.status).header('x-request-id', request.id).type(PROBLEM_TYPE).send(body);
}

const REFUSALS: Record<number, [code: ErrorCode, words: string]> = {
  404: ['not_found', 'There is no such path'],
  413: ['too_large', 'The body is too large'],
  415: ['unsupported_media_type', 'Send the body as application/json'],
  429: ['rate_limited', 'Too many requests; try again in a moment'],
  503: ['unavailable', 'The service is stopping'],
};

/** Fastify's own refusals in our words. */
function fromFastify(error: FastifyError): ReveilleError {
  const [code, words] = REFUSALS[error.statusCode ?? 500] ?? [];
  if (code && words) return new ReveilleError(code, words, { cause: error });
  if (error.code === 'FST_ERR_BAD_URL') return new MalformedRequest('The path is not a valid URL', { cause: error });
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new MalformedRequest('The request cannot be read', { cause: error });
  }
  return new ReveilleError('internal', 'Something went wrong inside', { cause: error });
}

/** Answers what is not even HTTP, too slow or has endless headers, and ends the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const told =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? new ReveilleError('too_large', 'The headers are too large')
        : new MalformedRequest(
            error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
              ? 'The request did not arrive in time'
              : 'The request is not valid HTTP',
          );
    const body = problemOf(told, randomUUID());
    const text = JSON.stringify(body);
    const head = [
      `HTTP/1.1 ${body.status} ${STATUS_CODES[body.status]}`,
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(text)}`,
      `x-request-id: ${body.requestId}`,
      'connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  }
  socket.destroySoon();
}
