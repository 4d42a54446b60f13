import { sql } from 'drizzle-orm';
import { type NodePgDatabase, drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import type { Logger } from 'pino';
import { ReveilleError } from '../../domain/errors.ts';
import { type Connection, takesLock } from './connection.ts';
import { storeError, storeUnavailable } from './database-errors.ts';
import { MIGRATIONS_FOLDER } from './migrations-folder.ts';
import { Turns } from './turns.ts';

/** Any number that is always the same: two processes that start at once migrate one after the other. */
const MIGRATION_LOCK = 7_303_812_655;
const CONNECTIONS = 10;
/** So long a database may take to let somebody in, in milliseconds. */
const PATIENCE_MS = 10_000;

function openPool(databaseUrl: string, logger: Logger | undefined): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'reveille',
    max: CONNECTIONS,
    connectionTimeoutMillis: PATIENCE_MS,
    // A process stopped in mid-transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    // Instants are parsed as UTC (columns.ts).
    onConnect: (client) => client.query("set time zone 'UTC'"),
  });
  // Without listeners a connection that breaks would end the process; the next statement reports it.
  pool.on('error', () => logger?.warn('a connection to the database was lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/**
 * Drizzle's own transaction on a pool loses the connection for good when its `begin` fails; here every connection goes
 * back, and one that failed is closed.
 */
async function withClient<Result>(pool: pg.Pool, work: (database: NodePgDatabase) => Promise<Result>): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw storeUnavailable(error);
  });
  let failed = true;
  try {
    const result = await work(drizzle(client));
    failed = false;
    return result;
  } catch (error) {
    const told = storeError(error);
    // Whoever came second for something has rolled back; to connect anew for each of many would keep the others waiting.
    failed = !(error instanceof ReveilleError || (told instanceof ReveilleError && told.code === 'conflict'));
    throw told;
  } finally {
    client.release(failed);
  }
}

async function migrateAlone(database: NodePgDatabase): Promise<void> {
  await database.execute(`select pg_advisory_lock(${MIGRATION_LOCK})`);
  try {
    await migrate(database, { migrationsFolder: MIGRATIONS_FOLDER });
  } finally {
    await database.execute(`select pg_advisory_unlock(${MIGRATION_LOCK})`);
  }
}

/** Begins and takes the lock in one trip to the server. */
async function holding<Result>(
  database: NodePgDatabase,
  lock: string,
  work: (transaction: NodePgDatabase) => Promise<Result>,
): Promise<Result> {
  await database.execute(sql`begin; ${takesLock(sql.raw(pg.escapeLiteral(lock)))}`);
  try {
    const result = await work(database);
    await database.execute(sql`commit`);
    return result;
  } catch (error) {
    // A connection that cannot, which throws, is closed, which does.
    await database.execute(sql`rollback`);
    throw error;
  }
}

/** A pool of connections to Postgres, its tables brought up to date. @throws ReveilleError `unavailable` */
export async function connectPostgres(databaseUrl: string, logger?: Logger): Promise<Connection> {
  let pool: pg.Pool;
  try {
    pool = openPool(databaseUrl, logger);
    await withClient(pool, migrateAlone).catch(async (error: unknown) => {
      await pool.end();
      throw error;
    });
  } catch (error) {
    throw error instanceof ReveilleError ? error : storeUnavailable(error);
  }
  const database = drizzle(pool);
  // The pool's own queue gives up on whoever waits too long, though it moves.
  const turns = new Turns(CONNECTIONS, PATIENCE_MS, () => storeUnavailable(undefined));
  let closing: Promise<void> | undefined;
  return {
    run: (work) =>
      turns.take(async () => {
        try {
          return await work(database);
        } catch (error) {
          throw storeError(error);
        }
      }),
    transaction: (work, config) => turns.take(() => withClient(pool, (client) => client.transaction(work, config))),
    holding: (lock, work) => turns.take(() => withClient(pool, (client) => holding(client, lock, work))),
    close: () => (closing ??= pool.end()),
  };
}
