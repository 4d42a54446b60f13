import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { InterventionStatus } from '../../../domain/contracts/interventions.ts';
import type { InterventionChanges, Store } from '../../../domain/ports/store.ts';
import { approvalCustomers } from '../../support/customers.ts';
import { type TestService, startTestService } from '../../support/service.ts';
import type { TimeSkipping } from '../../support/temporal.ts';
import { type Desk, type Tuning, approveSkipping, openDesk, until } from './desk.ts';

const LIMIT = { timeout: 30_000 };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Deadlines by the risk of who waits. The rules never ask a person at medium priority, so that decision is put there. */
const DEADLINES: [riskLevel: string, hours: number][] = [
  ['critical', 2],
  ['high', 24],
  ['medium', 48],
];

/** What the passing of hours and days does to an approval, in seconds. */
export function deadlines(name: string, skipping: TimeSkipping, tuning?: Tuning): void {
  describe(name, { skip: skipping.reason ?? false }, () => {
    const env = skipping.env!;
    let service: TestService;
    before(async () => {
      const options = { customers: null, workersStore: withMediumPriority, ...(tuning && { tuning }) };
      service = await startTestService(skipping.target!, options);
    });
    after(() => service.stop());

    const pass = (milliseconds: number): Promise<void> => env.sleep(milliseconds);

    /** Customer A of a workspace of its own waits for approval until `deadline`. */
    async function waiting(workspace: string, riskLevel: string) {
      const desk = await openDesk(service, workspace, approvalCustomers('A'));
      const asked = await env.currentTimeMs();
      const handle = await desk.startIntervention('A', { riskLevel });
      const status = await until(async () => {
        const now = await handle.query<InterventionStatus>('state');
        return now.state === 'waiting_approval' && now;
      });
      return { desk, handle, status, asked, deadline: Date.parse(status.deadline!) };
    }

    const escalation = async (desk: Desk) => (await desk.store.escalations.list(desk.workspace, { limit: 5 })).items;
    const notes = async (desk: Desk) => (await desk.outbox()).toReversed().map((each) => each.subject);

    for (const [riskLevel, hours] of DEADLINES) {
      test(
        `at ${riskLevel} risk: escalated after ${hours / 2} h, over after ${hours} h, and not sent`,
        LIMIT,
        async () => {
          const { desk, handle, asked, deadline } = await waiting(`within-${hours}h`, riskLevel);
          assert.ok(Math.abs(deadline - asked - hours * HOUR) < MINUTE, `the deadline is ${hours} h away`);

          await pass((hours / 2) * HOUR - 2 * MINUTE);
          assert.deepEqual(await escalation(desk), []);
          await pass(4 * MINUTE);
          const [open, ...others] = await until(async () => {
            const found = await escalation(desk);
            return found.length > 0 && found;
          });
          assert.equal(others.length, 0);
          assert.deepEqual([open?.state, open?.owner, open?.customerId], ['open', 'operations', 'A']);
          assert.equal(Date.parse(open?.deadline ?? ''), deadline);
          await until(async () => (await desk.outbox()).length > 0);
          assert.deepEqual(await notes(desk), ['Approval for A: half of the time has passed']);

          await pass((hours / 2) * HOUR - 10 * MINUTE);
          assert.equal((await desk.row('A')).state, 'waiting_approval');
          await pass(10 * MINUTE);
          const row = await desk.row('A', (each) => each.endedAt !== null);
          assert.deepEqual(
            [row.state, row.stateReason],
            ['expired', 'Nobody answered before the deadline, so it was not sent'],
          );
          assert.ok(Math.abs(Date.parse(row.endedAt!) - deadline) < MINUTE, 'it ended at its deadline');
          assert.equal(((await handle.result()) as InterventionStatus).state, 'expired');
          const [after] = await escalation(desk);
          assert.equal(after?.state, 'open');
          assert.deepEqual(
            after?.history.map((entry) => entry.actor),
            ['reveille', 'deadline'],
          );
          assert.match(after?.history[1]?.what ?? '', /not sent/);
          assert.deepEqual(await notes(desk), [
            'Approval for A: half of the time has passed',
            'Approval for A: expired',
          ]);
          assert.ok((await desk.outbox()).every((each) => each.kind === 'escalation' && each.to === 'operations'));
        },
      );
    }

    test('an approval just before the deadline sends the message and resolves the escalation', LIMIT, async () => {
      const { desk, handle, status, deadline } = await waiting('just-before', 'critical');
      await pass(deadline - (await env.currentTimeMs()) - MINUTE);
      await until(async () => (await escalation(desk)).length === 1);
      await approveSkipping(handle, { actor: 'ops', textHash: status.textHash!, note: 'phew' });
      const row = await desk.row('A', (each) => each.endedAt !== null);
      assert.equal(row.state, 'ready');
      assert.ok(Date.parse(row.endedAt!) <= deadline);
      const [resolved] = await escalation(desk);
      assert.equal(resolved?.state, 'resolved');
      assert.match(resolved?.history.at(-1)?.what ?? '', /Approved by ops: phew/);
      assert.deepEqual((await desk.outbox()).map((each) => each.kind).toSorted(), ['escalation', 'intervention']);
      await pass(3 * HOUR);
      assert.equal((await desk.row('A')).state, 'ready');
      assert.equal((await desk.outbox()).length, 2);
    });

    test('an approval before half of the time has passed escalates nothing, ever', LIMIT, async () => {
      const { desk, handle, status } = await waiting('in-time', 'critical');
      await pass(HOUR - 2 * MINUTE);
      await approveSkipping(handle, { actor: 'ops', textHash: status.textHash! });
      await desk.row('A', (each) => each.endedAt !== null);
      await pass(3 * HOUR);
      assert.deepEqual(await escalation(desk), []);
      assert.equal((await desk.outbox()).length, 1);
    });

    test('an edit keeps the deadline, and an approval after it comes too late', LIMIT, async () => {
      const { desk, handle, deadline } = await waiting('too-late', 'critical');
      await pass(HOUR + 30 * MINUTE);
      const body = 'Hello, we are sorry that your parcel did not come. Please tell us how we can help you with it.';
      const edited = await handle.executeUpdate<InterventionStatus, [object]>('edit', {
        args: [{ actor: 'ops', body }],
      });
      assert.equal(Date.parse(edited.deadline!), deadline);
      await pass(HOUR);
      await desk.row('A', (each) => each.state === 'expired');
      await assert.rejects(handle.executeUpdate('approve', { args: [{ actor: 'ops', textHash: edited.textHash! }] }));
      assert.equal((await desk.row('A')).state, 'expired');
      assert.equal(
        (await desk.outbox()).some((each) => each.kind === 'intervention'),
        false,
      );
    });
  });
}

/** Workers see this store: whoever is at medium risk is decided at medium priority. */
function withMediumPriority(store: Store): Store {
  const update: Store['interventions']['update'] = async (workspace, interventionId, changes) => {
    const row = await store.interventions.get(workspace, interventionId);
    const { decision } = changes;
    const changed: InterventionChanges =
      decision && row?.riskLevel === 'medium' ? { ...changes, decision: { ...decision, priority: 'medium' } } : changes;
    return store.interventions.update(workspace, interventionId, changed);
  };
  return { ...store, interventions: { ...store.interventions, update } };
}
