import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Intervention, InterventionStatus } from '../../domain/contracts/interventions.ts';
import { ERROR_CATALOGUE, type ErrorCode, type FieldError, ReveilleError } from '../../domain/errors.ts';
import type { Caller, OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, found, temporalOf } from './dependencies.ts';

type ApprovalOperations = Pick<
  OperationHandlers,
  'listInterventions' | 'getIntervention' | 'listApprovals' | 'getApproval' | 'approve' | 'reject' | 'edit'
>;

/** Interventions, and what a person says to those that wait for one. */
export function approvalOperations(dependencies: OperationDependencies): ApprovalOperations {
  const { store } = dependencies;

  const get = async (workspace: string, id: string): Promise<Intervention> =>
    found(await store.interventions.get(workspace, id), 'intervention', id);

  async function tell(
    { workspace, actor }: Caller,
    id: string,
    update: 'approve' | 'reject' | 'edit',
    message: object,
  ): Promise<Intervention> {
    const row = found(await store.interventions.get(workspace, id), 'intervention', id);
    const { client } = temporalOf(dependencies);
    try {
      // By its first run: a reset gives the same intervention another.
      const handle = client.workflow.getHandle(row.workflowId ?? '', undefined, { firstExecutionRunId: row.runId });
      await handle.executeUpdate<InterventionStatus, [object]>(update, { args: [{ actor, ...message }] });
    } catch (error) {
      throw updateError(error, row.state);
    }
    return get(workspace, id);
  }

  return {
    listInterventions: ({ workspace }, { limit, ...filter }) =>
      store.interventions.list(workspace, { ...filter, limit }),
    getIntervention: ({ workspace }, { id }) => get(workspace, id),
    listApprovals: ({ workspace }, { limit, cursor }) =>
      store.interventions.list(workspace, { limit, cursor, state: 'waiting_approval' }),
    getApproval: ({ workspace }, { id }) => get(workspace, id),
    approve: (caller, { id, ...message }) => tell(caller, id, 'approve', message),
    reject: (caller, { id, ...message }) => tell(caller, id, 'reject', message),
    edit: (caller, { id, ...message }) => tell(caller, id, 'edit', message),
  };
}

/** An update's refusal in the caller's words; what else went wrong stays as it is. */
function updateError(error: unknown, state: string): unknown {
  if (error instanceof WorkflowNotFoundError) {
    return new ReveilleError('conflict', `It no longer waits for an answer: the intervention is ${state}`, {
      cause: error,
    });
  }
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const failure = applicationFailure(error.cause);
  if (!failure) return new ReveilleError('internal', 'The intervention could not take the message', { cause: error });
  const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
  const code = codes.find((candidate) => ERROR_CATALOGUE[candidate].failureType === failure.type) ?? 'conflict';
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
