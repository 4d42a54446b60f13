import { and, eq, sql } from 'drizzle-orm';
import type { ContactDetails, OptOut } from '../../domain/contracts/contacts.ts';
import type { ContactRow, ContactStore } from '../../domain/ports/contact-store.ts';
import { type Connection, type Database, SNAPSHOT } from './connection.ts';
import {
  EVENT_ZONE,
  type StoredContact,
  contactObject,
  findContact,
  findContacts,
  keepDecision,
  messagesOf,
  optOutsInForce,
  showContact,
} from './contact-rows.ts';
import { contactOptOuts, contacts } from './contact-schema.ts';
import { appendEvents } from './events.ts';
import { notedReply } from './replies.ts';

type OptIn = Parameters<ContactStore['optIn']>[2];

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
  return (await findContact(transaction, workspace, contactId))!;
}

async function optOut(
  transaction: Database,
  workspace: string,
  contactId: string,
  given: OptOut,
): Promise<ContactRow | null> {
  if ((await findContact(transaction, workspace, contactId)) === null) return null;
  const added = await transaction
    .insert(contactOptOuts)
    .values({ ...given, workspace, contactId })
    .onConflictDoNothing()
    .returning();
  const contact = await findContact(transaction, workspace, contactId);
  if (added.length > 0) {
    const data = await contactObject(transaction, workspace, contactId, EVENT_ZONE);
    await appendEvents(transaction, workspace, [{ type: 'contact.opted_out', at: given.at, data }]);
  }
  return contact;
}

async function optIn(
  transaction: Database,
  workspace: string,
  contactId: string,
  { channel, purpose, at, actor }: OptIn,
): Promise<ContactRow | null> {
  if ((await findContact(transaction, workspace, contactId)) === null) return null;
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
  if (purpose === 'service') return findContact(transaction, workspace, contactId);
  return put(transaction, workspace, contactId, { marketing: true }, at);
}

/** People: what is known of them, what they want, what was written to and by them. */
export function contactStore(connection: Connection): ContactStore {
  return {
    put: (workspace, contactId, details, at) =>
      connection.transaction((transaction) => put(transaction, workspace, contactId, details, at)),
    get: (workspace, contactId) => connection.run((database) => findContact(database, workspace, contactId)),
    getMany: (workspace, contactIds) => connection.run((database) => findContacts(database, workspace, contactIds)),
    optOut: (workspace, contactId, given) =>
      connection.transaction((transaction) => optOut(transaction, workspace, contactId, given)),
    optIn: (workspace, contactId, which) =>
      connection.transaction((transaction) => optIn(transaction, workspace, contactId, which)),
    replied: (workspace, contactId, reply) =>
      connection.transaction((transaction) => notedReply(transaction, workspace, contactId, reply)),
    messages: (workspace, contactId, options) =>
      connection.run((database) => messagesOf(database, workspace, contactId, options)),
    show: (workspace, contactId) =>
      connection.transaction((transaction) => showContact(transaction, workspace, contactId), SNAPSHOT),
    decided: (workspace, contactId, messageId, decision, decidedAt) =>
      connection.run((database) => keepDecision(database, workspace, { contactId, messageId }, decision, decidedAt)),
  };
}
