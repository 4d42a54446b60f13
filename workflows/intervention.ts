import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  patched,
  rootCause,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type InterventionState,
  type InterventionStatus,
  interventionInput,
} from '../domain/contracts/interventions.ts';
import type { ExclusionReason } from '../domain/contracts/scans.ts';
import { approvalTime } from '../domain/interventions/approval.ts';
import { effects, modelled, quick } from './activity-profiles.ts';
import { handToContact } from './hand-over.ts';
import { parseInput, plainly } from './input.ts';
import { type Verdict, answerMessages } from './intervention-messages.ts';
import { labelWorkflow } from './search-attributes.ts';
import { tellScan } from './tell-scan.ts';

/** How long a scan waits to tell what became of a message. */
const SOON = '5 seconds';

type Decided = Awaited<ReturnType<typeof quick.settleDecision>> & { decidedAt: string };

/**
 * One customer at risk: four agents decide and write, a person approves where needed, and the message goes to the
 * contact when it may. Its id is the customer's, so at most one is open for each. Ends with its final state, always
 * written.
 */
export async function intervention(...args: unknown[]): Promise<InterventionStatus> {
  const input = parseInput(interventionInput, args);
  const { workflowId, runId, firstExecutionRunId: interventionId, parent } = workflowInfo();
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
  const said = answerMessages(status, (message) => quick.editMessage({ ...key, ...message, at: now() }));

  function show(next: InterventionState, words: string): void {
    status.state = next;
    status.stateReason = words;
    setCurrentDetails(`**${customerId}**: ${words}`);
  }

  async function write(next: InterventionState, reason: string, actor: string): Promise<void> {
    const step = { ...key, state: next, reason, actor, at: now() };
    // Up to 0.2.0 it gave no answer.
    const written = (await quick.closeIntervention(step)) as
      Awaited<ReturnType<typeof quick.closeIntervention>> | undefined;
    show(written?.state ?? next, written?.stateReason ?? reason);
  }

  /** The four agents in turn. Returns what was decided, or the exclusion that kept it from opening. */
  async function decide(): Promise<{ excluded: ExclusionReason } | Decided> {
    const opened = await quick.openIntervention({ ...input, asOf, interventionId, workflowId, runId, at: now() });
    if ('excluded' in opened) return opened;
    labelWorkflow({ RiskLevel: opened.riskLevel });
    const agents = opened.byModel ? modelled : quick;
    await agents.analyseContext({ ...key, asOf, at: now() });
    await agents.findPattern({ ...key, asOf, at: now() });
    await agents.decideAction({ ...key, asOf, at: now() });
    await agents.writeMessage({ ...key, asOf, at: now() });
    const decidedAt = now();
    return { ...(await quick.settleDecision({ ...key, at: decidedAt })), decidedAt };
  }

  /** Waits for a person until the deadline, escalating halfway and when nobody answered. */
  async function approval(deadline: string, time: number): Promise<Verdict> {
    const answered = (): boolean => said.verdict !== undefined && !said.editing;
    const end = Date.parse(deadline);
    const until = (instant: number): number => Math.max(1, instant - Date.now());
    if (!(await condition(answered, until(end - time / 2), { summary: 'Half of the time to approve' }))) {
      await quick.escalate({ ...key, deadline, what: 'halfway', at: now() });
      await condition(answered, until(end), { summary: 'The rest of the time to approve' });
    }
    await condition(() => !said.editing);
    if (said.verdict) return said.verdict;
    await quick.escalate({ ...key, deadline, what: 'expired', at: now() });
    return { state: 'expired', reason: 'Nobody answered before the deadline, so it was not sent', actor: 'deadline' };
  }

  async function run(): Promise<void> {
    labelWorkflow({ Workspace: workspace, CustomerId: customerId });
    show('deciding', 'reading what is known of the customer');
    const decided = await decide();
    if ('excluded' in decided) {
      show('suppressed', `Left out: ${decided.excluded}`);
      return tellScan({ customerId, interventionId, state: status.state, excluded: decided.excluded });
    }
    const { deadline, priority, textHash } = decided;
    Object.assign(status, { deadline, textHash });
    show(decided.state, decided.stateReason);
    const tell = (): Promise<void> => tellScan({ customerId, interventionId, state: status.state, excluded: null });
    const isDirect = decided.state === 'ready' && !said.verdict;
    if (isDirect && parent && patched('contacts')) return sendAndTell(decided, tell);
    await tell();
    if (decided.state === 'suppressed') return;

    const verdict = deadline ? await approval(deadline, approvalTime(priority)) : said.verdict;
    if (verdict) await write(verdict.state, verdict.reason, verdict.actor);
    if (verdict && verdict.state !== 'approved') return;
    // An approval answers for the text, not for what the customer has said since it was written.
    await send(said.editedAt ?? decided.decidedAt);
  }

  /** Sends what nobody has to approve, and tells the scan what becomes of it as soon as that is known, or soon at any rate. */
  async function sendAndTell({ decidedAt, stateReason }: Decided, tell: () => Promise<void>): Promise<void> {
    const sent = send(decidedAt);
    // Told of below, after the scan has heard.
    const over = sent.catch(() => undefined);
    try {
      const isKnown = (): boolean => status.stateReason !== stateReason;
      await Promise.race([over, condition(isKnown, SOON, { summary: 'The scan waits no longer for the message' })]);
      await tell();
    } finally {
      await sent;
    }
  }

  /** Sends what nobody has to approve any more. @param plannedAt a reply since then makes it needless */
  async function send(plannedAt: string): Promise<void> {
    const message = { ...key, textHash: status.textHash };
    if (!patched('contacts')) {
      await CancellationScope.nonCancellable(async () => {
        const handed = await effects.handOver({ ...message, at: now() });
        show(handed.state, handed.stateReason);
      });
      return;
    }
    const calledOff = (): Verdict | undefined => said.cancelled;
    const end = await handToContact({ ...message, plannedAt, calledOff, show });
    if (end) await write(end.state, end.reason, end.actor);
  }

  try {
    await run();
  } catch (error) {
    const cancelled = isCancellation(error);
    const reason = cancelled ? 'Cancelled through Temporal' : (rootCause(error) ?? 'unknown error');
    await CancellationScope.nonCancellable(() => write(cancelled ? 'cancelled' : 'failed', reason, 'temporal'));
    throw plainly(error);
  } finally {
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
  return status;
}
