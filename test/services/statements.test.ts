import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { instant, json, safeText, storableText } from '../../services/store/columns.ts';
import type { Connection, Database } from '../../services/store/connection.ts';
import { openEmbedded } from '../../services/store/embedded.ts';
import { connectPostgres } from '../../services/store/postgres.ts';
import { Statement, given, statementsOn } from '../../services/store/statements.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';

const { words, data, at } = pgTable('any', { words: safeText('words'), data: json('data'), at: instant('at') });
const { plain } = pgTable('other', { plain: text('plain') });

const echo = new Statement<{ words: string | null; data: unknown; at: string | null }>(
  'echo',
  sql`select ${given('words', words)} as words, ${given('data', data)} as data, ${given('at', at)} as at`,
);
const one = new Statement<{ one: number }>('one', sql`select 1 as one where ${given('plain', plain)} = 'x'`);
const AT = '2026-03-01T12:00:00.000Z';

const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

for (const [name, skip] of [['PGlite', false] as const, ['Postgres', postgres ? false : 'no Postgres here'] as const]) {
  describe(`statements made once, on ${name}`, { skip, timeout: 120_000 }, () => {
    let folder: string;
    let connection: Connection;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'statements-'));
      connection = name === 'PGlite' ? await openEmbedded(folder) : await connectPostgres(postgres!.url);
    });
    after(async () => {
      await connection.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('whatever text is given comes back, and nothing of it is taken for a part of the statement', async () => {
      const run = statementsOn(connection);
      const hostile = fc.constantFrom(
        "'",
        "''",
        '\\',
        "\\'",
        '$1',
        "'); select 1 --",
        '\0',
        '\ud800',
        'E',
        '"',
        '${x}',
      );
      const unsafe = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary' })), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(unsafe, async (parts) => {
          const given = parts.join('');
          const values = { words: given, data: { given }, at: null };
          const rows = await connection.run((database) => run(database, echo, values));
          assert.deepEqual(rows, [{ words: storableText(given), data: { given: storableText(given) }, at: null }]);
        }),
        { numRuns: 300 },
      );
    });

    test('a value that is left out is a mistake; null is a value', async () => {
      const run = statementsOn(connection);
      const echoed = (values: Parameters<typeof run>[2]) => connection.run((database) => run(database, echo, values));
      await assert.rejects(echoed({ words: 'x', at: AT }), TypeError);
      assert.deepEqual(await echoed({ words: null, data: null, at: null }), [{ words: null, data: null, at: null }]);
      const [row] = await echoed({ words: null, data: null, at: AT });
      assert.equal(row?.at, '2026-03-01 12:00:00+00');
    });

    test('what a transaction prepared that was rolled back is of use after it', async () => {
      const own = new Statement<{ one: number }>(
        'rolled_back',
        sql`select 1 as one where ${given('plain', plain)} = 'x'`,
      );
      const run = statementsOn(connection);
      const failing = connection.transaction(async (transaction) => {
        await run(transaction, own, { plain: 'x' });
        throw new RangeError('enough');
      });
      await assert.rejects(failing, RangeError);
      assert.deepEqual(await connection.run((database) => run(database, own, { plain: 'x' })), [{ one: 1 }]);
    });

    test('who uses one first, in a transaction or not, waits for nobody', async () => {
      const runs = [statementsOn(connection), statementsOn(connection)];
      const uses = Array.from({ length: 40 }, (_, index) =>
        connection[index % 3 === 0 ? 'transaction' : 'run'](async (database: Database) => {
          const run = runs[index % 2]!;
          await run(database, echo, { words: 'x', data: null, at: null });
          return run(database, one, { plain: 'x' });
        }),
      );
      for (const rows of await Promise.all(uses)) assert.deepEqual(rows, [{ one: 1 }]);
    });

    test('one is of use for longer than its plan', async () => {
      const run = statementsOn(connection);
      const until = performance.now() + 2_200;
      for (let use = 0; performance.now() < until; use++) {
        const rows = await connection.run((database) => run(database, one, { plain: use % 2 === 0 ? 'x' : 'y' }));
        assert.equal(rows.length, use % 2 === 0 ? 1 : 0);
      }
    });
  });
}

test('a statement takes no value that is not given each time', () => {
  assert.throws(() => new Statement('fixed', sql`select ${'x'}`), TypeError);
});
