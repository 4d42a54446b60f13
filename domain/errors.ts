/**
 * The one error catalogue: HTTP answers, CLI exit codes, workflow failures and docs/errors.md all come from it.
 */
export const ERROR_CATALOGUE = {
  invalid_input: { title: 'Invalid input', status: 422, retryable: false, failureType: 'InvalidInput' },
  unauthorized: { title: 'Not signed in', status: 401, retryable: false, failureType: 'Unauthorized' },
  forbidden: { title: 'Not allowed', status: 403, retryable: false, failureType: 'Forbidden' },
  not_found: { title: 'Not found', status: 404, retryable: false, failureType: 'NotFound' },
  conflict: { title: 'In conflict with the present state', status: 409, retryable: false, failureType: 'Conflict' },
  idempotency_mismatch: {
    title: 'Idempotency key used for another request',
    status: 422,
    retryable: false,
    failureType: 'IdempotencyMismatch',
  },
  too_large: { title: 'Too large', status: 413, retryable: false, failureType: 'TooLarge' },
  unsupported_media_type: {
    title: 'Unsupported media type',
    status: 415,
    retryable: false,
    failureType: 'UnsupportedMediaType',
  },
  rate_limited: { title: 'Too many requests', status: 429, retryable: true, failureType: 'RateLimited' },
  unavailable: { title: 'Service unavailable', status: 503, retryable: true, failureType: 'Unavailable' },
  internal: { title: 'Internal error', status: 500, retryable: true, failureType: 'Internal' },
} as const satisfies Record<string, { title: string; status: number; retryable: boolean; failureType: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The code of a workflow's failure by its type; null where the catalogue has none. */
export function codeOfFailure(type: string | null | undefined): ErrorCode | null {
  const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
  return codes.find((code) => ERROR_CATALOGUE[code].failureType === type) ?? null;
}

/** One wrong field: `path` as a reader would write it (`riskThreshold`, `orders!C7`), and what is wrong with it. */
export interface FieldError {
  path: string;
  message: string;
}

/** An error a user may see. `message` is one plain sentence without secrets or a driver's words. */
export class ReveilleError extends Error {
  override readonly name = 'ReveilleError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, message: string, options: { errors?: readonly FieldError[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
  }

  /** Whether doing the same again later may succeed. */
  get retryable(): boolean {
    return ERROR_CATALOGUE[this.code].retryable;
  }
}

/** `invalid_input` with its fields; the message names each. */
export function invalidInput(errors: readonly FieldError[], subject = 'Invalid input'): ReveilleError {
  const shown = errors.slice(0, 10).map((error) => (error.path ? `${error.path}: ${error.message}` : error.message));
  const more = errors.length > 10 ? `; and ${errors.length - 10} more` : '';
  return new ReveilleError('invalid_input', `${subject}: ${shown.join('; ')}${more}`, { errors });
}
