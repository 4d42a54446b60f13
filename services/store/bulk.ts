import { type SQL, getTableColumns, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './connection.ts';

/** Rows of one statement: few enough that its JSON stays around a megabyte. */
const BATCH_ROWS = 2_000;

/** `items` in lists of at most `size`. */
export function* batches<Item>(items: Iterable<Item>, size = BATCH_ROWS): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The columns that an insert names: not those that the database works out. */
const insertable = (table: PgTable) =>
  Object.entries(getTableColumns(table)).filter(([, column]) => column.generated === undefined);

/** A value of a column as JSON holds it; what is `jsonb` is JSON already. */
function inJson(column: PgColumn, value: unknown): unknown {
  if (value == null) return null;
  const mapped = column.mapToDriverValue(value);
  return column.getSQLType() === 'jsonb' && typeof mapped === 'string' ? (JSON.parse(mapped) as unknown) : mapped;
}

/**
 * Rows of `table`, all columns given, as a query to insert from: `insert(table).select(rowsOf(table, batch))`. They travel
 * as one JSON parameter: Postgres takes 65,535 parameters at most, and this is several times as fast.
 */
export function rowsOf<Table extends PgTable>(table: Table, batch: readonly Table['$inferInsert'][]): SQL {
  const columns = insertable(table);
  const names = sql.join(
    columns.map(([, column]) => sql.identifier(column.name)),
    sql`, `,
  );
  const types = sql.join(
    columns.map(([, column]) => sql`${sql.identifier(column.name)} ${sql.raw(column.getSQLType())}`),
    sql`, `,
  );
  const json = JSON.stringify(
    batch.map((row: Record<string, unknown>) =>
      Object.fromEntries(columns.map(([key, column]) => [column.name, inJson(column, row[key])])),
    ),
  );
  return sql`select ${names} from json_to_recordset(${json}::json) as batch (${types})`;
}

/** Inserts any number of rows, a batch a statement. */
export async function insertRows<Table extends PgTable>(
  transaction: Database,
  table: Table,
  rows: Iterable<Table['$inferInsert']>,
  onConflict: SQL = sql``,
): Promise<void> {
  const names = sql.join(
    insertable(table).map(([, column]) => sql.identifier(column.name)),
    sql`, `,
  );
  for (const batch of batches(rows)) {
    await transaction.execute(sql`insert into ${table} (${names}) ${rowsOf(table, batch)} ${onConflict}`);
  }
}

/** `on conflict` that overwrites every column of `table` but those named. */
export function overwriting(table: PgTable, key: readonly string[], kept: readonly string[]): SQL {
  const sets = Object.values(getTableColumns(table))
    .filter((column) => !key.includes(column.name) && !kept.includes(column.name))
    .map((column) => sql`${sql.identifier(column.name)} = excluded.${sql.identifier(column.name)}`);
  const target = sql.join(
    key.map((name) => sql.identifier(name)),
    sql`, `,
  );
  return sql`on conflict (${target}) do update set ${sql.join(sets, sql`, `)}`;
}

/** A list of any length as one parameter, for `in`. */
export function anyOf(ids: readonly string[]): SQL {
  return sql`(select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;
}

/**
 * The same for `=`, where an index is to find them: `in` may be carried out as a join with all rows of the workspace, the
 * more so on PGlite, which keeps no statistics.
 */
export function oneOf(ids: readonly string[]): SQL {
  return sql`any (array${anyOf(ids)})`;
}
