import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { CancelledFailure, type WorkflowHandle, WorkflowFailedError } from '@temporalio/client';
import type { InterventionStatus } from '../../../domain/contracts/interventions.ts';
import type { ScanProgress } from '../../../domain/contracts/scans.ts';
import type { ScanOutcome } from '../../../workflows/customer-scan.ts';
import { approvalCustomers, readyCustomers, together } from '../../support/customers.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { type Tuning, failedTasks, openDesk, until } from './desk.ts';

const LIMIT = { timeout: 60_000 };
const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

/** Scans at work: several at once, beside open approvals, watched, cancelled, and found by a plain Temporal client. */
export function scansLive(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let service: TestService;
    before(async () => {
      service = await startTestStack({ customers: null, tuning });
    });
    after(() => service.stop());

    test('scans at once never open two interventions for one customer', LIMIT, async () => {
      const customers = ids('C', 12);
      const desk = await openDesk(
        service,
        'at-once',
        together(readyCustomers(...customers.slice(0, 6)), approvalCustomers(...customers.slice(6))),
      );
      const scans = await Promise.all([1, 2, 3].map(() => desk.scan({ maxInterventions: 12 })));
      const opened = (await desk.rows()).map((row) => row.customerId);
      assert.deepEqual(opened.toSorted(), customers.toSorted());
      const told = scans.flatMap(({ outcome }) => outcome.interventions.map((each) => each.customerId));
      assert.deepEqual(told.toSorted(), customers.toSorted());
      for (const { outcome } of scans) {
        const leftOut = Object.values(outcome.excluded).reduce((sum, count) => sum + count, 0);
        assert.equal(outcome.interventions.length + leftOut, 12);
      }
      await until(async () => (await desk.outbox()).length >= 6);
      assert.deepEqual(
        (await desk.outbox()).map((each) => each.customerId).toSorted(),
        customers.slice(0, 6).toSorted(),
      );
      for (const id of customers) assert.equal(desk.memory(id).length, 1);
      assert.deepEqual(scans.map(({ row }) => row.number).toSorted(), [1, 2, 3]);
    });

    test('an approval that stays open holds up neither its own scan nor the next', LIMIT, async () => {
      const desk = await openDesk(service, 'held', approvalCustomers('WAITS'));
      const first = await desk.scan();
      assert.deepEqual(
        first.outcome.interventions.map((each) => each.state),
        ['waiting_approval'],
      );
      const second = await desk.scan();
      assert.deepEqual([second.outcome.interventions, second.outcome.excluded], [[], { open: 1 }]);
      const row = await desk.row('WAITS');
      assert.equal(row.state, 'waiting_approval');
      await desk.operations.approve(desk.caller, { id: row.interventionId, textHash: row.textHash! });
      assert.equal((await desk.row('WAITS', (each) => each.endedAt !== null)).state, 'ready');
    });

    test('the progress query tells how far a scan has come, also when it is over', LIMIT, async () => {
      const desk = await openDesk(service, 'progress', together(approvalCustomers('A', 'B'), readyCustomers('C')));
      await desk.scan({ maxInterventions: 1 });
      const handle = await desk.startScan({ maxInterventions: 1 });
      const during = await handle.query<ScanProgress>('progress');
      assert.ok(['scoring', 'intervening', 'finishing', 'done'].includes(during.phase));
      const { scanId } = (await handle.result()) as ScanOutcome;
      assert.deepEqual(await handle.query('progress'), {
        scanId,
        phase: 'done',
        customersScanned: 3,
        atRisk: 3,
        excluded: { open: 1 },
        chosen: 1,
        decided: 1,
      });
    });

    test('cancelling a scan ends its row and leaves the interventions it opened alive', LIMIT, async () => {
      const customers = ids('C', 30);
      const desk = await openDesk(service, 'cancelled', approvalCustomers(...customers));
      const handle = await desk.startScan({ maxInterventions: 30 });
      await until(async () => (await handle.query<ScanProgress>('progress')).decided > 0);
      await handle.cancel();
      await assert.rejects(handle.result(), isCancelled);
      const [scan] = (await desk.store.scans.list(desk.workspace, { limit: 5 })).items;
      assert.ok(scan && scan.elapsedMs !== null, 'the row of the scan has an end');
      assert.deepEqual([scan.customersScanned, scan.atRisk], [30, 30]);
      const waiting = await until(async () => {
        const rows = await desk.rows();
        return rows.every((row) => row.state === 'waiting_approval') && rows;
      });
      assert.ok(waiting.length > 0 && waiting.length < 30, `${waiting.length} of 30 were opened`);
      const { status } = await desk.client.workflow.getHandle(waiting[0]!.workflowId!).describe();
      assert.equal(status.name, 'RUNNING');
      assert.equal((await desk.store.scans.totals(desk.workspace)).scans, 1);
    });

    test('a scan cancelled before it began still has a row, with an end', LIMIT, async () => {
      const desk = await openDesk(service, 'cancelled-early', readyCustomers('A'));
      const handle = await desk.startScan();
      await handle.cancel();
      await assert.rejects(handle.result(), isCancelled);
      const [scan] = (await desk.store.scans.list(desk.workspace, { limit: 5 })).items;
      assert.ok(scan && scan.elapsedMs !== null);
    });

    test('an intervention that was terminated is settled by the next scan, which opens another', LIMIT, async () => {
      const desk = await openDesk(service, 'terminated', approvalCustomers('LOST'));
      const { handle, status } = await desk.waiting('LOST');
      await handle.terminate('for a test');
      const { outcome } = await desk.scan();
      assert.equal(outcome.interventions.length, 1);
      const lost = await desk.store.interventions.get(desk.workspace, status.interventionId);
      assert.equal(lost?.state, 'failed');
      assert.match(lost?.stateReason ?? '', /terminated or lost/);
      assert.ok(lost?.endedAt);
    });

    test(
      'an intervention that was reset goes on: the next scan leaves it, and an approval reaches it',
      LIMIT,
      async () => {
        const desk = await openDesk(service, 'reset', approvalCustomers('AGAIN'));
        const { handle, status } = await desk.waiting('AGAIN');
        const history = await handle.fetchHistory();
        const firstTask = history.events?.find((event) => event.workflowTaskCompletedEventAttributes);
        await service.client.workflowService.resetWorkflowExecution({
          namespace: service.client.options.namespace,
          workflowExecution: { workflowId: handle.workflowId },
          workflowTaskFinishEventId: firstTask?.eventId ?? null,
          reason: 'for a test',
          requestId: randomUUID(),
        });
        const { outcome } = await desk.scan();
        assert.deepEqual([outcome.interventions, outcome.excluded], [[], { open: 1 }]);
        await until(async () => (await handle.query<InterventionStatus>('state')).state === 'waiting_approval');
        const { interventionId: id, textHash } = status;
        const approved = await desk.operations.approve(desk.caller, { id, textHash: textHash ?? '' });
        assert.equal(approved.interventionId, id);
        const row = await desk.row('AGAIN', ({ endedAt }) => endedAt !== null);
        assert.deepEqual([row.interventionId, row.state], [id, 'ready']);
        assert.equal(desk.memory('AGAIN').length, 1);
      },
    );

    test('a plain Temporal client starts, finds, asks, approves and cancels all of it', LIMIT, async () => {
      await openDesk(service, 'plain', approvalCustomers('YES', 'NO'));
      const { workflow } = service.client;
      const scan = await workflow.start('customerScan', {
        taskQueue: 'reveille',
        workflowId: 'customer-scan/plain/manual/1',
        args: [{ workspace: 'plain' }],
      });
      const outcome = (await scan.result()) as ScanOutcome;
      assert.equal(outcome.interventions.length, 2);
      const find = (customerId: string): Promise<WorkflowHandle> =>
        until(async () => {
          const query = `WorkflowType = 'intervention' AND Workspace = 'plain' AND CustomerId = '${customerId}' AND RiskLevel IN ('high', 'critical') AND ExecutionStatus = 'Running'`;
          for await (const { workflowId, runId } of workflow.list({ query })) {
            return workflow.getHandle(workflowId, runId);
          }
          return undefined;
        });
      const yes = await find('YES');
      const { textHash, state } = await yes.query<{ textHash: string; state: string }>('state');
      assert.equal(state, 'waiting_approval');
      await yes.executeUpdate('approve', { args: [{ actor: 'ops', textHash, note: 'fine' }] });
      assert.equal(((await yes.result()) as { state: string }).state, 'ready');

      const no = await find('NO');
      await no.cancel();
      await assert.rejects(no.result(), isCancelled);
      const rows = (await service.store.interventions.list('plain', { limit: 5 })).items;
      assert.deepEqual(Object.fromEntries(rows.map((row) => [row.customerId, row.state])), {
        YES: 'ready',
        NO: 'cancelled',
      });
      const scans = workflow.list({ query: `WorkflowType = 'customerScan' AND Workspace = 'plain'` });
      const listed = await until(async () => {
        for await (const { workflowId } of scans) return workflowId;
        return undefined;
      });
      assert.equal(listed, 'customer-scan/plain/manual/1');
      assert.deepEqual(await failedTasks(scan), []);
    });

    test('two workspaces at work on one worker share nothing', LIMIT, async () => {
      const customers = ids('C', 4);
      const named = (who: string, data = approvalCustomers(...customers)) => ({
        ...data,
        customers: data.customers.map((each) => ({
          ...each,
          firstName: who,
          email: `${each.customerId}@${who}.example`,
        })),
      });
      const desks = [await openDesk(service, 'left', named('Left')), await openDesk(service, 'right', named('Right'))];
      await Promise.all(desks.map((desk) => desk.scan()));
      await Promise.all(
        desks.map(async (desk) => {
          for (const row of await desk.rows()) {
            await desk.operations.approve(desk.caller, { id: row.interventionId, textHash: row.textHash! });
          }
        }),
      );
      for (const [desk, who] of [[desks[0]!, 'Left'] as const, [desks[1]!, 'Right'] as const]) {
        const rows = await desk.rows();
        assert.deepEqual(rows.map((row) => row.customerId).toSorted(), customers);
        assert.ok(rows.every((row) => row.name === `${who} Last` && row.body?.includes(who)));
        await until(async () => (await desk.outbox()).length === 4);
        const outbox = await desk.outbox();
        assert.deepEqual(
          outbox.map((each) => each.to).toSorted(),
          customers.map((id) => `${id}@${who}.example`),
        );
        for (const id of customers) {
          assert.deepEqual(
            desk.memory(id).map((line) => line.name),
            [`${who} Last`],
          );
        }
        assert.equal((await desk.store.scans.totals(desk.workspace)).interventions, 4);
      }
    });
  });
}

function isCancelled(error: unknown): boolean {
  return error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure;
}
