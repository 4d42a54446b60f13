import { Param, Placeholder, type SQL, getTableColumns, is, sql } from 'drizzle-orm';
import { type PgColumn, PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import { PgliteSession } from 'drizzle-orm/pglite';
import pg from 'pg';
import type { Connection, Database } from './connection.ts';

/** A value that a statement is given each time, as the column keeps it. */
export const given = (name: string, column: PgColumn): SQL =>
  sql`${sql.param(sql.placeholder(name), column)}::${sql.raw(column.getSQLType())}`;

/** Values by the names that `given` gave them. */
type Values = Readonly<Record<string, string | number | boolean | Record<string, unknown> | null>>;

/** What columns make of them. */
type Driven = string | number | boolean | null;

/** A statement that is carried out for every message: its text is made once, and it is planned once in a while. */
export class Statement<Row> {
  readonly name: string;
  readonly text: string;
  readonly #params: readonly Param[];
  /** Only for its type. */
  declare readonly row: Row;

  /** @param name an identifier that no other statement has */
  constructor(name: string, query: SQL) {
    const { sql: text, params } = new PgDialect().sqlToQuery(query);
    this.name = name;
    this.text = text;
    this.#params = params.filter((param) => is(param, Param));
    if (this.#params.length < params.length) throw new TypeError(`A value of "${name}" is not given each time`);
  }

  /** In the order of the text's parameters. */
  valuesOf(values: Values): Driven[] {
    return this.#params.map(({ value: placeholder, encoder }) => {
      const value = is(placeholder, Placeholder) ? values[placeholder.name] : undefined;
      if (value === undefined) throw new TypeError(`A value of "${this.name}" is missing`);
      return value === null ? null : (encoder.mapToDriverValue(value) as Driven);
    });
  }
}

/** Carries out a statement, on the connection or in a transaction of it. */
export type Run = <Row>(database: Database, statement: Statement<Row>, values: Values) => Promise<Row[]>;

/**
 * Milliseconds after which PGlite plans anew. A plan does not change by itself when a table grows, and that for an empty table
 * may go through all of a large one.
 */
const PLANS_LAST_MS = 1_000;

/** What is prepared in the one session of a PGlite. */
class Plans {
  readonly #names = new Map<string, string>();
  #made = 0;
  #madeAt = performance.now();

  /**
   * Planning takes PGlite five times as long as all the rest. Nobody waits for what another prepares, who may be waiting for
   * the end of this transaction; so two may prepare the same, under two names. It outlives a transaction that is rolled back.
   */
  async nameOf({ name, text }: Statement<unknown>, database: Database): Promise<string> {
    if (performance.now() - this.#madeAt > PLANS_LAST_MS) {
      this.#madeAt = performance.now();
      await send(database, 'discard plans', []);
    }
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#made += 1;
    const own = `${name}_${this.#made}`;
    await send(database, `prepare ${own} as ${text}`, []);
    this.#names.set(name, own);
    return own;
  }
}

/** @param name under which Postgres keeps it prepared in each of its sessions */
async function send<Row>({ _: { session } }: Database, text: string, params: unknown[], name?: string): Promise<Row[]> {
  const result: unknown = await session.prepareQuery({ sql: text, params }, undefined, name, false).execute();
  return (result as { rows: Row[] }).rows;
}

const literal = (value: Driven): string => (value === null ? 'null' : pg.escapeLiteral(String(value)));

const plansOf = new WeakMap<Connection, Plans>();

/** For statements on this connection. */
export function statementsOn(connection: Connection): Run {
  const plans = plansOf.get(connection) ?? new Plans();
  plansOf.set(connection, plans);
  return async (database, statement, values) => {
    const params = statement.valuesOf(values);
    if (!is(database._.session, PgliteSession)) return send(database, statement.text, params, statement.name);
    const name = await plans.nameOf(statement, database);
    return send(database, `execute ${name} (${params.map(literal).join(', ')})`, []);
  };
}

/** A row that travelled as JSON by its columns' names; what is `jsonb` is as it was. */
export function rowOf<Table extends PgTable>(
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
export const oneRow = (table: PgTable, which: SQL | undefined): SQL<Record<string, unknown> | null> =>
  sql`(select to_jsonb(${table}) from ${table} where ${which})`;
