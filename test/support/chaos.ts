import { setTimeout as delay } from 'node:timers/promises';
import { SampleRandom } from '../../domain/customers/sample-random.ts';
import { type Verdict, checkEffects } from './effect-checker.ts';
import type { FaultWorld } from './fault-world.ts';
import { STUB_CHANNELS, type StubChannel } from './stub-vendors.ts';
import type { WorkerProcess } from './worker-process.ts';

const WORKERS = 2;
/** Callers at once: more than that wait. */
const CALLERS = 100;
/** Sequences of random numbers. */
const OF_WORKERS = 1;
const OF_CALLERS = 2;
const RECONCILE_MS = 2_000;
const SIGNALS = ['SIGKILL', 'SIGKILL', 'SIGSTOP', 'SIGTERM'] as const;
type Signal = (typeof SIGNALS)[number];

export interface ChaosOptions {
  seed: number;
  /** For how long callers call and workers die; what is left is then carried out in peace. */
  durationMs: number;
  report?: (line: string) => void;
}

export interface ChaosOutcome {
  verdict: Verdict;
  /** How often workers were hit, by signal. */
  hits: Record<Signal, number>;
  /** Calls by what they asked for, and those that were refused. */
  calls: { schedule: number; cancel: number; reply: number; refused: string[] };
}

/**
 * Two workers that are killed, stopped and told to end at random, while callers schedule, cancel and reply, and the vendors
 * are slow, busy or break off. What is chosen depends on the seed alone; when it happens, on the machine too.
 */
export async function runChaos(world: FaultWorld, options: ChaosOptions): Promise<ChaosOutcome> {
  const { seed, durationMs, report = () => {} } = options;
  const calls: ChaosOutcome['calls'] = { schedule: 0, cancel: 0, reply: 0, refused: [] };
  const hits: ChaosOutcome['hits'] = { SIGKILL: 0, SIGSTOP: 0, SIGTERM: 0 };
  const workers = Array.from({ length: WORKERS }, () => world.worker());
  await Promise.all(workers.map((worker) => worker.ready()));
  const until = performance.now() + durationMs;
  const running = (): boolean => performance.now() < until;
  const lanes = workers.map((worker, lane) => harass(world, worker, new SampleRandom(seed, lane, OF_WORKERS)));
  const callers = call(world, new SampleRandom(seed, 0, OF_CALLERS));
  await using upkeep = reconciling(world);
  await Promise.all([...lanes.map((lane) => lane(running, hits)), callers(running, calls)]);
  report(`${calls.schedule} scheduled; the rest in peace`);
  calm(world);
  await world.settled(300_000);
  await upkeep[Symbol.asyncDispose]();
  return { verdict: checkEffects(await world.observe()), hits, calls };
}

/** Does every few seconds what a service does beside its workers. */
function reconciling(world: FaultWorld): AsyncDisposable {
  const stop = new AbortController();
  const loop = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await world.reconcile();
      await delay(RECONCILE_MS, null, { signal: stop.signal }).catch(() => null);
    }
  })();
  // Whoever ends it hears of a failure.
  loop.catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop;
    },
  };
}

const calm = ({ vendors }: FaultWorld): void => {
  vendors.mail.script({ kind: 'accept' });
  vendors.sms.script({ kind: 'accept' });
  vendors.telegram.script({ kind: 'accept' });
};

/** Keeps one worker running and hits it again and again; leaves a healthy one. */
function harass(world: FaultWorld, first: WorkerProcess, random: SampleRandom) {
  return async (running: () => boolean, hits: ChaosOutcome['hits']): Promise<void> => {
    let worker = first;
    while (running()) {
      await delay(random.int(300, 4_000));
      if (!running()) break;
      const signal = random.pick(SIGNALS);
      hits[signal] += 1;
      await hit(worker, signal, random);
      if (worker.running) continue;
      worker = world.worker();
      await worker.ready();
    }
  };
}

async function hit(worker: WorkerProcess, signal: Signal, random: SampleRandom): Promise<void> {
  worker.signal(signal);
  if (signal === 'SIGSTOP') {
    // Some longer than a lease.
    await delay(random.int(500, 20_000));
    worker.signal('SIGCONT');
  } else {
    await worker.exited;
  }
}

/** Schedules, and cancels or replies to some of what was scheduled, before or while it is sent. */
function call(world: FaultWorld, random: SampleRandom) {
  return async (running: () => boolean, calls: ChaosOutcome['calls']): Promise<void> => {
    const open = new Set<Promise<void>>();
    const ask = (what: 'schedule' | 'cancel' | 'reply', answer: Promise<unknown>): void => {
      calls[what] += 1;
      const over: Promise<void> = answer
        .catch((error: unknown) => void calls.refused.push(`${what}: ${String(error)}`))
        .then(() => void open.delete(over));
      open.add(over);
    };
    for (let count = 1; running(); count += 1) {
      trouble(world, random);
      const id = `F${count}`;
      const channel = random.pick(STUB_CHANNELS);
      const [dueIn, fate, after, pause] = [
        random.int(0, 8),
        random.int(1, 10),
        random.int(0, 8_000),
        random.int(20, 300),
      ];
      const scheduled = world.schedule(id, channel, `${dueIn}s`);
      ask('schedule', scheduled);
      if (fate <= 2)
        ask(
          'cancel',
          later(scheduled, after, () => world.cancel(id)),
        );
      else if (fate <= 4)
        ask(
          'reply',
          later(scheduled, after, () => world.reply(id, channel)),
        );
      await delay(pause);
      while (open.size > CALLERS) await Promise.race(open);
    }
    await Promise.all(open);
  };
}

/** Asks so long after it was scheduled; not at all where that was refused, which is told already. */
async function later(scheduled: Promise<unknown>, afterMs: number, ask: () => Promise<unknown>): Promise<void> {
  const isThere = await scheduled.then(
    () => true,
    () => false,
  );
  await delay(afterMs);
  if (isThere) await ask();
}

/** Now and then the next message meets a vendor in a bad hour. */
function trouble({ vendors }: FaultWorld, random: SampleRandom): void {
  if (!random.chance(1 / 6)) return;
  const channel: StubChannel = random.pick(STUB_CHANNELS);
  if (channel === 'email') {
    const behaviours = [
      { kind: 'slow', afterMs: 1_500 },
      { kind: 'cut', accepts: true },
      { kind: 'reply', to: 'RCPT', code: 451, text: 'try again later' },
    ] as const;
    vendors.mail.script(random.pick(behaviours), { kind: 'accept' });
    return;
  }
  const behaviours = [
    { kind: 'slow', afterMs: 1_500, accepts: 'then' },
    { kind: 'reset', accepts: true },
    { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
  ] as const;
  vendors[channel].script(random.pick(behaviours), { kind: 'accept' });
}
