import {
  CancellationScope,
  allHandlersFinished,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  rootCause,
  setCurrentDetails,
  setHandler,
  workflowInfo,
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
  interventionInput,
  rejectMessage,
} from '../domain/contracts/interventions.ts';
import type { ExclusionReason } from '../domain/contracts/scans.ts';
import { approvalReason, approvalTime } from '../domain/interventions/approval.ts';
import { modelled, quick } from './activity-profiles.ts';
import { parseInput, parseMessage } from './input.ts';
import { plainly, refuse, tellScan } from './intervention-messages.ts';
import { labelWorkflow } from './search-attributes.ts';

export const approve = defineUpdate<InterventionStatus, [ApproveMessage]>('approve');
export const reject = defineUpdate<InterventionStatus, [RejectMessage]>('reject');
export const edit = defineUpdate<InterventionStatus, [EditMessage]>('edit');
export const cancelIntervention = defineSignal<[CancelInterventionMessage?]>('cancelIntervention');
export const state = defineQuery<InterventionStatus>('state');

/** What ended the wait: a person's word or a cancellation. */
interface Verdict {
  state: InterventionState;
  reason: string;
  actor: string;
}

/**
 * One customer at risk: four agents decide and write, a person approves where needed, and the message goes to the
 * outbox. Its id is the customer's, so at most one is open for each. Ends with its final state, always written.
 */
export async function intervention(...args: unknown[]): Promise<InterventionStatus> {
  const input = parseInput(interventionInput, args);
  const { workflowId, runId, firstExecutionRunId: interventionId } = workflowInfo();
  const { workspace, customerId } = input;
  const key = { workspace, interventionId };
  const now = (): string => new Date().toISOString();
  const asOf = input.asOf ?? now();

  const status: InterventionStatus = {
    interventionId,
    customerId,
    state: 'deciding',
    stateReason: null,
    textHash: null,
    deadline: null,
  };
  let verdict: Verdict | undefined;
  let editing = false;

  setHandler(state, () => status);
  setHandler(
    approve,
    async ({ actor, note }) => {
      verdict = { state: 'approved', actor, reason: `Approved by ${actor}${note ? `: ${note}` : ''}` };
      return settled();
    },
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
    async ({ actor, note }) => {
      verdict = { state: 'rejected', actor, reason: `Rejected by ${actor}: ${note}` };
      return settled();
    },
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
      editing = true;
      try {
        status.textHash = (
          await quick.editMessage({ ...key, ...parseMessage(editMessage, message), at: now() })
        ).textHash;
      } finally {
        editing = false;
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
    verdict ??= { state: 'cancelled', actor: 'signal', reason: `Cancelled: ${reason}` };
  });

  function refuseUnlessWaiting(): void {
    if (verdict) refuse(`It is no longer waiting: ${verdict.reason}`);
    if (status.state !== 'waiting_approval') refuse(`It is not waiting for approval but ${status.state}`);
    if (editing) refuse('An edit of the message is being checked; try again when it is done');
  }

  async function settled(): Promise<InterventionStatus> {
    await condition(() => status.state !== 'waiting_approval');
    return status;
  }

  function show(next: InterventionState, words: string): void {
    status.state = next;
    status.stateReason = words;
    setCurrentDetails(`**${customerId}**: ${words}`);
  }

  async function close(final: InterventionState, reason: string, actor: string): Promise<InterventionStatus> {
    await quick.closeIntervention({ ...key, state: final, reason, actor, at: now() });
    show(final, reason);
    return status;
  }

  /** The four agents in turn. Returns what was decided, or the exclusion that kept it from opening. */
  async function decide(): Promise<{ excluded: ExclusionReason } | Awaited<ReturnType<typeof quick.settleDecision>>> {
    show('deciding', 'reading what is known of the customer');
    labelWorkflow({
      Workspace: workspace,
      CustomerId: customerId,
      ...(input.riskLevel && { RiskLevel: input.riskLevel }),
    });
    const opened = await quick.openIntervention({ ...input, asOf, interventionId, workflowId, runId, at: now() });
    if ('excluded' in opened) return opened;
    const agents = opened.byModel ? modelled : quick;
    await agents.analyseContext({ ...key, asOf, at: now() });
    await agents.findPattern({ ...key, asOf, at: now() });
    await agents.decideAction({ ...key, asOf, at: now() });
    await agents.writeMessage({ ...key, asOf, at: now() });
    return quick.settleDecision({ ...key, at: now() });
  }

  /** Waits for a person until the deadline, escalating halfway. Undefined: nobody answered. */
  async function approval(time: number, deadline: string): Promise<Verdict | undefined> {
    const half = Math.floor(time / 2);
    const answered = (): boolean => verdict !== undefined && !editing;
    if (!(await condition(answered, half, { summary: 'Half of the time to approve' }))) {
      await quick.escalate({ ...key, deadline, what: 'halfway', at: now() });
      await condition(answered, time - half, { summary: 'The rest of the time to approve' });
    }
    await condition(() => !editing);
    return verdict;
  }

  async function run(): Promise<InterventionStatus> {
    const decided = await decide();
    if ('excluded' in decided) {
      show('suppressed', `Left out: ${decided.excluded}`);
      await tellScan({ customerId, interventionId, state: status.state, excluded: decided.excluded });
      return status;
    }
    status.textHash = decided.textHash;
    status.deadline = decided.deadline;
    show(
      decided.state,
      decided.state === 'waiting_approval' ? approvalReason(decided.approvalReasons) : decided.stateReason,
    );
    await tellScan({ customerId, interventionId, state: status.state, excluded: null });
    if (decided.state === 'suppressed') return status;
    if (verdict) return close(verdict.state, verdict.reason, verdict.actor);

    if (decided.state === 'waiting_approval' && decided.deadline) {
      const answer = await approval(approvalTime(decided.priority), decided.deadline);
      if (!answer) {
        await quick.escalate({ ...key, deadline: decided.deadline, what: 'expired', at: now() });
        return close('expired', 'Nobody answered before the deadline, so it was not sent', 'deadline');
      }
      if (answer.state !== 'approved') return close(answer.state, answer.reason, answer.actor);
      await quick.closeIntervention({
        ...key,
        state: 'approved',
        reason: answer.reason,
        actor: answer.actor,
        at: now(),
      });
      show('approved', answer.reason);
    }
    const handed = await quick.handOver({ ...key, textHash: status.textHash, at: now() });
    show(handed.state, handed.stateReason);
    return status;
  }

  try {
    const result = await run();
    await condition(allHandlersFinished);
    return result;
  } catch (error) {
    const cancelled = isCancellation(error);
    await CancellationScope.nonCancellable(async () => {
      const reason = cancelled ? 'Cancelled through Temporal' : (rootCause(error) ?? 'unknown error');
      await close(cancelled ? 'cancelled' : 'failed', reason, 'temporal');
      await condition(allHandlersFinished);
    });
    throw plainly(error);
  }
}
