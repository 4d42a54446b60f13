import { analyseContext } from '../agents/context.ts';
import { decide } from '../agents/decision.ts';
import { writeMessage } from '../agents/empathy.ts';
import type { InterventionCase, Scores } from '../domain/agents.ts';
import {
  type InterventionInput,
  type InterventionState,
  type Priority,
  type RiskLevel,
  intervention,
} from '../domain/contracts/interventions.ts';
import type { ExclusionReason } from '../domain/contracts/scans.ts';
import { scoreCustomer } from '../domain/customers/health-score.ts';
import { ReveilleError, invalidInput } from '../domain/errors.ts';
import type { InterventionRow, Store } from '../domain/ports/store.ts';
import { caseOf, patternOf, settlement } from './cases.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { textHash } from './text-hash.ts';

/** Which intervention, and the workflow's time (ISO 8601): when the step is taken. */
export interface InterventionStep {
  workspace: string;
  interventionId: string;
  at: string;
}

/** A step of an agent, who looks at the customer as of `asOf`. */
export interface AgentStep extends InterventionStep {
  asOf: string;
}

export interface OpenIntervention extends InterventionInput {
  asOf: string;
  interventionId: string;
  workflowId: string;
  runId: string;
  at: string;
}

export interface SettledDecision {
  state: InterventionState;
  stateReason: string;
  /** Null where nobody has to approve. */
  deadline: string | null;
  textHash: string | null;
  priority: Priority;
}

/** Activities of `intervention` up to the decision. What an agent found is in the row before the next one begins. */
export function interventionActivities(dependencies: ActivityDependencies) {
  const { store, model, memory } = dependencies;
  return {
    /** Writes the row unless the customer is excluded. @throws `InvalidInput` for an unknown customer */
    async openIntervention(
      opening: OpenIntervention,
    ): Promise<{ byModel: boolean; riskLevel: RiskLevel } | { excluded: ExclusionReason }> {
      const { workspace, customerId, at, asOf: _asOf, ...rest } = opening;
      const scores = await scoresOf(store, opening);
      const outcome = await store.interventions.open(workspace, { ...rest, customerId, scores, openedAt: at });
      if (outcome !== 'opened') return { excluded: outcome };
      return { byModel: model !== null, riskLevel: scores.riskLevel };
    },

    async analyseContext(step: AgentStep): Promise<void> {
      const { kase } = await read(store, step);
      const { result: context, note } = await analyseContext(kase, model);
      await store.interventions.update(step.workspace, step.interventionId, { context, note });
    },

    async findPattern(step: AgentStep): Promise<void> {
      const { row, kase } = await read(store, step);
      const { result: pattern, note } = await patternOf(dependencies, step.workspace, kase, found(row, 'context'));
      await store.interventions.update(step.workspace, step.interventionId, { pattern, note });
    },

    async decideAction(step: AgentStep): Promise<void> {
      const { row, kase } = await read(store, step);
      const { result: decision, note } = await decide(kase, found(row, 'context'), found(row, 'pattern'), model);
      await store.interventions.update(step.workspace, step.interventionId, { decision, note });
    },

    async writeMessage(step: AgentStep): Promise<void> {
      const { row, kase } = await read(store, step);
      const { result, note } = await writeMessage(kase, found(row, 'context'), found(row, 'decision'), model);
      const hash = textHash(result.subject, result.body);
      await store.interventions.update(step.workspace, step.interventionId, { ...result, textHash: hash, note });
    },

    /** Writes what follows from the decision, and the line in `data/memory`: once, before anybody is asked. */
    async settleDecision({ workspace, interventionId, at }: InterventionStep): Promise<SettledDecision> {
      const row = await rowOf(store, workspace, interventionId);
      const decision = found(row, 'decision');
      // A second attempt keeps the deadline that the first gave.
      const settled = row.state === 'deciding' ? settlement(decision, Date.parse(at)) : settledBefore(row);
      const ended = settled.state === 'suppressed' ? { endedAt: at } : {};
      const written = await store.interventions.update(workspace, interventionId, { ...settled, ...ended });
      const line = JSON.stringify(intervention.parse(written));
      await memory.append({ workspace, customerId: row.customerId, interventionId, line });
      return { ...settled, textHash: row.textHash, priority: decision.priority };
    },
  };
}

/** The row of an intervention. @throws ReveilleError `not_found` */
export async function rowOf(store: Store, workspace: string, interventionId: string): Promise<InterventionRow> {
  const row = await store.interventions.get(workspace, interventionId);
  if (!row) throw new ReveilleError('not_found', `There is no intervention ${interventionId}`);
  return row;
}

async function read(store: Store, step: AgentStep): Promise<{ row: InterventionRow; kase: InterventionCase }> {
  const row = await rowOf(store, step.workspace, step.interventionId);
  return { row, kase: await caseOf(store, step.workspace, row.customerId, row, step) };
}

const settledBefore = ({ state, stateReason, deadline }: InterventionRow) => ({
  state,
  stateReason: stateReason ?? '',
  deadline,
});

/** What an earlier agent left in the row; the workflow's order guarantees it. */
function found<Name extends 'context' | 'pattern' | 'decision'>(
  row: InterventionRow,
  name: Name,
): NonNullable<InterventionRow[Name]> {
  const value = row[name];
  if (!value)
    throw new ReveilleError('conflict', `The ${name} agent has not decided on intervention ${row.interventionId}`);
  return value;
}

/** The scan's scores, or those of the moment for an intervention started by hand. */
async function scoresOf(store: Store, opening: OpenIntervention): Promise<Scores> {
  const { workspace, customerId, health, churnRisk, riskLevel, asOf } = opening;
  const facts = await store.customers.facts(workspace, customerId);
  if (!facts) throw invalidInput([{ path: 'customerId', message: `the workspace has no customer ${customerId}` }]);
  const now = scoreCustomer(facts, facts, Date.parse(asOf));
  return {
    health: health ?? now.health,
    churnRisk: churnRisk ?? now.churnRisk,
    riskLevel: riskLevel ?? now.riskLevel,
  };
}
