import { and, eq } from 'drizzle-orm';
import type { Effect } from '../../domain/contracts/effects.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { EffectStore } from '../../domain/ports/effect-store.ts';
import type { Database } from './connection.ts';
import { type StoredEffect, effectOf, isEffect, noteSent, toEffect } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { type NewEvent, appendEvents } from './events.ts';
import { followUpOfKey, holdContact, keepInStep } from './follow-up-rows.ts';
import { settleIntervention } from './interventions.ts';

type Settling = Parameters<EffectStore['resolve']>[2];

/** The intervention whose message an effect of this key is; null for others. */
const interventionOfKey = (key: string): string | null => /^intervention\/([^/]+)\/message$/.exec(key)?.[1] ?? null;

/** Who waits for the effect is over with it. @returns what is to be told of them */
async function settleSender(
  transaction: Database,
  workspace: string,
  effect: StoredEffect,
  { as, actor, note, at }: Settling,
): Promise<NewEvent[]> {
  const reason = `${actor} settled it as ${as}: ${note}`;
  const followUpId = followUpOfKey(effect.key);
  if (followUpId !== null) {
    const executedAt = effect.attemptedAt ?? at;
    return keepInStep(transaction, workspace, followUpId, effect, { at, executedAt, reason });
  }
  const interventionId = interventionOfKey(effect.key);
  if (interventionId === null) return [];
  const end = { state: as === 'done' ? 'sent' : 'failed', stateReason: reason, at } as const;
  return settleIntervention(transaction, workspace, interventionId, end);
}

/**
 * Settles an unknown effect, and whatever waits for it. @returns null when there is none
 * @throws ReveilleError `conflict` when it is not unknown
 */
export async function settleEffect(
  transaction: Database,
  workspace: string,
  effectId: string,
  by: Settling,
): Promise<Effect | null> {
  const { as, actor, note, at } = by;
  const found = await effectOf(transaction, isEffect(workspace, effectId));
  if (!found) return null;
  if (found.contactId !== null) await holdContact(transaction, workspace, found.contactId);
  const [row] = await transaction
    .update(effects)
    .set({ state: as, endedAt: at, resolvedBy: actor, note })
    .where(and(isEffect(workspace, effectId), eq(effects.state, 'unknown')))
    .returning();
  if (!row) {
    const { state } = (await effectOf(transaction, isEffect(workspace, effectId)))!;
    throw new ReveilleError('conflict', `Only an unknown effect can be settled: this one is ${state}.`);
  }
  if (as === 'done') await noteSent(transaction, row, row.attemptedAt ?? at);
  await appendEvents(transaction, workspace, await settleSender(transaction, workspace, row, by));
  return toEffect(row);
}
