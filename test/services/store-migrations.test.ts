import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import pg from 'pg';
import type { Store } from '../../domain/ports/store.ts';
import { MIGRATIONS_FOLDER } from '../../services/store/migrations-folder.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import { canBeHad, held, holdOf, newResource } from './store-suite/booking-fixtures.ts';

/** Migrations that version 0.3.0 had. */
const RELEASED = 3;

/** What version 0.3.0 may have written. */
const CONTACT = `insert into contacts (workspace, contact_id, name, marketing, created_at, updated_at)
  values ('w', 'c1', 'Asha Rao', true, now(), now())`;

interface Journal {
  entries: { tag: string }[];
}

const database: TestDatabase | null = await startPostgres();

describe('a store of before', { timeout: 120_000 }, () => {
  let folder: string;
  let released: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-migrations-'));
    released = join(folder, 'migrations');
    const journal = JSON.parse(await readFile(join(MIGRATIONS_FOLDER, 'meta', '_journal.json'), 'utf8')) as Journal;
    const entries = journal.entries.slice(0, RELEASED);
    await mkdir(join(released, 'meta'), { recursive: true });
    await writeFile(join(released, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries }));
    for (const { tag } of entries) await cp(join(MIGRATIONS_FOLDER, `${tag}.sql`), join(released, `${tag}.sql`));
  });
  after(async () => {
    await database?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What was there is there, and what is new is of use. */
  async function isUpToDate(store: Store): Promise<void> {
    assert.equal((await store.contacts.get('w', 'c1'))?.name, 'Asha Rao');
    const resource = newResource();
    await held(store, 'w', holdOf(resource, resource, '09:00'));
    assert.ok(!(await canBeHad(store, 'w', resource, '09:15')));
    assert.equal((await store.bookings.get('w', resource))?.state, 'held');
  }

  test('an embedded one is brought up to date, and is as it was left when it is opened again', async () => {
    const dataDir = join(folder, 'embedded');
    await mkdir(join(dataDir, '.reveille'), { recursive: true });
    const client = new PGlite({ dataDir: join(dataDir, '.reveille', 'store') });
    await migrate(drizzle(client), { migrationsFolder: released });
    await client.exec(CONTACT);
    await assert.rejects(client.query('select from bookings'), /does not exist/);
    await client.close();
    for (let time = 0; time < 2; time++) {
      const store = await openStore({ dataDir });
      await isUpToDate(store);
      await store.close();
    }
  });

  test('a new one is made from an empty database that the cache has from before', async () => {
    const [dataDir, cacheDir] = [join(folder, 'new'), join(folder, 'cache')];
    const manifest = join(createRequire(import.meta.url).resolve('@electric-sql/pglite'), '..', '..', 'package.json');
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
    await mkdir(cacheDir, { recursive: true });
    const template = new PGlite({ dataDir: join(cacheDir, `pglite-${version}`) });
    await template.exec('create table of_the_cache ()');
    await template.close();
    const store = await openStore({ dataDir, cacheDir });
    const resource = newResource();
    assert.ok(await canBeHad(store, 'w', resource, '09:00'));
    assert.ok(!(await canBeHad(store, 'w', resource, '09:00')));
    await store.close();
    const client = new PGlite({ dataDir: join(dataDir, '.reveille', 'store') });
    await client.query('select from of_the_cache');
    await client.close();
  });

  test('one on Postgres is brought up to date', { skip: database ? false : 'no Postgres here' }, async () => {
    const client = new pg.Client({ connectionString: database!.url });
    await client.connect();
    await migratePostgres(drizzlePostgres(client), { migrationsFolder: released });
    await client.query(CONTACT);
    await client.end();
    const open = () => openStore({ databaseUrl: database!.url, dataDir: 'unused' });
    const stores = await Promise.all([open(), open()]);
    for (const store of stores) await isUpToDate(store);
    await Promise.all(stores.map((store) => store.close()));
  });
});
