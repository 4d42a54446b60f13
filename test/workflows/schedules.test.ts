import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { CUSTOMER_SCAN_SCHEDULE } from '../../domain/contracts/names.ts';
import type { ScanRow } from '../../domain/ports/store.ts';
import { readyCustomers } from '../support/customers.ts';
import { type TestService, startTestStack } from '../support/service.ts';
import { type Desk, openDesk, until } from './suite/desk.ts';

const LIMIT = { timeout: 60_000 };
const HOUR = 3_600_000;
const { ALLOW_ALL } = ScheduleOverlapPolicy;

/** The instant at which an hourly interval fired last. */
const lastHour = (): Date => new Date(Math.floor(Date.now() / HOUR) * HOUR);

describe('Scans from Temporal schedules', () => {
  let service: TestService;
  before(async () => {
    service = await startTestStack({ customers: null });
  });
  after(() => service.stop());

  const finished = (desk: Desk, count: number): Promise<ScanRow[]> =>
    until(async () => {
      const { items } = await desk.store.scans.list(desk.workspace, { limit: 50 });
      return items.filter((scan) => scan.elapsedMs !== null).length === count && items;
    });

  test('two schedules of one type that fire at the same instant both run', LIMIT, async () => {
    const desk = await openDesk(service, 'same-instant', readyCustomers('A', 'B'));
    const schedules = await Promise.all(
      ['plain-one', 'plain-two'].map((name) =>
        service.client.schedule.create({
          scheduleId: name,
          spec: { intervals: [{ every: '1h' }] },
          action: {
            type: 'startWorkflow',
            workflowType: 'customerScan',
            workflowId: `customer-scan/same-instant/${name}`,
            taskQueue: 'reveille',
            args: [{ workspace: desk.workspace }],
          },
        }),
      ),
    );
    const fire = lastHour();
    const instant = { start: fire, end: fire, overlap: ALLOW_ALL };
    await Promise.all(schedules.map((schedule) => schedule.backfill(instant)));
    const scans = await finished(desk, 2);
    const suffix = fire.toISOString().replace('.000', '');
    assert.deepEqual(scans.map((scan) => scan.workflowId).toSorted(), [
      `customer-scan/same-instant/plain-one-${suffix}`,
      `customer-scan/same-instant/plain-two-${suffix}`,
    ]);
    assert.deepEqual((await desk.rows()).map((row) => row.customerId).toSorted(), ['A', 'B']);
    // Each tells when its own schedule comes round again.
    for (const scan of scans) assert.equal(Date.parse(scan.nextScanAt ?? ''), fire.getTime() + HOUR);
  });

  test('a scheduled scan says in the Web UI what it is for and where it stands', LIMIT, async () => {
    const desk = await openDesk(service, 'labelled', readyCustomers('A'));
    const name = CUSTOMER_SCAN_SCHEDULE;
    await desk.operations.createSchedule(desk.caller, { name, workflowType: 'customerScan', every: '1h', input: {} });
    const fire = lastHour();
    await service.client.schedule
      .getHandle(`labelled/${name}`)
      .backfill({ start: fire, end: fire, overlap: ALLOW_ALL });
    const [scan] = await finished(desk, 1);
    const handle = service.client.workflow.getHandle(scan!.workflowId);
    await handle.result();
    const description = await handle.describe();
    const attribute = (key: string) => description.typedSearchAttributes.get(defineSearchAttributeKey(key, 'KEYWORD'));
    assert.equal(attribute('Workspace'), 'labelled');
    assert.equal(attribute('ScheduleName'), name);
    assert.equal(attribute('TemporalScheduledById'), `labelled/${name}`);
    assert.equal(await description.staticSummary(), 'Schedule customer-scan of workspace labelled');
    assert.match((await description.staticDetails()) ?? '', /^Started every hour by schedule/);
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(metadata.currentDetails, /\*\*labelled\*\*: done; 1 customer scored, 1 at risk, 1 intervention/);

    const opened = service.client.workflow.getHandle('intervention/labelled/A');
    const about = await opened.describe();
    assert.match((await about.staticSummary()) ?? '', /^Intervention for A, (critical|high|medium) risk$/);
    assert.match((await about.staticDetails()) ?? '', new RegExp(scan!.scanId));
    const details = await opened.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(details.currentDetails, /\*\*A\*\*: In the outbox/);
  });

  test('a schedule that fires while nobody looks goes on by itself', LIMIT, async () => {
    const desk = await openDesk(service, 'ticking', readyCustomers('A'));
    const ticking = await service.client.schedule.create({
      scheduleId: 'ticking',
      spec: { intervals: [{ every: '1s' }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'customerScan',
        workflowId: 'customer-scan/ticking/every-second',
        taskQueue: 'reveille',
        args: [{ workspace: desk.workspace }],
      },
    });
    const scans = await until(async () => {
      const { items } = await desk.store.scans.list(desk.workspace, { limit: 50 });
      return items.filter((scan) => scan.elapsedMs !== null).length >= 2 && items;
    });
    await ticking.delete();
    assert.ok(scans.some((scan) => scan.excluded.cool_off === 1 || scan.excluded.open === 1));
    assert.equal((await desk.rows()).length, 1);
  });
});
