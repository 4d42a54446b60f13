import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { MaintenanceOutcome } from '../../../domain/contracts/maintenance.ts';
import { ReveilleError } from '../../../domain/errors.ts';
import type { RunRow } from '../../../domain/ports/schedule-store.ts';
import { approvalCustomers, readyCustomers } from '../../support/customers.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { type Desk, type Tuning, openDesk, until } from './desk.ts';

const LIMIT = { timeout: 60_000 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const overlap = ScheduleOverlapPolicy.ALLOW_ALL;

/** Scheduled scans, interventions and maintenance as the product has them, and what the ledger says of them. */
export function scheduledRuns(title: string, tuning?: Tuning): void {
  describe(title, () => {
    let service: TestService;
    let broken = false;
    before(async () => {
      service = await startTestStack({
        customers: null,
        tuning,
        workersStore: (store) => ({
          ...store,
          interventions: {
            ...store.interventions,
            open: async (workspace, row) => {
              if (row.customerId === 'BROKEN') throw new ReveilleError('conflict', 'for a test');
              return store.interventions.open(workspace, row);
            },
          },
          schedules: {
            ...store.schedules,
            all: async (workspace) => {
              if (broken) throw new ReveilleError('conflict', 'for a test');
              return store.schedules.all(workspace);
            },
          },
        }),
      });
    });
    after(() => service.stop());

    const ended = (desk: Desk, count = 1): Promise<RunRow[]> =>
      until(async () => {
        const { items } = await desk.store.runs.list(desk.workspace, { limit: 50 });
        return items.filter((row) => row.finishedAt !== null).length === count && items;
      });

    test('a fire that a change of clock moved says so, with its local time and its version', LIMIT, async () => {
      const desk = await openDesk(service, 'moved', readyCustomers('A', 'B'));
      await desk.operations.createSchedule(desk.caller, {
        name: 'nightly',
        workflowType: 'customerScan',
        cron: '0 2 * * *',
        timezone: 'America/New_York',
        input: { maxInterventions: 1 },
      });
      const at = new Date('2027-03-14T07:00:00Z');
      await service.client.schedule.getHandle('moved/nightly').backfill({ start: at, end: at, overlap });
      const [row] = await ended(desk);
      assert.deepEqual(
        { ...row, startedAt: '', finishedAt: '', latenessMs: 0, runId: '', ledgerId: '' },
        {
          workspace: 'moved',
          ledgerId: '',
          scheduleId: 'moved/nightly',
          scheduleVersion: 1,
          plannedAt: '2027-03-14T07:00:00.000Z',
          plannedLocal: '2027-03-14T03:00:00-04:00',
          cause: 'schedule',
          state: 'completed',
          reason: null,
          startedAt: '',
          finishedAt: '',
          latenessMs: 0,
          workflowId: 'customer-scan/moved/nightly-2027-03-14T07:00:00Z',
          runId: '',
          summary: '2 customers scored, 2 at risk, 1 intervention',
          tokensUsed: null,
          error: null,
          note: '02:00 does not exist on this day',
        },
      );
    });

    test('a trigger shows as one, whether through Reveille or through Temporal', LIMIT, async () => {
      const desk = await openDesk(service, 'triggered', readyCustomers('A'));
      const schedule = { name: 'yearly', workflowType: 'customerScan', cron: '@yearly', input: {} } as const;
      await desk.operations.createSchedule(desk.caller, schedule);
      const { runId } = await desk.operations.triggerSchedule(desk.caller, { name: 'yearly' });
      const [ours] = await ended(desk);
      assert.deepEqual([ours?.runId, ours?.cause, ours?.state], [runId, 'trigger', 'completed']);
      await service.client.schedule.getHandle('triggered/yearly').trigger();
      const rows = await ended(desk, 2);
      assert.deepEqual(
        rows.map(({ cause, state, note, scheduleVersion }) => [cause, state, note, scheduleVersion]),
        [
          ['trigger', 'completed', null, 1],
          ['trigger', 'completed', null, 1],
        ],
      );
    });

    test('a schedule that Reveille did not make has its runs in the workspace they are for', LIMIT, async () => {
      const desk = await openDesk(service, 'foreign', readyCustomers('A'));
      const ours = { workspace: desk.workspace };
      for (const [scheduleId, input] of Object.entries({ 'By hand': ours, 'foreign/plain': ours })) {
        const schedule = await service.client.schedule.create({
          scheduleId,
          spec: { intervals: [{ every: '1h' }] },
          action: {
            type: 'startWorkflow',
            workflowType: 'customerScan',
            workflowId: randomUUID(),
            taskQueue: 'reveille',
            args: [input],
          },
        });
        const hour = new Date(Math.floor(Date.now() / HOUR) * HOUR);
        await schedule.backfill({ start: hour, end: hour, overlap });
      }
      const rows = await ended(desk, 2);
      assert.deepEqual(rows.map(({ scheduleId }) => scheduleId).toSorted(), ['By hand', 'foreign/plain']);
      for (const row of rows) {
        assert.deepEqual([row.scheduleVersion, row.cause, row.state, row.note], [null, 'schedule', 'completed', null]);
        assert.equal(row.plannedLocal, row.plannedAt.replace('.000Z', '+00:00'));
      }
    });

    test('a scan with an intervention that failed completed with errors', LIMIT, async () => {
      const desk = await openDesk(service, 'partly', readyCustomers('A', 'BROKEN'));
      const schedule = { name: 'yearly', workflowType: 'customerScan', cron: '@yearly', input: {} } as const;
      await desk.operations.createSchedule(desk.caller, schedule);
      await desk.operations.triggerSchedule(desk.caller, { name: 'yearly' });
      const [row] = await ended(desk);
      assert.deepEqual(
        [row?.state, row?.summary],
        ['completed_with_errors', '2 customers scored, 2 at risk, 1 intervention, 1 failed'],
      );
    });

    test('a scan whose input is wrong has failed, with the field', LIMIT, async () => {
      const desk = await openDesk(service, 'wrong', null);
      const schedule = await service.client.schedule.create({
        scheduleId: 'wrong/input',
        spec: { intervals: [{ every: '1h' }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'customerScan',
          workflowId: 'customer-scan/wrong/input',
          taskQueue: 'reveille',
          args: [{ riskTreshold: 0.7 }],
        },
      });
      await schedule.trigger();
      const [row] = await ended(desk);
      assert.equal(row?.state, 'failed');
      assert.equal(row?.error, 'InvalidInput: Invalid workflow input: riskTreshold: is not a known field');
    });

    test(
      'an intervention that a schedule starts takes its approval, and its row says when it ended',
      LIMIT,
      async () => {
        const desk = await openDesk(service, 'asking', approvalCustomers('A'));
        const handle = await service.client.workflow.start('intervention', {
          taskQueue: 'reveille',
          workflowId: 'intervention/asking/A',
          args: [{ workspace: desk.workspace, customerId: 'A' }],
          memo: { scheduleId: 'asking/welcome', scheduleVersion: 3 },
        });
        const { interventionId, textHash } = await desk.row('A', ({ state }) => state === 'waiting_approval');
        assert.equal((await desk.store.runs.get('asking', interventionId))?.state, 'running');
        await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash }] });
        await handle.result();
        const [row] = await ended(desk);
        assert.deepEqual([row?.state, row?.runId, row?.scheduleVersion], ['completed', interventionId, null]);
      },
    );

    const maintain = (input: object): Promise<MaintenanceOutcome> =>
      service.run('maintenance', [input], `maintenance/${randomUUID()}`) as Promise<MaintenanceOutcome>;

    test('maintenance checks schedules and drops runs that are older than they are kept', LIMIT, async () => {
      const desk = await openDesk(service, 'old', null);
      const { runs } = desk.store;
      for (const age of [91 * DAY, 89 * DAY]) {
        const runId = randomUUID();
        const at = new Date(Date.now() - age).toISOString();
        const planned = { scheduleVersion: 1, plannedAt: at, plannedLocal: at, note: null, cause: 'schedule' } as const;
        await runs.start('old', { ...planned, scheduleId: 'old/x', workflowId: runId, runId, startedAt: at });
        await runs.finish('old', runId, {
          state: 'completed',
          finishedAt: at,
          summary: null,
          tokensUsed: null,
          error: null,
        });
      }
      const one = await maintain({ workspace: 'moved' });
      assert.deepEqual(one, {
        schedules: { checked: 1, renewed: 0 },
        dropped: null,
        failures: 0,
        summary: '1 schedules checked, 0 renewed',
      });
      const all = await maintain({ workspace: 'reveille' });
      assert.equal(all.dropped?.runs, 1);
      assert.ok(all.schedules!.checked >= 2);
      assert.match(all.summary, /^\d+ schedules checked, 0 renewed; 1 runs, \d+ events and 0 answers dropped$/);
      assert.equal((await runs.list('old', { limit: 5 })).items.length, 1);
    });

    test('maintenance whose one part fails does the other, and says that it ended with errors', LIMIT, async () => {
      broken = true;
      const outcome = await maintain({});
      broken = false;
      assert.deepEqual([outcome.schedules, outcome.failures], [null, 1]);
      assert.ok(outcome.dropped);
      assert.match(outcome.summary, /^renewing schedules failed: Conflict: for a test \(in renewSchedules\); 0 runs, /);
    });
  });
}
