import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import {
  type ApproveMessage,
  type CancelInterventionMessage,
  type EditMessage,
  type InterventionState,
  type InterventionStatus,
  type RejectMessage,
  approveMessage,
  cancelInterventionMessage,
  editMessage,
  rejectMessage,
} from '../domain/contracts/interventions.ts';
import { parseMessage } from './input.ts';

export const approve = defineUpdate<InterventionStatus, [ApproveMessage]>('approve');
export const reject = defineUpdate<InterventionStatus, [RejectMessage]>('reject');
export const edit = defineUpdate<InterventionStatus, [EditMessage]>('edit');
export const cancelIntervention = defineSignal<[CancelInterventionMessage?]>('cancelIntervention');
export const state = defineQuery<InterventionStatus>('state');

/** What ended a wait: a person's word, a cancellation, or that it took too long. */
export interface Verdict {
  state: Extract<InterventionState, 'approved' | 'rejected' | 'expired' | 'cancelled' | 'failed'>;
  reason: string;
  actor: string;
}

/** What was said so far. While `editing`, a new text is being checked and nothing else is taken. */
export interface Said {
  verdict?: Verdict;
  /** Who cancelled it, also after an approval: a message that waits for its time can still be called off. */
  cancelled?: Verdict;
  editing: boolean;
  /** When the text was last changed, ISO 8601. */
  editedAt?: string;
}

/**
 * Answers the messages of an intervention. The first verdict counts; an edit changes the text that an approval must name.
 * @param status what the `state` query tells; its state is written by the workflow, its text hash also by edits
 * @param applyEdit checks and stores a new text, and throws when it may not be sent
 */
export function answerMessages(
  status: InterventionStatus,
  applyEdit: (message: EditMessage) => Promise<{ textHash: string }>,
): Said {
  const said: Said = { editing: false };

  function refuseUnlessWaiting(): void {
    if (said.verdict) refuse(`It is no longer waiting: ${said.verdict.reason}`);
    if (status.state !== 'waiting_approval') refuse(`It is not waiting for approval but ${status.state}`);
    if (said.editing) refuse('An edit of the message is being checked; try again when it is done');
    // A worker that was away may hear of the deadline and of a later answer at the same moment.
    if (status.deadline && Date.now() >= Date.parse(status.deadline)) refuse('The time to approve is over');
  }

  async function decide(verdict: Verdict): Promise<InterventionStatus> {
    said.verdict = verdict;
    await condition(() => status.state !== 'waiting_approval');
    return status;
  }

  setHandler(state, () => status);
  setHandler(
    approve,
    ({ actor, note }) => decide({ state: 'approved', actor, reason: `Approved by ${actor}${note ? `: ${note}` : ''}` }),
    {
      validator(message) {
        const { textHash } = parseMessage(approveMessage, message);
        refuseUnlessWaiting();
        if (textHash !== status.textHash) refuse('textHash: the message has another text now; read it again');
      },
    },
  );
  setHandler(
    reject,
    ({ actor, note }) => decide({ state: 'rejected', actor, reason: `Rejected by ${actor}: ${note}` }),
    {
      validator(message) {
        parseMessage(rejectMessage, message);
        refuseUnlessWaiting();
      },
    },
  );
  setHandler(
    edit,
    async (message) => {
      const at = new Date().toISOString();
      said.editing = true;
      try {
        status.textHash = (await applyEdit(parseMessage(editMessage, message))).textHash;
        said.editedAt = at;
      } finally {
        said.editing = false;
      }
      return status;
    },
    {
      validator(message) {
        parseMessage(editMessage, message);
        refuseUnlessWaiting();
      },
    },
  );
  setHandler(cancelIntervention, (message) => {
    const { reason } = cancelInterventionMessage.safeParse(message).data ?? { reason: 'no reason given' };
    said.cancelled ??= { state: 'cancelled', actor: 'signal', reason: `Cancelled: ${reason}` };
    said.verdict ??= said.cancelled;
  });
  return said;
}

/** Refuses an update: nothing is written to history and the caller reads why. */
function refuse(why: string): never {
  throw ApplicationFailure.nonRetryable(why, 'Conflict');
}
