import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DrizzleQueryError, sql } from 'drizzle-orm';
import { bookings } from '../../services/store/booking-schema.ts';
import type { Connection, Database } from '../../services/store/connection.ts';
import { storeError } from '../../services/store/database-errors.ts';
import { openEmbedded } from '../../services/store/embedded.ts';
import { connectPostgres } from '../../services/store/postgres.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import { clock, holdOf, newResource } from './store-suite/booking-fixtures.ts';
import { newWorkspace } from './store-suite/fixtures.ts';
import { rejectsAs } from './store-suite/rejects.ts';

const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

const range = (from: string, to: string) => `[${clock(from)},${clock(to)})`;

/** A row that nobody decided on and nobody waited for. */
function rowOf(resource: string, ...ranges: string[]): typeof bookings.$inferInsert {
  const { start: startsAt, end: endsAt, ...hold } = holdOf('b1', resource);
  return { ...hold, startsAt, endsAt, reserved: `{${ranges.join(',')}}`, workspace: newWorkspace(), state: 'held' };
}

for (const [name, skip] of [['PGlite', false] as const, ['Postgres', postgres ? false : 'no Postgres here'] as const]) {
  describe(`what the database itself keeps apart, on ${name}`, { skip, timeout: 120_000 }, () => {
    let folder: string;
    let connection: Connection;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'constraints-'));
      connection = name === 'PGlite' ? await openEmbedded(folder) : await connectPostgres(postgres!.url);
    });
    after(async () => {
      await connection.close();
      await rm(folder, { recursive: true, force: true });
    });

    const insert = (resource: string, ...ranges: string[]): Promise<unknown> =>
      connection.run((database) => database.insert(bookings).values(rowOf(resource, ...ranges)));
    const count = async (resource: string): Promise<number> =>
      connection.run((database) => database.$count(bookings, sql`${bookings.resource} = ${resource}`));

    test('no two rows of a resource have the same time, and who comes second is told of a conflict', async () => {
      const resource = newResource();
      await insert(resource, range('09:00', '09:30'), range('14:00', '14:30'));
      for (const [from, to] of [
        ['09:00', '09:30'],
        ['08:00', '09:01'],
        ['14:29', '15:00'],
        ['08:00', '18:00'],
      ] as const) {
        const error = await rejectsAs('conflict', insert(resource, range(from, to)));
        assert.equal(error.message, 'Something else has this time already.');
      }
      await rejectsAs('conflict', insert(resource, range('10:00', '11:00'), range('14:00', '15:00')));
      assert.equal(await count(resource), 1);
      await insert(resource, range('09:30', '14:00'));
      await insert(resource, range('08:00', '09:00'), range('14:30', '15:00'));
      await insert(newResource(), range('09:00', '09:30'));
      assert.equal(await count(resource), 3);
    });

    test('rows that keep no time are in nobody’s way', async () => {
      const resource = newResource();
      for (let time = 0; time < 3; time++) await insert(resource);
      await insert(resource, range('09:00', '09:30'));
      assert.equal(await count(resource), 4);
    });

    test('a transaction that would take a time twice leaves nothing of it', async () => {
      const resource = newResource();
      await insert(resource, range('09:00', '09:30'));
      const moving = connection.transaction(async (transaction) => {
        await transaction.execute(sql`update bookings set topic = 'Another' where resource = ${resource}`);
        await transaction.insert(bookings).values(rowOf(resource, range('09:15', '09:45')));
      });
      await rejectsAs('conflict', moving);
      const [row] = await connection.run((database) =>
        database
          .select({ topic: bookings.topic })
          .from(bookings)
          .where(sql`${bookings.resource} = ${resource}`),
      );
      assert.deepEqual(row, { topic: 'A first talk' });
    });
  });
}

test('who comes second for a time keeps the connection', { skip: postgres ? false : 'no Postgres here' }, async () => {
  const connection = await connectPostgres(postgres!.url);
  const session = () =>
    connection.run((database) => database.select({ id: sql<number>`pg_backend_pid()` }).from(sql`(values (1)) as one`));
  const row = rowOf(newResource(), range('09:00', '09:30'));
  const taking = (transaction: Database) => transaction.insert(bookings).values({ ...row, workspace: newWorkspace() });
  await connection.transaction(taking);
  const before = await session();
  await rejectsAs('conflict', connection.transaction(taking));
  await rejectsAs('conflict', connection.holding('one', taking));
  assert.deepEqual(await session(), before);
  await connection.close();
});

test('a failed statement is told by its SQLSTATE, and of the statement nothing is said', () => {
  const codes = [
    ['23P01', 'conflict'],
    ['23505', 'internal'],
    ['23514', 'internal'],
    ['40P01', 'unavailable'],
    ['42501', 'unavailable'],
    ['22021', 'invalid_input'],
  ] as const;
  for (const [code, as] of codes) {
    const cause = Object.assign(new Error('asha@example.com'), { code, severity: 'ERROR' });
    const error = storeError(new DrizzleQueryError('select secret', ['asha@example.com'], cause));
    assert.ok(error instanceof Error && 'code' in error, code);
    assert.equal(error.code, as, code);
    assert.doesNotMatch(error.message, /asha|select/);
  }
});
