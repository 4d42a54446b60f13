import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type OperationName, type Route, routes } from '../../client/api/routes.ts';
import { readsQuery } from '../../client/api/routes/route.ts';
import type { ApiServer } from '../../client/api/server.ts';
import { type Sent, assertProblem, request, startTestApi } from '../support/api.ts';
import { scanApart } from '../support/scans.ts';
import { type TestService, sampleCustomers, startTestService } from '../support/service.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';
import { bookingConfiguration, representative } from '../workflows/suite/booking-desk.ts';

const AT = '2026-01-31T09:00:00.000Z';
const HASH = 'a'.repeat(64);
const CONTACT = 'P1';
const SLOT = `one-${new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}T090000Z`;

let temporal: TestTemporal;
let service: TestService;
let api: ApiServer;
/** Tokens of the workspace that has things, and of the one that has none. */
const token = { alpha: '', beta: '' };
/** One thing of each kind in alpha, by the second part of its paths. */
const ids: Record<string, string> = {};

before(async () => {
  temporal = await devServer();
  const booking = bookingConfiguration({ representatives: { mia: representative({ type: 'google' }) } });
  service = await startTestService(temporal.target, { customers: null, configuration: { booking } });
  api = await startTestApi(service.operations, service.store);
  for (const workspace of ['alpha', 'beta'] as const) {
    const body = { name: workspace, scopes: ['read', 'write', 'admin'], workspace };
    const made = await request(api, '/api/tokens', { body });
    token[workspace] = (made.body as { token: string }).token;
  }
  await service.store.customers.import('alpha', sampleCustomers(120), { merge: false });
  await scanApart(service, { workspace: 'alpha', actor: 'tester' });
  await fillStore();
  for (const name of Object.keys(routes) as OperationName[]) {
    const kind = kindOf(routes[name]);
    if (kind && routes[name].path.includes(':')) ids[kind] ??= await firstOf(kind);
  }
});
after(async () => {
  await api?.close();
  await service?.stop();
  await temporal?.stop();
});

/** What a scan does not leave by itself. */
async function fillStore(): Promise<void> {
  const { store } = service;
  const [intervention] = (await store.interventions.list('alpha', { limit: 1 })).items;
  const { interventionId, customerId } = intervention!;
  await store.escalations.open('alpha', {
    ...{ interventionId, customerId, owner: 'asha' },
    ...{ openedAt: AT, deadline: AT, what: 'opened by a test' },
  });
  await store.outbox.put('alpha', {
    ...{
      messageId: 'm1',
      kind: 'intervention',
      interventionId: null,
      customerId: null,
      contactId: null,
      channel: 'email',
      to: null,
      subject: null,
      body: 'text',
    },
    ...{ reason: 'a test', createdAt: AT },
  });
  await store.contacts.put('alpha', CONTACT, { name: 'Asha Rao', email: 'asha@example.com' }, AT);
  await store.followUps.schedule('alpha', [
    {
      ...{ followUpId: 'f1', contactId: CONTACT, type: 'follow_up', scheduledFor: '2099-01-01T00:00:00.000Z' },
      ...{ payload: {}, actor: 'tester', createdAt: AT },
    },
  ]);
  await store.effects.plan('alpha', {
    ...{ key: 'follow-up/f1/message', kind: 'message', channel: 'email', contactId: CONTACT },
    ...{ purpose: 'service', subject: null, plannedAt: AT },
  });
  await store.bookings.hold(
    'alpha',
    {
      ...{ bookingId: 'B1', calendar: 'one', resource: 'calendar/one', timezone: 'UTC', contactId: CONTACT },
      ...{ invitee: { email: 'asha@example.com', name: 'Asha Rao' }, topic: 'Demo', slotId: 'one-20990105T090000Z' },
      ...{ start: '2099-01-05T09:00:00.000Z', end: '2099-01-05T09:30:00.000Z', holdUntil: '2099-01-01T00:00:00.000Z' },
      ...{ inviteeTimezone: null, language: null, createdBy: 'tester', createdAt: AT, apartMs: 0 },
    },
    () => null,
  );
  const body = { name: 'nightly', workflowType: 'customerScan', every: '100d' };
  assert.equal((await request(api, '/api/schedules', { token: token.alpha, body })).status, 201);
  const run = { scheduleId: 'alpha/nightly', scheduleVersion: 1, plannedAt: AT, plannedLocal: AT, note: null };
  await store.runs.start('alpha', { ...run, cause: 'schedule', workflowId: 'w', runId: 'run-1', startedAt: AT });
  await store.runs.finish('alpha', 'run-1', {
    ...{ state: 'completed', finishedAt: AT, summary: null, tokensUsed: null, error: null },
  });
}

