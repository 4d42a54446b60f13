import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type FieldError, ReveilleError, codeOfFailure } from '../../domain/errors.ts';

/** An update's refusal in our words (`otherwise` where it has none); what else went wrong stays as it is. */
export function updateError(error: unknown, otherwise: string): unknown {
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const failure = applicationFailure(error.cause);
  if (!failure) return new ReveilleError('internal', otherwise, { cause: error });
  // Of many at once some were not taken up; nothing was done.
  if (failure.type === 'UnprocessedUpdate') {
    return new ReveilleError('unavailable', 'Too much is asked of this at once: ask again', { cause: error });
  }
  const code = codeOfFailure(failure.type) ?? 'conflict';
  const errors = (failure.details ?? []) as FieldError[];
  return new ReveilleError(code, failure.message, { errors, cause: error });
}

/** The failure that says it in our words: an activity's wraps it once more. */
function applicationFailure(error: unknown): ApplicationFailure | undefined {
  for (let next = error; next instanceof Error; next = next.cause) {
    if (next instanceof ApplicationFailure) return next;
  }
  return undefined;
}
