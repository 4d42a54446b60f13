import { ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/workflow';
import { ERROR_CATALOGUE, type ErrorCode } from '../../domain/errors.ts';

/** The catalogue's code of why an activity failed: of what it refused, `unavailable` where it did not end in time, else `internal`. */
export function failureOf(error: unknown): ErrorCode {
  const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
  let isLate = false;
  for (let cause = error; cause instanceof TemporalFailure; cause = cause.cause) {
    const { type } = cause instanceof ApplicationFailure ? cause : { type: null };
    const code = codes.find((each) => ERROR_CATALOGUE[each].failureType === type);
    if (code !== undefined) return code;
    isLate ||= cause instanceof TimeoutFailure;
  }
  return isLate ? 'unavailable' : 'internal';
}
