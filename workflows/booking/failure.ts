import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { ERROR_CATALOGUE, type ErrorCode } from '../../domain/errors.ts';

/** The catalogue's code of what an activity refused; `internal` for anything else. */
export function failureOf(error: unknown): ErrorCode {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const type = cause instanceof ApplicationFailure ? cause.type : null;
  const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
  return codes.find((code) => ERROR_CATALOGUE[code].failureType === type) ?? 'internal';
}
