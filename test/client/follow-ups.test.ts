import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Client } from '@temporalio/client';
import { createOperations } from '../../client/operations/index.ts';
import { tooLate } from '../../client/operations/too-late.ts';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { FollowUpRow } from '../../domain/ports/contact-store.ts';
import { type Answer, type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';

const AT = '2026-01-31T09:00:00.000Z';

let service: StoreApi;
before(async () => {
  service = await startStoreApi();
  const { contacts, followUps } = service.store;
  for (const id of ['A', 'B']) await contacts.put('default', id, { name: 'Asha Rao' }, AT);
  const row = (followUpId: string, contactId: string) => ({
    ...{ followUpId, contactId, type: 'follow_up', scheduledFor: '2099-01-01T00:00:00.000Z' },
    ...{ payload: { reason: 'viewing' }, actor: 'tester', createdAt: AT },
  });
  await followUps.schedule('default', [row('a1', 'A'), row('a2', 'A'), row('b1', 'B')]);
  await followUps.cancel('default', 'a2', { reason: 'they called', actor: 'asha', at: AT });
});
after(() => service?.stop());

const get = (path: string): Promise<Answer> => request(service.api, path);
const idsOf = ({ body }: Answer): string[] =>
  (body as { items: FollowUp[] }).items.map(({ followUpId }) => followUpId).toSorted();
const fieldsOf = ({ problem }: Answer): string[] => problem.errors.map(({ path }) => path).toSorted();

describe('reading follow-ups', () => {
  test('all, those of a contact, and those in a state', async () => {
    assert.deepEqual(idsOf(await get('/api/follow-ups')), ['a1', 'a2', 'b1']);
    assert.deepEqual(idsOf(await get('/api/follow-ups?contactId=A&state=pending')), ['a1']);
    assert.deepEqual(idsOf(await get('/api/contacts/A/follow-ups')), ['a1', 'a2']);
    assert.deepEqual(idsOf(await get('/api/contacts/A/follow-ups?state=cancelled')), ['a2']);
    const first = await get('/api/contacts/A/follow-ups?limit=1');
    const { nextCursor } = first.body as { nextCursor: string };
    const second = await get(`/api/contacts/A/follow-ups?limit=1&cursor=${nextCursor}`);
    assert.deepEqual([...idsOf(first), ...idsOf(second)].toSorted(), ['a1', 'a2']);
    assertProblem(await get('/api/follow-ups?state=lost'), 422, 'invalid_input');
  });

  test('one, as the contract has it', async () => {
    assert.deepEqual((await get('/api/follow-ups/a2')).body, {
      ...{ followUpId: 'a2', contactId: 'A', type: 'follow_up', scheduledFor: '2099-01-01T00:00:00.000Z' },
      ...{ payload: { reason: 'viewing' }, state: 'cancelled', reason: 'they called', actor: 'asha' },
      ...{ executedAt: null, latenessMs: null },
    });
    assertProblem(await get('/api/follow-ups/none'), 404, 'not_found');
  });

  test('the doctor has nothing to say of those that are to come', async () => {
    assert.deepEqual((await get('/api/doctor/follow-ups')).body, { items: [], nextCursor: null });
  });

  test('the doctor says of one whose outcome is unknown why it is in processing, and how to settle it', async () => {
    const { store } = service;
    await store.contacts.put('default', 'S', { email: 's@example.com', marketing: true }, AT);
    const given = { followUpId: 's1', contactId: 'S', type: 'follow_up', scheduledFor: AT, payload: {} };
    await store.followUps.schedule('default', [{ ...given, actor: 'tester', createdAt: AT }]);
    const delivery = { key: 'follow-up/s1/message', contactId: 'S', purpose: 'promotion', followUpId: 's1' } as const;
    const options = { leaseMs: 1_000, promotionsSince: AT };
    const begun = await store.deliveries.begin('default', { ...delivery, messageId: 's1' }, AT, options, () => ({
      decision: { decision: 'now', at: null, channel: 'email', reason: 'allowed', detail: '' },
      effect: { channel: 'email', subject: null, repeatable: false },
    }));
    assert.ok(begun.outcome === 'go', begun.outcome);
    await store.deliveries.finish('default', delivery, begun.fence, { state: 'unknown', at: AT, reason: 'cut after DATA' }); // prettier-ignore
    const { items } = (await get('/api/doctor/follow-ups')).body as { items: Record<string, string>[] };
    assert.deepEqual(items.map(({ followUpId }) => followUpId), ['s1']); // prettier-ignore
    assert.match(items[0]!['why']!, /not known/);
    assert.match(items[0]!['whatToDo']!, /reveille effects resolve \S+ --as done\|failed/);

    const { items: effects } = (await get('/api/effects?state=unknown')).body as { items: { effectId: string }[] };
    const body = { as: 'done', note: 'it arrived' };
    assert.equal((await request(service.api, `/api/effects/${effects[0]!.effectId}/resolve`, { body })).status, 200);
    assert.deepEqual((await get('/api/doctor/follow-ups')).body, { items: [], nextCursor: null });
    assert.equal(((await get('/api/follow-ups/s1')).body as FollowUp).state, 'executed');
  });
});

describe('scheduling', () => {
  const cases: [title: string, body: object, fields: string[]][] = [
    ['no time', { type: 'follow_up' }, ['scheduledFor']],
    ['a time without a zone', { type: 'follow_up', scheduledFor: '2099-01-01T00:00:00' }, ['scheduledFor']],
    ['a past time', { type: 'follow_up', scheduledFor: AT }, ['scheduledFor']],
    ['a time far beyond', { type: 'follow_up', scheduledFor: '36500d' }, ['scheduledFor']],
    ['a type of its own without a text', { type: 'sing', scheduledFor: '2h' }, ['payload.message_template']],
    ['a type that is no word', { type: 'Follow Up', scheduledFor: '2h' }, ['type']],
    [
      'a variable without a value',
      { type: 'follow_up', scheduledFor: '2h', payload: { message_template: 'Hello {{nme}}' } },
      ['payload.variables.nme'],
    ],
    ['an actor of its own', { type: 'follow_up', scheduledFor: '2h', actor: 'me' }, ['actor']],
  ];
  for (const [title, body, fields] of cases) {
    test(`${title} is refused`, async () => {
      const alone = await request(service.api, '/api/contacts/A/follow-ups', { body });
      assertProblem(alone, 422, 'invalid_input');
      assert.deepEqual(fieldsOf(alone), fields);
    });
  }

  test('an id that a follow-up of another contact has is 409', async () => {
    const body = { type: 'follow_up', scheduledFor: '2h', followUpId: 'b1' };
    const answer = await request(service.api, '/api/contacts/A/follow-ups', { body });
    assertProblem(answer, 409, 'conflict');
  });

  test('what needs running workflows is 503 that names the command, and 422 before that', async () => {
    const asked: [path: string, body?: object | undefined, method?: string][] = [
      ['/api/contacts/A/follow-ups', { type: 'follow_up', scheduledFor: '2h' }],
      ['/api/contacts/A/follow-ups?reason=x', undefined, 'DELETE'],
      ['/api/follow-ups/a1', { scheduledFor: '2h' }, 'PATCH'],
      ['/api/follow-ups/a1?reason=x', undefined, 'DELETE'],
      ['/api/follow-ups', { items: [{ contactId: 'A', type: 'follow_up', scheduledFor: '2h' }] }],
    ];
    for (const [path, body, method] of asked) {
      const answer = await request(service.api, path, { ...(body && { body }), ...(method && { method }) });
      assertProblem(answer, 503, 'unavailable');
      assert.match(answer.problem.detail, /npm start/);
    }
    assert.deepEqual(fieldsOf(await request(service.api, '/api/follow-ups/a1', { method: 'DELETE' })), ['reason']);
    const body = { reason: 'x' };
    assert.deepEqual(fieldsOf(await request(service.api, '/api/follow-ups/a1', { method: 'DELETE', body })), [
      'reason',
    ]);
  });

  test('one that is over can be neither moved nor cancelled again, and the answer says why', async () => {
    const moved = await request(service.api, '/api/follow-ups/a2', { method: 'PATCH', body: { scheduledFor: '2h' } });
    assertProblem(moved, 409, 'conflict');
    assert.match(moved.problem.detail, /a2 was cancelled by asha \(they called\); it cannot be moved/);
    const again = await request(service.api, '/api/follow-ups/a2?reason=no', { method: 'DELETE' });
    assert.deepEqual([again.status, (again.body as FollowUp).reason], [200, 'they called']);
  });
});

test('one that is being sent when it is cancelled is 409, and the answer does not say that it was cancelled', async () => {
  const { store } = service;
  await store.contacts.put('default', 'T', { email: 't@example.com' }, AT);
  const due = { followUpId: 't1', contactId: 'T', type: 'reminder', scheduledFor: AT, payload: {} };
  await store.followUps.schedule('default', [{ ...due, actor: 'tester', createdAt: AT }]);
  const delivery = { key: 'follow-up/t1/message', contactId: 'T', purpose: 'service', followUpId: 't1' } as const;
  const options = { leaseMs: 60_000, promotionsSince: AT };
  const now = new Date().toISOString();
  await store.deliveries.begin('default', { ...delivery, messageId: 't1' }, now, options, () => ({
    decision: { decision: 'now', at: null, channel: 'email', reason: 'allowed', detail: '' },
    effect: { channel: 'email', subject: null, repeatable: false },
  }));
  // The workflow cancels in the store, and answers with what is there once it has waited.
  const workflow = {
    executeUpdateWithStart: () => store.followUps.cancel('default', 't1', { reason: 'x', actor: 'asha', at: now }),
  };
  const connection = { withDeadline: (_: number, work: () => Promise<unknown>) => work() };
  const client = { workflow, connection } as unknown as Client;
  const operations = createOperations({ store, temporal: { client, webUi: null }, minIntervalMs: 10_000 });
  await assert.rejects(operations.cancelFollowUp({ workspace: 'default', actor: 'asha' }, { id: 't1', reason: 'x' }), {
    code: 'conflict',
    message: 'Follow-up t1 is being sent at this moment; it will not be tried again',
  });
});

test('each state in which a follow-up cannot be cancelled is told as it is', () => {
  const row: FollowUpRow = {
    ...{ followUpId: 'F', contactId: 'A', type: 'follow_up', scheduledFor: AT, payload: {}, state: 'executed' },
    ...{ reason: null, actor: 'asha', executedAt: AT, createdAt: AT, nextAt: AT, processingSince: null, message: null },
  };
  const now = Date.parse(AT);
  const words = (changes: Partial<FollowUpRow>, at = now) => tooLate({ ...row, ...changes }, 'cancelled', at).message;
  assert.equal(words({}), `Follow-up F was sent already, at ${AT}; it cannot be cancelled`);
  assert.match(words({ reason: 'In the outbox.' }), /was carried out already, at .* \(In the outbox\); /);
  assert.match(words({ state: 'failed', reason: 'no address' }), /has failed .* \(no address\)/);
  const processing = { state: 'processing', processingSince: AT, executedAt: null } as const;
  assert.equal(words(processing), 'Follow-up F is being sent at this moment; it will not be tried again');
  assert.match(
    words(processing, now + 121_000),
    /may have been sent: `reveille follow-ups doctor`.*not be tried again/,
  );
});

describe('reveille follow-ups, without a service', () => {
  let folder: CliFolder;
  before(() => {
    folder = new CliFolder();
  });
  after(() => folder.end());

  test('lists and doctors on the store alone, and names npm start for the rest', async () => {
    assert.equal((await folder.run(['follow-ups', 'list'])).stdout, 'No follow-ups\n');
    assert.deepEqual(await folder.json(['follow-ups', 'doctor']), []);
    assert.match((await folder.problem(1, ['follow-ups', 'create', 'C1', '--in', '2h'])).detail, /npm start/);
  });

  test('wrong use is exit code 2, before a service is looked for', async () => {
    writeFileSync(join(folder.path, 'object.json'), '{}');
    const wrong: [args: string[], path: string][] = [
      [['create', 'C1'], '--in'],
      [['create', 'C1', '--in', '2h', '--at', '2099-01-01T00:00:00Z'], '--in'],
      [['create', 'C1', '--in', 'soon'], '--in'],
      [['create', 'C1', '--at', '2099-01-01'], '--at'],
      [['create', 'C1', '--in', '2h', '--payload', '{'], '--payload'],
      [['create', '--in', '2h'], 'contactId'],
      [['create', '--file', 'object.json'], '--file'],
      [['create', '--file', 'object.json', '--in', '2h'], '--in'],
      [['cancel', '--reason', 'x'], 'followUpId'],
    ];
    const told = await Promise.all(wrong.map(([args]) => folder.problem(2, ['follow-ups', ...args])));
    assert.deepEqual(told.map(({ errors }) => errors[0]?.path), wrong.map(([, path]) => path)); // prettier-ignore
  });
});
