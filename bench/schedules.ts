/**
 * Many schedules on a development server that keeps its state in a file: `node bench/schedules.ts [count]` prints, as
 * JSON, how long it takes to create, list, pause and resume them, and to change and check them all.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScheduleService } from '../services/temporal/schedules/service.ts';
import { type TestService, startTestService } from '../test/support/service.ts';
import { devServer } from '../test/support/temporal.ts';

const ZONES = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'];

const entries = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const name = `schedule-${index}`;
    const workflowType = 'customerScan' as const;
    if (index % 4 === 0) return { name, workflowType, every: '7d', anchor: '2001-01-01T00:00:00Z' };
    // Far from now, so that none runs meanwhile.
    const hour = (new Date().getUTCHours() + 2 + (index % 3)) % 24;
    return { name, workflowType, cron: `${index % 60} ${hour} 1 1 *`, timezone: ZONES[index % ZONES.length]! };
  });

async function timed<Result>(work: () => Promise<Result>): Promise<[seconds: number, result: Result]> {
  const begun = performance.now();
  const result = await work();
  return [Math.round(performance.now() - begun) / 1_000, result];
}

async function listAll({ operations, caller }: TestService): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Awaited<ReturnType<typeof operations.listSchedules>> = await operations.listSchedules(caller, {
      limit: 500,
      ...(cursor && { cursor }),
    });
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  return names;
}

async function measure(service: TestService, count: number): Promise<Record<string, number>> {
  const { operations, caller, store, client } = service;
  const schedules = entries(count);
  const [created] = await timed(() => operations.applySchedules(caller, { schedules }));
  const [listed, names] = await timed(() => listAll(service));
  assert.equal(names.length, count);
  const [listedAgain] = await timed(() => listAll(service));
  const few = names.slice(0, 7);
  await operations.pauseSchedules(caller, { names: few, reason: 'these stay' });
  const [paused, pause] = await timed(() => operations.pauseSchedules(caller, { all: true, reason: 'bench' }));
  assert.equal(pause.paused.length, count - few.length);
  const [resumed, result] = await timed(() => operations.resumeSchedules(caller, { pauseId: pause.pauseId }));
  assert.deepEqual(result.resumed.toSorted(), pause.paused.toSorted());
  const changed = schedules.map((entry) => ({ ...entry, description: 'changed' }));
  const [updated] = await timed(() => operations.applySchedules(caller, { schedules: changed }));
  const [unchanged] = await timed(() => operations.applySchedules(caller, { schedules: changed, dryRun: true }));
  const service2 = createScheduleService({ store, client, minIntervalMs: 1_000 });
  const [checked, renewal] = await timed(() => service2.renew(null, () => {}));
  assert.equal(renewal.renewed, 0);
  const [deleted] = await timed(() => operations.applySchedules(caller, { schedules: [], prune: true }));
  return { count, created, listed, listedAgain, paused, resumed, updated, unchanged, checked, deleted };
}

const folder = mkdtempSync(join(tmpdir(), 'reveille-bench-'));
const temporal = await devServer({ dbFile: join(folder, 'temporal.db') });
const service = await startTestService(temporal.target, { customers: null });
try {
  const result = await measure(service, Number(process.argv[2] ?? 1_000));
  process.stdout.write(`${JSON.stringify({ unit: 'seconds', ...result }, null, 2)}\n`);
} finally {
  await service.stop();
  await temporal.stop();
  rmSync(folder, { recursive: true, force: true });
}
