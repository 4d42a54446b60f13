import { ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/workflow';
import { type ErrorCode, codeOfFailure } from '../../domain/errors.ts';

/** The catalogue's code of why an activity failed: of what it refused, `unavailable` where it did not end in time, else `internal`. */
export function failureOf(error: unknown): ErrorCode {
  let isLate = false;
  for (let cause = error; cause instanceof TemporalFailure; cause = cause.cause) {
    const code = cause instanceof ApplicationFailure ? codeOfFailure(cause.type) : null;
    if (code !== null) return code;
    isLate ||= cause instanceof TimeoutFailure;
  }
  return isLate ? 'unavailable' : 'internal';
}
