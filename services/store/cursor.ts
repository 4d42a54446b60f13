import { type SQL, and, desc, getTableColumns, getTableName, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { identifier } from '../../domain/contracts/names.ts';
import { instantOut } from '../../domain/contracts/time-values.ts';
import { invalidInput } from '../../domain/errors.ts';
import type { ListOptions, Page } from '../../domain/ports/page.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Connection, Database } from './connection.ts';

const MAX_LIMIT = 500;

/** A table with the columns that its lists are ordered by, as its rows name them. */
type Listed = PgTable & { $inferSelect: object };
type TextKey<Row> = { [Key in keyof Row]: Row[Key] extends string ? Key : never }[keyof Row] & string;

/** The rows of a table by instant and id, newest first, a page at a time. */
export class NewestFirst<Table extends Listed> {
  readonly #table: Table;
  readonly #at: TextKey<Table['$inferSelect']>;
  readonly #id: TextKey<Table['$inferSelect']>;

  constructor(table: Table, at: TextKey<Table['$inferSelect']>, id: TextKey<Table['$inferSelect']>) {
    this.#table = table;
    this.#at = at;
    this.#id = id;
  }

  /** A page of what `filter` lets through. @throws ReveilleError `invalid_input` on a limit or cursor that is none */
  async list<Item>(
    connection: Pick<Connection, 'run'>,
    options: ListOptions,
    filter: SQL | undefined,
    itemOf: (row: Table['$inferSelect']) => Item,
  ): Promise<Page<Item>> {
    return this.page(await connection.run((database) => this.rows(database, options, filter)), options, itemOf);
  }

  /** The rows of a page and one more, which says whether there is a next page. @throws ReveilleError `invalid_input` */
  async rows(database: Database, options: ListOptions, filter: SQL | undefined): Promise<Table['$inferSelect'][]> {
    const [at, id] = [this.#column(this.#at), this.#column(this.#id)];
    const rows = await database
      .select()
      .from(this.#table as PgTable)
      .where(this.#where(options, filter))
      .orderBy(desc(at), desc(id))
      .limit(options.limit + 1);
    return rows as Table['$inferSelect'][];
  }

  /** The page that `rows` are. */
  page<Item>(
    rows: Table['$inferSelect'][],
    { limit }: ListOptions,
    itemOf: (row: Table['$inferSelect']) => Item,
  ): Page<Item> {
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const nextCursor = last ? encodeCursor([this.#name, String(last[this.#at]), String(last[this.#id])]) : null;
    return { items: shown.map(itemOf), nextCursor };
  }

  /** `filter`, and after the cursor where there is one. */
  #where({ limit, cursor }: ListOptions, filter: SQL | undefined): SQL | undefined {
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      throw invalidInput([{ path: 'limit', message: `must be 1 to ${MAX_LIMIT}` }]);
    }
    if (cursor === undefined) return filter;
    const [, at, id] = decodeCursor(cursor, z.tuple([z.literal(this.#name), instantOut, identifier]));
    const [atColumn, idColumn] = [this.#column(this.#at), this.#column(this.#id)];
    return and(filter, sql`(${atColumn}, ${idColumn}) < (${sql.param(at, atColumn)}, ${id})`);
  }

  get #name(): string {
    return getTableName(this.#table);
  }

  #column(key: string): PgColumn {
    return getTableColumns(this.#table)[key] as PgColumn;
  }
}
