import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AGENT_TOOLS } from '../../client/agent-tools/tools.ts';
import { LEAKS, type StoreApi, TOKEN, assertProblem, request, startStoreApi } from '../support/api.ts';
import { overHttp } from '../support/mcp-client.ts';
import { ScriptedDesk } from '../support/scripted-desk.ts';

const NINE = 'demo-20270315T130000Z';
const PUBLIC_URL = 'https://meet.example.com/desk';
const ACCEPT = { accept: 'application/json, text/event-stream' };
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

const desk = new ScriptedDesk();
let service: StoreApi;
before(async () => {
  const links = { publicUrl: PUBLIC_URL, key: 'k'.repeat(32) };
  service = await startStoreApi({ change: () => desk.operations, links });
});
after(() => service?.stop());

const post = (body: unknown, sent: Parameters<typeof request>[2] = {}) =>
  request(service.api, '/mcp', { ...sent, body, headers: { ...ACCEPT, ...sent.headers } });
const calling = (name: string, input: object) => ({
  ...{ jsonrpc: '2.0', id: 7, method: 'tools/call' },
  params: { name, arguments: input },
});

test('a client finds the tools, with what they do to the world', async () => {
  await using agent = await overHttp(service.api.url, TOKEN);
  const { tools } = await agent.client.listTools();
  assert.deepEqual(tools.map(({ name }) => name), AGENT_TOOLS.map(({ name }) => name)); // prettier-ignore
  const hints = tools.map(({ name, annotations: told }) => [
    name,
    ['readOnly', 'destructive', 'idempotent'].filter((hint) => told?.[`${hint}Hint` as 'readOnlyHint']).join(' '),
  ]);
  assert.deepEqual(Object.fromEntries(hints), {
    get_availability: 'readOnly idempotent',
    book_meeting: 'idempotent',
    reschedule_meeting: 'destructive idempotent',
    cancel_meeting: 'destructive idempotent',
    schedule_follow_up: '',
    cancel_follow_ups: 'destructive idempotent',
  });
  assert.match(agent.client.getInstructions() ?? '', /email address/);
  assert.equal(agent.client.getServerVersion()?.name, 'reveille');
  for (const { name, inputSchema, outputSchema, title, description } of tools) {
    assert.ok(title && description && outputSchema?.properties, name);
    assert.equal(inputSchema.type, 'object');
  }
});

test('answers are structured and text; an error is what to ask the person for', async () => {
  await using agent = await overHttp(service.api.url, TOKEN);
  const { slots } = await agent.call<{ slots: { id: string }[] }>('get_availability', { days: '5' });
  assert.equal(slots[0]?.id, NINE);
  const told = await agent.refused('book_meeting', { slotId: NINE, name: 'Asha Rao' });
  assert.deepEqual([told.code, told.ask], ['invalid_input', 'Ask the person for their email address']);
  assert.deepEqual(desk.bookings, []);
  await assert.rejects(agent.client.callTool({ name: 'send_money', arguments: {} }), /There is no tool send_money/);
  assert.equal((await agent.refused('cancel_meeting')).code, 'invalid_input');
});

test('of a fault of ours nothing is told', async () => {
  await using agent = await overHttp(service.api.url, TOKEN);
  desk.failures.set('slotsMessage', new Error('select * from node_modules/pg.ts'));
  const told = await agent.refused('get_availability');
  assert.deepEqual([told.code, told.message], ['internal', 'Something went wrong inside']);
  assert.doesNotMatch(JSON.stringify(told), LEAKS);
});

