import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ReveilleError } from '../../domain/errors.ts';
import { statusOf } from '../../services/temporal/connection.ts';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const GRPC = { cancelled: 1, invalidArgument: 3, deadlineExceeded: 4, permissionDenied: 7, resourceExhausted: 8 };
const AWAY = new Set([GRPC.cancelled, GRPC.deadlineExceeded, GRPC.resourceExhausted, 14 /* unavailable */]);
/** An update, where the workers of its workflow died or failed several times in a row: the server takes none until one is well. */
const HELD_UP = 9; // failed precondition
const REFUSED = new Set([GRPC.permissionDenied, 16 /* unauthenticated */]);

/** A failed call to Temporal in our words; what failed otherwise as it is. The cause is for the log. */
export function temporalError(error: unknown): unknown {
  if (error instanceof ReveilleError) return error;
  const code = statusOf(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || (code !== undefined && AWAY.has(code))) {
    return new ReveilleError('unavailable', 'The Temporal server does not answer at the moment', { cause: error });
  }
  if (code === undefined) return error;
  if (code === HELD_UP) {
    return new ReveilleError('unavailable', 'No worker gets on with what this concerns at the moment', {
      cause: error,
    });
  }
  if (REFUSED.has(code)) {
    return new ReveilleError('unavailable', 'The Temporal server refuses this client: check its API key and rights', {
      cause: error,
    });
  }
  if (code === GRPC.invalidArgument) {
    return new ReveilleError('invalid_input', 'The Temporal server takes this for invalid', { cause: error });
  }
  return error;
}
