import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';

const AT_MOST = 500;

/** Why a run failed, in one line without a stack: `Unavailable: The database is away (in scorePage)`. */
export function failureWords(error: unknown): string {
  const places: string[] = [];
  let origin: unknown = error;
  while ((origin instanceof ActivityFailure || origin instanceof ChildWorkflowFailure) && origin.cause) {
    places.push(origin instanceof ActivityFailure ? origin.activityType : origin.workflowType);
    origin = origin.cause;
  }
  const where = places.length === 0 ? '' : ` (in ${places.join(', ')})`;
  const words = originWords(origin).replace(/\s+/g, ' ').trim();
  return `${words.slice(0, AT_MOST)}${where}`;
}

/** What lies behind an ApplicationFailure is for the log: a driver's words. */
function originWords(origin: unknown): string {
  if (origin instanceof ApplicationFailure) return `${origin.type ?? 'Error'}: ${origin.message}`;
  if (origin instanceof TimeoutFailure)
    return `Timed out (${origin.timeoutType?.toLowerCase().replaceAll('_', ' ') ?? 'no time left'})`;
  if (origin instanceof CancelledFailure) return 'Cancelled';
  if (origin instanceof TerminatedFailure) return 'Terminated';
  return origin instanceof Error ? `${origin.name}: ${origin.message}` : 'Unknown error';
}
