import { z } from 'zod';
import { ERROR_CATALOGUE, type ErrorCode, type FieldError, ReveilleError } from '../../domain/errors.ts';

/** A request that cannot even be read, such as a body that is no JSON: `invalid_input`, but 400. */
export class MalformedRequest extends ReveilleError {
  constructor(message: string, options: { cause?: unknown; errors?: readonly FieldError[] } = {}) {
    super('invalid_input', message, options);
  }
}

/** RFC 9457 problem, as HTTP answers with it and a failing `--json` command prints it. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
  requestId: z.string().nullable(),
});
export type Problem = z.infer<typeof problem>;

/** An error as a problem. What is not ours is `internal`: its words may be a driver's. */
export function problemOf(error: unknown, requestId: string | null): Problem {
  const known = error instanceof ReveilleError ? error : new ReveilleError('internal', 'Something went wrong inside');
  const { title } = ERROR_CATALOGUE[known.code];
  const status = known instanceof MalformedRequest ? 400 : ERROR_CATALOGUE[known.code].status;
  return {
    type: `urn:reveille:problem:${known.code}`,
    title,
    status,
    code: known.code,
    detail: known.message,
    errors: [...known.errors],
    requestId,
  };
}

/** The error a problem stands for. */
export function errorOf({ code, detail, errors }: Problem): ReveilleError {
  return new ReveilleError(code, detail, { errors });
}
