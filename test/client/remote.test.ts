import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { remoteOperations } from '../../client/api/remote.ts';
import { type Caller, type OperationName, type Operations, routes } from '../../client/api/routes.ts';
import type { ApiServer } from '../../client/api/server.ts';
import { createOperations } from '../../client/operations/index.ts';
import { scanApart } from '../support/scans.ts';
import { workflowIds } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingConfiguration } from '../../services/calendars/settings.ts';
import { connectClient } from '../../services/temporal/connection.ts';
import { TOKEN, request, startTestApi } from '../support/api.ts';
import { type TestService, sampleCustomers, startTestService } from '../support/service.ts';
import { eventually } from '../support/fault-world.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';
import { bookingConfiguration, representative } from '../workflows/suite/booking-desk.ts';

const AS_OF = '2026-01-31T09:00:00.000Z';
const UNKNOWN = '0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f';

let temporal: TestTemporal;
let service: TestService;
let api: ApiServer;
/** The same operations, here and through HTTP, each in a workspace of its own with the same customers. */
let local: { caller: Caller; operations: Operations };
let remote: typeof local;

before(async () => {
  temporal = await devServer();
  service = await startTestService(temporal.target, { customers: null, configuration: { booking: calendars() } });
  api = await startTestApi(service.operations, service.store);
  local = { caller: { workspace: 'ws-local', actor: 'tester', everyWorkspace: true }, operations: service.operations };
  remote = { caller: { workspace: 'ws-remote', actor: 'ignored' }, operations: remoteOperations(api.url, TOKEN) };
  for (const { caller } of [local, remote]) {
    await service.store.customers.import(caller.workspace, sampleCustomers(120), { merge: false });
    await scanApart(service, caller);
  }
});
after(async () => {
  await api?.close();
  await service?.stop();
  await temporal?.stop();
});

/** A calendar for each side, of its name, so that neither takes the other's slots. */
function calendars(): BookingConfiguration {
  const { calendars: some, ...rest } = bookingConfiguration({
    representatives: { mia: representative({ type: 'google' }) },
  });
  return { ...rest, calendars: { 'ws-local': some['one']!, 'ws-remote': some['two']! } };
}

type Call = (side: typeof local, waiting: string[]) => unknown;

const LATER = new Date(Date.now() + 30 * 86_400_000).toISOString();
const plain = { type: 'follow_up', scheduledFor: LATER } as const;

/** Ten days ahead; slots of half an hour begin then. */
const DAY = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
const NINE = `${DAY}T09:00:00.000Z`;
const slotAt = ({ caller }: typeof local, hour: string): string =>
  `${caller.workspace}-${DAY.replaceAll('-', '')}T${hour}0000Z`;
const invitee = { email: 'asha@example.com', name: 'Asha Rao' };
/** What was booked last, by workspace. */
const booked = new Map<string, string>();
const bookedBy = ({ caller }: typeof local): string => booked.get(caller.workspace) ?? '';

const every = { workflowType: 'customerScan', every: '10d' } as const;

