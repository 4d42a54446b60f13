import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runChaos } from '../support/chaos.ts';
import { findings } from '../support/effect-checker.ts';
import { FaultWorld } from '../support/fault-world.ts';
import { startPostgres } from '../support/postgres.ts';

const postgres = await startPostgres();
after(() => postgres?.stop());

const seed = Number(process.env['CHAOS_SEED'] ?? 7);

// The short version of `npm run chaos`.
test(
  `workers hit at random while callers call: nothing lost, doubled or untrue (CHAOS_SEED=${seed})`,
  { skip: postgres === null && 'no Postgres', timeout: 400_000 },
  async () => {
    await using world = await FaultWorld.open(postgres!.url);
    const { verdict, hits, calls } = await runChaos(world, { seed, durationMs: 15_000 });
    assert.deepEqual(findings(verdict), []);
    assert.deepEqual(calls.refused, []);
    assert.ok(verdict.counts.executed > 0, 'nothing was sent');
    assert.ok(hits.SIGKILL + hits.SIGSTOP + hits.SIGTERM > 0, 'no worker was hit');
  },
);
