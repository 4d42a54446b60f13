import { type SQL, and, eq, gte, ne, sql } from 'drizzle-orm';
import type { OptOut, Purpose } from '../../domain/contracts/contacts.ts';
import type { DeliveryFacts } from '../../domain/ports/delivery-store.ts';
import type { Database } from './connection.ts';
import { isContact, isSameCustomer, optOutsInForce, toContact } from './contact-rows.ts';
import { contactMessages, contactOptOuts, contacts, scheduledActions } from './contact-schema.ts';
import { type StoredEffect, hasKey, isOfContact } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { type StoredFollowUp, isFollowUp, toFollowUpRow } from './follow-up-rows.ts';
import { customers } from './schema.ts';
import { type Run, Statement, given, oneRow, rowOf } from './statements.ts';

/** Messages of a purpose to a contact since then that were sent, are being sent, or may have been. */
export const sentSince = (
  workspace: string | SQL,
  contactId: string | SQL,
  purpose: Purpose | SQL,
  since: string | SQL,
): SQL | undefined =>
  and(
    isOfContact(workspace, contactId),
    eq(effects.purpose, purpose),
    sql`${effects.kind} = 'message'`,
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

const isoOf = (value: string): string => new Date(value).toISOString();

const { channel, purpose, at, actor } = contactOptOuts;
const workspace = given('workspace', effects.workspace);
const key = given('key', effects.key);
const contactId = given('contactId', contacts.contactId);

/** Each row is a query of its own within the one: to plan them as joins takes several times as long as all the rest. */
const find = new Statement<{
  followUp: Record<string, unknown> | null;
  effect: Record<string, unknown> | null;
  said: Record<string, unknown> | null;
  customer: Record<string, unknown> | null;
  optOuts: OptOut[] | null;
  lastReplyAt: string | null;
  promotionsAt: string[] | null;
}>(
  'find_delivery',
  sql`select
    ${oneRow(scheduledActions, isFollowUp(workspace, given('followUpId', scheduledActions.followUpId)))} as "followUp",
    ${oneRow(effects, hasKey(workspace, key))} as "effect",
    ${oneRow(contacts, isContact(workspace, contactId))} as "said",
    ${oneRow(customers, isSameCustomer(workspace, contactId))} as "customer",
    (select jsonb_agg(jsonb_build_object('channel', ${channel}, 'purpose', ${purpose}, 'at', ${at}, 'actor', ${actor})
      order by ${at}, ${channel}, ${purpose})
      from ${contactOptOuts} where ${optOutsInForce(workspace, contactId)}) as "optOuts",
    (select to_jsonb(max(${contactMessages.at})) from ${contactMessages} where ${and(
      eq(contactMessages.workspace, workspace),
      eq(contactMessages.contactId, contactId),
      sql`${contactMessages.direction} = 'in'`,
    )}) as "lastReplyAt",
    (select jsonb_agg(${effects.attemptedAt} order by ${effects.attemptedAt}) from ${effects} where ${and(
      sentSince(workspace, contactId, sql`'promotion'`, given('promotionsSince', effects.attemptedAt)),
      ne(effects.key, key),
    )}) as "promotionsAt"`,
);

/** Hold the contact (`contactLock`), so that nothing of it changes after. */
export async function findDelivery(
  run: Run,
  transaction: Database,
  which: { workspace: string; key: string; contactId: string; followUpId: string | null; promotionsSince: string },
): Promise<FoundDelivery> {
  const { workspace, key, contactId, followUpId, promotionsSince } = which;
  const [found] = await run(transaction, find, { workspace, key, contactId, followUpId, promotionsSince });
  const { lastReplyAt, promotionsAt } = found!;
  const [said, customer] = [rowOf(contacts, found!.said), rowOf(customers, found!.customer)];
  const followUp = rowOf(scheduledActions, found!.followUp);
  const optOuts = (found!.optOuts ?? []).map((optOut) => ({ ...optOut, at: isoOf(optOut.at) }));
  const facts = (): DeliveryFacts => ({
    contact: toContact(contactId, said, customer, optOuts),
    followUp: followUp && toFollowUpRow(followUp),
    lastReplyAt: lastReplyAt && isoOf(lastReplyAt),
    promotionsAt: (promotionsAt ?? []).map(isoOf),
  });
  return {
    followUp,
    effect: rowOf(effects, found!.effect),
    facts: said === null && customer === null ? null : facts(),
  };
}