/** What each operation is asked, good and bad; `waiting` are interventions that wait for approval, in the same order. */
const CALLS: Record<OperationName, Call[]> = {
  importCustomers: [
    () => ({ ...sampleCustomers(3), merge: true }),
    () => ({ ...sampleCustomers(1), orders: [{}] }),
    () => ({ merge: 'yes' }),
  ],
  scoreCustomers: [() => ({ asOf: AS_OF }), () => ({ asOf: 'yesterday' }), () => ({ limit: 5 })],
  evaluateCustomers: [() => ({ asOf: AS_OF, threshold: 0.5 }), () => ({ threshold: 2 })],
  startScan: [() => ({ dryRun: true }), () => ({ riskThreshold: 2, nope: 1 }), () => ({ workspace: 'other' })],
  listScans: [() => ({ limit: 500 }), () => ({ limit: 1 }), () => ({ limit: 501 }), () => ({ cursor: 'forged' })],
  getScan: [() => ({ id: UNKNOWN }), () => ({ id: '' }), () => ({ id: '..' }), () => ({ id: 'a/b?c#d' })],
  listInterventions: [
    () => ({ state: 'waiting_approval', limit: 500 }),
    () => ({ limit: 3 }),
    () => ({ customerId: 'C100001' }),
    () => ({ state: 'lost' }),
    () => ({ scanId: 'a b' }),
  ],
  getIntervention: [(_, [first]) => ({ id: first }), () => ({ id: UNKNOWN })],
  listApprovals: [() => ({ limit: 500 }), () => ({ limit: 1, cursor: 'x' })],
  getApproval: [(_, [first]) => ({ id: first }), () => ({ id: UNKNOWN })],
  approve: [
    (_, [first]) => ({ id: first, textHash: 'a'.repeat(64) }),
    (_, [first]) => ({ id: first, textHash: 'short' }),
    () => ({ id: UNKNOWN, textHash: 'a'.repeat(64) }),
  ],
  edit: [
    (_, [first]) => ({ id: first, body: '100 % off at http://evil.example' }),
    (_, [first]) => ({ id: first, body: '' }),
    (_, [first]) => ({ id: first, body: '\ud800\u0000 '.repeat(20) }),
  ],
  reject: [
    (_, [first]) => ({ id: first, note: 'called them' }),
    (_, [first]) => ({ id: first, note: 'again' }),
    (_, [, second]) => ({ id: second, note: ' ' }),
    () => ({ id: UNKNOWN, note: 'no' }),
  ],
  listEscalations: [() => ({}), () => ({ state: 'open' }), () => ({ state: 'lost' })],
  getEscalation: [() => ({ id: UNKNOWN }), () => ({ id: 'a b' })],
  assignEscalation: [() => ({ id: UNKNOWN, owner: 'asha' }), () => ({ id: UNKNOWN, owner: ' ' })],
  resolveEscalation: [() => ({ id: UNKNOWN }), () => ({ id: UNKNOWN, note: 5 })],
  listOutbox: [() => ({ limit: 500 }), () => ({ limit: 2 }), () => ({ limit: 'two' })],
  listCustomers: [() => ({ limit: 500, asOf: AS_OF }), () => ({ limit: 2 }), () => ({ cursor: 'WyJjdXN0b21lcnMiXQ' })],
  getCustomer: [() => ({ id: 'C100001', asOf: AS_OF }), () => ({ id: 'C999999' }), () => ({ id: 'a b' })],
  getOutboxMessage: [() => ({ id: UNKNOWN }), () => ({ id: 'a b' })],
  createSchedule: [
    () => ({ name: 'nightly', ...every, input: { riskThreshold: 0.7 } }),
    () => ({ name: 'nightly', ...every }),
    () => ({ name: 'Not A Slug', ...every }),
    () => ({ name: 'other', ...every, every: 5 }),
    () => ({ name: 'other', ...every, every: 1e15 }),
    () => ({ name: 'other', ...every, cron: '0 2 * * *' }),
    () => ({ name: 'other', workflowType: 'customerScan', cron: '0 9 30 2 *', timezone: 'EST' }),
    () => ({ name: 'other', ...every, input: { riskThreshold: 7, workspace: 'elsewhere', nope: 1 } }),
    () => ({ name: 'other', ...every, input: { segments: ['\ud800'] } }),
    () => ({ name: 'other', workflowType: 'nothing', every: '1h' }),
    () => ({ name: 'other', workflowType: 'intervention', every: '1h' }),
  ],
  listSchedules: [() => ({ limit: 500 }), () => ({ state: 'paused' }), () => ({ state: 'lost' })],
  getSchedule: [() => ({ name: 'nightly' }), () => ({ name: 'none' })],
  updateSchedule: [
    () => ({ name: 'nightly', every: '20d', policies: { jitter: '5s' } }),
    () => ({ name: 'nightly', every: 0 }),
    () => ({ name: 'none', every: '20d' }),
  ],
  listScheduleVersions: [() => ({ name: 'nightly' }), () => ({ name: 'none' })],
  previewTiming: [
    () => ({ cron: '0 2 * * *', timezone: 'America/New_York', from: '2027-03-12T00:00:00Z', count: 5 }),
    () => ({ cron: '61 9 * * *' }),
    () => ({ every: '5m', count: 0 }),
  ],
  pauseSchedules: [() => ({ names: ['none'], reason: 'x' }), () => ({ reason: 'x' }), () => ({ all: true })],
  resumeSchedules: [() => ({ all: true }), () => ({ pauseId: 'none' }), () => ({ all: true, names: ['nightly'] })],
  pauseSchedule: [() => ({ name: 'nightly', reason: 'quiet' }), () => ({ name: 'none', reason: 'x' })],
  resumeSchedule: [() => ({ name: 'nightly', reason: 'go on' }), () => ({ name: 'nightly', reason: '' })],
  skipOccurrence: [
    () => ({ name: 'nightly', at: AS_OF }),
    () => ({ name: 'none', at: AS_OF }),
    () => ({ name: 'nightly' }),
  ],
  unskipOccurrence: [() => ({ name: 'nightly', at: AS_OF }), () => ({ name: 'none', at: AS_OF })],
  backfillSchedule: [
    () => ({ name: 'nightly', from: AS_OF, to: AS_OF }),
    () => ({ name: 'none', from: AS_OF, to: '2026-02-01T00:00:00Z' }),
  ],
  triggerSchedule: [() => ({ name: 'nightly' }), () => ({ name: 'none' })],
  applySchedules: [
    () => ({ schedules: [{ name: 'nightly', ...every }], dryRun: true }),
    () => ({
      schedules: [
        { name: 'nightly', ...every },
        { name: 'nightly', ...every },
      ],
    }),
    () => ({ schedules: [{}] }),
  ],
  listRuns: [
    () => ({ schedule: 'nightly', state: 'missed' }),
    () => ({ from: AS_OF, to: AS_OF }),
    () => ({ cause: 'x' }),
  ],
  getRun: [() => ({ id: UNKNOWN }), () => ({ id: 'a b' })],
  deleteSchedule: [() => ({ name: 'nightly' }), () => ({ name: 'nightly' }), () => ({ name: 'a b' })],
  putContact: [
    () => ({ id: 'P1', name: 'Asha Rao', email: 'asha@example.com', timezone: 'asia/kolkata', marketing: true }),
    () => ({ id: 'P1', language: 'hi', telegram: null }),
    () => ({ id: 'P1', timezone: 'Mars/Olympus' }),
    () => ({ id: 'P1', email: 'nobody', nope: 1 }),
    () => ({ id: 'a@b' }),
  ],
  scheduleFollowUp: [
    (side) => ({ id: 'P1', followUpId: `${side.caller.workspace}-1`, ...plain, payload: { reason: 'viewing' } }),
    (side) => ({ id: 'P1', followUpId: `${side.caller.workspace}-1`, ...plain }),
    (side) => ({ id: 'P1', followUpId: `${side.caller.workspace}-2`, ...plain, type: 'reminder' }),
    () => ({ id: 'P1', ...plain, scheduledFor: '2x' }),
    () => ({ id: 'P1', ...plain, scheduledFor: AS_OF }),
    () => ({ id: 'P1', ...plain, payload: { message_template: 'Hi {{nme}}' } }),
    () => ({ id: 'nobody', ...plain }),
  ],
  scheduleFollowUps: [
    (side) => ({ items: [{ contactId: 'P1', followUpId: `${side.caller.workspace}-3`, ...plain }] }),
    () => ({ items: [{ contactId: 'P1', ...plain, scheduledFor: '2h', payload: { message_template: '{{nme}}' } }] }),
    () => ({ items: [{ contactId: 'nobody', ...plain }, { contactId: 'P1' }] }),
    () => ({ items: [] }),
  ],
  getContact: [() => ({ id: 'P1' }), () => ({ id: 'C100001' }), () => ({ id: 'nobody' }), () => ({ id: 'a b' })],
  listFollowUps: [
    () => ({ limit: 500 }),
    () => ({ limit: 1, contactId: 'P1', state: 'pending' }),
    () => ({ state: 'lost' }),
    () => ({ cursor: 'forged' }),
  ],
  listContactFollowUps: [
    () => ({ id: 'P1', limit: 2 }),
    () => ({ id: 'nobody' }),
    () => ({ id: 'P1', contactId: 'P1' }),
  ],
  getFollowUp: [(side) => ({ id: `${side.caller.workspace}-1` }), () => ({ id: 'none' })],
  rescheduleFollowUp: [
    (side) => ({ id: `${side.caller.workspace}-1`, scheduledFor: LATER.replace('Z', '+05:30') }),
    (side) => ({ id: `${side.caller.workspace}-1`, scheduledFor: 'soon' }),
    () => ({ id: 'none', scheduledFor: '2h' }),
  ],
  cancelFollowUp: [
    (side) => ({ id: `${side.caller.workspace}-1`, reason: 'they called & said "no": 100 %' }),
    (side) => ({ id: `${side.caller.workspace}-1`, reason: 'again' }),
    (side) => ({ id: `${side.caller.workspace}-1` }),
    () => ({ id: 'none', reason: 'x' }),
  ],
  cancelContactFollowUps: [
    () => ({ id: 'P1', reason: 'moved away' }),
    () => ({ id: 'P1', reason: ' ' }),
    () => ({ id: 'nobody', reason: 'x' }),
  ],
  recordReply: [
    () => ({ id: 'P1', messageId: 'm1', channel: 'email' }),
    () => ({ id: 'P1', messageId: 'm2', channel: 'email', headers: { 'auto-submitted': 'auto-replied' } }),
    () => ({ id: 'P1', messageId: 'm1', channel: 'pigeon' }),
    () => ({ id: 'P1', messageId: 'm3', channel: 'email', at: LATER }),
    () => ({ id: 'nobody', messageId: 'm1', channel: 'email' }),
  ],
  requestSend: [
    () => ({ id: 'P1', messageId: 'q1', channels: ['sms'], purpose: 'service' }),
    () => ({ id: 'P1', messageId: 'q2', channels: [], purpose: 'service' }),
    () => ({ id: 'nobody', messageId: 'q1', channels: ['email'], purpose: 'service' }),
  ],
  optOut: [() => ({ id: 'nobody' }), () => ({ id: 'P1', purpose: 'all' }), () => ({ id: 'P1', actor: 'me' })],
  optIn: [() => ({ id: 'P1', channel: 'email' }), () => ({ id: 'nobody' }), () => ({ id: 'P1', channel: null })],
  diagnoseFollowUps: [() => ({}), () => ({ limit: 5 })],
  listEffects: [() => ({ limit: 500 }), () => ({ state: 'unknown' }), () => ({ state: 'lost' })],
  getEffect: [() => ({ id: UNKNOWN }), () => ({ id: 'a b' })],
  resolveEffect: [() => ({ id: UNKNOWN, as: 'done', note: 'x' }), () => ({ id: UNKNOWN, as: 'lost', note: '' })],
  listCalendars: [() => ({}), () => ({ limit: 5 })],
  checkCalendar: [(side) => ({ id: side.caller.workspace }), () => ({ id: 'none' }), () => ({ id: 'A B' })],
  connectCalendar: [
    () => ({ id: 'mia', refreshToken: 'canary', expiresAt: LATER }),
    () => ({ id: 'nobody', refreshToken: 'canary' }),
    () => ({ id: 'mia', refreshToken: 'a b', expiresAt: 'soon', nope: 1 }),
  ],
  listSlots: [
    (side) => ({ calendar: side.caller.workspace, from: NINE, days: 2 }),
    () => ({ from: NINE, days: 1, all: true }),
    () => ({ calendar: 'none' }),
    () => ({ days: 0, all: 'perhaps', from: 'now' }),
  ],
  slotsMessage: [
    (side) => ({ calendar: side.caller.workspace, from: NINE, max: 3, timezone: 'asia/kolkata', language: 'hi' }),
    () => ({ timezone: 'Mars/Olympus' }),
    () => ({ calendar: 'none', max: 0 }),
  ],
  createBooking: [
    (side) => ({ calendar: side.caller.workspace, slotId: slotAt(side, '09'), invitee, topic: 'Demo & more: "100 %"' }),
    (side) => ({ calendar: side.caller.workspace, slotId: slotAt(side, '09'), invitee }),
    (side) => ({ calendar: side.caller.workspace, slotId: slotAt(side, '10'), invitee: { name: 'Asha' } }),
    (side) => ({ calendar: 'none', slotId: slotAt(side, '10'), invitee }),
    (side) => ({ calendar: side.caller.workspace, slotId: slotAt(side, '10'), invitee, timezone: 'Mars/Olympus' }),
  ],
  listBookings: [
    () => ({ limit: 500, state: 'confirmed' }),
    () => ({ limit: 1 }),
    () => ({ state: 'lost', cursor: 'x' }),
  ],
  getBooking: [(side) => ({ id: bookedBy(side) }), () => ({ id: UNKNOWN }), () => ({ id: 'a b' })],
  rescheduleBooking: [
    (side) => ({ id: bookedBy(side), slotId: slotAt(side, '11') }),
    (side) => ({ id: bookedBy(side), slotId: slotAt(side, '25') }),
    (side) => ({ id: UNKNOWN, slotId: slotAt(side, '12') }),
    (side) => ({ id: bookedBy(side) }),
  ],
  noShow: [(side) => ({ id: bookedBy(side) }), () => ({ id: UNKNOWN }), () => ({ id: UNKNOWN, actor: 'me' })],
  repairBooking: [(side) => ({ id: bookedBy(side) }), () => ({ id: UNKNOWN })],
  cancelBooking: [
    (side) => ({ id: bookedBy(side), reason: ' ' }),
    (side) => ({ id: bookedBy(side), reason: 'no longer needed' }),
    (side) => ({ id: bookedBy(side), reason: 'again' }),
    () => ({ id: UNKNOWN, reason: 'x' }),
  ],
  createToken: [
    () => ({ name: 'x', scopes: [], workspace: null }),
    () => ({ name: ' ', scopes: ['read'], workspace: 'A B' }),
    () => ({ name: 'x', scopes: ['all'] }),
  ],
  listTokens: [() => ({ limit: 500 }), () => ({ cursor: 'x' })],
  revokeToken: [() => ({ id: UNKNOWN }), () => ({ id: 'a b' })],
};

