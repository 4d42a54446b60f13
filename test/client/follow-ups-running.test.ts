import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Contact, OptOutcome, ReplyNoted, SendDecision } from '../../domain/contracts/contacts.ts';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { OutboxMessage } from '../../domain/contracts/interventions.ts';
import { type Answer, type Sent, assertProblem, request } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';
import { until } from '../workflows/suite/desk.ts';

let folder: CliFolder;
before(async () => {
  folder = new CliFolder();
  const up = folder.start(['up'], { REVEILLE_LOG_LEVEL: 'warn' });
  await up.says(/Ctrl-C drains and stops all/);
});
after(() => folder?.end());

const ask = (path: string, sent: Sent = {}): Promise<Answer> => {
  const { api, token } = folder.runtime();
  return request({ url: api, close: async () => {} }, path, { token, ...sent });
};
/** Asks for what must succeed. */
const done = async <Body>(path: string, sent: Sent = {}): Promise<Body> => {
  const { status, text, body } = await ask(path, sent);
  assert.ok(status < 300, `${path}: ${text}`);
  return body as Body;
};

const newContact = (id: string): Promise<Contact> =>
  done(`/api/contacts/${id}`, {
    method: 'PUT',
    body: { name: 'Asha Rao', email: `${id.toLowerCase()}@example.com`, marketing: true },
  });
const schedule = (id: string, scheduledFor: string, more: object = {}): Promise<FollowUp> =>
  done(`/api/contacts/${id}/follow-ups`, { body: { type: 'follow_up', scheduledFor, ...more } });
const stateOf = async (id: string): Promise<string> => (await done<FollowUp>(`/api/follow-ups/${id}`)).state;
const executed = (id: string): Promise<FollowUp> =>
  until(async () => {
    const item = await done<FollowUp>(`/api/follow-ups/${id}`);
    return item.state === 'executed' && item;
  });

describe('over HTTP', () => {
  test(
    'one is sent when it is due, not before, and can then be neither moved nor cancelled',
    { timeout: 60_000 },
    async () => {
      await newContact('H1');
      const payload = { message_template: 'Hello {{name}}: {{reason}}', reason: 'the viewing' };
      const made = await schedule('H1', '1s', { type: 'reminder', payload });
      assert.deepEqual([made.state, made.executedAt, made.latenessMs], ['pending', null, null]);
      const item = await executed(made.followUpId);
      assert.ok(item.latenessMs !== null && item.latenessMs >= 0);
      assert.equal(item.latenessMs, Date.parse(item.executedAt ?? '') - Date.parse(item.scheduledFor));
      const { items } = await done<{ items: OutboxMessage[] }>('/api/outbox');
      const message = items.find(({ contactId }) => contactId === 'H1');
      assert.deepEqual([message?.kind, message?.body], ['follow_up', 'Hello Asha Rao: the viewing']);

      const path = `/api/follow-ups/${made.followUpId}`;
      assertProblem(await ask(path, { method: 'PATCH', body: { scheduledFor: '2h' } }), 409, 'conflict');
      const cancelled = await ask(`${path}?reason=late`, { method: 'DELETE' });
      assertProblem(cancelled, 409, 'conflict');
      assert.ok(cancelled.problem.detail.includes(`already, at ${item.executedAt}`), cancelled.problem.detail);
    },
  );

  test('one is moved, and sent at its new time', { timeout: 60_000 }, async () => {
    await newContact('H2');
    const { followUpId } = await schedule('H2', '3d');
    const body = { scheduledFor: new Date(Date.now() + 1_000).toISOString() };
    const moved = await done<FollowUp>(`/api/follow-ups/${followUpId}`, { method: 'PATCH', body });
    assert.equal(moved.scheduledFor, body.scheduledFor);
    assert.equal((await executed(followUpId)).scheduledFor, body.scheduledFor);
  });

  test('one is cancelled, by whom and why; then all that are left of the contact', async () => {
    await newContact('H3');
    const [one, two] = [await schedule('H3', '1d'), await schedule('H3', '2d'), await schedule('H3', '3d')];
    const path = `/api/follow-ups/${one.followUpId}`;
    const cancelled = await done<FollowUp>(`${path}?reason=they%20called`, { method: 'DELETE' });
    assert.deepEqual([cancelled.state, cancelled.reason], ['cancelled', 'they called']);
    assert.deepEqual(await done(`${path}?reason=again`, { method: 'DELETE' }), cancelled);
    const all = '/api/contacts/H3/follow-ups?reason=moved';
    assert.deepEqual(await done(all, { method: 'DELETE' }), { cancelled: 2 });
    assert.deepEqual(await done(all, { method: 'DELETE' }), { cancelled: 0 });
    assert.equal(await stateOf(two.followUpId), 'cancelled');
  });

  test('a reply cancels what is to come before it is answered; an automatic one does not count', async () => {
    await newContact('H4');
    const { followUpId } = await schedule('H4', '1d');
    const replies = '/api/contacts/H4/replies';
    const automatic = { messageId: 'm0', channel: 'email', headers: { 'auto-submitted': 'auto-replied' } };
    const ignored = await done<ReplyNoted>(replies, { body: automatic });
    assert.equal(ignored.cancelled, 0);
    assert.ok(ignored.ignored);
    assert.equal(await stateOf(followUpId), 'pending');
    assert.deepEqual(await done(replies, { body: { messageId: 'm1', channel: 'email' } }), {
      cancelled: 1,
      ignored: null,
    });
    assert.equal(await stateOf(followUpId), 'cancelled');
  });

  test('an opt-out holds until it is taken back, and a send request says so', async () => {
    await newContact('H5');
    const may = (messageId: string): Promise<SendDecision> =>
      done('/api/contacts/H5/send-requests', { body: { messageId, channels: ['email'], purpose: 'promotion' } });
    assert.equal((await may('q1')).decision, 'now');
    const out = await done<OptOutcome>('/api/contacts/H5/opt-out', { body: { channel: 'email' } });
    assert.deepEqual(out.optOuts.map(({ channel, purpose }) => [channel, purpose]), [['email', null]]); // prettier-ignore
    const refused = await may('q2');
    assert.deepEqual([refused.decision, refused.reason], ['never', 'opted_out']);
    const back = await done<OptOutcome>('/api/contacts/H5/opt-in', { body: { channel: 'email' } });
    assert.deepEqual(back, { marketing: true, optOuts: [] });
    assert.equal((await may('q3')).decision, 'now');
  });

  test('the same request again makes the same follow-up', async () => {
    await newContact('H6');
    const body = { type: 'follow_up', scheduledFor: '1d' };
    const sent = { body, headers: { 'idempotency-key': 'one' } };
    const [first, second] = [
      await ask('/api/contacts/H6/follow-ups', sent),
      await ask('/api/contacts/H6/follow-ups', sent),
    ];
    assert.deepEqual([second.status, second.body], [201, first.body]);
    const { items } = await done<{ items: FollowUp[] }>('/api/contacts/H6/follow-ups');
    assert.equal(items.length, 1);
  });
});

