import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { approvalCustomers, readyCustomers, together } from '../../support/customers.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { type Tuning, openDesk } from './desk.ts';

const LIMIT = { timeout: 30_000 };

/** How an intervention ends when it is not a person's answer that ends it. */
export function endings(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let service: TestService;
    before(async () => {
      service = await startTestStack({ customers: null, tuning });
    });
    after(() => service.stop());

    /** A desk whose customer A waits for approval. */
    async function waiting(workspace: string) {
      const desk = await openDesk(service, workspace, approvalCustomers('A'));
      const { handle, status } = await desk.waiting('A');
      return { desk, handle, textHash: status.textHash! };
    }

    test('the signal to cancel ends the wait', LIMIT, async () => {
      const { desk, handle } = await waiting('cancel-signal');
      await handle.signal('cancelIntervention', { reason: 'moved away' });
      assert.equal(((await handle.result()) as { state: string }).state, 'cancelled');
      const row = await desk.row('A');
      assert.deepEqual([row.state, row.stateReason], ['cancelled', 'Cancelled: moved away']);
      assert.ok(row.endedAt);
      assert.deepEqual(await desk.outbox(), []);
    });

    test(
      'the signal to cancel is not lost when it comes before the wait, with or without a reason',
      LIMIT,
      async () => {
        const desk = await openDesk(service, 'cancel-early', together(approvalCustomers('A'), readyCustomers('B')));
        const signals: [id: string, message: object, reason: string][] = [
          ['A', { reason: 'mistake' }, 'Cancelled: mistake'],
          ['B', { because: 7 }, 'Cancelled: no reason given'],
        ];
        for (const [id, message, reason] of signals) {
          const handle = await desk.client.workflow.signalWithStart('intervention', {
            taskQueue: 'reveille',
            workflowId: `intervention/cancel-early/${id}`,
            args: [{ workspace: 'cancel-early', customerId: id }],
            signal: 'cancelIntervention',
            signalArgs: [message],
          });
          assert.equal(((await handle.result()) as { state: string }).state, 'cancelled');
          assert.equal((await desk.row(id)).stateReason, reason);
        }
        assert.deepEqual(await desk.outbox(), []);
      },
    );

    test('cancelled through Temporal, the row says so and the run is cancelled', LIMIT, async () => {
      const { desk, handle } = await waiting('cancel-temporal');
      await handle.cancel();
      await assert.rejects(
        handle.result(),
        (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      );
      const row = await desk.row('A');
      assert.deepEqual([row.state, row.stateReason], ['cancelled', 'Cancelled through Temporal']);
      assert.ok(row.endedAt);
      assert.deepEqual(await desk.outbox(), []);
    });

    test('a customer deleted during the wait is not written to', LIMIT, async () => {
      const { desk, handle, textHash } = await waiting('deleted');
      await desk.store.customers.import('deleted', readyCustomers('SOMEONE-ELSE'), { merge: false });
      await handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash }] });
      assert.equal(((await handle.result()) as { state: string }).state, 'suppressed');
      const row = await desk.row('A');
      assert.deepEqual(
        [row.state, row.stateReason],
        ['suppressed', 'The customer is no longer in the workspace, so it was not sent'],
      );
      assert.ok(row.endedAt);
      assert.deepEqual(await desk.outbox(), []);
    });

    test('one started by hand is scored and labelled when it opens', LIMIT, async () => {
      const { desk, handle } = await waiting('by-hand');
      const row = await desk.row('A');
      assert.equal(row.riskLevel, (await desk.scores())[0]?.riskLevel);
      const { typedSearchAttributes } = await handle.describe();
      const labels = ['Workspace', 'CustomerId', 'RiskLevel'].map((name) =>
        typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD')),
      );
      assert.deepEqual(labels, ['by-hand', 'A', row.riskLevel]);
    });

    test('one customer has one intervention open, also by hand', LIMIT, async () => {
      const { desk } = await waiting('one-open');
      await assert.rejects(desk.startIntervention('A'), { name: 'WorkflowExecutionAlreadyStartedError' });
      const other = await desk.client.workflow.start('intervention', {
        taskQueue: 'reveille',
        workflowId: 'by-another-id',
        args: [{ workspace: 'one-open', customerId: 'A' }],
      });
      const status = (await other.result()) as { state: string; stateReason: string };
      assert.deepEqual([status.state, status.stateReason], ['suppressed', 'Left out: open']);
      assert.equal((await desk.rows('A')).length, 1);
    });
  });
}
