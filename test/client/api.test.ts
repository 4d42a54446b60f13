import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { type OperationName, routes } from '../../client/api/routes.ts';
import { createOperations } from '../../client/operations/index.ts';
import { openStore } from '../../services/store/open-store.ts';
import {
  type Answer,
  type Sent,
  type StoreApi,
  TOKEN,
  assertProblem,
  request,
  startStoreApi,
  startTestApi,
} from '../support/api.ts';
import { sampleCustomers } from '../support/service.ts';
import { cacheDir } from '../support/temporal.ts';

let service: StoreApi;

before(async () => {
  service = await startStoreApi();
  await service.store.customers.import('default', sampleCustomers(30), { merge: false });
});
after(() => service?.stop());

const ask = (path: string, sent?: Sent): Promise<Answer> => request(service.api, path, sent);

/** Sends bytes as they are and returns the answer's first line. */
async function raw(requestLine: string): Promise<string> {
  const { port } = new URL(service.api.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`${requestLine} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);
  return (await text(socket)).split('\r\n')[0] ?? '';
}

describe('the token', () => {
  const paths = (Object.keys(routes) as OperationName[]).map((name) => ({
    ...{ method: routes[name].method, path: routes[name].path.replace(/:\w+/, 'some-id') },
  }));

  test('every route asks for it, whatever is sent instead', async () => {
    for (const { method, path } of paths) {
      const body = method === 'GET' ? {} : { body: {} };
      assertProblem(await ask(path, { method, token: null, ...body }), 401, 'unauthorized');
    }
    for (const authorization of ['Bearer', 'Bearer ', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}x`, `bearer${TOKEN}`]) {
      const answer = await ask('/api/scans', { token: null, headers: { authorization } });
      assertProblem(answer, 401, 'unauthorized');
    }
  });

  test('another way to write a path is no way around it', async () => {
    const ways = ['/%61pi/scans', '/api/%73cans', 'http://127.0.0.1/api/scans', 'http://elsewhere/api/scans'];
    for (const way of ways) assert.match(await raw(`GET ${way}`), /^HTTP\/1\.1 401 /, way);
    for (const way of ['//api/scans', '/./api/scans', '/API/scans', '/x/../api/scans', '/api/scans/']) {
      assert.match(await raw(`GET ${way}`), /^HTTP\/1\.1 (400|401|404) /, way);
    }
    assert.match(await raw('HEAD /api/scans'), /^HTTP\/1\.1 401 /);
  });

  test('health needs none, and tells a caller which process it is', async () => {
    assert.deepEqual((await ask('/healthz', { token: null })).body, { status: 'alive', pid: process.pid });
    assert.deepEqual((await ask('/readyz', { token: null })).body, { status: 'ready' });
  });
});