describe('in bulk', () => {
  const bulk = (items: object[], headers: Record<string, string> = {}): Promise<Answer> =>
    ask('/api/follow-ups', { body: { items }, headers });

  test(
    'all are scheduled and sent, each once; the same request again makes no others',
    { timeout: 60_000 },
    async () => {
      const contacts = Array.from({ length: 20 }, (_, index) => `B${index}`);
      await Promise.all(contacts.map(newContact));
      const items = contacts.flatMap((contactId) => [
        { contactId, type: 'reminder', scheduledFor: '1s' },
        { contactId, type: 'nurture', scheduledFor: '9d' },
      ]);
      const headers = { 'idempotency-key': 'bulk' };
      const { status, body } = await bulk(items, headers);
      assert.equal(status, 201);
      const { followUpIds } = body as { followUpIds: string[] };
      assert.equal(new Set(followUpIds).size, items.length);
      assert.deepEqual((await bulk(items, headers)).body, body);
      for (const [index, id] of followUpIds.entries()) {
        const { contactId, type } =
          index % 2 === 0 ? await executed(id) : await done<FollowUp>(`/api/follow-ups/${id}`);
        assert.deepEqual([contactId, type], [items[index]!.contactId, items[index]!.type]);
      }
      const { items: written } = await done<{ items: FollowUp[] }>('/api/follow-ups?state=executed&limit=500');
      assert.equal(written.filter(({ contactId }) => contactId.startsWith('B')).length, contacts.length);
    },
  );

  test('when one is wrong none is scheduled, and each wrong field is named', async () => {
    await newContact('W1');
    await newContact('W2');
    const { followUpId } = await schedule('W2', '9d');
    const right = { contactId: 'W1', type: 'follow_up', scheduledFor: '2h' };
    const wrong = await bulk([
      right,
      { ...right, contactId: 'nobody', payload: { message_template: '{{nme}}' } },
      { ...right, payload: { message_template: 'Hi {{nme}}' }, scheduledFor: '2020-01-01T00:00:00Z' },
      { ...right, type: 'sing', followUpId: 'twice' },
      { ...right, followUpId: 'twice' },
      { ...right, followUpId },
    ]);
    assertProblem(wrong, 422, 'invalid_input');
    assert.deepEqual(wrong.problem.errors.map(({ path }) => path), [
      ...['items.1.contactId', 'items.2.payload.variables.nme', 'items.2.scheduledFor', 'items.3.payload.message_template'],
      ...['items.4.followUpId', 'items.5.followUpId'],
    ]); // prettier-ignore
    assert.deepEqual(await done('/api/contacts/W1/follow-ups'), { items: [], nextCursor: null });
  });

  test('two megabytes are taken, and more than 10,000 items refused', { timeout: 60_000 }, async () => {
    const items = Array.from({ length: 10_001 }, () => ({
      ...{ contactId: 'nobody', type: 'reminder', scheduledFor: '2h' },
      payload: { message_template: `Hello {{name}}, ${'see you there '.repeat(9)}`, reason: 'viewing' },
    }));
    const tooMany = await bulk(items);
    assertProblem(tooMany, 422, 'invalid_input');
    assert.deepEqual(tooMany.problem.errors.map(({ path }) => path), ['items']); // prettier-ignore
    const { problem, text } = await bulk(items.slice(1));
    assert.equal(problem.errors.length, 10_000, text.slice(0, 200));
  });
});

