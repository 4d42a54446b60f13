import { type SQL, and, asc, desc, eq, gte, isNull, lte, sql } from 'drizzle-orm';
import type { Contact, ContactMessage, OptOut, SendDecision } from '../../domain/contracts/contacts.ts';
import { followUpOf } from '../../domain/follow-ups/follow-up.ts';
import type { ContactRow, ShownContact } from '../../domain/ports/contact-store.ts';
import { oneOf } from './bulk.ts';
import type { Database } from './connection.ts';
import { contactMessages, contactOptOuts, contacts, scheduledActions, sendDecisions } from './contact-schema.ts';
import { isPendingOf, toFollowUpRow } from './follow-up-rows.ts';
import { customers } from './schema.ts';

export type StoredContact = typeof contacts.$inferSelect;

/** What a contact may take from the customer of the same id. */
export const customerFields = {
  customerId: customers.customerId,
  firstName: customers.firstName,
  lastName: customers.lastName,
  email: customers.email,
  phone: customers.phone,
  language: customers.language,
  optInMarketing: customers.optInMarketing,
};
type CustomerFields = Pick<typeof customers.$inferSelect, keyof typeof customerFields>;

export const isContact = (workspace: string | SQL, contactId: string | SQL): SQL | undefined =>
  and(eq(contacts.workspace, workspace), eq(contacts.contactId, contactId));

export const isSameCustomer = (workspace: string | SQL, contactId: string | SQL): SQL | undefined =>
  and(eq(customers.workspace, workspace), eq(customers.customerId, contactId));

export const optOutsInForce = (workspace: string | SQL, contactId: string | SQL): SQL | undefined =>
  and(
    eq(contactOptOuts.workspace, workspace),
    eq(contactOptOuts.contactId, contactId),
    isNull(contactOptOuts.takenBackAt),
  );

/** What was said of the contact, and for what was neither said nor taken away, what is known of the customer. */
export function toContact(
  contactId: string,
  said: StoredContact | null,
  customer: CustomerFields | null,
  optOuts: OptOut[],
): ContactRow {
  const fallback = {
    name: [customer?.firstName, customer?.lastName].filter(Boolean).join(' ') || null,
    email: customer?.email || null,
    phone: customer?.phone || null,
    language: customer?.language || null,
  };
  const merged = (field: keyof typeof fallback): string | null =>
    said?.[field] ?? (said?.withheld.includes(field) ? null : fallback[field]);
  return {
    contactId,
    name: merged('name'),
    email: merged('email'),
    phone: merged('phone'),
    telegram: said?.telegram ?? null,
    timezone: said?.timezone ?? null,
    language: merged('language'),
    marketing: said?.marketing ?? customer?.optInMarketing ?? false,
    optOuts,
  };
}

export async function findContact(
  database: Database,
  workspace: string,
  contactId: string,
): Promise<ContactRow | null> {
  const [found] = await database
    .select({ said: contacts, customer: customerFields })
    .from(sql`(values (1)) as one`)
    .leftJoin(contacts, isContact(workspace, contactId))
    .leftJoin(customers, isSameCustomer(workspace, contactId));
  if (!found || (found.said === null && found.customer === null)) return null;
  const { channel, purpose, at, actor } = contactOptOuts;
  const optOuts = await database
    .select({ channel, purpose, at, actor })
    .from(contactOptOuts)
    .where(optOutsInForce(workspace, contactId))
    .orderBy(asc(at), asc(channel), asc(purpose));
  return toContact(contactId, found.said, found.customer, optOuts);
}