const kindOf = ({ path }: Route): string => path.split('/')[2] ?? '';

/** The id of the first of alpha's things of a kind. */
async function firstOf(kind: string): Promise<string> {
  // Contacts have no list.
  if (kind === 'contacts') return CONTACT;
  // Nor have representatives, who are in the configuration.
  if (kind === 'representatives') return 'mia';
  const { body } = await request(api, `/api/${kind}`, { token: token.alpha });
  const [item] = (body as { items: Record<string, string>[] }).items;
  assert.ok(item, `alpha has no ${kind}`);
  const key = {
    calendars: 'calendar',
    approvals: 'interventionId',
    outbox: 'messageId',
    schedules: 'name',
    runs: 'runId',
  }[kind];
  const one = kind.replace(/s$/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return item[key ?? `${one}Id`] ?? '';
}

/** What a call must hold to get as far as to the thing it is about. */
const BODIES: Partial<Record<OperationName, object>> = {
  approve: { textHash: HASH },
  reject: { note: 'no' },
  edit: { body: 'A text that is long enough to pass' },
  assignEscalation: { owner: 'asha' },
  pauseSchedule: { reason: 'a test' },
  skipOccurrence: { at: '2030-01-31T09:00:00.000Z' },
  unskipOccurrence: { at: '2030-01-31T09:00:00.000Z' },
  backfillSchedule: { from: AT, to: '2026-02-01T09:00:00.000Z' },
  scheduleFollowUp: { type: 'follow_up', scheduledFor: '2h' },
  rescheduleFollowUp: { scheduledFor: '2h' },
  cancelFollowUp: { reason: 'a test' },
  cancelContactFollowUps: { reason: 'a test' },
  recordReply: { messageId: 'm1', channel: 'email' },
  requestSend: { messageId: 'm1', channels: ['email'], purpose: 'service' },
  resolveEffect: { as: 'done', note: 'a test' },
  rescheduleBooking: { slotId: 'one-20990105T100000Z' },
  cancelBooking: { reason: 'a test' },
  connectCalendar: { refreshToken: 'canary' },
};

/** Of no workspace: whoever may read sees them, see below. */
const OF_ALL: readonly OperationName[] = ['listCalendars', 'checkCalendar', 'connectCalendar'];

/** What lists are asked for that would not be the same a moment later. */
function queryOf(name: OperationName): string {
  const { path } = routes[name];
  if (/scores|evaluation|customers$/.test(path)) return `?asOf=${AT}`;
  return /\/slots/.test(path) ? '?from=2099-01-01T00:00:00Z' : '';
}

const names = Object.keys(routes) as OperationName[];
const aboutOne = names.filter((name) => routes[name].path.includes(':'));
const aboutMany = names.filter((name) => !routes[name].path.includes(':'));

function callOf(name: OperationName): { path: string; sent: Sent } {
  const { method, path }: Route = routes[name];
  const given = BODIES[name] ?? {};
  const url = path.replace(/:\w+/, ids[kindOf(routes[name])] ?? '');
  if (!readsQuery(method)) return { path: url, sent: { method, body: given } };
  return { path: `${url}?${new URLSearchParams(given as Record<string, string>).toString()}`, sent: { method } };
}

/** Everything that alpha's token can read, but for when the token was used. */
async function everythingOfAlpha(): Promise<string[]> {
  const lists = aboutMany.filter((name) => routes[name].method === 'GET');
  const answers = await Promise.all(
    [...lists, 'getContact' as const].map(async (name) => {
      const path = name === 'getContact' ? callOf(name).path : `${routes[name].path}${queryOf(name)}`;
      const { status, text } = await request(api, path, { token: token.alpha });
      assert.equal(status, 200, text);
      return `${name} ${createHash('sha256')
        .update(text.replace(/"lastUsedAt":[^,]+,/g, ''))
        .digest('hex')}`;
    }),
  );
  return answers.toSorted();
}

describe("another workspace's things", () => {
  let before: string[];
  test('are there for their own', async () => {
    before = await everythingOfAlpha();
    for (const name of aboutOne.filter((each) => routes[each].method === 'GET')) {
      const { path, sent } = callOf(name);
      const { status, text } = await request(api, path, { ...sent, token: token.alpha });
      assert.equal(status, 200, `${name}: ${text}`);
    }
  });

  // Whoever puts a contact has one of their own: see below.
  for (const name of aboutOne.filter((each) => each !== 'putContact' && !OF_ALL.includes(each))) {
    test(`${name}: 404 to another token, and 403 when it names their workspace`, async () => {
      const { path, sent } = callOf(name);
      assertProblem(await request(api, path, { ...sent, token: token.beta }), 404, 'not_found');
      // The runtime token may name any workspace, and then sees that one only; but tokens it sees to wherever they are.
      if (name !== 'revokeToken') {
        assertProblem(await request(api, path, { ...sent, workspace: 'beta' }), 404, 'not_found');
      }
      const named = await request(api, path, { ...sent, token: token.beta, workspace: 'alpha' });
      assertProblem(named, 403, 'forbidden');
    });
  }

  for (const name of aboutMany.filter((each) => routes[each].method === 'GET' && !OF_ALL.includes(each))) {
    test(`${name}: nothing of theirs in the list`, async () => {
      const { status, body, text } = await request(api, `${routes[name].path}${queryOf(name)}`, { token: token.beta });
      // There is nothing to evaluate.
      if (name === 'evaluateCustomers') return assert.equal(status, 422);
      assert.equal(status, 200);
      const items = (body as { items?: unknown[] }).items ?? (Array.isArray(body) ? body : []);
      assert.equal(items.length, name === 'listTokens' ? 1 : 0, text);
      assert.doesNotMatch(text, /alpha/);
    });
  }

  test('calendars and representatives are of none: all see them, and only a token for all connects one', async () => {
    const [theirs, ours] = await Promise.all(
      [token.alpha, token.beta].map((each) => request(api, '/api/calendars', { token: each })),
    );
    assert.deepEqual(theirs?.body, ours?.body);
    assert.equal((await request(api, '/api/calendars/one/health', { token: token.beta })).status, 200);
    const { path, sent } = callOf('connectCalendar');
    assertProblem(await request(api, path, { ...sent, token: token.beta }), 403, 'forbidden');
    assert.equal((await request(api, path, { ...sent, workspace: 'beta' })).status, 200);
  });

  test('stay as they are, whatever another changes among its own', async () => {
    const invitee = { email: 'a@example.com', name: 'A' };
    const asked: [path: string, body: unknown, method?: string][] = [
      // Before there is one of that id here.
      ['/api/bookings', { calendar: 'one', slotId: SLOT, contactId: CONTACT, invitee }],
      ['/api/schedules/pause', { all: true, reason: 'a test' }],
      ['/api/schedules/pause', { names: ['nightly'], reason: 'a test' }],
      ['/api/schedules/resume', { all: true }],
      ['/api/schedules', { schedules: [], prune: true }, 'PUT'],
      ['/api/schedules', { name: 'nightly', workflowType: 'customerScan', every: '50d' }],
      ['/api/customers', sampleCustomers(2, 9), 'PUT'],
      ['/api/scans', { riskThreshold: 0 }],
      ['/api/follow-ups', { items: [{ contactId: CONTACT, type: 'follow_up', scheduledFor: '2h' }] }],
      [`/api/contacts/${CONTACT}`, { name: 'Somebody else', marketing: true }, 'PUT'],
      ['/api/follow-ups', { items: [{ contactId: CONTACT, followUpId: 'f1', type: 'nurture', scheduledFor: '2d' }] }],
      [`/api/contacts/${CONTACT}/opt-out`, {}],
      [`/api/contacts/${CONTACT}/replies`, { messageId: 'm1', channel: 'email' }],
    ];
    for (const [path, body, method = 'POST'] of asked) {
      const { status, text } = await request(api, path, { method, body, token: token.beta });
      // A contact of theirs is named before there is one of that id here.
      assert.ok(status < 300 || status === 404 || /is no(ne| contact) of this workspace/.test(text), text);
    }
    assert.deepEqual(await everythingOfAlpha(), before);
  });

  test('every operation is tried', () => {
    assert.equal(aboutOne.length + aboutMany.length, names.length);
    const listed = aboutMany.filter((name) => routes[name].method !== 'GET');
    // Those that change many: each is in the test above, or about nothing that there is.
    assert.deepEqual(
      listed.toSorted(),
      [
        ...['applySchedules', 'createBooking', 'createSchedule', 'createToken', 'importCustomers', 'pauseSchedules'],
        ...['previewTiming', 'resumeSchedules', 'scheduleFollowUps', 'startScan'],
      ].toSorted(),
    );
  });
});
