import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { INTERVENTION_DECIDED, type InterventionDecided } from '../domain/contracts/scan-messages.ts';

/** Refuses an update: nothing is written to history and the caller reads why. */
export function refuse(why: string): never {
  throw ApplicationFailure.nonRetryable(why, 'Conflict');
}

/** Tells the scan that opened this intervention what it decided. A scan that has ended needs no telling. */
export async function tellScan(decided: InterventionDecided): Promise<void> {
  const { parent } = workflowInfo();
  if (!parent) return;
  try {
    await getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(INTERVENTION_DECIDED, decided);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

/** Bad input that only the store could see fails the workflow as `InvalidInput`, like any other bad input. */
export function plainly(error: unknown): unknown {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return error;
  const { type, message, details } = error.cause;
  return type === 'InvalidInput' ? ApplicationFailure.nonRetryable(message, type, ...(details ?? [])) : error;
}
