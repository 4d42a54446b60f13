import { and, asc, lt, min, sql } from 'drizzle-orm';
import type { FollowUpStore } from '../../domain/ports/contact-store.ts';
import { type Database, holdLock } from './connection.ts';
import { scheduledActions } from './contact-schema.ts';
import { isOpen, isToTry } from './follow-up-rows.ts';

type Forgotten = Awaited<ReturnType<FollowUpStore['forgotten']>>;

/**
 * Contacts with a follow-up that should have been tried before `before`, marked as named at `at`. Rows that somebody holds at
 * this moment are left to them: their contact is not forgotten.
 */
export async function forgottenContacts(
  transaction: Database,
  before: string,
  at: string,
  { everyMs, limit }: Parameters<FollowUpStore['forgotten']>[2],
): Promise<Forgotten> {
  await holdLock(transaction, 'forgotten');
  const { workspace, contactId, nextAt, wokenAt } = scheduledActions;
  const since = sql.param(new Date(Date.parse(at) - everyMs).toISOString(), wokenAt);
  const contacts = await transaction
    .select({ workspace, contactId, oldest: min(nextAt) })
    .from(scheduledActions)
    .where(and(lt(nextAt, before), isToTry))
    .groupBy(workspace, contactId)
    .having(sql`coalesce(max(${wokenAt}) <= ${since}, true)`)
    .orderBy(asc(min(nextAt)), asc(workspace), asc(contactId))
    .limit(limit);
  if (contacts.length === 0) return [];
  const keyOf = (each: Forgotten[number]): string => JSON.stringify([each.workspace, each.contactId]);
  const marked = await mark(transaction, contacts, before, at);
  const free = new Set(marked.map(keyOf));
  return contacts
    .filter((each) => free.has(keyOf(each)))
    .map((each) => ({ workspace: each.workspace, contactId: each.contactId }));
}

function mark(transaction: Database, contacts: Forgotten, before: string, at: string): Promise<Forgotten> {
  const { workspace, contactId, nextAt } = scheduledActions;
  const given = JSON.stringify(contacts.map((each) => ({ w: each.workspace, c: each.contactId })));
  const rows = transaction
    .select({ row: sql`${scheduledActions}.ctid` })
    .from(scheduledActions)
    .innerJoin(
      sql`jsonb_to_recordset(${given}::jsonb) as given (w text, c text)`,
      sql`${workspace} = w and ${contactId} = c`,
    )
    .where(and(lt(nextAt, before), isOpen))
    .for('update', { of: scheduledActions, skipLocked: true });
  return transaction
    .update(scheduledActions)
    .set({ wokenAt: at })
    .where(sql`ctid = any (array(${rows}))`)
    .returning({ workspace, contactId });
}
