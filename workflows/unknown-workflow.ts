import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { WORKFLOW_TYPES } from '../domain/contracts/names.ts';

/** Runs whatever type nobody registered, so that a typo is told at once instead of being retried unseen. */
export default async function unknownWorkflow(): Promise<never> {
  throw ApplicationFailure.nonRetryable(
    `Unknown workflow type "${workflowInfo().workflowType}". Known types: ${WORKFLOW_TYPES.join(', ')}.`,
    'UnknownWorkflowType',
  );
}
