import { and, eq, sql } from 'drizzle-orm';
import type { SendDecision } from '../../domain/contracts/contacts.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Begun, DeliveryPlan, DeliveryStore } from '../../domain/ports/delivery-store.ts';
import type { Database } from './connection.ts';
import { keepDecision } from './contact-rows.ts';
import { scheduledActions, sendDecisions } from './contact-schema.ts';
import { type FoundDelivery, findDelivery } from './delivery-facts.ts';
import { goForTheFirstTime } from './delivery-go.ts';
import { LOST } from './effect-attempts.ts';
import { type StoredEffect, isEffect } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { appendEvents } from './events.ts';
import { type StoredFollowUp, followUpEvents, isFollowUp, keepInStep, toFollowUpRow } from './follow-up-rows.ts';
import type { Run } from './statements.ts';

type Begin = Parameters<DeliveryStore['begin']>;
/** A message that is to begin, with the clock and the length of its attempt. */
export type Beginning = Begin[1] & { workspace: string; at: string; leaseMs: number; promotionsSince: string };

/** Who ends what the contact's policy never lets go. */
const POLICY = 'policy';
const OTHER_WAY =
  'A lost attempt may have sent it, and now it would go another way, on which the other side could not tell that it is the same.';

/** Hold the contact (`contactLock`). @throws ReveilleError `not_found` */
export async function beginDelivery(
  run: Run,
  transaction: Database,
  message: Beginning,
  decide: Begin[4],
): Promise<Begun> {
  const { workspace, contactId, followUpId } = message;
  for (;;) {
    const found = await findDelivery(run, transaction, message);
    if (followUpId !== null && found.followUp?.contactId !== contactId) {
      throw new ReveilleError('not_found', `There is no follow-up ${followUpId} of contact ${contactId}.`);
    }
    const begun = await standing(transaction, message, found);
    if (begun === CHANGED) continue;
    if (begun !== null) return begun;
    if (found.facts === null) throw new ReveilleError('not_found', `There is no contact ${contactId}.`);
    const plan = decide(found.facts);
    const decided = await carryOut(run, transaction, message, found, plan);
    if (decided === CHANGED) continue;
    if (decided !== GO || found.effect !== null)
      await keepDecision(transaction, workspace, message, plan.decision, message.at);
    if (decided !== GO) return decided;
    const { fence, attempts } = found.effect ?? { fence: 0, attempts: 0 };
    const { decision } = plan;
    return { outcome: 'go', fence: fence + 1, attempts: attempts + 1, contact: found.facts.contact, decision };
  }
}

/** The effect was changed since it was found, by who does not hold the contact: look again. */
const CHANGED = Symbol('changed');
const GO = Symbol('go');

/** Where the message stands before anything is asked; null: it may be asked. */
async function standing(
  transaction: Database,
  message: Beginning,
  { followUp, effect }: FoundDelivery,
): Promise<Begun | typeof CHANGED | null> {
  const { workspace, at, followUpId } = message;
  if (effect?.state === 'attempting') {
    if (Date.parse(effect.leaseUntil!) > Date.parse(at)) return { outcome: 'busy', until: effect.leaseUntil! };
    if (!effect.repeatable || effect.cancelReason !== null) return unknown(transaction, message, effect, LOST);
  } else if (effect && effect.state !== 'planned') {
    if (followUpId !== null) {
      const step = { at, executedAt: effect.endedAt ?? at };
      await appendEvents(transaction, workspace, await keepInStep(transaction, workspace, followUpId, effect, step));
    }
    if (effect.cancelledBy === POLICY) return held(transaction, message, 'cancelled', effect.cancelReason);
    return {
      outcome: effect.state,
      reason: effect.state === 'cancelled' ? effect.cancelReason : (effect.error ?? followUp?.reason ?? null),
      result: effect.result,
    };
  }
  if (followUp === null) return null;
  const outcome = OUTCOME_OF[followUp.state];
  if (outcome !== null) {
    if (followUp.endedBy === POLICY) return held(transaction, message, outcome, followUp.reason);
    return { outcome, reason: followUp.reason, result: effect?.result ?? null };
  }
  return Date.parse(followUp.nextAt) > Date.parse(at) ? { outcome: 'busy', until: followUp.nextAt } : null;
}

const OUTCOME_OF = {
  pending: null,
  processing: null,
  executed: 'done',
  cancelled: 'cancelled',
  failed: 'failed',
} as const satisfies Record<StoredFollowUp['state'], unknown>;

/** What the policy ended is answered again as it was, to whoever did not hear it. */
async function held(
  transaction: Database,
  { workspace, contactId, messageId }: Beginning,
  outcome: 'done' | 'cancelled' | 'failed',
  reason: string | null,
): Promise<Begun> {
  const { decision, at, channel, reason: cause, detail } = sendDecisions;
  const [kept] = await transaction
    .select({ decision, at, channel, reason: cause, detail })
    .from(sendDecisions)
    .where(
      and(
        eq(sendDecisions.workspace, workspace),
        eq(sendDecisions.contactId, contactId),
        eq(sendDecisions.messageId, messageId),
      ),
    );
  return kept?.decision === 'never' ? { outcome: 'held', decision: kept } : { outcome, reason, result: null };
}