/** What an operation gave or threw, with what must differ between two workspaces taken out. */
async function outcome(side: typeof local, name: OperationName, input: unknown): Promise<unknown> {
  const { caller, operations } = side;
  const run = operations[name] as (caller: Caller, input: unknown) => Promise<unknown>;
  const given = await run(caller, input).then(
    (result) => ({ result: comparable(result, input) }),
    (error: unknown) => {
      assert.ok(error instanceof ReveilleError, `${name}: ${String(error)}`);
      assert.notEqual(error.code, 'internal');
      return { code: error.code, message: error.message, errors: error.errors };
    },
  );
  if (name === 'createBooking' && 'result' in given) {
    booked.set(caller.workspace, (given.result as { bookingId: string }).bookingId);
  }
  const text = JSON.stringify(given)
    .replaceAll(caller.workspace, '<workspace>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<at>')
    .replace(/"[0-9a-f]{32}"/g, '"<message>"')
    .replace(/\bB[0-9a-f]{20}\b/g, '<booking>')
    .replace(/"elapsedMs":\d+/g, '"elapsedMs":0');
  return JSON.parse(text);
}

/** The order of what was opened at one moment is chance, and so is what stands on a page of it. */
function comparable(result: unknown, input: unknown): unknown {
  // How far a run has come is chance too.
  if (Object.hasOwn(result as object, 'lastRun')) return { ...(result as object), lastRun: null };
  const { items } = result as { items?: { customerId?: string; contactId?: string | null }[] };
  if (items === undefined) return result;
  if ((input as { limit?: number }).limit !== 500) return { count: items.length };
  const whose = (item: (typeof items)[number]): string => item.customerId ?? item.contactId ?? '';
  return items.toSorted((a, b) => whose(a).localeCompare(whose(b)));
}

