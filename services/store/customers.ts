import { type SQL, and, asc, count, desc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import type { CustomerRecord } from '../../domain/customers/customer.ts';
import type { CustomerStore, ScorableCustomer } from '../../domain/ports/store.ts';
import { anyOf } from './bulk.ts';
import { type Connection, type Database, SNAPSHOT } from './connection.ts';
import { checkImportable, importCustomers, tidyAfterImport } from './customer-import.ts';
import { isCustomer, readPeers } from './peers.ts';
import { churnLabels, customers, npsAnswers, orders, supportTickets } from './schema.ts';

const NEWEST_TICKETS = 500;
/** Customers with what the score needs, counted by the database, in the order of their sheet. */
async function scorable(database: Database, filter: SQL | undefined, limit: number) {
  const ofCustomer = (table: typeof orders | typeof supportTickets | typeof npsAnswers): SQL | undefined =>
    and(eq(table.workspace, customers.workspace), eq(table.customerId, customers.customerId));
  const ordered = database
    .select({ orderCount: count().as('order_count') })
    .from(orders)
    .where(ofCustomer(orders))
    .as('ordered');
  const asked = database
    .select({
      ticketCount: count().as('ticket_count'),
      csatCount: count(supportTickets.csatScore).as('csat_count'),
      // In the order of the sheet, so that the sum is the same to the last bit as over the sheet itself.
      csatSum: sql<number>`sum(${supportTickets.csatScore} order by ${supportTickets.position})`.as('csat_sum'),
    })
    .from(supportTickets)
    .where(ofCustomer(supportTickets))
    .as('asked');
  const answered = database
    .select({ latestNps: npsAnswers.score })
    .from(npsAnswers)
    .where(ofCustomer(npsAnswers))
    .orderBy(sql`${npsAnswers.answeredAt} desc nulls last`, desc(npsAnswers.position))
    .limit(1)
    .as('answered');
  return database
    .select({
      customer: getTableColumns(customers),
      orderCount: ordered.orderCount,
      ticketCount: asked.ticketCount,
      csatCount: asked.csatCount,
      csatSum: asked.csatSum,
      latestNps: answered.latestNps,
      label: getTableColumns(churnLabels),
    })
    .from(customers)
    .leftJoinLateral(ordered, sql`true`)
    .leftJoinLateral(asked, sql`true`)
    .leftJoinLateral(answered, sql`true`)
    .leftJoin(
      churnLabels,
      and(eq(churnLabels.workspace, customers.workspace), eq(churnLabels.customerId, customers.customerId)),
    )
    .where(filter)
    .orderBy(asc(customers.position))
    .limit(limit);
}

function toScorable(row: Awaited<ReturnType<typeof scorable>>[number]): ScorableCustomer {
  const { customer, csatCount, csatSum, label } = row;
  return {
    customerId: customer.customerId,
    segment: customer.segment,
    loyaltyTier: customer.loyaltyTier,
    lifetimeValue: customer.lifetimeValue,
    avgOrderValue: customer.avgOrderValue,
    signupAt: customer.signupAt,
    lastActiveAt: customer.lastActiveAt,
    orderCount: row.orderCount ?? 0,
    ticketCount: row.ticketCount ?? 0,
    meanCsat: csatCount && csatSum !== null ? csatSum / csatCount : null,
    latestNps: row.latestNps,
    label: label && { isChurn: label.isChurn, predictedChurnScore: label.predictedChurnScore },
    cohortLower: customer.cohortLower,
    cohortSize: customer.cohortSize,
    segmentMean: customer.segmentMean,
  };
}

/** A row of a table without the columns that only the store knows. */
function plain<Row extends { workspace: string }>(row: Row): Omit<Row, 'workspace' | 'position'> {
  const { workspace: _workspace, position: _position, ...rest } = { position: 0, ...row };
  return rest;
}

async function readRecord(database: Database, workspace: string, customerId: string): Promise<CustomerRecord | null> {
  const [row] = await database.select().from(customers).where(isCustomer(workspace, customerId));
  if (!row) return null;
  const rowsOf = (table: typeof orders | typeof supportTickets | typeof npsAnswers | typeof churnLabels) =>
    and(eq(table.workspace, workspace), eq(table.customerId, customerId));
  const [ordered, asked, answered, labels] = [
    await database.select().from(orders).where(rowsOf(orders)).orderBy(asc(orders.position)),
    await database.select().from(supportTickets).where(rowsOf(supportTickets)).orderBy(asc(supportTickets.position)),
    await database.select().from(npsAnswers).where(rowsOf(npsAnswers)).orderBy(asc(npsAnswers.position)),
    await database.select().from(churnLabels).where(rowsOf(churnLabels)),
  ];
  const { cohortLower: _lower, cohortSize: _size, segmentMean: _mean, ...customer } = plain(row);
  return {
    customer,
    orders: ordered.map(plain),
    supportTickets: asked.map(plain),
    npsAnswers: answered.map(plain),
    churnLabel: labels[0] ? plain(labels[0]) : null,
  };
}

/** Customers, their facts and what the agents may read of them. */
export function customerStore(connection: Connection): CustomerStore {
  return {
    async import(workspace, data, options) {
      checkImportable(data);
      await connection.transaction((transaction) => importCustomers(transaction, workspace, data, options));
      await connection.run(tidyAfterImport);
      return { customers: data.customers.length };
    },
    async count(workspace) {
      return connection.run((database) => database.$count(customers, eq(customers.workspace, workspace)));
    },
    async page(workspace, { after, limit }) {
      const filter = and(eq(customers.workspace, workspace), gt(customers.position, after));
      const rows = await connection.run((database) => scorable(database, filter, limit + 1));
      const shown = rows.slice(0, limit);
      const next = rows.length > limit ? (shown.at(-1)?.customer.position ?? null) : null;
      return { customers: shown.map(toScorable), next };
    },
    async facts(workspace, customerId) {
      const filter = isCustomer(workspace, customerId);
      const [row] = await connection.run((database) => scorable(database, filter, 1));
      return row ? toScorable(row) : null;
    },
    record: (workspace, customerId) =>
      connection.transaction((snapshot) => readRecord(snapshot, workspace, customerId), SNAPSHOT),
    peers: (workspace, customerId) =>
      connection.transaction((snapshot) => readPeers(snapshot, workspace, customerId), SNAPSHOT),
    async resolvedTickets(workspace, customerIds) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(supportTickets)
          .where(
            and(
              eq(supportTickets.workspace, workspace),
              sql`${supportTickets.customerId} in ${anyOf(customerIds)}`,
              sql`${supportTickets.csatScore} is not null`,
              sql`lower(${supportTickets.status}) in ('resolved', 'closed')`,
            ),
          )
          .orderBy(sql`${supportTickets.createdAt} desc nulls last`, desc(supportTickets.position))
          .limit(NEWEST_TICKETS),
      );
      return rows.map(plain);
    },
  };
}
