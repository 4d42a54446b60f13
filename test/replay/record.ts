/**
 * Records the histories that every later version must be able to replay: `node test/replay/record.ts 0.1.0` plays each
 * scenario on servers of its own and writes `histories/0.1.0/<scenario>.json`. Once a version is released its recordings
 * stay as they are. Needs the time-skipping server.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { InterventionStatus } from '../../domain/contracts/interventions.ts';
import type { RunMemo } from '../../domain/contracts/runs.ts';
import { approvalCustomers, readyCustomers, together } from '../support/customers.ts';
import { DEFAULT_SEND_POLICY } from '../../domain/contacts/policy.ts';
import { inParallel } from '../../domain/in-parallel.ts';
import { workflowIds } from '../../domain/contracts/names.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { devServer, timeSkippingEnv } from '../support/temporal.ts';
import { recordBookings, recordBookingTimes } from './record-bookings.ts';
import { type ContactDesk, openContact } from '../workflows/suite/contact-desk.ts';
import { type Desk, approveSkipping, openDesk, until } from '../workflows/suite/desk.ts';

const HOUR = 3_600_000;
const [version = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error('Which version? node test/replay/record.ts 0.1.0');
const folder = join(import.meta.dirname, 'histories', version);
mkdirSync(folder, { recursive: true });

/** The history as the Temporal CLI writes it, without what tells on which machine it was made. */
async function save(scenario: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const json = historyToJSON(await handle.fetchHistory()).replaceAll(hostname(), 'recorder');
  const clean: unknown = JSON.parse(json, (key, value: unknown) => (key === 'stackTrace' ? '' : value));
  writeFileSync(join(folder, `${scenario}.json`), `${JSON.stringify(clean)}\n`);
  console.log(scenario);
}

const over = (handle: WorkflowHandle): Promise<unknown> => handle.result().catch(() => undefined);