/** Does what was decided. */
async function carryOut(
  run: Run,
  transaction: Database,
  message: Beginning,
  found: FoundDelivery,
  plan: DeliveryPlan,
): Promise<Begun | typeof CHANGED | typeof GO> {
  const { effect } = found;
  const { decision, effect: way } = plan;
  const mayBeDone = effect !== null && (effect.mayBeDone || effect.state === 'attempting');
  if (decision.decision === 'later') return wait(transaction, message, found, decision);
  if (decision.decision === 'never') {
    return mayBeDone
      ? unknown(transaction, message, effect, decision.detail)
      : end(transaction, message, found, decision);
  }
  if (way === null) throw new TypeError('A message that may go now goes by no channel');
  if (effect === null)
    return (await goForTheFirstTime(run, transaction, message, { decision, effect: way })) ? GO : CHANGED;
  const otherWay = mayBeDone && (way.channel !== effect.channel || !way.repeatable);
  return otherWay
    ? unknown(transaction, message, effect, OTHER_WAY)
    : goAgain(transaction, message, { effect, followUp: found.followUp }, way);
}

/** Changes an effect as it was found. @returns null when it is not so any more */
async function change(
  transaction: Database,
  { workspace, at }: Beginning,
  { effectId, state, fence }: StoredEffect,
  changes: Partial<StoredEffect>,
): Promise<StoredEffect | null> {
  const free = sql`(${effects.leaseUntil} is null or ${effects.leaseUntil} <= ${sql.param(at, effects.leaseUntil)})`;
  const [row] = await transaction
    .update(effects)
    .set(changes)
    .where(and(isEffect(workspace, effectId), eq(effects.state, state), eq(effects.fence, fence), free))
    .returning();
  return row ?? null;
}

/** Nobody knows whether a lost attempt sent it, and it is not tried again: a person has to look. */
async function unknown(
  transaction: Database,
  message: Beginning,
  effect: StoredEffect,
  error: string,
): Promise<Begun | typeof CHANGED> {
  const { workspace, at, followUpId } = message;
  const changes = { state: 'unknown', endedAt: at, leaseUntil: null, mayBeDone: true, error } as const;
  const row = await change(transaction, message, effect, changes);
  if (!row) return CHANGED;
  if (followUpId !== null) await keepInStep(transaction, workspace, followUpId, row, { at });
  return { outcome: 'unknown', reason: error, result: null };
}

async function wait(
  transaction: Database,
  message: Beginning,
  { effect, followUp }: FoundDelivery,
  decision: SendDecision,
): Promise<Begun | typeof CHANGED> {
  const { workspace, at } = message;
  let mayBeDone = effect?.mayBeDone ?? false;
  if (effect?.state === 'attempting') {
    const changes = { state: 'planned', leaseUntil: null, mayBeDone: true, error: LOST } as const;
    if (!(await change(transaction, message, effect, changes))) return CHANGED;
    mayBeDone = true;
  }
  if (followUp !== null) {
    const pending = mayBeDone ? {} : { state: 'pending' as const, processingSince: null };
    await transaction
      .update(scheduledActions)
      .set({ nextAt: decision.at ?? at, ...pending })
      .where(isFollowUp(workspace, followUp.followUpId));
  }
  return { outcome: 'held', decision };
}

async function end(
  transaction: Database,
  message: Beginning,
  { effect, followUp }: FoundDelivery,
  decision: SendDecision,
): Promise<Begun | typeof CHANGED> {
  const { workspace, at } = message;
  const { detail: reason } = decision;
  if (effect !== null) {
    const changes = { state: 'cancelled', endedAt: at, cancelReason: reason, cancelledBy: POLICY } as const;
    if (!(await change(transaction, message, effect, changes))) return CHANGED;
  }
  if (followUp !== null) {
    const state = decision.reason === 'no_address' ? 'failed' : 'cancelled';
    const rows = await transaction
      .update(scheduledActions)
      .set({ state, reason, endedBy: POLICY, endedAt: at, processingSince: null })
      .where(isFollowUp(workspace, followUp.followUpId))
      .returning();
    await appendEvents(transaction, workspace, followUpEvents(rows.map(toFollowUpRow), at));
  }
  return { outcome: 'held', decision };
}

async function goAgain(
  transaction: Database,
  message: Beginning,
  { effect, followUp }: { effect: StoredEffect; followUp: StoredFollowUp | null },
  way: NonNullable<DeliveryPlan['effect']>,
): Promise<typeof GO | typeof CHANGED> {
  const { workspace, purpose, at, leaseMs } = message;
  const leaseUntil = new Date(Date.parse(at) + leaseMs).toISOString();
  const attempt = { ...way, purpose, state: 'attempting', attemptedAt: at, leaseUntil } as const;
  const { fence, attempts, mayBeDone } = effect;
  const counted = { fence: fence + 1, attempts: attempts + 1, mayBeDone: mayBeDone || effect.state === 'attempting' };
  const changes = { ...attempt, ...counted, error: null, endedAt: null };
  if (!(await change(transaction, message, effect, changes))) return CHANGED;
  if (followUp !== null) {
    await transaction
      .update(scheduledActions)
      .set({ state: 'processing', processingSince: followUp.processingSince ?? at })
      .where(isFollowUp(workspace, followUp.followUpId));
  }
  return GO;
}