/** Those of these that there are, in two queries. The ids stand as a table, so that each is looked up by its key. */
export async function findContacts(
  database: Database,
  workspace: string,
  contactIds: readonly string[],
): Promise<ContactRow[]> {
  const id = sql<string>`ids.id`;
  const rows = await database
    .select({ id, said: contacts, customer: customerFields })
    .from(sql`jsonb_array_elements_text(${JSON.stringify([...new Set(contactIds)])}::jsonb) as ids (id)`)
    .leftJoin(contacts, and(eq(contacts.workspace, workspace), eq(contacts.contactId, id)))
    .leftJoin(customers, and(eq(customers.workspace, workspace), eq(customers.customerId, id)));
  const { contactId, channel, purpose, at, actor } = contactOptOuts;
  const optOuts = await database
    .select({ contactId, channel, purpose, at, actor })
    .from(contactOptOuts)
    .where(
      and(
        eq(contactOptOuts.workspace, workspace),
        sql`${contactId} = ${oneOf(contactIds)}`,
        isNull(contactOptOuts.takenBackAt),
      ),
    )
    .orderBy(asc(at), asc(channel), asc(purpose));
  const optOutsOf = Map.groupBy(optOuts, (row) => row.contactId);
  return rows
    .filter(({ said, customer }) => said !== null || customer !== null)
    .map((row) => {
      const own = (optOutsOf.get(row.id) ?? []).map(({ contactId: _contactId, ...optOut }) => optOut);
      return toContact(row.id, row.said, row.customer, own);
    });
}

/** Messages to and from a contact, newest first. */
export function messagesOf(
  database: Database,
  workspace: string,
  contactId: string,
  { since, limit }: { since?: string; limit: number },
): Promise<ContactMessage[]> {
  const { messageId, direction, channel, purpose, subject, at } = contactMessages;
  return database
    .select({ messageId, direction, channel, purpose, subject, at })
    .from(contactMessages)
    .where(
      and(
        eq(contactMessages.workspace, workspace),
        eq(contactMessages.contactId, contactId),
        since === undefined ? undefined : gte(at, since),
      ),
    )
    .orderBy(desc(at), desc(messageId))
    .limit(limit);
}

/** Zone in events of a contact that names none; whoever shows a contact knows the configured one. */
export const EVENT_ZONE = 'UTC';

const LAST_MESSAGES = 10;
/** The most follow-ups that a contact is shown with; lists of follow-ups have them all. */
const SHOWN_PENDING = 100;

async function shown(
  database: Database,
  workspace: string,
  { marketing, optOuts, ...contact }: ContactRow,
): Promise<ShownContact> {
  const { contactId } = contact;
  const lastMessages = await messagesOf(database, workspace, contactId, { limit: LAST_MESSAGES });
  const pending = await database
    .select()
    .from(scheduledActions)
    .where(isPendingOf(workspace, contactId))
    .orderBy(asc(scheduledActions.nextAt), asc(scheduledActions.followUpId))
    .limit(SHOWN_PENDING);
  const consent = { marketing, optOuts };
  return { ...contact, consent, lastMessages, pending: pending.map((row) => followUpOf(toFollowUpRow(row))) };
}

/** The contact with what was written last and what is to come; null when unknown. */
export async function showContact(
  database: Database,
  workspace: string,
  contactId: string,
): Promise<ShownContact | null> {
  const contact = await findContact(database, workspace, contactId);
  return contact && shown(database, workspace, contact);
}

/** The contract's object, for events; one that is not known has nothing but its id. */
export async function contactObject(
  transaction: Database,
  workspace: string,
  contactId: string,
  defaultTimezone: string,
): Promise<Contact> {
  const contact = (await findContact(transaction, workspace, contactId)) ?? toContact(contactId, null, null, []);
  return { ...(await shown(transaction, workspace, contact)), timezone: contact.timezone ?? defaultTimezone };
}

/** Keeps an answer; an older one than there is says nothing. */
export async function keepDecision(
  database: Database,
  workspace: string,
  { contactId, messageId }: { contactId: string; messageId: string },
  { decision, at, channel, reason, detail }: SendDecision,
  decidedAt: string,
): Promise<void> {
  const answer = { decision, at, channel, reason, detail };
  await database
    .insert(sendDecisions)
    .values({ ...answer, workspace, contactId, messageId, decidedAt })
    .onConflictDoUpdate({
      target: [sendDecisions.workspace, sendDecisions.contactId, sendDecisions.messageId],
      set: { ...answer, decidedAt },
      setWhere: lte(sendDecisions.decidedAt, decidedAt),
    });
}
