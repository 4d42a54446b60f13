import { type SQL, and, asc, desc, eq, gte, isNull, lte, sql } from 'drizzle-orm';
import type { ContactDetails, ContactMessage, OptOut } from '../../domain/contracts/contacts.ts';
import type { ContactRow, ContactStore } from '../../domain/ports/contact-store.ts';
import type { Connection, Database } from './connection.ts';
import { contactMessages, contactOptOuts, contacts, sendDecisions } from './contact-schema.ts';
import { appendEvents } from './events.ts';
import { notedReply } from './replies.ts';
import { customers } from './schema.ts';

type StoredContact = typeof contacts.$inferSelect;
type StoredCustomer = typeof customers.$inferSelect;
type OptIn = Parameters<ContactStore['optIn']>[2];

const isContact = (workspace: string, contactId: string): SQL | undefined =>
  and(eq(contacts.workspace, workspace), eq(contacts.contactId, contactId));

const optOutsInForce = (workspace: string, contactId: string): SQL | undefined =>
  and(
    eq(contactOptOuts.workspace, workspace),
    eq(contactOptOuts.contactId, contactId),
    isNull(contactOptOuts.takenBackAt),
  );

/** What was said of the contact, and for what was neither said nor taken away, what is known of the customer. */
function toContact(
  contactId: string,
  said: StoredContact | null,
  customer: StoredCustomer | null,
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

async function find(database: Database, workspace: string, contactId: string): Promise<ContactRow | null> {
  const [found] = await database
    .select({ said: contacts, customer: customers })
    .from(sql`(values (1)) as one`)
    .leftJoin(contacts, isContact(workspace, contactId))
    .leftJoin(customers, and(eq(customers.workspace, workspace), eq(customers.customerId, contactId)));
  if (!found || (found.said === null && found.customer === null)) return null;
  const optOuts = await database
    .select({
      channel: contactOptOuts.channel,
      purpose: contactOptOuts.purpose,
      at: contactOptOuts.at,
      actor: contactOptOuts.actor,
    })
    .from(contactOptOuts)
    .where(optOutsInForce(workspace, contactId))
    .orderBy(asc(contactOptOuts.at), asc(contactOptOuts.channel), asc(contactOptOuts.purpose));
  return toContact(contactId, found.said, found.customer, optOuts);
}

async function put(
  transaction: Database,
  workspace: string,
  contactId: string,
  details: ContactDetails,
  at: string,
): Promise<ContactRow> {
  const said = Object.entries(details).filter(([, value]) => value !== undefined);
  const values = Object.fromEntries(said) as Partial<StoredContact>;
  const fields = said.map(([field]) => field);
  const withheld = said.filter(([, value]) => value === null).map(([field]) => field as keyof ContactDetails);
  await transaction
    .insert(contacts)
    .values({ ...values, workspace, contactId, withheld, createdAt: at, updatedAt: at })
    .onConflictDoUpdate({
      target: [contacts.workspace, contacts.contactId],
      set: {
        ...values,
        withheld: sql`(${contacts.withheld} - array(select jsonb_array_elements_text(${JSON.stringify(fields)}::jsonb))) || ${JSON.stringify(withheld)}::jsonb`,
        updatedAt: at,
      },
    });
  return (await find(transaction, workspace, contactId))!;
}

async function optOut(
  transaction: Database,
  workspace: string,
  contactId: string,
  given: OptOut,
): Promise<ContactRow | null> {
  if ((await find(transaction, workspace, contactId)) === null) return null;
  const added = await transaction
    .insert(contactOptOuts)
    .values({ ...given, workspace, contactId })
    .onConflictDoNothing()
    .returning();
  const contact = await find(transaction, workspace, contactId);
  if (added.length > 0) {
    await appendEvents(transaction, workspace, [
      { type: 'contact.opted_out', at: given.at, data: { contactId, ...given } },
    ]);
  }
  return contact;
}

async function optIn(
  transaction: Database,
  workspace: string,
  contactId: string,
  { channel, purpose, at, actor }: OptIn,
): Promise<ContactRow | null> {
  if ((await find(transaction, workspace, contactId)) === null) return null;
  await transaction
    .update(contactOptOuts)
    .set({ takenBackAt: at, takenBackBy: actor })
    .where(
      and(
        optOutsInForce(workspace, contactId),
        channel === null ? undefined : eq(contactOptOuts.channel, channel),
        purpose === null ? undefined : eq(contactOptOuts.purpose, purpose),
      ),
    );
  if (purpose === 'service') return find(transaction, workspace, contactId);
  return put(transaction, workspace, contactId, { marketing: true }, at);
}

function messagesOf(
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

/** People: what is known of them, what they want, what was written to and by them. */
export function contactStore(connection: Connection): ContactStore {
  return {
    put: (workspace, contactId, details, at) =>
      connection.transaction((transaction) => put(transaction, workspace, contactId, details, at)),
    get: (workspace, contactId) => connection.run((database) => find(database, workspace, contactId)),
    optOut: (workspace, contactId, given) =>
      connection.transaction((transaction) => optOut(transaction, workspace, contactId, given)),
    optIn: (workspace, contactId, which) =>
      connection.transaction((transaction) => optIn(transaction, workspace, contactId, which)),
    replied: (workspace, contactId, reply) =>
      connection.transaction((transaction) => notedReply(transaction, workspace, contactId, reply)),
    messages: (workspace, contactId, options) =>
      connection.run((database) => messagesOf(database, workspace, contactId, options)),
    async decided(workspace, contactId, messageId, decision, decidedAt) {
      await connection.run((database) =>
        database
          .insert(sendDecisions)
          .values({ ...decision, workspace, contactId, messageId, decidedAt })
          .onConflictDoUpdate({
            target: [sendDecisions.workspace, sendDecisions.contactId, sendDecisions.messageId],
            set: { ...decision, decidedAt },
            setWhere: lte(sendDecisions.decidedAt, decidedAt),
          }),
      );
    },
  };
}
