import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { TASK_QUEUES, workflowIds } from '../../domain/contracts/names.ts';
import { type ScheduleSettings, scheduleSettings } from '../../domain/contracts/schedules.ts';
import type { RunRow } from '../../domain/ports/schedule-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import { createBookingService } from '../../services/temporal/bookings.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { connectWorkers } from '../../services/temporal/connection.ts';
import { type Reconciler, startReconciler } from '../../services/temporal/reconciliation/reconciler.ts';
import { type ScheduleService, createScheduleService } from '../../services/temporal/schedules/service.ts';
import { type TestService, quietLogger, startTestService } from '../support/service.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';
import { openContact } from '../workflows/suite/contact-desk.ts';
import { until } from '../workflows/suite/desk.ts';

const LIMIT = { timeout: 90_000 };
const HOUR = 3_600_000;
const WORKSPACE = 'default';
const BROKEN = fileURLToPath(new URL('../support/fixtures/workflows/broken-scan.ts', import.meta.url));

/** The store as workers see it, whose scans wait at their first page while the gate is closed. */
function gated(store: Store, gate: { open: Promise<void> }): Store {
  const customers: Store['customers'] = {
    ...store.customers,
    async page(...given) {
      await gate.open;
      return store.customers.page(...given);
    },
  };
  return { ...store, customers };
}

