import { and, eq } from 'drizzle-orm';
import type { ContactStore } from '../../domain/ports/contact-store.ts';
import type { Database } from './connection.ts';
import { contactMessages } from './contact-schema.ts';
import { EVENT_ZONE, contactObject } from './contact-rows.ts';
import { callOff, isOfContact } from './effect-rows.ts';
import { appendEvents } from './events.ts';
import { endUnsent, followUpEvents, holdContact } from './follow-up-rows.ts';

/** Why a reply cancels, on each follow-up and effect that it does. */
const REASON = 'replied';

/**
 * Notes a reply and calls off what was to be sent. The row of the reply comes first: of two that note the same one, the
 * second waits for the first and finds its answer.
 */
export async function notedReply(
  transaction: Database,
  workspace: string,
  contactId: string,
  { messageId, at, channel }: Parameters<ContactStore['replied']>[2],
): Promise<{ cancelled: number }> {
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
    return { cancelled: known?.cancelled ?? 0 };
  }
  const by = { reason: REASON, actor: contactId, at };
  await holdContact(transaction, workspace, contactId);
  await callOff(transaction, isOfContact(workspace, contactId), by);
  const followUps = await endUnsent(transaction, workspace, { contactId }, by, 'cancelled');
  const cancelled = followUps.length;
  await transaction.update(contactMessages).set({ cancelled }).where(isIt);
  const data = await contactObject(transaction, workspace, contactId, EVENT_ZONE);
  await appendEvents(transaction, workspace, [{ type: 'contact.replied', at, data }, ...followUpEvents(followUps, at)]);
  return { cancelled };
}
