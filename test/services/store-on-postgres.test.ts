import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../services/store/open-store.ts';
import {
  type TestDatabase,
  type TestServer,
  createDatabase,
  startPostgres,
  startPostgresServer,
} from '../support/postgres.ts';
import {
  EMPTY,
  NOW,
  act,
  beginGo,
  customer,
  daysAgo,
  definitionOf,
  deliveryOf,
  endOf,
  fireOf,
  newWorkspace,
  opening,
  scanOf,
  scheduleKnown,
  startOf,
} from './store-suite/fixtures.ts';
import { rejectsAs } from './store-suite/rejects.ts';
import { storeSuite } from './store-suite/suite.ts';

const database: TestDatabase | null = await startPostgres();
const skip = database ? false : 'neither initdb nor TEST_DATABASE_URL here';
const dataDir = 'unused';

describe('the store on Postgres', { skip, timeout: 300_000 }, () => {
  let store: Store;
  let second: Store;

  before(async () => {
    const databaseUrl = database!.url;
    // Both find the database empty: the tables must be made once.
    [store, second] = await Promise.all([openStore({ databaseUrl, dataDir }), openStore({ databaseUrl, dataDir })]);
  });
  after(async () => {
    await store.close();
    await second.close();
    await database!.stop();
  });

  storeSuite(() => store);

  test('two processes that scan at once open one intervention for each customer', async () => {
    const workspace = newWorkspace();
    const customers = Array.from({ length: 40 }, (_, index) => customer(`c${index}`));
    await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    const scan = async (of: Store, name: string) => {
      const { number } = await of.scans.open(workspace, scanOf(name));
      const outcomes = await Promise.all(
        customers.map(({ customerId }) =>
          of.interventions.open(workspace, opening(`${name}-${customerId}`, customerId, { scanId: name })),
        ),
      );
      return { number, opened: outcomes.filter((outcome) => outcome === 'opened').length };
    };
    const scans = await Promise.all([scan(store, 'a'), scan(second, 'b')]);
    assert.deepEqual(new Set(scans.map(({ number }) => number)), new Set([1, 2]));
    assert.equal(scans[0].opened + scans[1].opened, 40);
    const { items } = await second.interventions.list(workspace, { limit: 500 });
    assert.equal(new Set(items.map((each) => each.customerId)).size, 40);
  });

  test('the end of a message waits for the contact, and ends what there is then', async () => {
    const client = new pg.Client({ connectionString: database!.url });
    await client.connect();
    const workspace = newWorkspace();
    const waiting = `select from pg_locks where locktype = 'advisory' and not granted`;
    /** Ends the message of a follow-up while another, who holds the contact, makes these changes. */
    const endAmong = async (id: string, change: string) => {
      const delivery = deliveryOf(id, `c-${id}`);
      await scheduleKnown(store, workspace, delivery.contactId, id);
      const fence = await beginGo(store, workspace, delivery);
      await client.query('begin');
      const name = `reveille/contact/${workspace}/${delivery.contactId}`;
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
      let ended = false;
      const end = store.deliveries.finish(workspace, delivery, fence, { state: 'done', at: NOW });
      void end.finally(() => (ended = true));
      while (!ended && (await client.query(waiting)).rowCount === 0) await setImmediate();
      assert.equal(ended, false);
      const where = [workspace, delivery.key];
      await client.query(`update effects set ${change} where workspace = $1 and key = $2`, where);
      await client.query(`update scheduled_actions set reason = 'changed' where workspace = $1 and id = $2`, [
        workspace,
        id,
      ]);
      await client.query('commit');
      const [rest, row] = [await end, await second.followUps.get(workspace, id)];
      return [rest, row?.state, row?.reason];
    };
    try {
      assert.deepEqual(await endAmong('f1', `cancel_reason = 'called off'`), ['done', 'executed', null]);
      assert.deepEqual(await endAmong('f2', `state = 'unknown', may_be_done = true`), ['done', 'executed', null]);
      assert.deepEqual(await endAmong('f3', `fence = 2`), [null, 'processing', 'changed']);
      assert.deepEqual(await endAmong('f4', `state = 'failed'`), [null, 'processing', 'changed']);
      assert.deepEqual(
        (await store.events.after(workspace, 0, 9)).map(({ data }) => data['followUpId']),
        ['f1', 'f2'],
      );
    } finally {
      await client.end();
    }
  });

  test('two processes that import at once in one workspace leave one import, whole', async () => {
    const workspace = newWorkspace();
    const data = (name: string) => ({
      ...EMPTY,
      customers: Array.from({ length: 300 }, (_, index) => customer(`${name}${index}`)),
    });
    await Promise.all(
      [store, second, store, second].map((of, index) =>
        of.customers.import(workspace, data('ab'[index % 2]!), { merge: false }),
      ),
    );
    assert.equal(await store.customers.count(workspace), 300);
  });

  test('two processes that plan, start, make up for and finish the same runs keep one ledger, told without a gap', async () => {
    const workspace = newWorkspace();
    const both = [store, second];
    await store.schedules.create(workspace, 'nightly', definitionOf(), act(daysAgo(1)));
    const minutes = Array.from({ length: 30 }, (_, index) => index);
    const fires = minutes.map((minute) => fireOf(workspace, minute));
    const missed = fires.map((fire) => ({ ...fire, state: 'missed' as const, reason: 'unknown' as const }));
    await Promise.all([
      ...both.map((of, index) => of.runs.plan(workspace, index === 0 ? fires : fires.toReversed())),
      ...both.map((of) => of.runs.plan(workspace, missed)),
      ...minutes.flatMap((minute) =>
        both.map((of) => of.runs.start(workspace, startOf(workspace, minute, `r${minute}`))),
      ),
      ...both.map((of) => of.runs.intend(workspace, 'catch-up', fires)),
    ]);
    const ended = await Promise.all(
      minutes.flatMap((minute) => both.map((of) => of.runs.finish(workspace, `r${minute}`, endOf('failed')))),
    );
    assert.equal(ended.filter((end) => end?.changed).length, 30);
    const { items } = await second.runs.list(workspace, { limit: 500 });
    assert.equal(items.filter(({ state }) => state === 'failed').length, 30);
    // Whatever was intended after it had run is a row of its own.
    assert.equal(
      items.filter(({ state, cause }) => state === 'late' && cause === 'catch-up').length,
      items.length - 30,
    );
    assert.equal((await store.schedules.get(workspace, 'nightly'))?.failureStreak, 30);
    const events = await store.events.after(workspace, 0, 500);
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
    );
    for (const type of ['run.started', 'run.failed']) {
      assert.equal(events.filter((event) => event.type === type).length, 30, type);
    }
  });

  test('two processes that trigger at once start one run, that want one lease share it in turn', async () => {
    const workspace = newWorkspace();
    const trigger = (of: Store, unique: number) =>
      of.runs.trigger(workspace, startOf(workspace, 0, '', { workflowId: `w-${unique}` }), { exclusive: true });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => trigger(index % 2 === 0 ? store : second, index)),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const holders = await Promise.all(
      [store, second, store, second].map((of, index) => of.leases.acquire(workspace, `h${index}`, NOW, 1_000)),
    );
    assert.equal(holders.filter(Boolean).length, 1);
  });

  test('people read the tables as they would expect', async () => {
    const workspace = newWorkspace();
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')] }, { merge: false });
    await store.interventions.open(workspace, opening('i1', 'c1'));
    await store.schedules.create(workspace, 'nightly', definitionOf(), act());
    await store.runs.start(workspace, startOf(workspace, 0, 'r1'));
    const client = new pg.Client({ connectionString: database!.url });
    await client.connect();
    const { rows } = await client.query(
      `select customer_id, name, state, churn_risk, issue, action, opened_at from interventions
       where workspace = $1 and ended_at is null`,
      [workspace],
    );
    const scheduled = await client.query(
      `select name, cron, every_ms, timezone, state from schedules join runs on schedule = name
       where schedules.workspace = $1 and runs.workspace = $1 and deleted_at is null`,
      [workspace],
    );
    await client.end();
    assert.deepEqual(rows, [
      {
        customer_id: 'c1',
        name: 'Asha Rao',
        state: 'deciding',
        churn_risk: 0.7000000000000001,
        issue: null,
        action: null,
        opened_at: new Date('2026-03-01T10:00:00Z'),
      },
    ]);
    assert.deepEqual(scheduled.rows, [
      { name: 'nightly', cron: '0 2 * * *', every_ms: null, timezone: 'America/New_York', state: 'running' },
    ]);
  });
});

