import { asc, eq, max, sql } from 'drizzle-orm';
import { cohortStandings } from '../../domain/customers/cohort-index.ts';
import type { CohortStanding, Customer, CustomerData } from '../../domain/customers/customer.ts';
import { type FieldError, invalidInput } from '../../domain/errors.ts';
import { anyOf, batches, insertRows, overwriting } from './bulk.ts';
import { storableText } from './columns.ts';
import { type Database, holdLock } from './connection.ts';
import { churnLabels, customers, npsAnswers, orders, supportTickets } from './schema.ts';

const TABLES = [customers, orders, supportTickets, npsAnswers, churnLabels] as const;

/** Midnight of year 1, and the last millisecond of year 9999: what both JavaScript and Postgres write with four digits. */
const EARLIEST = -62_135_596_800_000;
const LATEST = 253_402_300_799_999;

function* duplicates(sheet: string, rows: readonly object[], idOf: (index: number) => string): Generator<FieldError> {
  const seen = new Set<string>();
  for (let index = 0; index < rows.length; index++) {
    const id = idOf(index);
    if (seen.has(id)) yield { path: `${sheet}.${index}`, message: `${JSON.stringify(id)} is there twice` };
    seen.add(id);
  }
}

/** Numbers that are none, and instants outside the years 1 to 9999. */
function* wrongNumbers(sheet: string, rows: readonly object[]): Generator<FieldError> {
  for (const [index, row] of rows.entries()) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value !== 'number') continue;
      const path = `${sheet}.${index}.${name}`;
      if (!Number.isFinite(value)) yield { path, message: 'must be a number' };
      else if (name.endsWith('At') && (value < EARLIEST || value > LATEST)) {
        yield { path, message: 'must be in the years 1 to 9999' };
      }
    }
  }
}

function* problems(data: CustomerData): Generator<FieldError> {
  for (const [sheet, rows] of Object.entries(data)) yield* wrongNumbers(sheet, rows);
  yield* duplicates('customers', data.customers, (index) => data.customers[index]!.customerId);
  yield* duplicates('orders', data.orders, (index) => data.orders[index]!.orderId);
  yield* duplicates('supportTickets', data.supportTickets, (index) => data.supportTickets[index]!.ticketId);
  yield* duplicates('churnLabels', data.churnLabels, (index) => data.churnLabels[index]!.customerId);
}

/** @throws ReveilleError `invalid_input` for rows that no table can hold; the importer of files says it by row first. */
export function checkImportable(data: CustomerData): void {
  const found = [...problems(data)].slice(0, 100);
  if (found.length > 0) throw invalidInput(found, 'Customers cannot be imported');
}

/** Rows with their workspace, and positions that follow `first`. */
function* placed<Row>(workspace: string, rows: Iterable<Row>, first: number) {
  let position = first;
  for (const row of rows) yield { ...row, workspace, position: position++ };
}

async function nextPosition(transaction: Database, workspace: string, table: (typeof TABLES)[number]): Promise<number> {
  if (!('position' in table)) return 0;
  const [row] = await transaction
    .select({ last: max(table.position) })
    .from(table)
    .where(eq(table.workspace, workspace));
  return (row?.last ?? -1) + 1;
}

/** Standings of `members`, whose names are compared as they are stored. */
function standingsOf(
  members: readonly Pick<Customer, 'segment' | 'loyaltyTier' | 'lifetimeValue'>[],
): CohortStanding[] {
  return cohortStandings(
    members.map(({ segment, loyaltyTier, lifetimeValue }) => ({
      segment: segment && storableText(segment),
      loyaltyTier: loyaltyTier && storableText(loyaltyTier),
      lifetimeValue,
    })),
  );
}

/** Works out anew where every customer of the workspace stands. */
async function updateStandings(transaction: Database, workspace: string): Promise<void> {
  const members = await transaction
    .select({
      customer_id: customers.customerId,
      segment: customers.segment,
      loyaltyTier: customers.loyaltyTier,
      lifetimeValue: customers.lifetimeValue,
    })
    .from(customers)
    .where(eq(customers.workspace, workspace))
    .orderBy(asc(customers.position));
  const standings = standingsOf(members);
  const rows = members.map(({ customer_id }, index) => ({ customer_id, ...standings[index]! }));
  for (const batch of batches(rows)) {
    await transaction.execute(sql`
      update customers set
        cohort_lower = batch."cohortLower", cohort_size = batch."cohortSize", segment_mean = batch."segmentMean"
      from json_to_recordset(${JSON.stringify(batch)}::json)
        as batch (customer_id text, "cohortLower" integer, "cohortSize" integer, "segmentMean" double precision)
      where customers.workspace = ${workspace} and customers.customer_id = batch.customer_id`);
  }
}

/** The import in `transaction`, which makes it all or nothing (port `CustomerStore.import`). */
export async function importCustomers(
  transaction: Database,
  workspace: string,
  data: CustomerData,
  { merge }: { merge: boolean },
): Promise<void> {
  await holdLock(transaction, 'import', workspace);
  if (!merge) for (const table of TABLES) await transaction.delete(table).where(eq(table.workspace, workspace));
  // Answers have no id of their own: those of a customer are replaced together.
  const answering = [...new Set(data.npsAnswers.map((answer) => storableText(answer.customerId)))];
  await transaction.execute(sql`
    delete from nps_answers where workspace = ${workspace} and customer_id in ${anyOf(answering)}`);

  const first = (table: (typeof TABLES)[number]): Promise<number> => nextPosition(transaction, workspace, table);
  const standings = standingsOf(data.customers);
  const standing = data.customers.map((customer, index) => ({ ...customer, ...standings[index]! }));
  const places = ['position'];
  await insertRows(
    transaction,
    customers,
    placed(workspace, standing, await first(customers)),
    overwriting(customers, ['workspace', 'customer_id'], places),
  );
  await insertRows(
    transaction,
    orders,
    placed(workspace, data.orders, await first(orders)),
    overwriting(orders, ['workspace', 'order_id'], places),
  );
  await insertRows(
    transaction,
    supportTickets,
    placed(workspace, data.supportTickets, await first(supportTickets)),
    overwriting(supportTickets, ['workspace', 'ticket_id'], places),
  );
  await insertRows(transaction, npsAnswers, placed(workspace, data.npsAnswers, await first(npsAnswers)));
  await insertRows(
    transaction,
    churnLabels,
    data.churnLabels.map((label) => ({ ...label, workspace })),
    overwriting(churnLabels, ['workspace', 'customer_id'], []),
  );
  if (merge) await updateStandings(transaction, workspace);
}

/**
 * Statistics for the planner, and room left by replaced rows: PGlite never does either by itself, and without them the
 * next pages of scores take the slow way. What was imported stands, whether or not this works.
 */
export async function tidyAfterImport(database: Database): Promise<void> {
  await database
    .execute(sql`vacuum (analyze) customers, orders, support_tickets, nps_answers, churn_labels`)
    .catch(() => undefined);
}
