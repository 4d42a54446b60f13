import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { memoryFile } from '../../../services/memory-files.ts';
import { approvalCustomers, customer, emptyData, readyCustomers, together } from '../../support/customers.ts';
import { type TestService, sampleCustomers, startTestService, temporaryFolder } from '../../support/service.ts';
import { type TestTemporal, devServer } from '../../support/temporal.ts';
import { type Tuning, openDesk, until, worstOf } from './desk.ts';

const DAY_MS = 86_400_000;
const LIMIT = { timeout: 60_000 };

/** Whom a scan chooses, whom it leaves out, and what it writes of that. */
export function scansChoose(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let temporal: TestTemporal;
    let service: TestService;
    const folder = temporaryFolder();
    const start = () =>
      startTestService(temporal.target, { customers: null, dataDir: folder.path, ...(tuning && { tuning }) });
    before(async () => {
      temporal = await devServer();
      service = await start();
    });
    after(async () => {
      await service.stop();
      await temporal.stop();
      folder.remove();
    });

    test('a scan opens interventions for the worst, in order and no more than it may', LIMIT, async () => {
      const data = sampleCustomers(200);
      const desk = await openDesk(service, 'worst', data);
      const values = new Map(data.customers.map((each) => [each.customerId, each.lifetimeValue]));
      const asOf = new Date().toISOString();
      const expected = worstOf(await desk.scores(asOf), values);
      assert.ok(expected.length > 12, 'the sample has more at risk than one scan may write to');

      const { outcome, row } = await desk.scan({ asOf, maxInterventions: 6 });
      assert.deepEqual(
        outcome.interventions.map((each) => each.customerId),
        expected.slice(0, 6),
      );
      assert.deepEqual(
        row.interventions.map((each) => each.customerId),
        expected.slice(0, 6),
      );
      assert.equal(row.number, 1);
      assert.equal(row.customersScanned, 200);
      assert.equal(row.atRisk, expected.length);
      assert.deepEqual(row.excluded, {});
      assert.ok(row.elapsedMs !== null && row.elapsedMs > 0);
      assert.deepEqual([outcome.number, outcome.customersScanned, outcome.atRisk], [1, 200, expected.length]);
      assert.ok(row.interventions.every((each) => each.body && each.issue && each.state !== 'deciding'));
      assert.ok(outcome.interventions.every((each) => ['ready', 'waiting_approval'].includes(each.state)));
    });

    test('what a scan found and the totals outlive a restart, and the next scan counts on', LIMIT, async () => {
      const data = readyCustomers('A', 'B', 'C', 'D', 'E');
      const first = await openDesk(service, 'restart', data);
      const { row } = await first.scan({ maxInterventions: 3 });
      await until(async () => (await first.outbox()).length === 3);
      const before = await first.operations.getScan(first.caller, { id: row.scanId });
      assert.deepEqual(before.totals, { scans: 1, interventions: 3, averageInterventions: 3 });

      await service.stop();
      service = await start();
      const desk = await openDesk(service, 'restart', null);
      assert.deepEqual(await desk.operations.getScan(desk.caller, { id: row.scanId }), before);
      const next = await desk.scan();
      assert.equal(next.row.number, 2);
      assert.deepEqual(next.row.excluded, { cool_off: 3 });
      assert.deepEqual(
        next.outcome.interventions.map((each) => each.customerId),
        ['D', 'E'],
      );
      const totals = await desk.store.scans.totals('restart');
      assert.deepEqual(totals, { scans: 2, interventions: 5, averageInterventions: 2.5 });
    });

    test('at risk is who reaches the risk threshold or falls below the health threshold', LIMIT, async () => {
      const active = Date.now();
      const label = (customerId: string, predictedChurnScore: number) => ({
        customerId,
        isChurn: null,
        churnedAt: null,
        churnReason: null,
        predictedChurnScore,
      });
      const desk = await openDesk(service, 'thresholds', {
        ...emptyData(),
        customers: [
          customer('RISK', { lastActiveAt: active }),
          customer('HEALTH'),
          customer('NEITHER', { lastActiveAt: active }),
        ],
        churnLabels: [label('RISK', 1), label('HEALTH', 0)],
      });
      const asOf = new Date().toISOString();
      const scores = new Map((await desk.scores(asOf)).map((score) => [score.customerId, score]));
      const [risk, health] = [scores.get('RISK')!, scores.get('HEALTH')!];
      assert.ok(risk.churnRisk >= 0.6 && risk.health >= 0.4, 'RISK is at risk by its risk alone');
      assert.ok(health.health < 0.4 && health.churnRisk < 0.6, 'HEALTH is at risk by its health alone');

      const chosen = async (thresholds: object): Promise<string[]> => {
        const { row } = await desk.scan({ ...thresholds, asOf, dryRun: true });
        assert.equal(row.customersScanned, 3);
        assert.equal(row.atRisk, row.interventions.length);
        return row.interventions.map((each) => each.customerId);
      };
      assert.deepEqual(await chosen({}), ['RISK', 'HEALTH']);
      assert.deepEqual(await chosen({ riskThreshold: risk.churnRisk, healthThreshold: 0 }), ['RISK']);
      assert.deepEqual(await chosen({ riskThreshold: risk.churnRisk + 1e-9, healthThreshold: 0 }), []);
      assert.deepEqual(await chosen({ riskThreshold: 1, healthThreshold: health.health }), []);
      assert.deepEqual(await chosen({ riskThreshold: 1, healthThreshold: health.health + 1e-9 }), ['HEALTH']);
    });

    test('segments and a least lifetime value narrow whom it chooses, not whom it counts', LIMIT, async () => {
      const of = (customerId: string, segment: string | null, lifetimeValue: number) =>
        customer(customerId, { segment, lifetimeValue });
      const desk = await openDesk(service, 'filters', {
        ...emptyData(),
        customers: [of('A', 'Regular', 100), of('B', 'Occasional', 200), of('C', 'Occasional', 50), of('D', null, 200)],
      });
      const chosen = async (filter: object): Promise<string[]> => {
        const { row } = await desk.scan({ ...filter, riskThreshold: 0, dryRun: true });
        assert.equal(row.customersScanned, 4);
        return row.interventions.map((each) => each.customerId).toSorted();
      };
      assert.deepEqual(await chosen({}), ['A', 'B', 'C', 'D']);
      assert.deepEqual(await chosen({ segments: ['Occasional'] }), ['B', 'C']);
      assert.deepEqual(await chosen({ segments: ['Occasional', 'Regular'], minLifetimeValue: 100 }), ['A', 'B']);
      assert.deepEqual(await chosen({ segments: ['Nobody'] }), []);
      assert.deepEqual(await chosen({ maxInterventions: 0 }), []);
    });

    test('a dry run names whom it would write to and why, and changes nothing', LIMIT, async () => {
      const desk = await openDesk(service, 'dry', together(approvalCustomers('ASK'), readyCustomers('SEND')));
      const { outcome, row } = await desk.scan({ dryRun: true });
      const [ask, send] = ['ASK', 'SEND'].map((id) => row.interventions.find((each) => each.customerId === id));
      assert.equal(ask?.state, 'waiting_approval');
      assert.match(ask?.stateReason ?? '', /support tickets were rated below 2\.5/);
      assert.equal(send?.state, 'ready');
      assert.equal(send?.name, 'FirstSEND Last');
      assert.ok(send?.issue && send.subject && send.body && send.action && send.notes.length === 4);

      assert.deepEqual([row.number, outcome.number, outcome.interventions.length], [null, null, 0]);
      assert.deepEqual(await desk.rows(), []);
      assert.deepEqual(await desk.outbox(), []);
      assert.equal(existsSync(dirname(memoryFile(service.dataDir, 'dry', 'ASK'))), false);
      assert.equal((await desk.store.scans.totals('dry')).scans, 0);
      const real = await desk.scan();
      assert.equal(real.row.number, 1);
      assert.deepEqual(real.row.excluded, {});
      assert.equal(real.outcome.interventions.length, 2);
    });

    test('whoever is left out is counted under the first reason that applies', LIMIT, async () => {
      const data = together(
        approvalCustomers('OPEN', 'OPEN-ESCALATED', 'CANCELLED'),
        readyCustomers('SENT', 'SENT-ESCALATED'),
      );
      const old = readyCustomers('ESCALATED', 'ESCALATED-LONG-AGO');
      const desk = await openDesk(service, 'exclusions', together(data, old));
      const first = ['OPEN', 'OPEN-ESCALATED', 'CANCELLED', 'SENT', 'SENT-ESCALATED'];
      await Promise.all(first.map((id) => desk.startIntervention(id)));
      await Promise.all(['SENT', 'SENT-ESCALATED'].map((id) => desk.row(id, (row) => row.endedAt !== null)));
      await Promise.all(first.slice(0, 3).map((id) => desk.row(id, (row) => row.state === 'waiting_approval')));
      await desk.client.workflow.getHandle('intervention/exclusions/CANCELLED').signal('cancelIntervention');
      await desk.row('CANCELLED', (row) => row.state === 'cancelled');
      const escalate = (customerId: string, daysAgo: number) =>
        desk.store.escalations.open(desk.workspace, {
          interventionId: `earlier-${customerId}`,
          customerId,
          owner: 'operations',
          openedAt: new Date(Date.now() - daysAgo * DAY_MS).toISOString(),
          deadline: new Date().toISOString(),
          what: 'for a test',
        });
      await Promise.all(['OPEN-ESCALATED', 'SENT-ESCALATED', 'ESCALATED'].map((id) => escalate(id, 6.9)));
      await escalate('ESCALATED-LONG-AGO', 7.1);

      const { outcome, row } = await desk.scan();
      assert.deepEqual(row.excluded, { open: 2, escalated: 2, cool_off: 1 });
      assert.equal(row.atRisk, 7);
      assert.deepEqual(outcome.excluded, row.excluded);
      assert.deepEqual(outcome.interventions.map((each) => each.customerId).toSorted(), [
        'CANCELLED',
        'ESCALATED-LONG-AGO',
      ]);
      assert.equal((await desk.rows('OPEN')).length, 1);
    });
  });
}
