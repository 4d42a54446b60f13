import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Verdict, checkEffects, findings } from '../support/effect-checker.ts';
import { FaultWorld, eventually } from '../support/fault-world.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const STOPPING = fileURLToPath(new URL('../support/fixtures/stopping-worker.ts', import.meta.url));
const FAULTY = fileURLToPath(new URL('../support/faulty-worker.ts', import.meta.url));
const LIMIT = { timeout: 240_000 };
const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

const verdictOf = async (world: FaultWorld): Promise<Verdict> => checkEffects(await world.observe());

async function drained(worker: WorkerProcess): Promise<void> {
  worker.signal('SIGTERM');
  assert.deepEqual(await worker.exited, [0, null], worker.log);
}

describe('A worker that is stopped', { skip: postgres === null && 'no Postgres', concurrency: 3 }, () => {
  for (const [channel, outcome] of [
    ['sms', { inReview: [], accepted: 1 }],
    ['telegram', { inReview: ['F'], accepted: 0 }],
  ] as const) {
    test(
      `with leave to send by ${channel}, for longer than its lease: it does nothing when it goes on`,
      LIMIT,
      async () => {
        await using world = await FaultWorld.open(postgres!.url);
        const old = world.worker({ script: STOPPING });
        await world.schedule('F', channel);
        await eventually('the attempt', async () => (await world.observe()).effects[0]?.state === 'attempting');
        const other = world.worker();
        await world.settled();
        old.signal('SIGCONT');
        await eventually('its question', async () => old.log.includes('holds: '));
        assert.match(old.log, /holds: false/, 'its leave is over');
        await drained(old);
        await drained(other);
        const verdict = await verdictOf(world);
        assert.deepEqual(findings(verdict), []);
        assert.deepEqual({ inReview: verdict.inReview, accepted: verdict.counts.accepted }, outcome);
        assert.equal(world.vendors[channel].requests.length, outcome.accepted, 'only who had taken over asked');
      },
    );
  }

  test(
    'while the other side takes its time, until another has taken over: what it hears late is the truth',
    LIMIT,
    async () => {
      await using world = await FaultWorld.open(postgres!.url);
      world.vendors.telegram.script({ kind: 'slow', afterMs: 3_000, accepts: 'at-once' });
      const old = world.worker();
      await world.schedule('F', 'telegram');
      await eventually('the request', async () => world.vendors.telegram.requests.length === 1);
      old.signal('SIGSTOP');
      const other = world.worker();
      await world.settled();
      assert.deepEqual((await verdictOf(world)).inReview, ['F'], 'nobody knows');
      old.signal('SIGCONT');
      await drained(old);
      await drained(other);
      const verdict = await verdictOf(world);
      assert.deepEqual(findings(verdict), []);
      assert.equal(verdict.counts.accepted, 1);
      assert.equal(world.vendors.telegram.requests.length, 1);
    },
  );

  test('by SIGTERM in the middle of a slow send: it ends what it is at, and takes nothing new', LIMIT, async () => {
    await using world = await FaultWorld.open(postgres!.url);
    world.vendors.sms.script({ kind: 'slow', afterMs: 3_000, accepts: 'then' });
    const worker = world.worker();
    await world.schedule('F', 'sms');
    await eventually('the request', async () => world.vendors.sms.requests.length === 1);
    await drained(worker);
    const { followUps, effects } = await world.observe();
    assert.deepEqual(
      [followUps[0]?.state, effects[0]?.state],
      ['executed', 'done'],
      'it was over when the worker ended',
    );
    const last = world.worker();
    await world.settled();
    await drained(last);
    const verdict = await verdictOf(world);
    assert.deepEqual(findings(verdict), []);
    assert.equal(world.vendors.sms.requests.length, 1);
  });

  test('and has a planted bug, the ledger switched off: the same check finds what was sent twice', LIMIT, async () => {
    await using world = await FaultWorld.open(postgres!.url);
    const doomed = world.worker({ script: FAULTY, fault: { point: 'delivery-after-effect', nth: 1 } });
    await world.schedule('F', 'email');
    await doomed.died();
    world.worker({ script: FAULTY });
    const { doubled } = await eventually('the doubles', async () => {
      const verdict = await verdictOf(world);
      return verdict.doubled.length > 0 && verdict;
    });
    assert.match(doubled[0]!, /^F was accepted \d times/);
  });
});