describe('Reconciliation', () => {
  let temporal: TestTemporal;
  let service: TestService;
  let schedules: ScheduleService;
  const gate = { open: Promise.resolve() };
  const opened: (() => void)[] = [];
  /** How far the reconciler's clock is ahead of the server's. */
  let ahead = 0;
  const now = (): number => Date.now() + ahead;

  before(async () => {
    temporal = await devServer();
    service = await startTestService(temporal.target, {
      customers: null,
      workersStore: (store) => gated(store, gate),
    });
    schedules = createScheduleService({ store: service.store, client: service.client, minIntervalMs: 1_000 });
  });
  afterEach(() => opened.forEach((open) => open()));
  after(async () => {
    await service.stop();
    await temporal.stop();
  });

  const reconciler = (on: Partial<ScheduleService> = {}, store: Store = service.store): Reconciler =>
    startReconciler({
      ...{ store, client: service.client, logger: quietLogger(), holder: 'test', now },
      schedules: { ...schedules, ...on },
      ...{ contacts: createContactService(service.client), bookings: createBookingService(service.client) },
    });

  /** Lets the reconciler see time go by, in steps that it takes for no outage. */
  async function pass(seconds: number, by: Reconciler): Promise<void> {
    for (let left = seconds; left > 0; left -= 30) {
      ahead += Math.min(left, 30) * 1_000;
      await by.tick();
    }
  }

  async function reconciled(
    work: (by: Reconciler) => Promise<void>,
    on: Partial<ScheduleService> = {},
    store?: Store,
  ): Promise<void> {
    const by = reconciler(on, store);
    try {
      await work(by);
    } finally {
      await by.close();
      ahead = 0;
    }
  }

  /** Keeps runs from ending. @returns what lets them */
  function closeGate(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate.open = promise;
    opened.push(resolve);
    return resolve;
  }

  const act = () => ({ by: 'tester', at: new Date().toISOString() });
  const settings = (given: object): ScheduleSettings =>
    scheduleSettings.parse({ workflowType: 'customerScan', ...given });

  /** A schedule that fires in `inMs`, and then an hour later. @returns its first fire */
  async function firingSoon(name: string, more: object = {}, inMs = 2_500): Promise<string> {
    const anchor = new Date(Math.ceil((Date.now() + inMs) / 1_000) * 1_000).toISOString();
    await schedules.create(WORKSPACE, name, settings({ every: HOUR, anchor, ...more }), act());
    return anchor;
  }

  const rowsOf = async (name: string): Promise<RunRow[]> =>
    service.store.runs.between(
      WORKSPACE,
      `${WORKSPACE}/${name}`,
      '2000-01-01T00:00:00.000Z',
      '9999-01-01T00:00:00.000Z',
    );
  const rowAt = async (name: string, at: string): Promise<RunRow | undefined> =>
    (await rowsOf(name)).find(({ plannedAt }) => plannedAt === at);
  const said = (row: RunRow | undefined): unknown[] => [row?.state, row?.reason ?? null, row?.cause];
  const idOf = (name: string, at: string): string =>
    `${workflowIds.scheduled('customerScan', WORKSPACE, name)}-${at.replace('.000', '')}`;
  const runsOf = async (name: string, at: string): Promise<number> => {
    let runs = 0;
    for await (const run of service.client.workflow.list({ query: `WorkflowId = '${idOf(name, at)}'` }))
      runs += run ? 1 : 0;
    return runs;
  };
  const startedOn = (name: string, at: string) =>
    until(async () => {
      const state = await service.client.workflow
        .getHandle(idOf(name, at))
        .describe()
        .catch(() => null);
      return state ?? false;
    });

  test('a fire that runs as it should is in the ledger, and so is the next one', LIMIT, async () => {
    await reconciled(async (by) => {
      const at = await firingSoon('plain');
      await by.tick();
      assert.deepEqual(said(await rowAt('plain', at)), ['planned', null, 'schedule']);
      const row = await until(async () => {
        const found = await rowAt('plain', at);
        return found?.state === 'completed' && found;
      });
      assert.equal(row.workflowId, idOf('plain', at));
      await pass(120, by);
      const rows = await rowsOf('plain');
      assert.deepEqual(
        rows.map((each) => each.state),
        ['completed', 'planned'],
      );
      const settled = (await service.store.schedules.get(WORKSPACE, 'plain'))!.settledUntil;
      assert.ok(settled > at && settled < rows[1]!.plannedAt);
    });
  });

  test('with no worker there a run is late, and runs when one comes', LIMIT, async () => {
    await reconciled(async (by) => {
      await service.pauseWorkers();
      const at = await firingSoon('late');
      await startedOn('late', at);
      await pass(30, by);
      const row = await rowAt('late', at);
      assert.deepEqual([...said(row), row?.workflowId], ['late', null, 'schedule', idOf('late', at)]);
      await service.resumeWorkers();
      await until(async () => (await rowAt('late', at))?.state === 'completed');
    });
  });

  test(
    'a run that is terminated before or while it runs, or timed out at the server, shows as that',
    LIMIT,
    async () => {
      await reconciled(async (by) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        gate.open = promise;
        const [running, timed] = await Promise.all([firingSoon('terminated'), firingSoon('timed')]);
        await service.client.schedule.getHandle(`${WORKSPACE}/timed`).update((previous) => ({
          ...previous,
          action: { ...previous.action, workflowExecutionTimeout: '6s' },
        }));
        await until(async () => (await rowAt('terminated', running))?.state === 'running');
        await service.client.workflow.getHandle(idOf('terminated', running)).terminate('enough');
        await until(async () => (await startedOn('timed', timed)).status.name === 'TIMED_OUT');
        await pass(30, by);
        assert.deepEqual(said(await rowAt('terminated', running)), ['terminated', null, 'schedule']);
        assert.deepEqual(said(await rowAt('timed', timed)), ['timed_out', null, 'schedule']);
        resolve();
        await service.pauseWorkers();
        const waiting = await firingSoon('never-begun');
        await startedOn('never-begun', waiting);
        await pass(30, by);
        await service.client.workflow.getHandle(idOf('never-begun', waiting)).terminate('enough');
        await pass(30, by);
        const row = await rowAt('never-begun', waiting);
        assert.deepEqual([...said(row), row?.startedAt], ['terminated', null, 'schedule', null]);
        await service.resumeWorkers();
      });
    },
  );

  test('a run whose workflow task fails again and again is stuck, and runs when its code is right', LIMIT, async () => {
    await reconciled(async (by) => {
      await service.pauseWorkers();
      const connection = await connectWorkers(temporal.target);
      const broken = await Worker.create({ connection, taskQueue: TASK_QUEUES.main, workflowsPath: BROKEN });
      const running = broken.run();
      const at = await firingSoon('stuck');
      await startedOn('stuck', at);
      await pass(30, by);
      await until(async () => {
        await by.tick();
        return (await rowAt('stuck', at))?.state === 'stuck';
      });
      broken.shutdown();
      await running;
      await connection.close();
      await service.resumeWorkers();
      await until(async () => (await rowAt('stuck', at))?.state === 'completed');
    });
  });

  test('a contact whose workflow was terminated is opened again, and its follow-up is sent', LIMIT, async () => {
    const desk = await openContact(service);
    await desk.schedule('F1', '2s');
    const handle = service.client.workflow.getHandle(workflowIds.contact(desk.workspace, desk.contactId));
    await handle.terminate('a slip');
    await reconciled(async (by) => {
      await by.tick();
      assert.equal((await handle.describe()).status.name, 'TERMINATED');
      await pass(150, by);
      await desk.followUp('F1', ({ state }) => state === 'executed');
    });
    assert.deepEqual(await desk.outbox(), ['F1']);
    await desk.completed();
  });

  test('fires of a paused schedule and fires called off are skipped, and the ledger says why', LIMIT, async () => {
    await reconciled(async (by) => {
      const [paused, off] = await Promise.all([firingSoon('paused'), firingSoon('called-off')]);
      await schedules.pause(WORKSPACE, ['paused'], { reason: 'holiday', ...act() });
      await schedules.setSkip(WORKSPACE, 'called-off', off, true);
      await by.tick();
      assert.deepEqual(await rowsOf('paused'), []);
      await pass(120, by);
      assert.deepEqual(said(await rowAt('paused', paused)), ['skipped', 'paused', 'schedule']);
      assert.deepEqual(said(await rowAt('called-off', off)), ['skipped', 'operator', 'schedule']);
      assert.deepEqual([await runsOf('paused', paused), await runsOf('called-off', off)], [0, 0]);
    });
  });

  test('fires during a run are skipped where runs must not overlap', LIMIT, async () => {
    await reconciled(async (by) => {
      const resolve = closeGate();
      await schedules.create(WORKSPACE, 'overlapping', settings({ every: 2_000 }), act());
      await until(async () => (await rowsOf('overlapping')).some(({ state }) => state === 'running'));
      await new Promise((done) => setTimeout(done, 5_000));
      await schedules.pause(WORKSPACE, ['overlapping'], { reason: 'enough', ...act() });
      const stopped = new Date().toISOString();
      await pass(120, by);
      const rows = (await rowsOf('overlapping')).filter(({ plannedAt }) => plannedAt < stopped);
      assert.deepEqual(said(rows[0]), ['running', null, 'schedule']);
      const reasons = rows.slice(1).map(({ reason }) => reason);
      assert.deepEqual(reasons.slice(0, 1), ['overlap']);
      assert.ok(
        reasons.every((reason) => reason === 'overlap' || reason === 'paused'),
        String(reasons),
      );
      resolve();
      await until(async () => (await rowsOf('overlapping'))[0]?.state === 'completed');
    });
  });

  test(
    'a schedule that is missing on Temporal is made again, and a pause through Temporal is taken over',
    LIMIT,
    async () => {
      await reconciled(async (by) => {
        await Promise.all([firingSoon('deleted', {}, HOUR), firingSoon('stopped', {}, HOUR)]);
        const [deleted, stopped] = ['deleted', 'stopped'].map((name) =>
          service.client.schedule.getHandle(`${WORKSPACE}/${name}`),
        );
        await by.tick();
        await deleted!.delete();
        // As on a server that has lost all of its data.
        const connection = await connectWorkers(temporal.target);
        const { namespace } = temporal.target;
        await connection.operatorService.removeSearchAttributes({ namespace, searchAttributes: ['ScheduleName'] });
        await connection.close();
        await stopped!.pause('the database is being moved');
        await until(async () => {
          await pass(30, by);
          return (await service.store.schedules.get(WORKSPACE, 'stopped'))?.pause;
        });
        const { pause } = (await service.store.schedules.get(WORKSPACE, 'stopped'))!;
        assert.deepEqual([pause?.by, pause?.reason], ['temporal', 'the database is being moved']);
        assert.equal((await deleted!.describe()).state.paused, false);
        await schedules.resume(WORKSPACE, { names: ['stopped'] }, act());
        assert.equal((await stopped!.describe()).state.paused, false);
        await pass(60, by);
        assert.equal((await service.store.schedules.get(WORKSPACE, 'stopped'))?.pause, null);
      });
    },
  );

  describe('Runs that are intended', () => {
    const past = (name: string, count: number) => {
      const first = Math.floor((Date.now() - 30 * HOUR) / HOUR) * HOUR;
      return Array.from({ length: count }, (_, index) => ({
        scheduleId: `${WORKSPACE}/${name}`,
        scheduleVersion: 1,
        plannedAt: new Date(first + index * HOUR).toISOString(),
        plannedLocal: '',
        note: null,
      }));
    };
    const ended = (name: string, count: number) =>
      until(async () => {
        const rows = (await rowsOf(name)).filter(({ state }) => state === 'completed');
        return rows.length === count && rows;
      });

    test('run one after the other, in order, also while the schedule is paused', LIMIT, async () => {
      await schedules.create(WORKSPACE, 'again', settings({ every: HOUR }), act());
      await schedules.pause(WORKSPACE, ['again'], { reason: 'rest', ...act() });
      const intended = past('again', 3);
      await service.store.runs.intend(WORKSPACE, 'backfill', intended);
      await reconciled(async () => {
        const rows = await ended('again', 3);
        assert.deepEqual(
          rows.map(({ cause }) => cause),
          ['backfill', 'backfill', 'backfill'],
        );
        for (const [index, row] of rows.entries()) {
          assert.equal(row.plannedAt, intended[index]!.plannedAt);
          if (index > 0) assert.ok(row.startedAt! >= rows[index - 1]!.finishedAt!);
          assert.equal(await runsOf('again', row.plannedAt), 1);
        }
      });
    });

    test('with jitter run at once', LIMIT, async () => {
      await schedules.create(WORKSPACE, 'jittery', settings({ every: HOUR, policies: { jitter: '10m' } }), act());
      await service.store.runs.intend(WORKSPACE, 'backfill', past('jittery', 2));
      await reconciled(async () => {
        await ended('jittery', 2);
      });
    });

    test('run once, wherever the process that started them died', LIMIT, async () => {
      await schedules.create(WORKSPACE, 'crash', settings({ every: HOUR }), act());
      const [first] = past('crash', 1);
      await service.store.runs.intend(WORKSPACE, 'backfill', [first!]);
      const died = new Error('died');
      const { promise: asked, resolve } = Promise.withResolvers<void>();
      await reconciled(() => asked, {
        async startInstant() {
          resolve();
          throw died;
        },
      });
      assert.equal((await rowAt('crash', first!.plannedAt))?.state, 'late');
      const { promise: told, resolve: tell } = Promise.withResolvers<void>();
      await reconciled(() => told, {
        async startInstant(row, at) {
          await schedules.startInstant(row, at);
          tell();
          throw died;
        },
      });
      await reconciled(async (by) => {
        await ended('crash', 1);
        await pass(90, by);
      });
      assert.equal(await runsOf('crash', first!.plannedAt), 1);
    });

    test('are not started by a process that stood still while another may have done so', LIMIT, async () => {
      await schedules.create(WORKSPACE, 'stood-still', settings({ every: HOUR }), act());
      let asked = 0;
      let standsStill = false;
      const store: Store = {
        ...service.store,
        schedules: {
          ...service.store.schedules,
          async all(workspace) {
            const rows = await service.store.schedules.all(workspace);
            // Between its look at the store and its request.
            if (standsStill) ahead += 61_000;
            standsStill = false;
            return rows;
          },
        },
      };
      const startInstant = async (): Promise<void> => void (asked += 1);
      await reconciled(
        async (by) => {
          await by.tick();
          standsStill = true;
          await service.store.runs.intend(WORKSPACE, 'backfill', past('stood-still', 1));
          await by.tick();
          assert.equal(asked, 0);
          await by.tick();
          assert.equal(asked, 1);
        },
        { startInstant },
        store,
      );
      await schedules.remove(WORKSPACE, 'stood-still', act());
    });

    test('get their turn where runs of the schedule fill its interval', LIMIT, async () => {
      const open = closeGate();
      const policies = { overlap: 'buffer-one' };
      await schedules.create(WORKSPACE, 'busy', settings({ every: 2_000, policies }), act());
      const handle = service.client.schedule.getHandle(`${WORKSPACE}/busy`);
      // One runs, another waits in Temporal's buffer.
      await until(async () => Number((await handle.describe()).raw.info?.bufferSize ?? 0) > 0);
      const [first] = past('busy', 1);
      await service.store.runs.intend(WORKSPACE, 'backfill', [first!]);
      await reconciled(async (by) => {
        await by.tick();
        assert.deepEqual(said(await rowAt('busy', first!.plannedAt)), ['late', null, 'backfill']);
        assert.equal((await rowAt('busy', first!.plannedAt))?.workflowId, idOf('busy', first!.plannedAt));
        open();
        await until(async () => (await rowAt('busy', first!.plannedAt))?.state === 'completed');
      });
      await schedules.remove(WORKSPACE, 'busy', act());
      assert.equal(await runsOf('busy', first!.plannedAt), 1);
    });

    test('are given up where the schedule, changed meanwhile, has no such fire', LIMIT, async () => {
      await schedules.create(WORKSPACE, 'changed', settings({ every: HOUR }), act());
      const intended = past('changed', 2);
      await service.store.runs.intend(WORKSPACE, 'backfill', intended);
      const anchor = intended[1]!.plannedAt;
      await schedules.update(WORKSPACE, 'changed', { every: 2 * HOUR, anchor }, act());
      await reconciled(async () => {
        await ended('changed', 1);
      });
      assert.deepEqual((await rowsOf('changed')).slice(0, 2).map(said), [
        ['skipped', 'operator', 'backfill'],
        ['completed', null, 'backfill'],
      ]);
    });

    test('a catch-up of a schedule that was paused or deleted is given up', LIMIT, async () => {
      for (const name of ['no-more', 'at-rest']) {
        await schedules.create(WORKSPACE, name, settings({ every: HOUR }), act());
        await service.store.runs.intend(WORKSPACE, 'catch-up', past(name, 1));
      }
      await schedules.pause(WORKSPACE, ['at-rest'], { reason: 'rest', ...act() });
      await schedules.remove(WORKSPACE, 'no-more', act());
      await reconciled((by) => by.tick());
      assert.deepEqual(said((await rowsOf('at-rest'))[0]), ['skipped', 'paused', 'catch-up']);
      assert.deepEqual(said((await rowsOf('no-more'))[0]), ['skipped', 'operator', 'catch-up']);
    });
  });
});
