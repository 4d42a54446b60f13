import { type SQL, and, eq, gte, ne, sql } from 'drizzle-orm';
import type { Purpose } from '../../domain/contracts/contacts.ts';
import type { OptOut } from '../../domain/contracts/contacts.ts';
import type { DeliveryFacts } from '../../domain/ports/delivery-store.ts';
import type { Database } from './connection.ts';
import { customerFields, isContact, isSameCustomer, optOutsInForce, toContact } from './contact-rows.ts';
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

/** Instants as `jsonb` holds them, as the contracts have them. */
const instantsOf = (values: readonly string[]): string[] => values.map((value) => new Date(value).toISOString());

/** Hold the contact (`holdContact`), so that nothing of it changes after. */
export async function findDelivery(
  transaction: Database,
  workspace: string,
  { key, contactId, followUpId }: Which,
  promotionsSince: string,
): Promise<FoundDelivery> {
  const { channel, purpose, at, actor } = contactOptOuts;
  const optOuts = sql`(select jsonb_agg(jsonb_build_object('channel', ${channel}, 'purpose', ${purpose}, 'at', ${at}, 'actor', ${actor})
    order by ${at}, ${channel}, ${purpose}) from ${contactOptOuts} where ${optOutsInForce(workspace, contactId)})`;
  const lastReplyAt = sql`(select max(${contactMessages.at}) from ${contactMessages} where ${and(
    eq(contactMessages.workspace, workspace),
    eq(contactMessages.contactId, contactId),
    eq(contactMessages.direction, 'in'),
  )})`;
  const promotions = sql`(select jsonb_agg(${effects.attemptedAt} order by ${effects.attemptedAt}) from ${effects}
    where ${and(sentSince(workspace, contactId, 'promotion', promotionsSince), ne(effects.key, key))})`;
  const [found] = await transaction
    .select({
      followUp: scheduledActions,
      effect: effects,
      said: contacts,
      customer: customerFields,
      optOuts: sql<OptOut[] | null>`${optOuts}`,
      lastReplyAt: sql<string | null>`${lastReplyAt}`.mapWith(contactMessages.at),
      promotionsAt: sql<string[] | null>`${promotions}`,
    })
    .from(sql`(values (1)) as one`)
    .leftJoin(scheduledActions, followUpId === null ? sql`false` : isFollowUp(workspace, followUpId))
    .leftJoin(effects, hasKey(workspace, key))
    .leftJoin(contacts, isContact(workspace, contactId))
    .leftJoin(customers, isSameCustomer(workspace, contactId));
  const { followUp, effect, said, customer, ...facts } = found!;
  const given = (facts.optOuts ?? []).map((optOut) => ({ ...optOut, at: new Date(optOut.at).toISOString() }));
  return {
    followUp,
    effect,
    facts:
      said === null && customer === null
        ? null
        : {
            contact: toContact(contactId, said, customer, given),
            lastReplyAt: facts.lastReplyAt,
            promotionsAt: instantsOf(facts.promotionsAt ?? []),
          },
  };
}
