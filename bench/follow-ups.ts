/**
 * Follow-ups on a whole service and a Temporal server: `node bench/follow-ups.ts MODE [COUNT] [--memory | --file] [--postgres]`.
 *
 *     steady  COUNT (600) spread over 60 seconds: how late each is sent
 *     burst   COUNT (10,000) due at one instant: sent per second
 *     bulk    COUNT (10,000) made in one request: seconds
 *     single  COUNT (1,000) made one by one, `--in-flight` (16) at once: made per second
 *     races   COUNT (1,000) replies up to `--spread` (50) ms before or after the follow-up is due: none cancelled and sent
 *
 * `--memory` (the default) and `--file` say where the Temporal server keeps its state. `--postgres`: API and worker are processes of
 * their own on a Postgres, not one with a store within. `--profile DIR` writes CPU profiles of the worker. No channel is configured:
 * messages end in the outbox, so that no vendor's time is in the figures. Every contact has one follow-up. Prints a table, and the
 * same as a line of JSON.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FollowUp } from '../domain/contracts/follow-ups.ts';
import { inParallel } from '../domain/in-parallel.ts';
import { RunningService } from './running-service.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    memory: { type: 'boolean', default: false },
    file: { type: 'boolean', default: false },
    postgres: { type: 'boolean', default: false },
    'in-flight': { type: 'string', default: '16' },
    profile: { type: 'string' },
    spread: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});

type Figures = Record<string, number | string | null>;
type Measure = (service: RunningService, count: number) => Promise<Figures>;

const PAYLOAD = { purpose: 'service', channel: 'email', message_template: 'Hello {{name}}, is all well?' };
const STEADY_MS = 60_000;
/** Far more than any of them takes: what is not over then is lost. */
const PATIENCE_MS = 15 * 60_000;

const steady: Measure = async (service, count) => {
  const start = Date.now() + leadTime(count);
  const created = await scheduleMany(service, count, (index) => start + (index * STEADY_MS) / count);
  await delay(start - Date.now());
  const before = service.usage();
  await delay(start + STEADY_MS - Date.now());
  const followUps = await whenOver(service, count);
  return { created, ...lateness(followUps), ...cpuSince(service, before, count) };
};

const burst: Measure = async (service, count) => {
  const due = Date.now() + leadTime(count);
  const created = await scheduleMany(service, count, () => due);
  assert.ok(Date.now() < due, 'they were due before all were made');
  await delay(due - Date.now());
  const before = service.usage();
  const followUps = await whenOver(service, count);
  const seconds = (Math.max(...followUps.map(({ executedAt }) => Date.parse(executedAt ?? ''))) - due) / 1_000;
  return {
    ...{ created, seconds: rounded(seconds), perSecond: rounded(count / seconds), ...lateness(followUps) },
    ...cpuSince(service, before, count),
  };
};

const bulk: Measure = async (service, count) => {
  const seconds = await scheduleMany(service, count, () => Date.now() + 86_400_000);
  return { seconds, perSecond: rounded(count / seconds) };
};

const single: Measure = async (service, count) => {
  const inFlight = Number(values['in-flight']);
  const before = service.usage();
  const begun = performance.now();
  await inParallel(service.contactIds.slice(0, count), inFlight, (id) =>
    service.call('POST', `/api/contacts/${id}/follow-ups`, {
      type: 'follow_up',
      scheduledFor: '1d',
      payload: PAYLOAD,
    }),
  );
  const seconds = rounded((performance.now() - begun) / 1_000);
  return { inFlight, seconds, perSecond: rounded(count / seconds), ...cpuSince(service, before, count) };
};

const races: Measure = async (service, count) => {
  const random = seeded(Number(values.seed));
  // Twenty a second: what is raced for is the instant, not a place in a queue.
  const start = Date.now() + leadTime(count);
  const due = service.contactIds.slice(0, count).map((id, index) => ({ id, at: start + index * 50 }));
  await scheduleMany(service, count, (index) => due[index]?.at ?? 0);
  const told = await Promise.all(
    due.map(async ({ id, at }) => {
      await delay(at + (random() * 2 - 1) * Number(values.spread) - Date.now());
      const reply = { messageId: `reply-${id}`, channel: 'email' };
      return service.call<{ cancelled: number }>('POST', `/api/contacts/${id}/replies`, reply);
    }),
  );
  const followUps = await whenOver(service, count);
  const sent = new Set((await service.list<{ contactId: string }>('/api/outbox')).map(({ contactId }) => contactId));
  const stateOf = new Map(followUps.map(({ contactId, state }) => [contactId, state]));
  const saidCancelled = due.filter((_, index) => told[index]?.cancelled === 1).map(({ id }) => id);
  const cancelled = followUps.filter(({ state }) => state === 'cancelled').map(({ contactId }) => contactId);
  return {
    seed: Number(values.seed),
    cancelled: cancelled.length,
    sent: sent.size,
    cancelledAndSent: new Set([...cancelled, ...saidCancelled].filter((id) => sent.has(id))).size,
    neither: followUps.filter(({ contactId, state }) => state !== 'cancelled' && !sent.has(contactId)).length,
    toldOtherwise: saidCancelled.filter((id) => stateOf.get(id) !== 'cancelled').length,
  };
};

