import { type SQL, and, eq, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { EffectState } from '../../domain/contracts/effects.ts';
import { soonestFirst } from '../../domain/follow-ups/due.ts';
import { followUpOf } from '../../domain/follow-ups/follow-up.ts';
import type { FollowUpRow } from '../../domain/ports/contact-store.ts';
import { type Database, holdLock, lockName, takesLock } from './connection.ts';
import { scheduledActions } from './contact-schema.ts';
import { type CallingOff, type StoredEffect, isOfContact } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import type { NewEvent } from './events.ts';
import { given } from './statements.ts';

export type StoredFollowUp = typeof scheduledActions.$inferSelect;

/** `actor`: who cancelled it, else who scheduled it. */
export function toFollowUpRow(row: StoredFollowUp): FollowUpRow {
  return {
    followUpId: row.followUpId,
    contactId: row.contactId,
    type: row.type,
    scheduledFor: row.scheduledFor,
    nextAt: row.nextAt,
    payload: row.payload,
    message: row.message,
    state: row.state,
    reason: row.reason,
    actor: (row.state === 'cancelled' ? row.endedBy : null) ?? row.createdBy,
    executedAt: row.executedAt,
    createdAt: row.createdAt,
    processingSince: row.processingSince,
  };
}

const EVENT_OF_STATE = {
  executed: 'follow_up.executed',
  cancelled: 'follow_up.cancelled',
  failed: 'follow_up.failed',
} as const;

/** What is told of follow-ups that ended at `at`. */
export function followUpEvents(rows: readonly FollowUpRow[], at: string): NewEvent[] {
  return rows.flatMap((row) =>
    row.state === 'pending' || row.state === 'processing'
      ? []
      : [{ type: EVENT_OF_STATE[row.state], at, data: followUpOf(row) }],
  );
}

const iso = (column: PgColumn): SQL => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** `followUpOf` one that was executed, as a statement that executes it tells it. */
export const executedFollowUp: SQL = sql`jsonb_build_object(
  'followUpId', ${scheduledActions.followUpId}, 'contactId', ${scheduledActions.contactId},
  'type', ${scheduledActions.type}, 'scheduledFor', ${iso(scheduledActions.scheduledFor)},
  'payload', ${scheduledActions.payload}, 'state', ${scheduledActions.state}, 'reason', ${scheduledActions.reason},
  'actor', ${scheduledActions.createdBy}, 'executedAt', ${iso(scheduledActions.executedAt)},
  'latenessMs', (extract(epoch from ${scheduledActions.executedAt} - ${scheduledActions.scheduledFor}) * 1000)::bigint)`;

/** Key of the effect that is a follow-up's message. */
export const messageKeyOf = (followUpId: string): string => `follow-up/${followUpId}/message`;

/** The follow-up whose message an effect of this key is; null for others. */
export const followUpOfKey = (key: string): string | null => /^follow-up\/([^/]+)\/message$/.exec(key)?.[1] ?? null;

const messageKey = sql`('follow-up/' || ${scheduledActions.followUpId} || '/message')`;

export const isFollowUp = (workspace: string | SQL, followUpId: string | SQL): SQL | undefined =>
  and(eq(scheduledActions.workspace, workspace), eq(scheduledActions.followUpId, followUpId));

export const isOf = (workspace: string, contactId: string): SQL | undefined =>
  and(eq(scheduledActions.workspace, workspace), eq(scheduledActions.contactId, contactId));

/** Not over; a literal, so that the partial index is seen to fit. */
export const isOpen = sql`${scheduledActions.state} in ('pending', 'processing')`;

/** The same of one that is found by its id: not as the partial index says it, which would be gone through from end to end. */
export const isNotOver = sql`${scheduledActions.state} not in ('executed', 'cancelled', 'failed')`;

export const isPendingOf = (workspace: string, contactId: string): SQL | undefined =>
  and(isOf(workspace, contactId), isOpen, sql`${scheduledActions.state} = 'pending'`);

/** Its effect is in one of these states. */
const hasEffectIn = (...states: EffectState[]): SQL =>
  sql`exists (select 1 from ${effects} where ${effects.workspace} = ${scheduledActions.workspace} and ${effects.key} = ${messageKey}
    and ${effects.state} in (${sql.join(
      states.map((state) => sql`${state}`),
      sql`, `,
    )}))`;

/** To be tried when its time comes: pending, or in processing with an effect that a lost attempt gave back. */
export const isToTry = sql`(${isOpen} and (${scheduledActions.state} = 'pending' or ${hasEffectIn('planned')}))`;

/**
 * Waits for whoever changes follow-ups or messages of the contact, and holds it until the transaction ends. Taken before every
 * change of a follow-up's state, so that a sender, a reply and a cancellation come one after the other.
 */
export const holdContact = (transaction: Database, workspace: string, contactId: string): Promise<void> =>
  holdLock(transaction, 'contact', workspace, contactId);

/** The same for statements that are carried out for every message: the lock's name is given as `contactLock`. */
export const holdsContact = takesLock(given('contactLock', scheduledActions.contactId));

export const contactLock = (workspace: string, contactId: string): string => lockName('contact', workspace, contactId);

/** Keys of the messages of a contact's follow-ups that are not over, for `callOff`. */
export const messagesToCome = (workspace: string, contactId: string): SQL | undefined =>
  and(
    isOfContact(workspace, contactId),
    sql`${effects.key} = any (array(select ${messageKey} from ${scheduledActions} where ${isOf(workspace, contactId)} and ${isOpen}))`,
  );

/** Ends, in one state, those of `which` that are not over and whose message is certain not to go out any more. */
export async function endUnsent(
  transaction: Database,
  workspace: string,
  { contactId, followUpId, only }: { contactId: string; followUpId?: string; only?: SQL },
  { reason, actor, at }: CallingOff,
  state: 'cancelled' | 'failed',
): Promise<FollowUpRow[]> {
  const rows = await transaction
    .update(scheduledActions)
    .set({ state, reason, endedBy: actor, endedAt: at, processingSince: null })
    .where(
      and(
        ...(followUpId === undefined
          ? [isOf(workspace, contactId), isOpen]
          : [isFollowUp(workspace, followUpId), isNotOver]),
        sql`not ${hasEffectIn('planned', 'attempting', 'done', 'unknown')}`,
        only,
      ),
    )
    .returning();
  return rows.map(toFollowUpRow).toSorted(soonestFirst);
}

/** When its effect came to rest, and what else is to be said of it. */
interface Step {
  at: string;
  executedAt?: string;
  nextAt?: string | undefined;
  reason?: string | null;
}

/** What a follow-up is, by the state of its effect. */
function inStepWith(effect: StoredEffect, { at, executedAt = at, nextAt, reason = null }: Step) {
  const over = { endedAt: at, processingSince: null };
  const since = sql.param(at, scheduledActions.processingSince);
  const processing = {
    state: 'processing',
    processingSince: sql`coalesce(${scheduledActions.processingSince}, ${since}::timestamptz)`,
  } as const;
  const waiting = nextAt === undefined ? {} : { nextAt };
  switch (effect.state) {
    case 'done':
      return { ...over, state: 'executed', executedAt, reason, endedBy: effect.resolvedBy } as const;
    case 'failed':
      return { ...over, state: 'failed', reason: reason ?? effect.error, endedBy: effect.resolvedBy } as const;
    case 'cancelled':
      return { ...over, state: 'cancelled', reason: effect.cancelReason, endedBy: effect.cancelledBy } as const;
    case 'planned':
      return effect.mayBeDone
        ? ({ ...processing, ...waiting } as const)
        : ({ state: 'pending', processingSince: null, ...waiting } as const);
    default:
      return processing;
  }
}

/** Brings a follow-up that is not over in step with its effect. @returns what is to be told of it */
export async function keepInStep(
  transaction: Database,
  workspace: string,
  followUpId: string,
  effect: StoredEffect,
  step: Step,
): Promise<NewEvent[]> {
  const rows = await transaction
    .update(scheduledActions)
    .set(inStepWith(effect, step))
    .where(and(isFollowUp(workspace, followUpId), isNotOver))
    .returning();
  return followUpEvents(rows.map(toFollowUpRow), step.at);
}