describe('by the CLI', () => {
  test('created, listed, moved, cancelled, replied to, opted out of and in', { timeout: 120_000 }, async () => {
    await newContact('C1');
    const created = await folder.run(['follow-ups', 'create', 'C1', '--in', '2h', '--payload', '{"reason":"viewing"}']);
    assert.equal(created.code, 0, created.stderr);
    assert.match(created.stdout, /^Scheduled\nF\w+\n {2}Contact +C1\n(?:.*\n)* {2}Due +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n/); // prettier-ignore
    const listed = await folder.json<FollowUp[]>(['follow-ups', 'list', '--contact', 'C1', '--state', 'pending']);
    const id = listed[0]!.followUpId;
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const moved = await folder.run(['follow-ups', 'reschedule', id, '--at', `${day}T09:00:00+05:30`]);
    assert.equal(moved.stdout, `${id} is due at ${day} 03:30:00 UTC now\n`, moved.stderr);
    const cancelled = await folder.run(['follow-ups', 'cancel', id, '--reason', 'they called']);
    assert.match(cancelled.stdout, new RegExp(`^Cancelled: ${id} will not be sent\n`));
    assert.match((await folder.problem(1, ['follow-ups', 'reschedule', id, '--in', '1d'])).detail, /was cancelled by/);

    await schedule('C1', '1d');
    await schedule('C1', '2d');
    const replied = await folder.run(['contacts', 'replied', 'C1', '--channel', 'telegram']);
    assert.equal(replied.stdout, 'Noted: C1 replied; 2 follow-ups cancelled\n');
    await schedule('C1', '1d');
    const all = await folder.run(['follow-ups', 'cancel', '--contact', 'C1', '--reason', 'moved away']);
    assert.equal(all.stdout, 'Cancelled 1 follow-up of C1\n');
    assert.match(
      (await folder.run(['contacts', 'opt-out', 'C1'])).stdout,
      /opted out of everything by any channel on /,
    );
    assert.deepEqual(await folder.json(['contacts', 'opt-in', 'C1']), { marketing: true, optOuts: [] });
  });

  test('a file of them, and one that cannot be right', { timeout: 60_000 }, async () => {
    await newContact('C2');
    const file = join(folder.path, 'follow-ups.json');
    const item = { contactId: 'C2', type: 'follow_up', scheduledFor: '9d' };
    writeFileSync(file, JSON.stringify([item, { ...item, type: 'nurture' }]));
    assert.match((await folder.run(['follow-ups', 'create', '--file', file])).stdout, /Scheduled 2 follow-ups\n$/);
    writeFileSync(file, JSON.stringify([item, { ...item, contactId: 'nobody' }]));
    const refused = await folder.problem(2, ['follow-ups', 'create', '--file', file]);
    assert.deepEqual(refused.errors.map(({ path }) => path), ['items.1.contactId']); // prettier-ignore
  });

  test('the outbox says what each message is and for whom', async () => {
    const { stdout } = await folder.run(['outbox', '--limit', '500']);
    assert.match(stdout, /UTC {2}follow-up for H1 {2}email to h1@example\.com {2}\(.*\)\n/);
  });
});
