import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { TASK_QUEUES, workflowIds } from '../../domain/contracts/names.ts';
import { FOLLOW_UPS_SCHEDULED } from '../../domain/contracts/follow-ups.ts';
import type { ContactOf, ContactService, ContactUpdates } from '../../domain/ports/contact-service.ts';
import { keywords } from './keywords.ts';
import { untilTaken } from './until-taken.ts';
import { updateError } from './update-errors.ts';

/** How often an update is sent again to a workflow that completed before it took it. */
const TRIES = 5;

/** The workflows of contacts, through a client of their namespace. */
export function createContactService(client: Client): ContactService {
  return {
    async update<Name extends keyof ContactUpdates>(
      contact: ContactOf,
      name: Name,
      message: unknown,
      updateId?: string,
    ): Promise<ContactUpdates[Name][1]> {
      for (let tries = 1; ; tries += 1) {
        try {
          return await untilTaken(() =>
            client.workflow.executeUpdateWithStart<() => Promise<unknown>, ContactUpdates[Name][1], [unknown]>(name, {
              args: [message],
              startWorkflowOperation: new WithStartWorkflowOperation('contact', {
                ...startOf(contact),
                workflowIdConflictPolicy: 'USE_EXISTING',
              }),
              ...(updateId === undefined ? {} : { updateId }),
            }),
          );
        } catch (error) {
          if (!hasClosed(error) || tries === TRIES) throw updateError(error, 'The contact could not take the message');
        }
      }
    },
    async wake(contact) {
      await client.workflow.signalWithStart('contact', {
        ...startOf(contact),
        signal: FOLLOW_UPS_SCHEDULED,
        signalArgs: [],
      });
    },
  };
}

function startOf({ workspace, contactId }: ContactOf) {
  return {
    workflowId: workflowIds.contact(workspace, contactId),
    taskQueue: TASK_QUEUES.main,
    args: [{ workspace, contactId }] as [unknown],
    staticSummary: `Contact ${contactId} of workspace ${workspace}`,
    staticDetails:
      'Follow-ups, replies and consent of one person. It ends when nothing is pending and is opened again.',
    typedSearchAttributes: keywords({ Workspace: workspace, ContactId: contactId }),
  };
}

/** Whether the workflow ended before it took the update, which has then not been carried out. */
function hasClosed(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof Error &&
    'type' in error.cause &&
    error.cause.type === 'AcceptedUpdateCompletedWorkflow'
  );
}
