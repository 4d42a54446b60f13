import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { FailpointName } from '../../domain/ports/failpoints.ts';
import { type Observed, type Verdict, checkEffects, findings, messageKey } from '../support/effect-checker.ts';
import { quietly } from '../support/fault-stack.ts';
import { FaultWorld } from '../support/fault-world.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import { STUB_CHANNELS, type StubChannel } from '../support/stub-vendors.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const DELIVERY = [
  'delivery-before-intent',
  'delivery-after-intent',
  'delivery-before-effect',
  'delivery-after-effect',
  'delivery-before-acknowledgement',
] as const satisfies FailpointName[];
type DeliveryPoint = (typeof DELIVERY)[number];

/** What became of one: its state, what the ledger says, how often the other side took it. */
type Outcome = [state: FollowUp['state'], effect: string | null, accepted: number];
const SENT: Outcome = ['executed', 'done', 1];
const review = (accepted: number): Outcome => ['processing', 'unknown', accepted];

/**
 * After a death between the ledger's first word and its last nobody knows, unless the other side takes the same key twice
 * for once: then it is sent again.
 */
const AFTER_DEATH: Record<DeliveryPoint, { once: Outcome; repeatable: Outcome }> = {
  'delivery-before-intent': { once: SENT, repeatable: SENT },
  'delivery-after-intent': { once: review(0), repeatable: SENT },
  'delivery-before-effect': { once: review(0), repeatable: SENT },
  'delivery-after-effect': { once: review(1), repeatable: SENT },
  'delivery-before-acknowledgement': { once: SENT, repeatable: SENT },
};

/** The same where it was called off meanwhile: what may have been sent is not sent again, by no channel. */
const CALLED_OFF: Record<DeliveryPoint, Outcome> = {
  'delivery-before-intent': ['cancelled', null, 0],
  'delivery-after-intent': review(0),
  'delivery-before-effect': review(0),
  'delivery-after-effect': review(1),
  'delivery-before-acknowledgement': SENT,
};

const LIMIT = { timeout: 300_000 };
const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

/** Starts a worker that dies at the point while `ask` has it do something, and gives what was asked, yet to be answered. */
async function dying<Answer>(
  world: FaultWorld,
  point: FailpointName,
  ask: (worker: WorkerProcess) => Promise<Answer>,
): Promise<{ answer: Promise<Answer> }> {
  const worker = world.worker({ fault: { point, nth: 1 } });
  const answer = quietly(ask(worker));
  await worker.died();
  return { answer };
}

/** A follow-up in whose sending a worker dies. Nobody takes it up until all have died. */
async function dieSending(world: FaultWorld, id: string, channel: StubChannel, point: DeliveryPoint): Promise<void> {
  const { answer } = await dying(world, point, () => world.schedule(id, channel));
  await answer;
  await world.hold(id);
}

/** Lets a worker that does not die do the rest, and looks at what is there then. */
async function finish(world: FaultWorld, held: readonly string[], unanswered: readonly Promise<unknown>[] = []) {
  const survivor = world.worker();
  await survivor.ready();
  // What was asked while the worker was dead is heard before anybody tries again.
  await Promise.all(unanswered);
  await Promise.all(held.map((id) => world.release(id)));
  await world.settled();
  survivor.signal('SIGTERM');
  assert.deepEqual(await survivor.exited, [0, null], survivor.log);
  const observed = await world.observe();
  return { verdict: checkEffects(observed), outcome: (id: string) => outcomeOf(observed, id) };
}

function outcomeOf({ followUps, effects, accepted }: Observed, id: string): Outcome {
  return [
    followUps.find(({ followUpId }) => followUpId === id)!.state,
    effects.find(({ key }) => key === messageKey(id))?.state ?? null,
    accepted.filter(({ text }) => text.includes(`[${id}]`)).length,
  ];
}

