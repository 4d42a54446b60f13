import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { ERROR_CATALOGUE, ReveilleError } from '../domain/errors.ts';
import { parse } from '../domain/parse.ts';

/**
 * The one JSON object a workflow takes. Absent input is `{}`; anything that does not parse ends the workflow at once: a
 * plain error would retry the workflow task for ever and block its schedule unseen.
 * @throws ApplicationFailure non-retryable `InvalidInput` that names each field
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, args: readonly unknown[]): z.output<Schema> {
  try {
    if (args.length > 1) {
      throw new ReveilleError(
        'invalid_input',
        `Invalid workflow input: expected one JSON object, not ${args.length} arguments`,
      );
    }
    return parse(schema, args.length === 0 ? {} : args[0], 'Invalid workflow input');
  } catch (error) {
    if (!(error instanceof ReveilleError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, ERROR_CATALOGUE[error.code].failureType, ...error.errors);
  }
}

/** For update validators: refuses with the words of the first wrong field. */
export function parseMessage<Schema extends z.ZodType>(schema: Schema, message: unknown): z.output<Schema> {
  return parseInput(schema, message === undefined ? [] : [message]);
}

/** Bad input that only the store could see fails the workflow as `InvalidInput`, like any other bad input. */
export function plainly(error: unknown): unknown {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return error;
  const { type, message, details } = error.cause;
  return type === 'InvalidInput' ? ApplicationFailure.nonRetryable(message, type, ...(details ?? [])) : error;
}
