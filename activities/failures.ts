import { ApplicationFailure } from '@temporalio/common';
import { ERROR_CATALOGUE, ReveilleError } from '../domain/errors.ts';

/** What each failure was made from: for the log alone, since a driver's words must not get into a history. */
const origins = new WeakMap<ApplicationFailure, ReveilleError>();

/** The error behind a failure, with its causes; any other error is its own origin. */
export function originOf(error: unknown): unknown {
  return (error instanceof ApplicationFailure && origins.get(error)) || error;
}

/**
 * The one place that turns an error into a retryable or non-retryable failure. Errors that are not ours are retried: a
 * driver's hiccup passes, and the time limits of the activity's profile end the rest.
 */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof ReveilleError)) return error;
  const { failureType, retryable } = ERROR_CATALOGUE[error.code];
  const failure = ApplicationFailure.create({
    message: error.message,
    type: failureType,
    nonRetryable: !retryable,
    details: [...error.errors],
  });
  origins.set(failure, error);
  return failure;
}

/** The same functions, their errors turned by `toFailure`. */
export function withFailures<Functions extends Record<string, (input: never) => Promise<unknown>>>(
  functions: Functions,
): Functions {
  const wrapped = Object.entries(functions).map(([name, run]) => [
    name,
    async (input: never) => {
      try {
        return await run(input);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Functions;
}
