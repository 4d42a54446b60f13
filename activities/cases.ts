import { analyseContext } from '../agents/context.ts';
import { decide } from '../agents/decision.ts';
import { writeMessage } from '../agents/empathy.ts';
import { findPattern } from '../agents/pattern.ts';
import type {
  ContextFindings,
  Decision,
  InterventionCase,
  Message,
  Noted,
  PatternFindings,
  Scores,
} from '../domain/agents.ts';
import { similarCustomers } from '../domain/customers/similarity.ts';
import { ReveilleError } from '../domain/errors.ts';
import { approvalReason, approvalTime } from '../domain/interventions/approval.ts';
import { quietSince } from '../domain/interventions/quiet-time.ts';
import type { Store } from '../domain/ports/store.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * Everything the agents may know of a customer as of `asOf`; escalations count back from `at`, the real time (ISO 8601).
 * @throws ReveilleError `not_found` for a customer the workspace does not have
 */
export async function caseOf(
  store: Store,
  workspace: string,
  customerId: string,
  scores: Scores,
  { asOf, at }: { asOf: string; at: string },
): Promise<InterventionCase> {
  const record = await store.customers.record(workspace, customerId);
  if (!record) throw new ReveilleError('not_found', `customerId: the workspace has no customer ${customerId}`);
  const escalatedRecently = await store.escalations.anySince(workspace, customerId, quietSince(at));
  return { record, scores, now: Date.parse(asOf), escalatedRecently };
}

/** Similar customers, and the tickets that tell what resolved their issues. */
export async function patternOf(
  { store, model }: Pick<ActivityDependencies, 'store' | 'model'>,
  workspace: string,
  kase: InterventionCase,
  context: ContextFindings,
): Promise<Noted<PatternFindings>> {
  const { customer } = kase.record;
  const similar = similarCustomers(customer, await store.customers.peers(workspace, customer.customerId));
  const resolvedTickets = await store.customers.resolvedTickets(
    workspace,
    similar.map((peer) => peer.customerId),
  );
  return findPattern(kase, context, { similar, resolvedTickets }, model);
}

/** All four agents in turn, nothing written. */
export async function decideCase(
  dependencies: Pick<ActivityDependencies, 'store' | 'model'>,
  workspace: string,
  kase: InterventionCase,
): Promise<{
  context: Noted<ContextFindings>;
  pattern: Noted<PatternFindings>;
  decision: Noted<Decision>;
  message: Noted<Message>;
}> {
  const { model } = dependencies;
  const context = await analyseContext(kase, model);
  const pattern = await patternOf(dependencies, workspace, kase, context.result);
  const decision = await decide(kase, context.result, pattern.result, model);
  const message = await writeMessage(kase, context.result, decision.result, model);
  return { context, pattern, decision, message };
}

/** What follows from a decision: nothing to send, a person to ask by a deadline, or ready to go. */
export function settlement(
  decision: Decision,
  now: number,
): { state: 'suppressed' | 'waiting_approval' | 'ready'; stateReason: string; deadline: string | null } {
  if (decision.priority === 'handled') {
    return {
      state: 'suppressed',
      stateReason: 'Already escalated within 7 days, so not contacted again',
      deadline: null,
    };
  }
  if (decision.channels.length === 0) {
    return { state: 'suppressed', stateReason: 'No way to reach this customer is known', deadline: null };
  }
  if (decision.approvalReasons.length > 0) {
    const deadline = new Date(now + approvalTime(decision.priority)).toISOString();
    return { state: 'waiting_approval', stateReason: approvalReason(decision.approvalReasons), deadline };
  }
  return { state: 'ready', stateReason: 'No approval needed', deadline: null };
}