const server: TestServer | null = await startPostgresServer();

describe('the store while Postgres is away', { skip: server ? false : 'no initdb here', timeout: 120_000 }, () => {
  let own: TestDatabase;
  let store: Store;

  before(async () => {
    own = await createDatabase(server!.url);
    store = await openStore({ databaseUrl: own.url, dataDir });
  });
  after(async () => {
    await store.close();
    await server!.stop();
  });

  /** `unavailable`, in our own words only. */
  async function isAway(work: Promise<unknown>): Promise<void> {
    const error = await rejectsAs('unavailable', work);
    assert.equal(error.message, 'The database is not available at the moment.');
  }

  test('every call ends as unavailable, and works again after a restart', async () => {
    const workspace = newWorkspace();
    await store.customers.import(workspace, { ...EMPTY, customers: [customer('c1')] }, { merge: false });
    for (let restart = 0; restart < 3; restart++) {
      // Idle connections of the pool, some of which break unnoticed.
      await Promise.all(Array.from({ length: 8 }, () => store.ping()));
      await server!.shutDown();
      // More failures than the pool has connections: none may stay behind.
      for (let attempt = 0; attempt < 12; attempt++) {
        await isAway(store.ping());
        await isAway(store.customers.record(workspace, 'c1'));
        await isAway(store.interventions.open(workspace, opening('i1', 'c1')));
      }
      await isAway(openStore({ databaseUrl: own.url, dataDir }));
      await server!.start();
      await store.ping();
      assert.equal(await store.customers.count(workspace), 1);
    }
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1')), 'opened');
  });

  test('calls under way when Postgres goes end as unavailable or are done, and leave no half of a write', async () => {
    const workspace = newWorkspace();
    const customers = Array.from({ length: 3_000 }, (_, index) => customer(`c${index}`));
    const importing = store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
    const outcome = importing.then(
      () => 3_000,
      async () => {
        await isAway(importing);
        return 0;
      },
    );
    await store.ping();
    await server!.shutDown();
    const expected = await outcome;
    await server!.start();
    assert.equal(await store.customers.count(workspace), expected);
  });

  test('a wrong database or password says what to check, not what the driver said', async () => {
    const wrong = new URL(own.url);
    wrong.pathname = '/not-there';
    const error = await rejectsAs('unavailable', openStore({ databaseUrl: wrong.href, dataDir }));
    assert.match(error.message, /check DATABASE_URL/);
    assert.doesNotMatch(error.message, /not-there/);
    for (const databaseUrl of ['postgresql://nobody:secret@127.0.0.1:1/x', 'not a url', 'postgresql://%zz']) {
      const refused = await rejectsAs('unavailable', openStore({ databaseUrl, dataDir }));
      assert.doesNotMatch(refused.message, /secret|ECONN|url/i);
    }
  });
});
