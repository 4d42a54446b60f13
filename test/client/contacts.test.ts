import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Contact } from '../../domain/contracts/contacts.ts';
import { type Answer, type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';
import { sampleCustomers } from '../support/service.ts';

let service: StoreApi;
let folder: CliFolder;
before(async () => {
  service = await startStoreApi();
  folder = new CliFolder();
});
after(async () => {
  await folder?.end();
  await service?.stop();
});

const put = (id: string, body: unknown): Promise<Answer> =>
  request(service.api, `/api/contacts/${id}`, { method: 'PUT', body });
const fieldsOf = ({ problem }: Answer): string[] => problem.errors.map(({ path }) => path).toSorted();

const DETAILS = {
  ...{ name: 'Asha Rao', email: 'asha@example.com', phone: '+919812345678', telegram: '@asha_rao' },
  ...{ timezone: 'asia/kolkata', language: 'hi', marketing: true },
};

describe('PUT and GET /api/contacts/:id', () => {
  test('a contact is as it was put, its zone by its one name', async () => {
    const answer = await put('A1', DETAILS);
    assert.equal(answer.status, 200, answer.text);
    const { marketing, ...told } = DETAILS;
    assert.deepEqual(answer.body, {
      ...{ ...told, contactId: 'A1', timezone: 'Asia/Kolkata', consent: { marketing, optOuts: [] } },
      ...{ lastMessages: [], pending: [] },
    });
    assert.deepEqual((await request(service.api, '/api/contacts/A1')).body, answer.body);
  });

  test('what is absent stays, and null takes away: the zone is then the configured one', async () => {
    await put('A2', DETAILS);
    const { body } = await put('A2', { timezone: null, name: 'Asha' });
    const { name, timezone, email, language } = body as Contact;
    assert.deepEqual({ name, timezone, email, language }, { name: 'Asha', timezone: 'UTC', email: 'asha@example.com', language: 'hi' }); // prettier-ignore
  });

  test("a customer is a contact, with the customer's address and consent", async () => {
    const data = sampleCustomers(3);
    await service.store.customers.import('default', data, { merge: false });
    const [customer] = data.customers;
    const { body } = await request(service.api, `/api/contacts/${customer!.customerId}`);
    const { email, consent } = body as Contact;
    assert.deepEqual([email, consent.marketing], [customer!.email, customer!.optInMarketing]);
  });

  test('what cannot be right is refused by field, and changes nothing', async () => {
    const cases: [body: object, fields: string[]][] = [
      [{ timezone: 'Mars/Olympus' }, ['timezone']],
      [{ timezone: 'IST' }, ['timezone']],
      [{ email: 'asha@', phone: '98123', telegram: 'x' }, ['email', 'phone', 'telegram']],
      [{ email: 'a@example.com\r\nBcc: b@example.com' }, ['email']],
      [{ name: ' ', language: 'Hindi!', marketing: 'yes' }, ['language', 'marketing', 'name']],
      [{ id: 'other', colour: 'red' }, ['id']],
      [{ colour: 'red' }, ['colour']],
    ];
    await put('A3', DETAILS);
    const before = await request(service.api, '/api/contacts/A3');
    for (const [body, fields] of cases) {
      const answer = await put('A3', body);
      assertProblem(answer, 422, 'invalid_input');
      assert.deepEqual(fieldsOf(answer), fields);
    }
    assertProblem(await put('asha@example.com', {}), 422, 'invalid_input');
    assert.deepEqual((await request(service.api, '/api/contacts/A3')).body, before.body);
  });

  test('an unknown contact is 404 wherever it is named', async () => {
    const asked: [path: string, body?: object | undefined, method?: string][] = [
      ['/api/contacts/nobody'],
      ['/api/contacts/nobody/follow-ups'],
      ['/api/contacts/nobody/follow-ups', { type: 'follow_up', scheduledFor: '2h' }],
      ['/api/contacts/nobody/follow-ups?reason=x', undefined, 'DELETE'],
      ['/api/contacts/nobody/replies', { messageId: 'm', channel: 'email' }],
      ['/api/contacts/nobody/opt-out', {}],
      ['/api/contacts/nobody/opt-in', { channel: 'email' }],
      ['/api/contacts/nobody/send-requests', { messageId: 'm', channels: ['email'], purpose: 'service' }],
    ];
    for (const [path, body, method] of asked) {
      const answer = await request(service.api, path, { ...(body && { body }), ...(method && { method }) });
      assertProblem(answer, 404, 'not_found');
      assert.match(answer.problem.detail, /There is no contact nobody/);
    }
  });
});

describe('what a contact says', () => {
  const cases: [path: string, body: object, fields: string[]][] = [
    ['replies', { channel: 'email' }, ['messageId']],
    ['replies', { messageId: 'm', channel: 'pigeon' }, ['channel']],
    ['replies', { messageId: 'm', channel: 'email', at: '2999-01-01T00:00:00Z' }, ['at']],
    ['replies', { messageId: 'm', channel: 'email', actor: 'me' }, ['actor']],
    ['opt-out', { purpose: 'everything' }, ['purpose']],
    ['opt-in', { channel: null }, ['channel']],
    ['opt-out', { actor: 'me' }, ['actor']],
    ['send-requests', { messageId: 'm', channels: [], purpose: 'service' }, ['channels']],
    ['send-requests', { channels: ['email'], purpose: 'none' }, ['messageId', 'purpose']],
  ];
  for (const [path, body, fields] of cases) {
    test(`${path} refuses ${JSON.stringify(body)}`, async () => {
      await put('A4', DETAILS);
      const answer = await request(service.api, `/api/contacts/A4/${path}`, { body });
      assertProblem(answer, 422, 'invalid_input');
      assert.deepEqual(fieldsOf(answer), fields);
    });
  }

  test('without a running service it is 503 that names the command', async () => {
    await put('A5', DETAILS);
    const asked: [path: string, body: object][] = [
      ['replies', { messageId: 'm', channel: 'email' }],
      ['opt-out', {}],
      ['opt-in', {}],
      ['send-requests', { messageId: 'm', channels: ['email'], purpose: 'service' }],
    ];
    for (const [path, body] of asked) {
      const answer = await request(service.api, `/api/contacts/A5/${path}`, { body });
      assertProblem(answer, 503, 'unavailable');
      assert.match(answer.problem.detail, /npm start/);
    }
  });
});

describe('reveille contacts', () => {
  test('create and show work on the store alone', async () => {
    const created = await folder.run([
      ...['contacts', 'create', 'C1', '--name', 'Asha Rao', '--email', 'asha@example.com'],
      ...['--timezone', 'Asia/Kolkata', '--language', 'hi', '--marketing'],
    ]);
    assert.equal(created.code, 0, created.stderr);
    assert.match(created.stdout, /^Saved\nC1\n {2}Name +Asha Rao\n(?:.*\n)* {2}Time zone +Asia\/Kolkata\n/);
    const shown = await folder.json<Contact>(['contacts', 'show', 'C1']);
    assert.deepEqual(shown.consent, { marketing: true, optOuts: [] });
    await folder.run(['contacts', 'create', 'C1', '--no-marketing']);
    const changed = await folder.json<Contact>(['contacts', 'show', 'C1']);
    assert.deepEqual(changed, { ...shown, consent: { marketing: false, optOuts: [] } });
  });

  test('a zone of contacts that name none is the configured one', async () => {
    const created = await folder.run(['contacts', 'create', 'C2', '--json'], { REVEILLE_TIMEZONE: 'Asia/Dubai' });
    assert.equal((JSON.parse(created.stdout) as Contact).timezone, 'Asia/Dubai');
  });

  test('wrong input is exit code 2, an unknown contact and no service 1', async () => {
    const zone = await folder.problem(2, ['contacts', 'create', 'C1', '--timezone', 'Mars/Olympus']);
    assert.deepEqual(zone.errors.map(({ path }) => path), ['timezone']); // prettier-ignore
    const pigeon = await folder.problem(2, ['contacts', 'replied', 'C1', '--channel', 'pigeon']);
    assert.equal(pigeon.code, 'invalid_input');
    assert.equal((await folder.problem(1, ['contacts', 'show', 'nobody'])).code, 'not_found');
    for (const command of ['replied', 'opt-out', 'opt-in']) {
      assert.match((await folder.problem(1, ['contacts', command, 'C1'])).detail, /npm start/);
    }
  });
});