async function scans(desk: Desk): Promise<void> {
  const { workflow, schedule } = desk.client;
  const dry = await desk.startScan({ dryRun: true });
  await over(dry);
  await save('scan-dry-run', dry);

  const scan = await desk.startScan({ maxInterventions: 4 });
  await over(scan);
  await save('scan-with-interventions', scan);

  const excluding = await desk.startScan({ maxInterventions: 2, segments: ['Occasional'], minLifetimeValue: 1 });
  await over(excluding);
  await save('scan-with-exclusions', excluding);

  const cancelled = await desk.startScan({ maxInterventions: 40 });
  await until(async () => (await cancelled.query<{ decided: number }>('progress')).decided > 0);
  await cancelled.cancel();
  await over(cancelled);
  await save('scan-cancelled', cancelled);

  const fire = new Date(Math.floor(Date.now() / HOUR) * HOUR);
  const base = `customer-scan/${desk.workspace}/hourly`;
  const hourly = await schedule.create({
    scheduleId: `${desk.workspace}/hourly`,
    spec: { intervals: [{ every: '1h' }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'customerScan',
      workflowId: base,
      taskQueue: 'reveille',
      args: [{ workspace: desk.workspace, maxInterventions: 2 }],
    },
  });
  await hourly.backfill({ start: fire, end: fire, overlap: ScheduleOverlapPolicy.ALLOW_ALL });
  const scheduled = workflow.getHandle(`${base}-${fire.toISOString().replace('.000', '')}`);
  await until(() =>
    scheduled.describe().then(
      (described) => described.status.name === 'COMPLETED',
      () => false,
    ),
  );
  await save('scan-from-schedule', scheduled);
}

/** Runs that the ledger notes, as Reveille's own schedules start them. */
async function runs(desk: Desk): Promise<void> {
  const schedule = { name: 'nightly', workflowType: 'customerScan', cron: '0 2 * * *', input: {} } as const;
  await desk.operations.createSchedule(desk.caller, schedule);
  const memo: RunMemo = { scheduleId: `${desk.workspace}/nightly`, scheduleVersion: 1 };
  const start = (workflowType: string, input: object, more: Partial<RunMemo> = {}): Promise<WorkflowHandle> =>
    desk.client.workflow.start(workflowType, {
      taskQueue: 'reveille',
      workflowId: `${workflowType}/${desk.workspace}/nightly/${randomUUID()}`,
      args: [input],
      memo: { ...memo, ...more },
    });
  const scan = (input: object, more: Partial<RunMemo> = {}): Promise<WorkflowHandle> =>
    start('customerScan', { workspace: desk.workspace, ...input }, more);

  const asking = await start('intervention', { workspace: desk.workspace, customerId: 'WAITS' });
  const { textHash } = await desk.row('WAITS', ({ state }) => state === 'waiting_approval');
  await asking.executeUpdate('approve', { args: [{ actor: 'ops', textHash }] });
  await over(asking);
  await save('run-of-an-intervention', asking);

  // Until nobody answers in time: a scan is over before any timer rings.
  const unanswered = { workspace: desk.workspace, customerId: 'UNANSWERED' };
  const late = await start('intervention', unanswered, { timeoutMs: 1_500 });
  await over(late);
  await save('run-timed-out', late);

  const triggered = await scan({ maxInterventions: 2 }, { cause: 'trigger', timeoutMs: HOUR });
  await over(triggered);
  await save('run-triggered-with-timeout', triggered);

  const cancelled = await scan({ maxInterventions: 20 });
  await until(async () => (await cancelled.query<{ decided: number }>('progress')).decided > 0);
  await cancelled.cancel();
  await over(cancelled);
  await save('run-cancelled', cancelled);

  const refused = await scan({ riskTreshold: 0.7 });
  await over(refused);
  await save('run-refused', refused);

  const everywhere = await start('maintenance', {});
  await over(everywhere);
  await save('maintenance', everywhere);
  const one = await start('maintenance', { workspace: desk.workspace });
  await over(one);
  await save('maintenance-of-one-workspace', one);
}

async function interventions(desk: Desk): Promise<void> {
  const ready = await desk.startIntervention('R1');
  await over(ready);
  await save('intervention-ready', ready);

  const play = async (
    scenario: string,
    customerId: string,
    act: (waits: WorkflowHandle, hash: string) => Promise<unknown>,
  ) => {
    const { handle, status } = await desk.waiting(customerId);
    await act(handle, status.textHash!);
    await over(handle);
    await save(scenario, handle);
  };
  const actor = 'ops';
  await play('intervention-approved', 'A1', (handle, textHash) =>
    handle.executeUpdate('approve', { args: [{ actor, textHash, note: 'well said' }] }),
  );
  await play('intervention-rejected', 'A2', (handle) =>
    handle.executeUpdate('reject', { args: [{ actor, note: 'wrong tone' }] }),
  );
  await play('intervention-edited', 'A3', async (handle) => {
    await handle.executeUpdate('edit', { args: [{ actor, body: 'Short.' }] }).catch(() => undefined);
    const body = 'Hello, we are sorry that your parcel did not come. Please tell us how we can help you with it.';
    const { textHash } = await handle.executeUpdate<InterventionStatus, [object]>('edit', { args: [{ actor, body }] });
    await handle.executeUpdate('approve', { args: [{ actor, textHash }] });
  });
  await play('intervention-cancelled-by-signal', 'A4', (handle) =>
    handle.signal('cancelIntervention', { reason: 'moved away' }),
  );
  await play('intervention-cancelled-through-temporal', 'A5', (handle) => handle.cancel());
  await play('intervention-of-a-deleted-customer', 'A6', async (handle, textHash) => {
    const left = together(readyCustomers('R1'), approvalCustomers('A7'));
    await desk.store.customers.import(desk.workspace, left, { merge: false });
    await handle.executeUpdate('approve', { args: [{ actor, textHash }] });
  });
  await desk.waiting('A7');
  const excluded = await desk.client.workflow.start('intervention', {
    taskQueue: 'reveille',
    workflowId: 'another-id',
    args: [{ workspace: desk.workspace, customerId: 'A7' }],
  });
  await over(excluded);
  await save('intervention-excluded', excluded);
  const unknown = await desk.startIntervention('NOBODY');
  await over(unknown);
  await save('intervention-of-nobody', unknown);
}

/** A person's workflow, as `startRun` finds it: its first run, and what came of it. */
async function contacts(service: TestService, agent = false): Promise<void> {
  const isOver = ({ state }: { state: string }): boolean => state !== 'pending' && state !== 'processing';
  const saved = async (scenario: string, desk: ContactDesk, runId?: string): Promise<void> => {
    const handle = service.client.workflow.getHandle(workflowIds.contact(desk.workspace, desk.contactId), runId);
    await save(scenario, handle);
  };
  if (agent) {
    const desk = await openContact(service, {}, 'agent');
    const payload = { reason: 'their order is late' };
    await desk.update('scheduleFollowUp', { followUpId: 'written', type: 'agent', scheduledFor: 100, payload });
    await desk.followUp('written', isOver);
    await desk.completed();
    return saved('contact-with-model', desk);
  }
  const sent = await openContact(service, {}, 'sent');
  await sent.schedule('first', 1_000);
  await sent.schedule('moved', '1h');
  await sent.update('rescheduleFollowUp', { followUpId: 'moved', scheduledFor: 1_500 });
  await sent.schedule('third', 2_000);
  await sent.followUp('third', ({ nextAt, scheduledFor }) => nextAt !== scheduledFor);
  await sent.update('cancelFollowUp', { followUpId: 'third', reason: 'three are too many' });
  await sent.completed();
  await saved('contact-sent', sent);

  const replied = await openContact(service, {}, 'replied');
  await replied.schedule('a', '1h');
  await replied.update('requestSend', { messageId: 'Q', channels: ['email'], purpose: 'service' });
  await replied.update('optOut', { channel: 'sms' });
  await replied.update('optIn', { channel: 'sms' });
  await replied.update('scheduleFollowUp', { type: 'nothing', scheduledFor: '1h' }).catch(() => undefined);
  await replied.update('recordReply', { messageId: 'm1', channel: 'email', actor: undefined });
  await replied.completed();
  await saved('contact-replied', replied);

  const signalled = await openContact(service, {}, 'signalled');
  await signalled.schedule('a', '1h');
  await signalled.signal('clientReplied');
  await signalled.followUp('a', isOver);
  await signalled.schedule('b', '1h');
  await signalled.signal('cancelFollowUps', { reason: 'bought', actor: 'crm' });
  await signalled.followUp('b', isOver);
  await signalled.completed();
  await saved('contact-signalled', signalled);

  const woken = await openContact(service, {}, 'woken');
  const bulk = { followUpId: 'bulk', contactId: woken.contactId, type: 'check_in', payload: {}, actor: 'tester' };
  const at = new Date().toISOString();
  await service.store.followUps.schedule('woken', [{ ...bulk, scheduledFor: at, createdAt: at }]);
  await woken.contacts.wake(woken);
  await woken.completed();
  await saved('contact-woken', woken);

  const busy = await openContact(service, {}, 'busy');
  await busy.schedule('far', '1h');
  const { runId } = await service.client.workflow.getHandle(workflowIds.contact('busy', busy.contactId)).describe();
  const automatic = { channel: 'email', headers: { 'Auto-Submitted': 'auto-replied' } };
  await inParallel(Array.from({ length: 1_100 }), 50, (_, index) =>
    busy.signal('clientReplied', { ...automatic, messageId: `m${index}` }),
  );
  await until(async () => (await busy.runs()).length > 1);
  await saved('contact-continued-as-new', busy, runId);
}

const ids = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);

