import { and, eq, sql } from 'drizzle-orm';
import type { ContactStore } from '../../domain/ports/contact-store.ts';
import type { Database } from './connection.ts';
import { contactMessages, scheduledActions } from './contact-schema.ts';
import { EVENT_ZONE, contactObject } from './contact-rows.ts';
import { callOff, isOfContact } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { appendEvents } from './events.ts';
import { endUnsent, followUpEvents, holdContact, isFollowUp, isOf, isOpen } from './follow-up-rows.ts';

/** Why a reply cancels, on each follow-up and effect that it does. */
const REASON = 'replied';

/** Reminders of meetings and the like are due whatever is replied. */
const isKept = sql`coalesce((${scheduledActions.payload} ->> 'keepOnReply')::boolean, false)`;
const isNotKept = sql`not ${isKept}`;
/** Neither what is told of a meeting, nor a message of a follow-up that is kept. */
const endsWithReply = sql`${effects.key} not like 'booking/%' and not exists (select from ${scheduledActions}
  where ${isFollowUp(sql`${effects.workspace}`, sql`split_part(${effects.key}, '/', 2)`)} and ${effects.key} like 'follow-up/%' and ${isKept})`;

/**
 * Notes a reply and calls off what was to be sent. The row of the reply comes first: of two that note the same one, the
 * second waits for the first and finds its answer.
 */
export async function notedReply(
  transaction: Database,
  workspace: string,
  contactId: string,
  { messageId, at, channel }: Parameters<ContactStore['replied']>[2],
): Promise<{ cancelled: number; kept: number }> {
  const row = { workspace, contactId, direction: 'in' as const, messageId };
  const isIt = and(
    eq(contactMessages.workspace, workspace),
    eq(contactMessages.contactId, contactId),
    eq(contactMessages.direction, 'in'),
    eq(contactMessages.messageId, messageId),
  );
  const [fresh] = await transaction
    .insert(contactMessages)
    .values({ ...row, channel, at })
    .onConflictDoNothing()
    .returning();
  if (!fresh) {
    const [known] = await transaction.select().from(contactMessages).where(isIt);
    return { cancelled: known?.cancelled ?? 0, kept: await keptOf(transaction, workspace, contactId) };
  }
  const by = { reason: REASON, actor: contactId, at };
  await holdContact(transaction, workspace, contactId);
  await callOff(transaction, and(isOfContact(workspace, contactId), endsWithReply), by);
  const followUps = await endUnsent(transaction, workspace, { contactId, only: isNotKept }, by, 'cancelled');
  const cancelled = followUps.length;
  await transaction.update(contactMessages).set({ cancelled }).where(isIt);
  const data = await contactObject(transaction, workspace, contactId, EVENT_ZONE);
  await appendEvents(transaction, workspace, [{ type: 'contact.replied', at, data }, ...followUpEvents(followUps, at)]);
  return { cancelled, kept: await keptOf(transaction, workspace, contactId) };
}

/** How many follow-ups of the contact are to come all the same. */
const keptOf = (transaction: Database, workspace: string, contactId: string): Promise<number> =>
  transaction.$count(scheduledActions, and(isOf(workspace, contactId), isOpen, isKept));
