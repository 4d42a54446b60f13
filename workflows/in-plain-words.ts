import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';

/** An activity's refusal as the update's own, so that whoever asked reads why. */
export async function inPlainWords<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) throw error;
    const { message, type, details } = error.cause;
    throw ApplicationFailure.nonRetryable(message, type, ...(details ?? []));
  }
}