const MODES: Record<string, [measure: Measure, count: number]> = {
  steady: [steady, 600],
  burst: [burst, 10_000],
  bulk: [bulk, 10_000],
  single: [single, 1_000],
  races: [races, 1_000],
};

/** Time to make them and for their workflows to fall asleep, in milliseconds. */
const leadTime = (count: number): number => 15_000 + count * 30;

/** Makes one follow-up for each of so many contacts in one request. @returns the seconds it took */
async function scheduleMany(service: RunningService, count: number, dueAt: (index: number) => number): Promise<number> {
  const items = service.contactIds.slice(0, count).map((contactId, index) => ({
    ...{ contactId, type: 'follow_up', payload: PAYLOAD },
    scheduledFor: new Date(dueAt(index)).toISOString(),
  }));
  const begun = performance.now();
  await service.call('POST', '/api/follow-ups', { items });
  return rounded((performance.now() - begun) / 1_000);
}

/** All follow-ups once none is to come. Seldom asked, since whoever answers is being measured. */
async function whenOver(service: RunningService, count: number): Promise<FollowUp[]> {
  const deadline = performance.now() + PATIENCE_MS;
  const any = async (state: string): Promise<boolean> =>
    (await service.call<{ items: unknown[] }>('GET', `/api/follow-ups?state=${state}&limit=1`)).items.length > 0;
  while ((await any('pending')) || (await any('processing'))) {
    assert.ok(performance.now() < deadline, 'some were not sent in all that time');
    await delay(1_000);
  }
  const followUps = await service.list<FollowUp>('/api/follow-ups');
  assert.equal(followUps.length, count);
  return followUps;
}

/** What each of so many took of a processor. */
function cpuSince(service: RunningService, before: ReturnType<RunningService['usage']>, count: number): Figures {
  const now = service.usage();
  const each = (from: number, to: number): number => rounded(((to - from) * 1_000) / count);
  return {
    workerCpuMsEach: each(before.worker.cpuSeconds, now.worker.cpuSeconds),
    temporalCpuMsEach: each(before.temporal.cpuSeconds, now.temporal.cpuSeconds),
  };
}

/** How late they were sent, in milliseconds. */
function lateness(followUps: readonly FollowUp[]): Figures {
  const sorted = followUps.flatMap(({ latenessMs }) => latenessMs ?? []).toSorted((a, b) => a - b);
  const unsent = followUps.filter(({ executedAt }) => executedAt === null);
  assert.deepEqual(
    unsent.map(({ state, reason }) => `${state}: ${reason}`),
    [],
  );
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { earliestMs: sorted[0] ?? null, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const [mode = '', given] = positionals;
const chosen = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
if (!chosen || (values.memory && values.file)) {
  process.stderr.write(
    `Use: node bench/follow-ups.ts ${Object.keys(MODES).join('|')} [COUNT] [--memory|--file] [--postgres]\n`,
  );
  process.exit(2);
}
const [measure, usual] = chosen;
const count = Number(given ?? usual);
const server = values.file ? 'file' : 'memory';
const store = values.postgres ? 'postgres' : 'embedded';
const service = await RunningService.start({ contacts: count, server, store, profiles: values.profile ?? null });
try {
  const figures = await measure(service, count);
  const { worker, temporal } = service.usage();
  const all = {
    ...{ mode, count, server, store, ...figures },
    ...{ workerPeakMb: worker.peakMegabytes, temporalPeakMb: temporal.peakMegabytes },
  };
  for (const [name, value] of Object.entries(all)) process.stdout.write(`${name.padEnd(20)} ${value}\n`);
  process.stdout.write(`${JSON.stringify(all)}\n`);
} finally {
  await service.stop();
}
