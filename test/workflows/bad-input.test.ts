import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { approvalCustomers } from '../support/customers.ts';
import { type TestService, startTestStack } from '../support/service.ts';
import { eventTypes, failedTasks, openDesk } from './suite/desk.ts';

/** Far less than it would take if it were tried again for ever. */
const LIMIT = { timeout: 30_000 };

/** Input that cannot be meant, and what the failure must name. */
const BAD: [title: string, type: string, args: unknown[], names: RegExp][] = [
  ['null', 'customerScan', [null], /expected object, received null/],
  ['a second argument', 'customerScan', [{}, {}], /one JSON object, not 2 arguments/],
  ['text', 'customerScan', ['risk'], /expected object, received string/],
  ['a list', 'customerScan', [[]], /expected object, received array/],
  ['a wrong type', 'customerScan', [{ riskThreshold: '0.7' }], /riskThreshold: .*expected number/],
  ['a mistyped field', 'customerScan', [{ riskTreshold: 0.7 }], /riskTreshold: is not a known field/],
  ['a risk above 1', 'customerScan', [{ riskThreshold: 1.5 }], /riskThreshold: /],
  ['a negative count', 'customerScan', [{ maxInterventions: -1 }], /maxInterventions: /],
  ['half a count', 'customerScan', [{ maxInterventions: 1.5 }], /maxInterventions: /],
  ['more than a history holds', 'customerScan', [{ maxInterventions: 501 }], /maxInterventions: /],
  ['an instant without zone', 'customerScan', [{ asOf: '2026-01-31T09:00:00' }], /asOf: must be an ISO 8601 instant/],
  ['a date that never was', 'customerScan', [{ asOf: '2026-02-30T09:00:00Z' }], /asOf: /],
  ['a workspace that is no slug', 'customerScan', [{ workspace: '../etc' }], /workspace: must be 1 to 40/],
  ['two wrong fields', 'customerScan', [{ dryRun: 'yes', segments: 'VIP' }], /segments: .*dryRun: /],
  ['a workspace that is none', 'maintenance', [{ workspace: 5 }], /workspace: /],
  ['a field of another workflow', 'maintenance', [{ dryRun: true }], /dryRun: is not a known field/],
  ['no customer', 'intervention', [], /customerId: /],
  ['a mail address as id', 'intervention', [{ customerId: 'a@example.com' }], /customerId: must be 1 to 64/],
  ['a customer nobody knows', 'intervention', [{ customerId: 'NOBODY' }], /customerId: .*no customer NOBODY/],
  ['an unknown level', 'intervention', [{ customerId: 'A', riskLevel: 'dire' }], /riskLevel: /],
];

describe('Bad workflow input', () => {
  let service: TestService;
  before(async () => {
    service = await startTestStack({ customers: null });
  });
  after(() => service.stop());

  async function failureOf(type: string, args: unknown[]): Promise<{ failure: ApplicationFailure; retried: string[] }> {
    const handle = await service.client.workflow.start(type, {
      args,
      taskQueue: 'reveille',
      workflowId: `bad/${crypto.randomUUID()}`,
    });
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure, String(error));
    return { failure: error.cause, retried: await failedTasks(handle) };
  }

  for (const [title, type, args, names] of BAD) {
    test(`${title} for ${type} ends the run at once and names what is wrong`, LIMIT, async () => {
      const { failure, retried } = await failureOf(type, args);
      assert.equal(failure.type, 'InvalidInput');
      assert.equal(failure.nonRetryable, true);
      assert.match(failure.message, names);
      assert.deepEqual(retried, []);
    });
  }

  test('a workflow type nobody knows ends at once and the known ones are named', LIMIT, async () => {
    const { failure, retried } = await failureOf('customerScam', [{}]);
    assert.equal(failure.type, 'UnknownWorkflowType');
    assert.match(
      failure.message,
      /"customerScam"\. Known types: customerScan, intervention, contact, booking, maintenance\./,
    );
    assert.deepEqual(retried, []);
  });

  test('nothing of all this was written anywhere', LIMIT, async () => {
    assert.deepEqual((await service.store.scans.list('default', { limit: 5 })).items, []);
    assert.deepEqual((await service.store.interventions.list('default', { limit: 5 })).items, []);
  });

  test('a run without any input has every default', LIMIT, async () => {
    const handle = await service.client.workflow.start('customerScan', { taskQueue: 'reveille', workflowId: 'none' });
    const { customersScanned } = (await handle.result()) as { customersScanned: number };
    assert.equal(customersScanned, 0);
    assert.equal((await service.store.scans.list('default', { limit: 5 })).items.length, 1);
  });

  test('a message that says too little or too much is refused and changes nothing', LIMIT, async () => {
    const desk = await openDesk(service, 'messages', approvalCustomers('A'));
    const { handle, status } = await desk.waiting('A');
    const { textHash } = status;
    const bad: [string, unknown[], RegExp][] = [
      ['approve', [], /actor/],
      ['approve', [null], /received null/],
      ['approve', [{ textHash }], /actor/],
      ['approve', [{ actor: ' ', textHash }], /actor/],
      ['approve', [{ actor: 'ops', textHash: 'yes' }], /textHash: must be the 64 hex digits/],
      ['approve', [{ actor: 'ops', textHash, force: true }], /force: is not a known field/],
      ['reject', [{ actor: 'ops' }], /note/],
      ['edit', [{ actor: 'ops', body: '' }], /body/],
      ['edit', [{ actor: 'ops', body: 'x'.repeat(5_001) }], /body/],
    ];
    for (const [update, args, names] of bad) {
      const error = await handle.executeUpdate(update, { args: args as [unknown, ...unknown[]] }).then(
        () => assert.fail(`${update} ${JSON.stringify(args)} was taken`),
        (thrown: unknown) => thrown as Error & { cause: ApplicationFailure },
      );
      assert.equal(error.cause.type, 'InvalidInput');
      assert.match(error.cause.message, names);
    }
    assert.deepEqual(await handle.query('state'), status);
    assert.deepEqual(await failedTasks(handle), []);
    assert.ok((await eventTypes(handle)).every((event) => !event.includes('UPDATE')));
  });
});
