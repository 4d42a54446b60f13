import { type SQL, and, eq, sql } from 'drizzle-orm';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { FollowUpRow } from '../../domain/ports/contact-store.ts';
import { type Database, holdLock } from './connection.ts';
import { scheduledActions } from './contact-schema.ts';
import type { NewEvent } from './events.ts';

export type StoredFollowUp = typeof scheduledActions.$inferSelect;

/** `actor`: who cancelled it, else who scheduled it. */
export function toFollowUpRow(row: StoredFollowUp): FollowUpRow {
  return {
    followUpId: row.followUpId,
    contactId: row.contactId,
    type: row.type,
    scheduledFor: row.scheduledFor,
    payload: row.payload,
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
  return rows.flatMap(({ createdAt: _createdAt, processingSince: _processingSince, ...followUp }) => {
    const { state, executedAt, scheduledFor } = followUp;
    if (state === 'pending' || state === 'processing') return [];
    const latenessMs = executedAt === null ? null : Date.parse(executedAt) - Date.parse(scheduledFor);
    const data: FollowUp = { ...followUp, latenessMs };
    return [{ type: EVENT_OF_STATE[state], at, data }];
  });
}

export const isPendingOf = (workspace: string, contactId: string): SQL | undefined =>
  and(
    eq(scheduledActions.workspace, workspace),
    eq(scheduledActions.contactId, contactId),
    // As a literal, so that the partial index is seen to fit.
    sql`${scheduledActions.state} = 'pending'`,
  );

/** Soonest first. */
const bySchedule = (a: FollowUpRow, b: FollowUpRow): number =>
  Date.parse(a.scheduledFor) - Date.parse(b.scheduledFor) || (a.followUpId < b.followUpId ? -1 : 1);

/**
 * Cancels what is pending of a contact, soonest first; telling of it is left to the caller. Two such statements come one
 * after the other, so that they cannot wait for each other's rows.
 */
export async function cancelAllPending(
  transaction: Database,
  workspace: string,
  contactId: string,
  by: { reason: string; actor: string; at: string },
): Promise<FollowUpRow[]> {
  await holdLock(transaction, 'contact', workspace, contactId);
  const rows = await transaction
    .update(scheduledActions)
    .set({ state: 'cancelled', reason: by.reason, endedBy: by.actor, endedAt: by.at })
    .where(isPendingOf(workspace, contactId))
    .returning();
  return rows.map(toFollowUpRow).toSorted(bySchedule);
}
