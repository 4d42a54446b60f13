import { access, cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import type { Logger } from 'pino';
import { ReveilleError } from '../../domain/errors.ts';
import type { Connection } from './connection.ts';
import { storeError, storeUnavailable } from './database-errors.ts';
import { type Lock, acquireLock } from '../lock-file.ts';
import { MIGRATIONS_FOLDER } from './migrations-folder.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Every commit is written before it is answered, so what was answered outlives a killed process. */
async function openDatabase(folder: string): Promise<PGlite> {
  const database = new PGlite({ dataDir: folder, relaxedDurability: false, extensions: { btree_gist } });
  await database.waitReady;
  // With each statement Drizzle has them copied: three hundred, all but a few for arrays, of which no query here gives any.
  database.parsers = {};
  return database;
}

/** An empty database of this PGlite; making one takes seconds, copying one does not. */
async function templateFolder(cacheDir: string): Promise<string> {
  const manifest = join(createRequire(import.meta.url).resolve('@electric-sql/pglite'), '..', '..', 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return join(cacheDir, `pglite-${version}`);
}

async function createEmpty(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await (await openDatabase(folder)).close();
}

/** Makes `folder` an empty database: from the cache, which it fills the first time. */
async function createFromCache(folder: string, cacheDir: string, logger: Logger | undefined): Promise<void> {
  const template = await templateFolder(cacheDir);
  if (!(await exists(template))) {
    logger?.info('creating the embedded store');
    await createEmpty(folder);
    // Another process may fill the cache at the same moment: whoever renames first wins, and either copy will do.
    const scratch = `${template}.${process.pid}`;
    await cp(folder, scratch, { recursive: true });
    await rename(scratch, template).catch(() => rm(scratch, { recursive: true, force: true }));
    return;
  }
  await rm(folder, { recursive: true, force: true });
  await cp(template, folder, { recursive: true });
}

/** A folder that a killed process left half made must never pass for a database. */
async function openOrCreate(folder: string, cacheDir: string | undefined, logger: Logger | undefined): Promise<PGlite> {
  if (!(await exists(folder))) {
    const unfinished = `${folder}.new`;
    if (cacheDir === undefined) await createEmpty(unfinished);
    else {
      await mkdir(cacheDir, { recursive: true });
      await createFromCache(unfinished, cacheDir, logger);
    }
    await rename(unfinished, folder);
  }
  return openDatabase(folder);
}

async function lockFolder(home: string): Promise<Lock> {
  try {
    await mkdir(home, { recursive: true });
    return await acquireLock(join(home, 'store.lock'), 'The embedded store');
  } catch (cause) {
    if (cause instanceof ReveilleError) throw cause;
    throw new ReveilleError('unavailable', `The folder ${home} for the embedded store cannot be written.`, { cause });
  }
}

/**
 * PGlite under `<dataDir>/.reveille/store`, for one process at a time.
 * @throws ReveilleError `conflict` naming the process that has it open, `unavailable` when it does not open.
 */
export async function openEmbedded(dataDir: string, cacheDir?: string, logger?: Logger): Promise<Connection> {
  const home = join(dataDir, '.reveille');
  const folder = join(home, 'store');
  const lock = await lockFolder(home);
  let client: PGlite | undefined;
  try {
    client = await openOrCreate(folder, cacheDir, logger);
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS_FOLDER });
    return embeddedConnection(client, () => lock.release());
  } catch (cause) {
    await client?.close().catch(() => {});
    await lock.release();
    throw new ReveilleError('unavailable', `The embedded store in ${folder} does not open.`, { cause });
  }
}

function embeddedConnection(client: PGlite, release: () => Promise<void>): Connection {
  const database = drizzle(client);
  const reported = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      // A transaction on a closed database fails before any statement does, so with no statement's error.
      throw client.closed && !(error instanceof ReveilleError) ? storeUnavailable(error) : storeError(error);
    }
  };
  let closing: Promise<void> | undefined;
  return {
    run: (work) => reported(work(database)),
    transaction: (work, config) => reported(database.transaction(work, config)),
    // Transactions here come one after the other, and nobody else has the folder.
    holding: (_lock, work) => reported(database.transaction(work)),
    close: () => (closing ??= client.close().finally(release)),
  };
}
