import { type SQL, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT, PgTable, PgTransactionConfig } from 'drizzle-orm/pg-core';

/** Postgres or PGlite, or a transaction on either. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** How the store's parts reach the database. Errors of statements come out as ReveilleError. */
export interface Connection {
  /** One statement, or several that need not agree with each other. */
  run<Result>(work: (database: Database) => Promise<Result>): Promise<Result>;
  /** All or nothing. `work` must use the database it is given, and nothing else of the store. */
  transaction<Result>(work: (transaction: Database) => Promise<Result>, config?: PgTransactionConfig): Promise<Result>;
  /** A transaction that holds the lock of that name (`lockName`) before it reads anything; `holdLock` says what that is. */
  holding<Result>(lock: string, work: (transaction: Database) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** One moment for several reads. */
export const SNAPSHOT = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const;

/** Takes the lock of that name (`lockName`) for the transaction. */
export const takesLock = (name: SQL): SQL => sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`;

/**
 * Waits for whoever holds the same key, and holds it until the transaction ends. The statement after it sees all that
 * the holder before wrote.
 */
export async function holdLock(transaction: Database, ...key: string[]): Promise<void> {
  await transaction.execute(takesLock(sql`${lockName(...key)}`));
}

/** Name of the lock that `holdLock` takes. */
export const lockName = (...key: string[]): string => ['reveille', ...key].join('/');

/** Rows that one statement deletes: locks are held for a moment only. */
const DELETE_ROWS = 5_000;

/** Deletes all rows of `table` that meet `condition`, a batch a transaction. @returns how many */
export async function deleteInBatches(connection: Connection, table: PgTable, condition: SQL): Promise<number> {
  let deleted = 0;
  for (;;) {
    const batch = await connection.run((database) =>
      database
        .delete(table)
        .where(sql`ctid = any (array(select ctid from ${table} where ${condition} limit ${DELETE_ROWS}))`)
        .returning({ one: sql`1` }),
    );
    deleted += batch.length;
    if (batch.length < DELETE_ROWS) return deleted;
  }
}
