import { type SQL, and, eq, getTableColumns, gte, ne, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { OptOut, Purpose } from '../../domain/contracts/contacts.ts';
import type { DeliveryFacts } from '../../domain/ports/delivery-store.ts';
import type { Database } from './connection.ts';
import { isContact, isSameCustomer, optOutsInForce, toContact } from './contact-rows.ts';
import { contactMessages, contactOptOuts, contacts, scheduledActions } from './contact-schema.ts';
import { type StoredEffect, hasKey, isOfContact } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { type StoredFollowUp, isFollowUp } from './follow-up-rows.ts';
import { customers } from './schema.ts';

/** Messages of a purpose to a contact since then that were sent, are being sent, or may have been. */
export const sentSince = (workspace: string, contactId: string, purpose: Purpose, since: string): SQL | undefined =>
  and(
    isOfContact(workspace, contactId),
    eq(effects.purpose, purpose),
    eq(effects.kind, 'message'),
    gte(effects.attemptedAt, since),
    sql`(${effects.state} in ('attempting', 'done', 'unknown') or (${effects.state} = 'planned' and ${effects.mayBeDone}))`,
  );

/** A message, its rows and what is known of whom it goes to, as one statement finds them. */
export interface FoundDelivery {
  followUp: StoredFollowUp | null;
  effect: StoredEffect | null;
  /** null: the contact is unknown. */
  facts: DeliveryFacts | null;
}

interface Which {
  key: string;
  contactId: string;
  followUpId: string | null;
}

/** A row that travelled as JSON by its columns' names; what is `jsonb` is as it was. */
function rowOf<Table extends PgTable>(
  table: Table,
  json: Record<string, unknown> | null,
): Table['$inferSelect'] | null {
  if (json === null) return null;
  const fields = Object.entries(getTableColumns(table)).map(([key, column]) => {
    const value = json[column.name];
    return [key, value === null ? null : column.mapFromDriverValue(value)];
  });
  return Object.fromEntries(fields) as Table['$inferSelect'];
}

/** The row of `table` that is `which`, as JSON. */
const oneRow = (table: PgTable, which: SQL | undefined): SQL<Record<string, unknown> | null> =>
  sql`(select to_jsonb(${table}) from ${table} where ${which})`;

const isoOf = (value: string): string => new Date(value).toISOString();

/**
 * Hold the contact (`holdContact`), so that nothing of it changes after. Each row is a query of its own within the one: to plan
 * them as joins takes several times as long as all the rest.
 */
export async function findDelivery(
  transaction: Database,
  workspace: string,
  { key, contactId, followUpId }: Which,
  promotionsSince: string,
): Promise<FoundDelivery> {
  const { channel, purpose, at, actor } = contactOptOuts;
  const [found] = await transaction
    .select({
      followUp: oneRow(scheduledActions, followUpId === null ? sql`false` : isFollowUp(workspace, followUpId)),
      effect: oneRow(effects, hasKey(workspace, key)),
      said: oneRow(contacts, isContact(workspace, contactId)),
      customer: oneRow(customers, isSameCustomer(workspace, contactId)),
      optOuts: sql<OptOut[] | null>`(select jsonb_agg(jsonb_build_object(
        'channel', ${channel}, 'purpose', ${purpose}, 'at', ${at}, 'actor', ${actor}) order by ${at}, ${channel}, ${purpose})
        from ${contactOptOuts} where ${optOutsInForce(workspace, contactId)})`,
      lastReplyAt: sql<string | null>`(select to_jsonb(max(${contactMessages.at})) from ${contactMessages} where ${and(
        eq(contactMessages.workspace, workspace),
        eq(contactMessages.contactId, contactId),
        eq(contactMessages.direction, 'in'),
      )})`,
      promotionsAt: sql<string[] | null>`(select jsonb_agg(${effects.attemptedAt} order by ${effects.attemptedAt})
        from ${effects} where ${and(sentSince(workspace, contactId, 'promotion', promotionsSince), ne(effects.key, key))})`,
    })
    .from(sql`(values (1)) as one`);
  const { followUp, effect, lastReplyAt, promotionsAt } = found!;
  const [said, customer] = [rowOf(contacts, found!.said), rowOf(customers, found!.customer)];
  const optOuts = (found!.optOuts ?? []).map((optOut) => ({ ...optOut, at: isoOf(optOut.at) }));
  const facts = (): DeliveryFacts => ({
    contact: toContact(contactId, said, customer, optOuts),
    lastReplyAt: lastReplyAt && isoOf(lastReplyAt),
    promotionsAt: (promotionsAt ?? []).map(isoOf),
  });
  return {
    followUp: rowOf(scheduledActions, followUp),
    effect: rowOf(effects, effect),
    facts: said === null && customer === null ? null : facts(),
  };
}