describe('requests that cannot be right', () => {
  const id = '0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f';
  const cases: [title: string, path: string, sent: Sent, status: number, code: string, fields?: string[]][] = [
    ['a body that is no JSON', '/api/scans', { body: '{"a":' }, 400, 'invalid_input'],
    ['an empty body that claims to be JSON', '/api/scans', { body: '' }, 400, 'invalid_input'],
    ['__proto__ in a body', '/api/scans', { body: '{"__proto__":{"x":1}}' }, 400, 'invalid_input'],
    ['constructor.prototype', '/api/scans', { body: '{"constructor":{"prototype":{}}}' }, 400, 'invalid_input'],
    ['a list for a body', '/api/scans', { body: [] }, 422, 'invalid_input', ['']],
    ['null for a body', '/api/scans', { body: 'null' }, 422, 'invalid_input', ['']],
    ['text', '/api/scans', { body: 'x', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
    ['a form', '/api/scans', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'unsupported_media_type'], // prettier-ignore
    ['a body of more than 1 MiB', '/api/scans', { body: { a: 'x'.repeat(1_100_000) } }, 413, 'too_large'],
    ['an unknown path', '/api/nothing', {}, 404, 'not_found'],
    ['an unknown method', '/api/scans', { method: 'DELETE' }, 404, 'not_found'],
    ['a path that is no URL', '/api/scans/%zz', {}, 400, 'invalid_input'],
    ['an id that is none', '/api/scans/me@example.org', {}, 422, 'invalid_input', ['id']],
    ['a NUL in an id', '/api/scans/a%00b', {}, 422, 'invalid_input', ['id']],
    ['an unknown scan', `/api/scans/${id}`, {}, 404, 'not_found'],
    ['an unknown intervention', `/api/interventions/${id}`, {}, 404, 'not_found'],
    ['an unknown approval', `/api/approvals/${id}`, {}, 404, 'not_found'],
    ['an unknown escalation', `/api/escalations/${id}/assign`, { body: { owner: 'asha' } }, 404, 'not_found'],
    ['a limit of nothing', '/api/scans?limit=0', {}, 422, 'invalid_input', ['limit']],
    ['a limit that is no number', '/api/scans?limit=many', {}, 422, 'invalid_input', ['limit']],
    ['a limit twice', '/api/scans?limit=1&limit=2', {}, 422, 'invalid_input', ['limit']],
    ['a forged cursor', '/api/scans?cursor=Zm9yZ2Vk', {}, 422, 'invalid_input', ['cursor']],
    ['a NUL in a cursor', '/api/scans?cursor=%00', {}, 422, 'invalid_input', ['cursor']],
    ['an unknown filter', '/api/outbox?colour=red', {}, 422, 'invalid_input', ['colour']],
    ['__proto__ as a filter', '/api/outbox?__proto__=1', {}, 422, 'invalid_input', ['__proto__']],
    ['an unknown state', '/api/escalations?state=lost', {}, 422, 'invalid_input', ['state']],
    ['an instant without a zone', '/api/customers/scores?asOf=2026-01-31', {}, 422, 'invalid_input', ['asOf']],
    ['the id of the path in the body too', `/api/escalations/${id}/assign`, { body: { id, owner: 'a' } }, 422, 'invalid_input', ['id']], // prettier-ignore
    ['several wrong fields', '/api/scans', { body: { riskThreshold: 2, dryRun: 'yes', nope: 1 } }, 422, 'invalid_input', ['dryRun', 'nope', 'riskThreshold']], // prettier-ignore
    ['a number beyond all numbers', '/api/scans', { body: '{"minLifetimeValue":1e999}' }, 422, 'invalid_input', ['minLifetimeValue']], // prettier-ignore
    ['a workspace that is no slug', '/api/scans', { workspace: 'No Slug' }, 422, 'invalid_input', ['X-Workspace']],
    ['a key twice', '/api/scans', { body: '{"dryRun":true,"dryRun":false}' }, 400, 'invalid_input', ['dryRun']],
    ['a key twice, written in two ways', '/api/scans', { body: '{"dryRun":true,"dry\\u0052un":false}' }, 400, 'invalid_input', ['dryRun']], // prettier-ignore
    ['a key twice deep inside', '/api/schedules', { body: '{"input":{"a":[1,{"b":1,"c":"}","b":2}]}}' }, 400, 'invalid_input', ['input.a.1.b']], // prettier-ignore
    ['__proto__ deep inside', '/api/schedules', { body: '{"input":{"a":[{"__pr\\u006fto__":1}]}}' }, 400, 'invalid_input', ['input.a.0.__proto__']], // prettier-ignore
    ['constructor deep inside', '/api/schedules', { body: '{"input":{"constructor":{}}}' }, 400, 'invalid_input', ['input.constructor']], // prettier-ignore
    ['a number beyond all numbers where anything may stand', '/api/schedules', { body: '{"input":{"a":[1,-1e999]}}' }, 422, 'invalid_input', ['input.a.1']], // prettier-ignore
    ['a NUL where anything may stand', '/api/schedules', { body: '{"input":{"a":"\\u0000"}}' }, 422, 'invalid_input', ['input.a']], // prettier-ignore
    ['a NUL in a name', '/api/schedules', { body: '{"input":{"a":{"\\u0000":1}}}' }, 422, 'invalid_input', ['input.a']],
    ['a lone surrogate', '/api/escalations/x/assign', { body: '{"owner":"\\udc00"}' }, 422, 'invalid_input', ['owner']],
    ['nesting without end', '/api/schedules', { body: `{"input":{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}}` }, 422, 'invalid_input'], // prettier-ignore
    ['a body in the URL', '/api/scans?dryRun=true', { body: {} }, 422, 'invalid_input', ['dryRun']],
    [
      'a body of a DELETE',
      '/api/tokens/x',
      { method: 'DELETE', body: { force: true } },
      422,
      'invalid_input',
      ['force'],
    ],
    ['a body in another encoding', '/api/scans', { body: '{}', headers: { 'content-encoding': 'gzip' } }, 415, 'unsupported_media_type'], // prettier-ignore
    ['an idempotency key that is none', '/api/scans', { body: {}, headers: { 'idempotency-key': 'a b' } }, 422, 'invalid_input', ['Idempotency-Key']], // prettier-ignore
    ['an id as long as a header', `/api/scans/${'x'.repeat(10_000)}`, {}, 422, 'invalid_input', ['id']],
    [
      'a forged cursor of customers',
      '/api/customers?cursor=WyJjdXN0b21lcnMiLC01XQ',
      {},
      422,
      'invalid_input',
      ['cursor'],
    ],
    ['a cursor of customers beyond all rows', '/api/customers?cursor=WyJjdXN0b21lcnMiLDFlOV0', {}, 422, 'invalid_input', ['cursor']], // prettier-ignore
    ['an unknown customer', '/api/customers/C1', {}, 404, 'not_found'],
    ['a workspace in the body', '/api/scans', { body: { workspace: 'other' } }, 422, 'invalid_input', ['workspace']],
  ];
  for (const [title, path, sent, status, code, fields] of cases) {
    test(`${title}: ${status}`, async () => {
      const answer = await ask(path, sent);
      assertProblem(answer, status, code);
      if (fields) assert.deepEqual(answer.problem.errors.map((error) => error.path).toSorted(), fields);
    });
  }

  test('NUL, lone surrogates and huge values in customers are refused or kept, never an error inside', async () => {
    const base = { orders: [], supportTickets: [], npsAnswers: [], churnLabels: [] };
    const [customer] = sampleCustomers(1).customers;
    const values: [string, unknown][] = [
      ...(['firstName', 'segment', 'email'] as const).flatMap((field): [string, unknown][] => [
        [field, 'a\u0000b'],
        [field, '\ud800'],
        [field, 'x'.repeat(10_001)],
      ]),
      ...(['lifetimeValue', 'signupAt'] as const).flatMap((field): [string, unknown][] => [
        [field, 1e308],
        [field, -1e308],
        [field, Number.MAX_SAFE_INTEGER],
        [field, 0.5],
      ]),
    ];
    for (const [field, value] of values) {
      const body = { ...base, customers: [{ ...customer, [field]: value }] };
      const answer = await ask('/api/customers', { method: 'PUT', body, workspace: 'odd' });
      if (answer.status !== 200) assertProblem(answer, 422, 'invalid_input');
      assert.equal((await ask('/api/customers/scores', { workspace: 'odd' })).status, 200, `${field} ${String(value)}`);
    }
  });

  test('a bad import changes nothing', async () => {
    const before = await ask('/api/customers/scores?asOf=2026-01-31T09:00:00Z');
    const body = { ...sampleCustomers(2), orders: [{ orderId: 'bad id' }] };
    assertProblem(await ask('/api/customers', { method: 'PUT', body }), 422, 'invalid_input');
    assert.equal((await ask('/api/customers/scores?asOf=2026-01-31T09:00:00Z')).text, before.text);
  });
});

describe('what is away', () => {
  test('without Temporal whatever needs it is 503 with Retry-After, and names npm start', async () => {
    const id = '0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f';
    const needing: [string, Sent][] = [
      ['/api/scans', { body: {} }],
      ['/api/schedules', { body: { name: 'nightly', workflowType: 'customerScan', cron: '0 2 * * *' } }],
    ];
    for (const [path, sent] of needing) {
      const answer = await ask(path, sent);
      assertProblem(answer, 503, 'unavailable');
      assert.equal(answer.headers.get('retry-after'), '5');
      assert.match(answer.problem.detail, /npm start/);
    }
    assertProblem(await ask(`/api/approvals/${id}/reject`, { body: { note: 'no' } }), 404, 'not_found');
  });

  test('without the store everything that needs it is 503 with Retry-After', async () => {
    const away = await openStore({ dataDir: `${service.folder}/away`, cacheDir: cacheDir() });
    const operations = createOperations({ store: away, temporal: null, minIntervalMs: 10_000 });
    const other = await startTestApi(operations, away, { ready: () => away.ping() });
    try {
      await away.close();
      const asked: [string, Sent][] = [
        ['/readyz', {}],
        ['/api/scans', {}],
        ['/api/customers/scores', {}],
        ['/api/outbox', {}],
        ['/api/customers', { method: 'PUT', body: sampleCustomers(2) }],
      ];
      for (const [path, sent] of asked) {
        const answer = await request(other, path, sent);
        assertProblem(answer, 503, 'unavailable');
        assert.equal(answer.headers.get('retry-after'), '5');
      }
      assert.equal((await request(other, '/healthz')).status, 200);
    } finally {
      await other.close();
    }
  });
});