describe('who may call', () => {
  test('nobody without a token, or with a wrong one', async () => {
    for (const token of [null, 'wrong']) {
      const answer = await post(LIST, { token });
      assertProblem(answer, 401, 'unauthorized');
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
    }
    await assert.rejects(overHttp(service.api.url, 'wrong'), /unauthorized/i);
  });

  test('a token that may only read finds times and books nothing; one that may only write, the other way round', async () => {
    const reading = await service.token(['read'], 'acme');
    await using reader = await overHttp(service.api.url, reading.token);
    await reader.call('get_availability');
    const { token } = await service.token(['write'], 'acme');
    await using writer = await overHttp(service.api.url, token);
    assert.equal((await writer.refused('get_availability')).code, 'forbidden');
    await writer.call('cancel_follow_ups', { contactId: 'C1', reason: 'closed' });
    for (const { name, scope } of AGENT_TOOLS.filter((tool) => tool.scope === 'write')) {
      const told = await reader.refused(name, {});
      assert.deepEqual([told.code, told.message], ['forbidden', `The token lacks the scope "${scope}"`], name);
      assert.match(told.ask, /^Do not try again/);
    }
    assert.deepEqual(desk.bookings, []);
  });

  test('a token is for its workspace; one for all names it', async () => {
    const { token } = await service.token(['read'], 'acme');
    assertProblem(await post(LIST, { token, workspace: 'other' }), 403, 'forbidden');
    assert.equal((await post(LIST, { token, workspace: 'acme' })).status, 200);
    const everywhere = await service.token(['read'], null);
    assertProblem(await post(LIST, { token: everywhere.token }), 422, 'invalid_input');
    assert.equal((await post(LIST, { token: everywhere.token, workspace: 'acme' })).status, 200);
  });

  test('a page of another origin may not, whatever name it came by; ours and those of this machine may', async () => {
    const { port } = new URL(service.api.url);
    const others = [`http://rebound.example.com:${port}`, 'null', 'https://meet.example.com.evil.example', 'x'];
    for (const origin of [...others, 'http://127.0.0.1.evil.example', 'http://meet.example.com']) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const sent = method === 'POST' ? { body: LIST } : {};
        const answer = await request(service.api, '/mcp', { ...sent, method, headers: { ...ACCEPT, origin } });
        assertProblem(answer, 403, 'forbidden');
      }
    }
    const ours = ['https://meet.example.com', 'http://localhost:6274', 'http://127.0.0.1:3000', 'http://[::1]:3000'];
    for (const origin of ours) assert.equal((await post(LIST, { headers: { origin } })).status, 200, origin);
  });

  test('so many requests a minute', async () => {
    const limited = await startStoreApi({ rateLimit: 3 });
    try {
      const statuses: number[] = [];
      for (let count = 0; count < 5; count += 1) {
        statuses.push((await request(limited.api, '/mcp', { body: LIST, headers: ACCEPT })).status);
      }
      assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    } finally {
      await limited.stop();
    }
  });
});

describe('over HTTP', () => {
  test('there is no session: each message is answered with JSON, by itself', async () => {
    const answer = await post(calling('get_availability', {}));
    assert.equal(answer.status, 200);
    assert.match(answer.type ?? '', /^application\/json/);
    assert.equal(answer.headers.get('mcp-session-id'), null);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const { id, result } = answer.body as { id: number; result: { structuredContent: { slots: object[] } } };
    assert.deepEqual([id, result.structuredContent.slots.length], [7, 2]);
    const noted = await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    assert.deepEqual([noted.status, noted.text], [202, '']);
  });

  test('there is nothing to listen to and nothing to end', async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await request(service.api, '/mcp', { method, headers: ACCEPT });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST']);
    }
    assertProblem(await request(service.api, '/mcp', { method: 'PUT', body: LIST }), 404, 'not_found');
  });

  test('what is no message is refused, many at once too, and so is what is too large', async () => {
    assertProblem(await post('{"jsonrpc":'), 400, 'invalid_input');
    assertProblem(await post([LIST, LIST]), 400, 'invalid_input');
    const double =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"book_meeting","name":"cancel_meeting"}}';
    assertProblem(await post(double), 400, 'invalid_input');
    assertProblem(await post(calling('book_meeting', { topic: 'x'.repeat(1_100_000) })), 413, 'too_large');
    assertProblem(await post('text', { headers: { 'content-type': 'text/plain' } }), 415, 'unsupported_media_type');
    for (const body of [
      'null',
      '7',
      '"text"',
      {},
      { jsonrpc: '1.0', id: 1, method: 'tools/list' },
      { ...LIST, id: {} },
    ]) {
      const answer = await post(body);
      assert.equal(answer.status, 400, answer.text);
      assert.doesNotMatch(answer.text, LEAKS);
    }
    assert.equal((await post(LIST, { headers: { accept: 'application/json' } })).status, 406);
    assert.equal((await post(LIST, { headers: { 'mcp-protocol-version': '1999-01-01' } })).status, 400);
  });

  test('what no schema knows in arguments is refused in words, and nothing is done', async () => {
    const { bookings, asked } = desk;
    const before = asked.length;
    for (const input of ['text', [], null, 7]) {
      const answer = await post({
        ...LIST,
        method: 'tools/call',
        params: { name: 'cancel_meeting', arguments: input },
      });
      assert.ok([200, 400].includes(answer.status), answer.text);
      assert.match(answer.text, /error/i);
      assert.doesNotMatch(answer.text, /node_modules|\.ts\b/);
    }
    assert.deepEqual([asked.length, bookings.length], [before, 0]);
  });
});