/** How many scans there were, and who waits for approval; null while a scan is under way. */
async function atRest(caller: Caller): Promise<{ scans: number; waiting: string[] } | null> {
  const scans = await service.operations.listScans(caller, { limit: 500 });
  if (scans.items.some(({ elapsedMs }) => elapsedMs === null)) return null;
  const { items } = await service.operations.listInterventions(caller, { limit: 500 });
  const asked = items.filter((item) => item.deadline !== null);
  const sorted = asked.toSorted((a, b) => a.customerId.localeCompare(b.customerId));
  return { scans: scans.items.length, waiting: sorted.map((item) => item.interventionId) };
}

describe('through HTTP', () => {
  test('every route is tried', () => {
    assert.deepEqual(Object.keys(CALLS).toSorted(), Object.keys(routes).toSorted());
  });

  for (const name of Object.keys(CALLS) as OperationName[]) {
    test(`${name} gives and refuses the same as without`, async () => {
      // Scans that an operation before has started are not at the same point in both.
      const waiting = await eventually('both are at rest, and alike', async () => {
        const [here, there] = await Promise.all([local, remote].map(({ caller }) => atRest(caller)));
        const alike = here?.scans === there?.scans && here?.waiting.length === there?.waiting.length;
        return here && there && alike && ([here.waiting, there.waiting] as const);
      });
      assert.ok(waiting[0].length >= 2, 'fewer than two wait for approval');
      for (const call of CALLS[name]) {
        const [here, there] = [
          await outcome(local, name, call(local, waiting[0])),
          await outcome(remote, name, call(remote, waiting[1])),
        ];
        assert.deepEqual(there, here);
      }
    });
  }

  test("another workspace's things are not found, by whichever route", async () => {
    const [item] = (await service.operations.listApprovals(local.caller, {})).items;
    const id = item?.interventionId ?? '';
    const textHash = item?.textHash;
    const asked: [string, { body?: unknown; method?: string }][] = [
      [`/api/interventions/${id}`, {}],
      [`/api/approvals/${id}`, {}],
      [`/api/approvals/${id}/approve`, { body: { textHash } }],
      [`/api/approvals/${id}/reject`, { body: { note: 'no' } }],
      [`/api/approvals/${id}/edit`, { body: { body: 'A text that is long enough to pass' } }],
    ];
    for (const [path, sent] of asked) {
      assert.equal((await request(api, path, { ...sent, workspace: 'ws-remote' })).status, 404, path);
    }
    assert.equal((await request(api, `/api/approvals/${id}`, { workspace: 'ws-local' })).status, 200);
  });

  test('a repeated request finds the scan it has started, running or ended; another key starts another', async () => {
    const caller = { ...local.caller, requestKey: 'a-request' };
    const first = await service.operations.startScan(caller, { dryRun: true });
    assert.deepEqual(await service.operations.startScan(caller, { dryRun: true }), first);
    await service.client.workflow.getHandle(first.workflowId).result();
    assert.deepEqual(await service.operations.startScan(caller, { dryRun: true }), first);
    const other = await service.operations.startScan({ ...caller, requestKey: 'another' }, { dryRun: true });
    assert.notEqual(other.scanId, first.scanId);
    await service.client.workflow.getHandle(other.workflowId).result();
  });

  test('a repeated request makes the same follow-ups, alone and in bulk; another key makes others', async () => {
    const caller = { ...local.caller, requestKey: 'a-request-for-follow-ups' };
    const { operations } = service;
    await operations.putContact(caller, { id: 'R1' });
    const items = [
      { contactId: 'R1', ...plain },
      { contactId: 'R1', ...plain },
    ];
    const first = await operations.scheduleFollowUps(caller, { items });
    assert.deepEqual(await operations.scheduleFollowUps(caller, { items }), first);
    const one = await operations.scheduleFollowUp(caller, { id: 'R1', ...plain });
    // Nothing is left to come, so that the contact's workflow completes.
    await operations.cancelContactFollowUps(caller, { id: 'R1', reason: 'a test' });
    await service.client.workflow.getHandle(workflowIds.contact(caller.workspace, 'R1')).result();
    const again = await operations.scheduleFollowUp(caller, { id: 'R1', ...plain });
    assert.equal(again.followUpId, one.followUpId);
    assert.equal((await operations.getFollowUp(caller, { id: one.followUpId })).state, 'cancelled');
    const other = await operations.scheduleFollowUps({ ...caller, requestKey: 'another' }, { items });
    assert.equal(new Set([...first.followUpIds, ...other.followUpIds, one.followUpId]).size, 5);
    await operations.cancelContactFollowUps(caller, { id: 'R1', reason: 'a test' });
  });

  test('a list is read in pages, newest first, each once', async () => {
    const { caller, operations } = remote;
    const all = (await operations.listInterventions(caller, { limit: 500 })).items.map((item) => item.interventionId);
    assert.ok(all.length > 5);
    const paged: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await operations.listInterventions(caller, { limit: 2, ...(cursor && { cursor }) });
      assert.ok(page.items.length <= 2);
      paged.push(...page.items.map((item) => item.interventionId));
      cursor = page.nextCursor;
    }
    assert.deepEqual(paged, all);
  });

  test('of two who answer at once, one is told of the conflict', async () => {
    const { caller, operations } = remote;
    const [item] = (await operations.listApprovals(caller, { limit: 1 })).items;
    const id = item?.interventionId ?? '';
    const answers = await Promise.allSettled([
      operations.approve(caller, { id, textHash: item?.textHash ?? '' }),
      operations.reject(caller, { id, note: 'no' }),
    ]);
    const refused = answers.filter((answer) => answer.status === 'rejected');
    assert.equal(refused.length, 1);
    const reason: unknown = refused[0]?.reason;
    assert.ok(reason instanceof ReveilleError);
    assert.equal(reason.code, 'conflict');
  });

  test('a wrong token, and a service that is gone, are told', async () => {
    const { caller } = remote;
    const stranger = remoteOperations(api.url, 'wrong');
    await assert.rejects(stranger.listOutbox(caller, {}), { name: 'ReveilleError', code: 'unauthorized' });
    const gone = remoteOperations('http://127.0.0.1:1', TOKEN);
    await assert.rejects(gone.listOutbox(caller, {}), { name: 'ReveilleError', code: 'unavailable' });
  });
});

describe('when the Temporal server goes away', () => {
  test('what needs it is 503 with Retry-After, in seconds, and says nothing of drivers', async () => {
    const own = await devServer();
    const client = await connectClient(own.target);
    const operations = createOperations({
      store: service.store,
      temporal: { client, webUi: null },
      minIntervalMs: 10_000,
    });
    const { connection } = client;
    const ready = async (): Promise<void> => {
      await connection.withDeadline(Date.now() + 500, () => connection.workflowService.getSystemInfo({}));
    };
    const other = await startTestApi(operations, service.store, { ready });
    try {
      await own.stop();
      const asked = ['/api/schedules/nightly', '/readyz'].map((path) => request(other, path));
      for (const answer of await Promise.all([...asked, request(other, '/api/scans', { body: {} })])) {
        assert.equal(answer.status, 503, answer.text);
        assert.equal(answer.headers.get('retry-after'), '5');
        assert.doesNotMatch(answer.text, /grpc|ECONNREFUSED|14 UNAVAILABLE|node_modules/i);
      }
      assert.equal((await request(other, '/api/outbox')).status, 200);
    } finally {
      await other.close();
      await client.connection.close();
    }
  });
});
