/**
 * `npm run chaos -- [--minutes M] [--seed S]`: workers that die, stop and are told to end at random while follow-ups are
 * scheduled, cancelled and replied to; then everything that was accepted is compared with what was written down and told. Then
 * bookings: a death at every failpoint of each of their steps, and a hundred who want each slot at once.
 * Exits with 1 on any finding, and where nothing was done. The seed is printed, and chooses the same again.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runChaos } from '../test/support/chaos.ts';
import { findings } from '../test/support/effect-checker.ts';
import { FaultWorld } from '../test/support/fault-world.ts';
import { startPostgres } from '../test/support/postgres.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  say('--minutes takes a number of minutes, --seed a whole number');
  process.exitCode = 2;
} else {
  const codes = [await chaos(), bookings()];
  process.exitCode = Math.max(...codes);
}

/** The long version of what the test command tries of bookings. @returns 0 when nothing was found */
function bookings(): number {
  const file = fileURLToPath(new URL('../test/faults/booking-sweep.test.ts', import.meta.url));
  const env = { ...process.env, FAULT_SWEEP: 'full' };
  const { status } = spawnSync(process.execPath, ['--test', file], { env, stdio: 'inherit' });
  return status === 0 ? 0 : 1;
}

async function chaos(): Promise<number> {
  say(`Seed ${seed}, ${minutes} minutes`);
  const postgres = await startPostgres();
  if (postgres === null) {
    say('There is no Postgres here: workers of several processes need one. Set TEST_DATABASE_URL.');
    return 2;
  }
  try {
    await using world = await FaultWorld.open(postgres.url);
    const { verdict, hits, calls } = await runChaos(world, { seed, durationMs: minutes * 60_000, report: say });
    const found = findings(verdict);
    say(
      `Workers hit: ${Object.entries(hits)
        .map(([signal, times]) => `${times} by ${signal}`)
        .join(', ')}`,
    );
    say(`Calls: ${calls.schedule} to schedule, ${calls.cancel} to cancel, ${calls.reply} replies`);
    for (const refused of calls.refused) say(`refused: ${refused}`);
    const { executed, cancelled, failed, accepted } = verdict.counts;
    say(
      `${executed} sent, ${cancelled} cancelled, ${failed} failed, ${verdict.inReview.length} in review; ${accepted} accepted by the vendors`,
    );
    for (const finding of found) say(finding);
    const idle = [executed, cancelled, hits.SIGKILL + hits.SIGSTOP + hits.SIGTERM].includes(0);
    if (idle) say('Too little happened for this to say anything.');
    say(found.length > 0 ? `${found.length} findings; again with --seed ${seed}` : 'Nothing lost, doubled or untrue.');
    return found.length > 0 || idle ? 1 : 0;
  } finally {
    await postgres.stop();
  }
}
