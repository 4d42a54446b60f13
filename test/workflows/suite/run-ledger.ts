import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  WithStartWorkflowOperation,
  type WorkflowExecutionStatusName,
  type WorkflowHandleWithFirstExecutionRunId,
  WorkflowFailedError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { createActivities } from '../../../activities/index.ts';
import { SERVER_TIMEOUT_MARGIN_MS } from '../../../domain/contracts/runs.ts';
import { policies } from '../../../domain/contracts/schedules.ts';
import type { RunRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { openStore } from '../../../services/store/open-store.ts';
import { connectWorkers } from '../../../services/temporal/connection.ts';
import { createWorkflowService } from '../../../services/temporal/workflow-service.ts';
import { WORKFLOW_SOURCES, loadWorkflowBundle } from '../../../workers/bundle.ts';
import { type RunningWorkers, startWorkers } from '../../../workers/run-worker.ts';
import type * as scheduled from '../../support/fixtures/workflows/scheduled.ts';
import { activityDependencies } from '../../support/activity-dependencies.ts';
import { quietLogger, temporaryFolder } from '../../support/service.ts';
import { type TestTemporal, cacheDir, devServer } from '../../support/temporal.ts';
import { type Tuning, eventTypes, until } from './desk.ts';

const LIMIT = { timeout: 60_000 };
const HOUR = 3_600_000;
const FIXTURES = join(import.meta.dirname, '..', '..', 'support', 'fixtures', 'workflows');
const workspace = 'ledger';
const taskQueue = 'reveille';
const act = { by: 'tester', at: '2026-01-01T00:00:00.000Z' };

type Given = Partial<WorkflowStartOptions> & { timeoutMs?: number; name?: string };
type Handle = WorkflowHandleWithFirstExecutionRunId;

/** Runs of every fate, of the memo's schedule, under the ledger that the product has. */
export function runLedgerKeeps(title: string, tuning?: Tuning): void {
  describe(title, () => {
    let temporal: TestTemporal;
    let store: Store;
    let workers: RunningWorkers;
    let startAgain: () => Promise<RunningWorkers>;
    /** Calls of the store's ledger that fail before one works. */
    const broken = { start: 0, finish: 0 };
    const folder = temporaryFolder();
    let count = 0;

    before(async () => {
      temporal = await devServer();
      store = await openStore({ dataDir: folder.path, cacheDir: cacheDir(), logger: quietLogger() });
      await createSchedule('hourly');
      startAgain = () => startWorker(temporal, shaky(store, broken), folder.path, tuning);
      workers = await startAgain();
    });
    after(async () => {
      await workers.drain();
      await store.close();
      await temporal.stop();
      folder.remove();
    });

    async function createSchedule(name: string, pauseAfterFailures: number | null = null): Promise<void> {
      const definition = {
        workflowType: 'customerScan' as const,
        timing: { every: HOUR, anchor: null, timezone: 'Asia/Kolkata' },
        description: null,
        input: {},
        policies: { ...policies.parse({}), pauseAfterFailures },
      };
      const { revision } = await store.schedules.create(workspace, name, definition, act);
      await temporal.client.schedule.create({
        scheduleId: `${workspace}/${name}`,
        spec: { intervals: [{ every: HOUR }] },
        action: { type: 'startWorkflow', workflowType: 'says', workflowId: `says/${name}`, taskQueue, args: [] },
      });
      await store.schedules.applied(workspace, name, revision);
    }

    function options({ timeoutMs, name = 'hourly', ...more }: Given = {}) {
      const memo = { scheduleId: `${workspace}/${name}`, scheduleVersion: 1, ...(timeoutMs && { timeoutMs }) };
      return { taskQueue, workflowId: `run/${++count}`, memo, ...more };
    }

    const start = (type: keyof typeof scheduled, args: unknown[] = [], given: Given = {}): Promise<Handle> =>
      temporal.client.workflow.start(type, { ...options(given), args });

    const rowOf = (handle: Handle): Promise<RunRow | null> => store.runs.get(workspace, handle.firstExecutionRunId);

    /** The row when the run has ended, and what Temporal calls the end. */
    async function ended(
      handle: Handle,
    ): Promise<{ row: RunRow; status: WorkflowExecutionStatusName; error: unknown }> {
      const error: unknown = await handle.result().then(
        () => null,
        (thrown: unknown) => (thrown instanceof WorkflowFailedError ? thrown.cause : thrown),
      );
      const row = await rowOf(handle);
      assert.ok(row, 'the run has a row');
      return { row, status: (await handle.describe()).status.name, error };
    }

    const eventsOf = async (row: RunRow): Promise<string[]> => {
      const events = await store.events.after(workspace, 0, 10_000);
      return events.filter(({ data }) => data['runId'] === row.runId).map(({ type }) => type);
    };

    test('a run that ends well, with what it says of itself', LIMIT, async () => {
      const handle = await start('says', [{ summary: 'all is well', tokensUsed: 12 }]);
      const { row } = await ended(handle);
      assert.deepEqual(
        { ...row, ledgerId: '', plannedAt: '', plannedLocal: '', startedAt: '', finishedAt: '', latenessMs: 0 },
        {
          workspace,
          ledgerId: '',
          scheduleId: 'ledger/hourly',
          scheduleVersion: 1,
          plannedAt: '',
          plannedLocal: '',
          cause: 'trigger',
          state: 'completed',
          reason: null,
          startedAt: '',
          finishedAt: '',
          latenessMs: 0,
          workflowId: handle.workflowId,
          runId: handle.firstExecutionRunId,
          summary: 'all is well',
          tokensUsed: 12,
          error: null,
          note: null,
        },
      );
      const { startTime } = await handle.describe();
      assert.equal(row.plannedAt, startTime.toISOString());
      assert.match(row.plannedLocal, /\+05:30$/);
      assert.ok(row.startedAt! >= row.plannedAt && row.finishedAt! >= row.startedAt!);
      assert.deepEqual(await eventsOf(row), ['run.started', 'run.completed']);
    });

    test('a run of which parts failed, and one that says nothing that can be read', LIMIT, async () => {
      const { row: partly } = await ended(await start('says', [{ failures: 2, summary: '2 of 9 failed' }]));
      assert.deepEqual([partly.state, partly.summary], ['completed_with_errors', '2 of 9 failed']);
      for (const result of [undefined, null, 'text', { summary: 5, tokensUsed: 'many', failures: 'none' }]) {
        const { row } = await ended(await start('says', [result]));
        assert.deepEqual([row.state, row.summary, row.tokensUsed], ['completed', null, null]);
      }
    });

    test('a run that fails, with why in one line', LIMIT, async () => {
      const { row, status } = await ended(await start('fails'));
      assert.deepEqual([row.state, row.error], ['failed', 'NotFound: There is no such customer']);
      assert.equal(status, 'FAILED');
      assert.deepEqual(await eventsOf(row), ['run.started', 'run.failed']);
    });

    test('a run that is cancelled, also before it began', LIMIT, async () => {
      const handle = await start('sleeps', [HOUR]);
      await until(() => rowOf(handle));
      await handle.cancel();
      const { row, status, error } = await ended(handle);
      assert.deepEqual([row.state, status], ['cancelled', 'CANCELLED']);
      assert.ok(error instanceof CancelledFailure);

      const early = await start('sleeps', [HOUR], { timeoutMs: 60_000 });
      await early.cancel();
      assert.equal((await ended(early)).row.state, 'cancelled');
    });

    test('a run that outlasts its timeout: cancelled by its own timer, failed for Temporal', LIMIT, async () => {
      const { row, status, error } = await ended(await start('sleeps', [HOUR], { timeoutMs: 500 }));
      assert.deepEqual([row.state, row.error], ['timed_out', 'TimedOut: It ran longer than its timeout of 0.5s']);
      assert.equal(status, 'FAILED');
      assert.ok(error instanceof ApplicationFailure && error.type === 'TimedOut' && error.nonRetryable);
      assert.ok(Date.parse(row.finishedAt!) - Date.parse(row.startedAt!) < 5_000);

      const tidy = await ended(await start('tidiesUp', [], { timeoutMs: 500 }));
      assert.deepEqual([tidy.row.state, tidy.row.summary], ['completed', 'tidied up']);
    });

    test('a run that keeps within its timeout leaves no timer behind', LIMIT, async () => {
      const handle = await start('sleeps', [50], { timeoutMs: 60_000 });
      assert.equal((await ended(handle)).row.state, 'completed');
      const types = await eventTypes(handle);
      assert.equal(types.filter((type) => type === 'EVENT_TYPE_TIMER_STARTED').length, 2);
      assert.equal(types.filter((type) => type === 'EVENT_TYPE_TIMER_CANCELED').length, 1);
    });

    test(
      'a run that ignores its timeout is ended by the server, and open in the ledger until then',
      LIMIT,
      async () => {
        const handle = await start('isDeaf', [], { timeoutMs: 300, workflowExecutionTimeout: 2_000 });
        const { row, status, error } = await ended(handle);
        assert.deepEqual([row.state, row.finishedAt, status], ['running', null, 'TIMED_OUT']);
        assert.ok(error instanceof TimeoutFailure);
      },
    );

    test('a chain of runs that continue as new has one row, of the first, ended by the last', LIMIT, async () => {
      const handle = await start('continues', [{ left: 2, milliseconds: 50 }]);
      const { row } = await ended(handle);
      assert.deepEqual([row.state, row.summary, row.tokensUsed], ['completed', 'the last of them', 7]);
      assert.equal(row.runId, handle.firstExecutionRunId);
      assert.deepEqual(await eventsOf(row), ['run.started', 'run.completed']);
      assert.equal(await store.runs.get(workspace, (await handle.describe()).runId), null);
    });

    test('the timeout is that of the whole chain', LIMIT, async () => {
      const { row } = await ended(
        await start('continues', [{ left: 1_000, milliseconds: 200 }], {
          timeoutMs: 1_000,
          workflowExecutionTimeout: 1_000 + SERVER_TIMEOUT_MARGIN_MS,
        }),
      );
      assert.equal(row.state, 'timed_out');
      assert.ok(Date.parse(row.finishedAt!) - Date.parse(row.startedAt!) < 10_000);
    });

    test('a run that Temporal tries again has not ended; the last attempt says how it ended', LIMIT, async () => {
      const retry = { maximumAttempts: 3, initialInterval: 100 };
      const better = await ended(await start('fails', [{ until: 2 }], { retry }));
      assert.deepEqual([better.row.state, better.row.summary], ['completed', 'at last']);
      assert.deepEqual(await eventsOf(better.row), ['run.started', 'run.completed']);
      const never = await ended(await start('fails', [{}], { retry: { ...retry, maximumAttempts: 2 } }));
      assert.equal(never.row.state, 'failed');
      const atOnce = await ended(await start('fails', [{ nonRetryable: true }], { retry }));
      assert.equal(atOnce.row.state, 'failed');
    });

    test('a run whose workflow task fails again and again has not ended', LIMIT, async () => {
      const handle = await start('isFaulty');
      await until(() => rowOf(handle));
      await until(async () => (await eventTypes(handle)).includes('EVENT_TYPE_WORKFLOW_TASK_FAILED'));
      assert.equal((await rowOf(handle))?.state, 'running');
      await handle.terminate('for a test');
    });

    test('an update that comes with the start is answered', LIMIT, async () => {
      const startWorkflowOperation = new WithStartWorkflowOperation('answers', {
        ...options(),
        args: [],
        workflowIdConflictPolicy: 'FAIL',
      });
      const said = await temporal.client.workflow.executeUpdateWithStart('answer', {
        args: ['Ready'],
        startWorkflowOperation,
      });
      assert.equal(said, 'Ready!');
      const handle = await startWorkflowOperation.workflowHandle();
      await handle.result();
      const row = await store.runs.get(workspace, (await handle.describe()).runId);
      assert.deepEqual([row?.state, row?.summary], ['completed', 'Ready']);
    });

    test('a run that waited for a worker started when that took it up', LIMIT, async () => {
      await workers.drain();
      const handle = await start('says', [{}], { timeoutMs: 100 });
      await delay(300);
      const back = Date.now();
      workers = await startAgain();
      const { row } = await ended(handle);
      assert.equal(row.state, 'completed');
      assert.ok(Date.parse(row.startedAt!) >= back, 'the time without a worker is no time of the run');
      assert.ok(row.latenessMs! >= 300);
    });

    test('a store that hiccups: the row is there once, with its start before its end', LIMIT, async () => {
      Object.assign(broken, { start: 2, finish: 2 });
      const { row } = await ended(await start('says', [{ summary: 'in spite of it' }]));
      assert.deepEqual([broken.start, broken.finish], [0, 0]);
      assert.deepEqual([row.state, row.summary], ['completed', 'in spite of it']);
      assert.deepEqual(await eventsOf(row), ['run.started', 'run.completed']);
    });

    test(
      'so many failures in a row pause the schedule, here and on Temporal, and one good run forgives',
      LIMIT,
      async () => {
        const name = 'fragile';
        await createSchedule(name, 2);
        const run = async (type: keyof typeof scheduled): Promise<boolean> => {
          await ended(await start(type, [], { name }));
          return (await store.schedules.get(workspace, name))?.pause !== null;
        };
        assert.deepEqual([await run('fails'), await run('says'), await run('fails')], [false, false, false]);
        assert.equal(await run('fails'), true);
        const schedule = await store.schedules.get(workspace, name);
        assert.equal(schedule?.pause?.by, 'reveille');
        assert.equal(schedule?.pause?.reason, 'paused after 2 failures in a row');
        assert.equal(schedule?.appliedRevision, schedule?.revision);
        const { state } = await temporal.client.schedule.getHandle(`${workspace}/${name}`).describe();
        assert.deepEqual([state.paused, state.note], [true, 'Paused by reveille: paused after 2 failures in a row']);
        const events = await store.events.after(workspace, 0, 10_000);
        assert.equal(events.filter(({ type }) => type === 'schedule.disabled').length, 1);
      },
    );

    test('a run of no schedule has no row, whatever else its memo holds', LIMIT, async () => {
      for (const memo of [{}, { scheduleId: 5 }, { scheduleId: '' }, { cause: 'trigger' }]) {
        const handle = await start('says', [{}], { memo });
        await handle.result();
        assert.equal(await rowOf(handle), null);
        const plain = await eventTypes(handle);
        assert.ok(plain.every((type) => type !== 'EVENT_TYPE_MARKER_RECORDED'));
      }
    });
  });
}

/** The same store, whose ledger fails as often as `broken` says. */
function shaky(store: Store, broken: { start: number; finish: number }): Store {
  const away = (what: 'start' | 'finish'): void => {
    if (broken[what] === 0) return;
    broken[what] -= 1;
    throw new Error('the store is away');
  };
  return {
    ...store,
    runs: {
      ...store.runs,
      start: async (...args) => {
        away('start');
        return store.runs.start(...args);
      },
      finish: async (...args) => {
        away('finish');
        return store.runs.finish(...args);
      },
    },
  };
}

async function startWorker(
  { target, client }: TestTemporal,
  store: Store,
  dataDir: string,
  tuning?: Tuning,
): Promise<RunningWorkers> {
  const logger = quietLogger();
  const workflowBundle = await loadWorkflowBundle({
    production: false,
    logger,
    sources: {
      ...WORKFLOW_SOURCES,
      entry: join(FIXTURES, 'scheduled.ts'),
      folders: [...WORKFLOW_SOURCES.folders, FIXTURES],
    },
  });
  const connection = await connectWorkers(target);
  const activities = createActivities({
    ...activityDependencies(store, dataDir),
    workflows: createWorkflowService(client),
  });
  const workers = await startWorkers({
    connection,
    namespace: target.namespace,
    queues: [{ taskQueue, workflowBundle, activities }],
    shutdownGraceMs: 1_000,
    logger,
    ...(tuning ? { tuning } : {}),
  });
  return { ...workers, drain: () => workers.drain().finally(() => connection.close()) };
}
