import { WorkflowNotFoundError } from '@temporalio/client';
import type { Intervention, InterventionStatus } from '../../domain/contracts/interventions.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { updateError as refusal } from '../../services/temporal/update-errors.ts';
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
  return refusal(error, 'The intervention could not take the message');
}
