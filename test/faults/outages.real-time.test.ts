import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scheduleSettings } from '../../domain/contracts/schedules.ts';
import type { RunRow } from '../../domain/ports/schedule-store.ts';
import { createBookingService } from '../../services/temporal/bookings.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { type Reconciler, startReconciler } from '../../services/temporal/reconciliation/reconciler.ts';
import { createScheduleService } from '../../services/temporal/schedules/service.ts';
import { type TestService, quietLogger, startTestService, temporaryFolder } from '../support/service.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';
import { until } from '../workflows/suite/desk.ts';

const LIMIT = { timeout: 125_000 };
const WORKSPACE = 'default';
const EVERY_MS = 10_000;
/** Temporal itself makes up for the last minute; so much more is lost, and is more than the shorter window. */
const AWAY_MS = 88_000;
const MINUTE = 60_000;
const WINDOWS = { short: 72_000, long: 3_600_000 };
const CATCH_UPS = ['none', 'latest', 'all'] as const;
const NAMES = CATCH_UPS.flatMap((catchUp) => (['short', 'long'] as const).map((window) => ({ catchUp, window })));
const nameOf = ({ catchUp, window }: (typeof NAMES)[number]): string => `${catchUp}-${window}`;

/** Real time throughout: the tests follow one another, and each goes on where the one before has left. */
describe('Schedules through outages', () => {
  const folder = temporaryFolder();
  let temporal: TestTemporal;
  let service: TestService;
  let reconciler: Reconciler;
  const server = { killedAt: 0, startedAt: 0, backAt: 0 };
  const workers = { goneAt: 0, calledAt: 0, backAt: 0 };

  const startServer = (port = 0): Promise<TestTemporal> =>
    devServer({ dbFile: join(folder.path, 'temporal.db'), port });

  before(async () => {
    temporal = await startServer();
    service = await startTestService(temporal.target, { customers: null });
    const { store, client } = service;
    const schedules = createScheduleService({ store, client, minIntervalMs: 1_000 });
    const wakes = { contacts: createContactService(client), bookings: createBookingService(client) };
    reconciler = startReconciler({ store, client, schedules, ...wakes, logger: quietLogger(), holder: 'test' });
    for (const each of NAMES) {
      const policies = { catchUp: each.catchUp, catchUpWindow: WINDOWS[each.window] };
      const settings = scheduleSettings.parse({ workflowType: 'customerScan', every: EVERY_MS, policies });
      await schedules.create(WORKSPACE, nameOf(each), settings, { by: 'tester', at: new Date().toISOString() });
    }
  });
  after(async () => {
    await reconciler.close();
    await service.stop();
    await temporal.stop();
    folder.remove();
  });

  /** Epoch milliseconds of all fires in [from, to). */
  function firesIn(from: number, to: number): number[] {
    const first = Math.ceil(from / EVERY_MS) * EVERY_MS;
    return Array.from(
      { length: Math.max(0, Math.ceil((to - first) / EVERY_MS)) },
      (_, index) => first + index * EVERY_MS,
    );
  }

  async function rowsIn(name: string, from: number, to: number): Promise<Map<number, RunRow>> {
    const [since, before] = [from, to].map((at) => new Date(at).toISOString()) as [string, string];
    const rows = await service.store.runs.between(WORKSPACE, `${WORKSPACE}/${name}`, since, before);
    const byInstant = new Map(rows.map((row) => [Date.parse(row.plannedAt), row]));
    assert.equal(byInstant.size, rows.length, `${name} has one row for each fire`);
    return byInstant;
  }

  /** What Temporal itself says it has started, instant by instant. */
  async function startsOf(name: string, from: number, to: number): Promise<number[]> {
    const starts: number[] = [];
    for await (const run of temporal.client.workflow.list({
      query: `TemporalScheduledById = '${WORKSPACE}/${name}'`,
    })) {
      const [at] = run.searchAttributes['TemporalScheduledStartTime'] as [Date];
      if (at.getTime() >= from && at.getTime() < to) starts.push(at.getTime());
    }
    return starts.toSorted((a, b) => a - b);
  }

  /** Fires that the outage took, and the first that Temporal itself started on its return. */
  async function lostBy(name: string): Promise<{ lost: number[]; firstBack: number }> {
    const rows = await rowsIn(name, server.killedAt, server.backAt + EVERY_MS);
    const back = [...rows].find(([, row]) => row.cause === 'schedule' && row.startedAt !== null);
    assert.ok(back, `${name} has run again`);
    const [firstBack] = back;
    assert.ok(firstBack >= server.startedAt - MINUTE && firstBack < server.backAt - MINUTE + 2 * EVERY_MS);
    return { lost: firesIn(server.killedAt, firstBack), firstBack };
  }

  test('run until the server goes away', LIMIT, async () => {
    await until(async () =>
      (await rowsIn('all-long', 0, Date.now())).values().some((row) => row.state === 'completed'),
    );
    await sleep(3_000);
    process.kill(temporal.pid, 'SIGKILL');
    server.killedAt = Date.now();
    await sleep(AWAY_MS);
  });

  test('make up for what their policy says, once each, one after the other', LIMIT, async () => {
    const { port } = new URL(`http://${temporal.address}`);
    server.startedAt = Date.now();
    const gone = temporal;
    temporal = await startServer(Number(port));
    await gone.stop();
    const span = { since: new Date(server.killedAt).toISOString(), until: null };
    const outage = await until(async () =>
      (await service.store.outages.between(span)).find((one) => one.until !== null),
    );
    server.backAt = Date.parse(outage.until!);
    await until(async () => {
      const rows = await rowsIn('all-long', server.killedAt, server.backAt - MINUTE);
      return rows.size > 1 && rows.values().every((row) => row.state === 'completed');
    });
    for (const each of NAMES) {
      const name = nameOf(each);
      const { lost } = await lostBy(name);
      const within = lost.filter((at) => at >= server.backAt - WINDOWS[each.window]);
      const chosen = each.catchUp === 'none' ? [] : within.slice(each.catchUp === 'latest' ? -1 : 0);
      await until(async () => (await rowsIn(name, lost[0]!, lost.at(-1)! + 1)).size === lost.length);
      const rows = await until(async () => {
        const all = await rowsIn(name, lost[0]!, lost.at(-1)! + 1);
        return all.values().every((row) => row.state !== 'late' && row.state !== 'running') && all;
      });
      const expected = lost.map((at) => {
        if (chosen.includes(at)) return [at, 'completed', null, 'catch-up'];
        const tooOld = each.catchUp !== 'none' && !within.includes(at);
        return [at, 'missed', tooOld ? 'catch-up-window' : 'outage', 'schedule'];
      });
      assert.deepEqual(
        [...rows].map(([at, { state, reason, cause }]) => [at, state, reason, cause]),
        expected,
        name,
      );
      const started = chosen.map((at) => rows.get(at)!);
      for (const [index, row] of started.slice(1).entries())
        assert.ok(row.startedAt! >= started[index]!.finishedAt!, name);
      assert.deepEqual(await startsOf(name, lost[0]!, lost.at(-1)! + 1), chosen, name);
    }
    // The windows tell apart what they should: some of what was lost is within the shorter one, and some is not.
    const { lost } = await lostBy('all-short');
    const early = lost.filter((at) => at < server.backAt - WINDOWS.short);
    assert.ok(early.length > 0 && early.length < lost.length);
  });

  test('wait for workers that are away: the first run is late, the others follow overlap', LIMIT, async () => {
    // Not in the middle of a fire.
    await sleep(EVERY_MS - (Date.now() % EVERY_MS) + 3_000);
    await service.pauseWorkers();
    workers.goneAt = Date.now();
    await sleep(2.5 * EVERY_MS);
    workers.calledAt = Date.now();
    await service.resumeWorkers();
    workers.backAt = Date.now();
    const [first] = firesIn(workers.goneAt, workers.calledAt);
    await until(async () => (await rowsIn('latest-long', first!, first! + 1)).get(first!)?.state === 'completed');
    await sleep(60_000);
  });

  test('have every fire in the ledger, each with its reason', LIMIT, async () => {
    // Until the last of them is settled.
    await until(async () => {
      await reconciler.tick();
      const rows = await Promise.all(NAMES.map((each) => service.store.schedules.get(WORKSPACE, nameOf(each))));
      return rows.every((row) => Date.parse(row!.settledUntil) >= workers.backAt);
    });
    for (const each of NAMES) {
      const name = nameOf(each);
      const { firstBack } = await lostBy(name);
      const rows = await rowsIn(name, server.killedAt, workers.backAt);
      const from = Math.min(...rows.keys());
      assert.deepEqual([...rows.keys()], firesIn(from, workers.backAt), `${name}: every fire has its row`);
      const states = (of: number[]) => of.map((at) => [rows.get(at)?.state, rows.get(at)?.reason ?? null]);
      const overlapped = firesIn(firstBack + 1, server.startedAt);
      assert.deepEqual(
        states(overlapped),
        overlapped.map(() => ['skipped', 'overlap']),
        `${name}: its last minute`,
      );
      const [waited, ...others] = firesIn(workers.goneAt, workers.calledAt);
      assert.deepEqual(states([waited!]), [['completed', null]]);
      assert.ok(rows.get(waited!)!.latenessMs! >= workers.calledAt - waited!, `${name}: it was late`);
      assert.deepEqual(
        states(others),
        others.map(() => ['skipped', 'overlap']),
        `${name}: without workers`,
      );
      const ran = [...rows].filter(([, row]) => row.runId !== null).map(([at]) => at);
      assert.deepEqual(await startsOf(name, server.killedAt, workers.backAt), ran, `${name}: each once`);
      assert.ok(
        rows.values().every((row) => row.reason !== 'unknown' && row.state !== 'planned' && row.state !== 'late'),
      );
    }
  });
});