/** Each point's name and what became of its follow-up, to be read where they differ from what was expected. */
const table = (outcome: (id: string) => Outcome, expected: (point: DeliveryPoint) => Outcome) => {
  const rows = (of: (point: DeliveryPoint) => Outcome) => DELIVERY.map((point) => [point, ...of(point)].join(' '));
  assert.deepEqual(rows(outcome), rows(expected));
};

describe('A worker that dies', { skip: postgres === null && 'no Postgres', concurrency: 6 }, () => {
  for (const channel of STUB_CHANNELS) {
    test(
      `at each failpoint of sending by ${channel}: sent once, or in review where nobody can know`,
      LIMIT,
      async () => {
        await using world = await FaultWorld.open(postgres!.url);
        for (const point of DELIVERY) await dieSending(world, point, channel, point);
        const { verdict, outcome } = await finish(world, DELIVERY);
        table(outcome, (point) => AFTER_DEATH[point][channel === 'sms' ? 'repeatable' : 'once']);
        assert.deepEqual(findings(verdict), []);
      },
    );
  }

  test(
    'at each of them, while it is cancelled: cancelled and unsent, or sent and said so, or in review',
    LIMIT,
    async () => {
      await using world = await FaultWorld.open(postgres!.url);
      const answers: Promise<FollowUp>[] = [];
      for (const point of DELIVERY) {
        await dieSending(world, point, 'email', point);
        answers.push(quietly(world.cancel(point)));
      }
      const { verdict, outcome } = await finish(world, DELIVERY, answers);
      table(outcome, (point) => CALLED_OFF[point]);
      assert.deepEqual(findings(verdict), []);
      const told = (await Promise.all(answers)).filter(({ state }) => state === 'cancelled');
      assert.deepEqual(
        told.map(({ followUpId }) => followUpId),
        ['delivery-before-intent'],
      );
    },
  );

  test(
    'at each of them, while the person replies: the same, of a channel that could send again too',
    LIMIT,
    async () => {
      await using world = await FaultWorld.open(postgres!.url);
      const answers: Promise<number>[] = [];
      for (const point of DELIVERY) {
        await dieSending(world, point, 'sms', point);
        answers.push(quietly(world.reply(point, 'sms')));
      }
      const { verdict, outcome } = await finish(world, DELIVERY, answers);
      table(outcome, (point) => CALLED_OFF[point]);
      assert.deepEqual(findings(verdict), []);
      assert.deepEqual(await Promise.all(answers), [1, 0, 0, 0, 0]);
    },
  );

  test(
    'after the row of each message to a contact: the next worker answers, and nothing is done twice',
    LIMIT,
    async () => {
      await using world = await FaultWorld.open(postgres!.url);
      const cancelled = await dying(world, 'cancel-after-row', async () => {
        await world.schedule('cancelled', 'telegram', '1h');
        return world.cancel('cancelled');
      });
      const replied = await dying(world, 'reply-after-row', async () => {
        await world.schedule('replied', 'telegram', '1h');
        return world.reply('replied', 'telegram');
      });
      const optedOut = await dying(world, 'opt-after-row', async () => {
        await world.schedule('opted-out', 'telegram', '1h');
        await world.optOut('opted-out');
        return world.cancel('opted-out');
      });
      // Last, since the next worker would send it.
      const scheduled = await dying(world, 'schedule-after-row', () => world.schedule('scheduled', 'telegram'));
      const answers = [scheduled, cancelled, replied, optedOut].map(({ answer }) => answer as Promise<unknown>);
      const { verdict, outcome } = await finish(world, [], answers);
      assert.deepEqual(findings(verdict), []);
      assert.deepEqual(outcome('scheduled'), SENT);
      assert.equal((await scheduled.answer).followUpId, 'scheduled');
      assert.equal((await cancelled.answer).state, 'cancelled');
      assert.equal(await replied.answer, 1, 'the count of the first time');
      const counts: Verdict['counts'] = { scheduled: 4, accepted: 1, executed: 1, cancelled: 3, failed: 0 };
      assert.deepEqual(verdict.counts, counts);
    },
  );
});