const temporal = await devServer();
const service = await startTestService(temporal.target, { customers: null });
await scans(
  await openDesk(service, 'scans', together(readyCustomers(...ids('R', 25)), approvalCustomers(...ids('A', 25)))),
);
await runs(
  await openDesk(
    service,
    'runs',
    together(readyCustomers(...ids('R', 20)), approvalCustomers(...ids('A', 20), 'WAITS', 'UNANSWERED')),
  ),
);
await interventions(
  await openDesk(service, 'answers', together(readyCustomers('R1'), approvalCustomers(...ids('A', 7)))),
);
await contacts(service);
await service.stop();
await recordBookings(temporal.target, save);
await temporal.stop();

// A model that nobody answers for: the agents run on their own queue and fall back to their rules.
const second = await devServer();
const llm = { baseUrl: 'http://127.0.0.1:9/v1', model: 'none', apiKey: null, timeoutMs: 1_000 };
const modelled = await startTestService(second.target, { customers: null, llm });
const desk = await openDesk(modelled, 'modelled', readyCustomers('M1'));
const byModel = await desk.startIntervention('M1');
await over(byModel);
await save('intervention-with-model', byModel);
await contacts(modelled, true);
await modelled.stop();
await second.stop();

const skipping = await timeSkippingEnv();
if (!skipping.env) throw new Error(skipping.reason);
const { env } = skipping;
const skipped = await startTestService(skipping.target, { customers: null });
const late = await openDesk(skipped, 'late', approvalCustomers('A1', 'A2'));
const { handle: expired } = await late.waiting('A1');
await env.sleep(25 * HOUR);
await until(() => expired.describe().then((described) => described.status.name === 'COMPLETED'));
await save('intervention-expired', expired);
const { handle: escalated, status } = await late.waiting('A2');
await env.sleep(13 * HOUR);
await until(async () => (await late.store.escalations.list('late', { limit: 5 })).items.length === 2);
await approveSkipping(escalated, { actor: 'ops', textHash: status.textHash! });
await until(() => escalated.describe().then((described) => described.status.name === 'COMPLETED'));
await save('intervention-escalated-and-approved', escalated);
await skipped.stop();
await recordBookingTimes(env, skipping.target, save);

// Around now it is night: what is due waits for its end.
const minute = Math.floor((await env.currentTimeMs()) / 60_000) % 1_440;
const quietHours = { start: (minute + 1_380) % 1_440, end: (minute + 60) % 1_440 };
const configuration = { sendPolicy: { ...DEFAULT_SEND_POLICY, quietHours } };
const night = await startTestService(skipping.target, { customers: null, configuration });
const sleeping = await openDesk(night, 'sleeping', readyCustomers('R1'));
const deferred = await sleeping.startIntervention('R1');
await sleeping.row('R1', ({ state }) => state === 'deferred');
const waits = await openContact(night, { timezone: 'UTC' }, 'sleeping');
await waits.schedule('a', 1_000);
await waits.followUp('a', ({ nextAt, scheduledFor }) => nextAt !== scheduledFor);
await env.sleep(2 * HOUR);
await until(() => deferred.describe().then((described) => described.status.name === 'COMPLETED'));
await save('intervention-deferred', deferred);
await waits.completed();
await save('contact-deferred', night.client.workflow.getHandle(workflowIds.contact('sleeping', waits.contactId)));
await night.stop();
await env.teardown();
process.exit(0);
