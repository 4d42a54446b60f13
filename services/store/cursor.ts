import { type SQL, and, desc, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { identifier } from '../../domain/contracts/names.ts';
import { instantOut } from '../../domain/contracts/time-values.ts';
import { invalidInput } from '../../domain/errors.ts';
import type { ListOptions, Page } from '../../domain/ports/store.ts';

const MAX_LIMIT = 500;

/** The last row of a page: which list, its instant, its id. */
const position = z.tuple([z.string(), instantOut, identifier]);

function encode(list: string, at: string, id: string): string {
  return Buffer.from(JSON.stringify([list, at, id])).toString('base64url');
}

/** @throws ReveilleError `invalid_input` naming `cursor` when this list did not give it out. */
function decode(list: string, cursor: string): { at: string; id: string } {
  try {
    const [of, at, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (of === list && encode(of, at, id) === cursor) return { at, id };
  } catch {
    // Told below like every other cursor that is not ours.
  }
  throw invalidInput([{ path: 'cursor', message: 'is not a cursor of this list' }]);
}

/** A list by instant and id, newest first. */
export class NewestFirst {
  readonly #list: string;
  readonly #at: PgColumn;
  readonly #id: PgColumn;

  constructor(list: string, at: PgColumn, id: PgColumn) {
    this.#list = list;
    this.#at = at;
    this.#id = id;
  }

  get order(): [SQL, SQL] {
    return [desc(this.#at), desc(this.#id)];
  }

  /** `filter`, and after the cursor where there is one. @throws ReveilleError `invalid_input` */
  where({ limit, cursor }: ListOptions, filter: SQL | undefined): SQL | undefined {
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      throw invalidInput([{ path: 'limit', message: `must be 1 to ${MAX_LIMIT}` }]);
    }
    if (cursor === undefined) return filter;
    const { at, id } = decode(this.#list, cursor);
    return and(filter, sql`(${this.#at}, ${this.#id}) < (${sql.param(at, this.#at)}, ${id})`);
  }

  /** `rows` were asked for with one more than `limit`, which says whether there is a next page. */
  page<Row, Item>(
    rows: Row[],
    limit: number,
    keyOf: (row: Row) => [at: string, id: string],
    itemOf: (row: Row) => Item,
  ): Page<Item> {
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return { items: shown.map(itemOf), nextCursor: last ? encode(this.#list, ...keyOf(last)) : null };
  }
}
