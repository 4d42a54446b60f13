import { type SQL, and, asc, between, desc, eq, ne, sql } from 'drizzle-orm';
import type { Peer } from '../../domain/customers/customer.ts';
import type { Database } from './connection.ts';
import { churnLabels, customers } from './schema.ts';

const SAME_SEGMENT = 1_000;
const SAME_CATEGORY_AND_TIER = 200;
/** Others of the same category and tier count as near within this share of the customer's own lifetime value. */
const NEAR_VALUE = 0.3;

export const isCustomer = (workspace: string, customerId: string): SQL | undefined =>
  and(eq(customers.workspace, workspace), eq(customers.customerId, customerId));

function selectPeers(database: Database, filter: SQL | undefined, order: SQL, limit: number): Promise<Peer[]> {
  return database
    .select({
      customerId: customers.customerId,
      segment: customers.segment,
      loyaltyTier: customers.loyaltyTier,
      lifetimeValue: customers.lifetimeValue,
      preferredCategory: customers.preferredCategory,
      isChurn: churnLabels.isChurn,
      churnReason: churnLabels.churnReason,
    })
    .from(customers)
    .leftJoin(
      churnLabels,
      and(eq(churnLabels.workspace, customers.workspace), eq(churnLabels.customerId, customers.customerId)),
    )
    .where(filter)
    .orderBy(order, asc(customers.customerId))
    .limit(limit)
    .execute();
}

/** Customers that may be similar (port `CustomerStore.peers`); what is not known is like nothing. */
export async function readPeers(database: Database, workspace: string, customerId: string): Promise<Peer[]> {
  const [self] = await database.select().from(customers).where(isCustomer(workspace, customerId));
  if (!self) return [];
  const another = and(eq(customers.workspace, workspace), ne(customers.customerId, customerId));
  const value = sql`${self.lifetimeValue}::double precision`;
  const sameSegment = and(another, sql`${customers.segment} = ${self.segment}`);
  // Those below and those above one after the other, so that each goes along the index and stops.
  const below = await selectPeers(
    database,
    and(sameSegment, sql`${customers.lifetimeValue} < ${value}`),
    desc(customers.lifetimeValue),
    SAME_SEGMENT,
  );
  const above = await selectPeers(
    database,
    and(sameSegment, sql`${customers.lifetimeValue} >= ${value}`),
    asc(customers.lifetimeValue),
    SAME_SEGMENT,
  );
  const distance = (peer: Peer): number => Math.abs(peer.lifetimeValue - self.lifetimeValue);
  const nearest = [...below, ...above].toSorted((a, b) => distance(a) - distance(b)).slice(0, SAME_SEGMENT);
  const reach = NEAR_VALUE * Math.abs(self.lifetimeValue);
  const others = await selectPeers(
    database,
    and(
      another,
      sql`${customers.segment} is distinct from ${self.segment}`,
      sql`${customers.preferredCategory} = ${self.preferredCategory}`,
      sql`${customers.loyaltyTier} = ${self.loyaltyTier}`,
      between(customers.lifetimeValue, self.lifetimeValue - reach, self.lifetimeValue + reach),
    ),
    sql`abs(${customers.lifetimeValue} - ${value})`,
    SAME_CATEGORY_AND_TIER,
  );
  return [...nearest, ...others];
}
