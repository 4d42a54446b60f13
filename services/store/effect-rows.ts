import { type SQL, and, eq, sql } from 'drizzle-orm';
import type { Effect } from '../../domain/contracts/effects.ts';
import type { Database } from './connection.ts';
import { contactMessages } from './contact-schema.ts';
import { effects } from './effect-schema.ts';

export type StoredEffect = typeof effects.$inferSelect;

/** The contract's object of a row. One called off has the reason for its note. */
export function toEffect(row: StoredEffect): Effect {
  return {
    effectId: row.effectId,
    key: row.key,
    kind: row.kind,
    channel: row.channel,
    contactId: row.contactId,
    state: row.state,
    attempts: row.attempts,
    plannedAt: row.plannedAt,
    attemptedAt: row.attemptedAt,
    endedAt: row.endedAt,
    result: row.result,
    error: row.error,
    resolvedBy: row.resolvedBy,
    note: row.note ?? (row.state === 'cancelled' ? row.cancelReason : null),
  };
}

export const hasKey = (workspace: string | SQL, key: string | SQL): SQL | undefined =>
  and(eq(effects.workspace, workspace), eq(effects.key, key));

export const isEffect = (workspace: string, effectId: string): SQL | undefined =>
  and(eq(effects.workspace, workspace), eq(effects.effectId, effectId));

export async function effectOf(database: Database, which: SQL | undefined): Promise<StoredEffect | null> {
  const [row] = await database.select().from(effects).where(which);
  return row ?? null;
}

const isPlanned = sql`${effects.state} = 'planned'`;

/** Whether what was called off, and may have been done, is taken back by an effect of its own: nothing that was sent is. */
export const isTakenBack = sql`(${effects.kind} in ('calendar', 'meeting'))`;

/** Where one that is not tried again comes to rest: cancelled only where it is certain that it was not done, or is taken back. */
export const atRest = sql`case when ${effects.mayBeDone} and not ${isTakenBack} then 'unknown' else 'cancelled' end`;

/** Who calls something off and why. */
export interface CallingOff {
  reason: string;
  /** null: nobody that is known. */
  actor: string | null;
  at: string;
}

/** What calls off a planned one; one that somebody is at is then not tried again should this attempt fail. */
const calledOff = ({ reason, actor, at }: CallingOff) => ({
  state: sql`case when ${isPlanned} then ${atRest} else ${effects.state} end`,
  endedAt: sql`case when ${isPlanned} then ${sql.param(at, effects.endedAt)} else ${effects.endedAt} end`,
  cancelReason: sql`coalesce(${effects.cancelReason}, ${sql.param(reason, effects.cancelReason)})`,
  cancelledBy: sql`case when ${effects.cancelReason} is null then ${sql.param(actor, effects.cancelledBy)} else ${effects.cancelledBy} end`,
});

/** Calls off those of `which` that are not over, in one statement. */
export async function callOff(database: Database, which: SQL | undefined, by: CallingOff): Promise<StoredEffect[]> {
  return database
    .update(effects)
    .set(calledOff(by))
    .where(and(which, sql`${effects.state} in ('planned', 'attempting')`))
    .returning();
}

/** Effects of a contact. */
export const isOfContact = (workspace: string | SQL, contactId: string | SQL): SQL | undefined =>
  and(eq(effects.workspace, workspace), eq(effects.contactId, contactId));

/** A message that was sent, among those of its contact. */
export async function noteSent(transaction: Database, row: StoredEffect, at: string): Promise<void> {
  const { workspace, contactId, kind, key, channel, purpose, subject } = row;
  if (kind !== 'message' || contactId === null) return;
  await transaction
    .insert(contactMessages)
    .values({ workspace, contactId, direction: 'out', messageId: key, channel, purpose, subject, at })
    .onConflictDoNothing();
}
