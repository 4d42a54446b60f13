import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { AGENT_TOOLS, type ToolError } from '../../client/agent-tools/tools.ts';
import { request } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';
import { type StubAnswer, StubModelServer } from '../support/stub-model-server.ts';
import { type McpAgent, connectAgent, overHttp } from '../support/mcp-client.ts';

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const TIMEOUT = { timeout: 120_000 };

/** Half hours of any day, so that tests run at any time of day. */
const CALENDARS = `calendars:
  demo:
    timezone: America/New_York
    hours: {${['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => `${day}: [["00:00", "24:00"]]`).join(', ')}}
`;

let folder: CliFolder;
before(async () => {
  folder = new CliFolder();
  writeFileSync(join(folder.path, 'reveille.yaml'), CALENDARS);
  await folder.start(['up'], { REVEILLE_LOG_LEVEL: 'warn' }).says(/Ctrl-C drains and stops all/);
});
after(() => folder?.end());

interface Slots {
  message: string;
  slots: { id: string; start: string; local: string }[];
}
interface Meeting {
  bookingId: string;
  contactId: string;
  slotId: string;
  start: string;
  local: string;
  state: string;
  stateReason: string | null;
}

/** The command itself, as an MCP client starts it. */
const overStdio = (...args: string[]): Promise<McpAgent> =>
  connectAgent(
    new StdioClientTransport({
      ...{ command: process.execPath, args: [MAIN, 'mcp', ...args], cwd: folder.path, stderr: 'inherit' },
    }),
  );

/** A token, made as a person would. */
async function newToken(workspace: string, scopes = 'read,write'): Promise<string> {
  const made = await folder.json<{ token: string }>(
    ['tokens', 'create', 'agent', '--scopes', scopes, '--workspace', workspace], // prettier-ignore
  );
  return made.token;
}

/** A person who wants a meeting, then another time, then none; each time is one that was offered. */
async function meets(agent: McpAgent, email: string): Promise<void> {
  const { tools } = await agent.client.listTools();
  assert.deepEqual(tools.map(({ name }) => name), AGENT_TOOLS.map(({ name }) => name)); // prettier-ignore

  const free = await agent.call<Slots>('get_availability', { days: '3', timezone: 'Asia/Kolkata', max: 20 });
  const [first, second] = free.slots.slice(-2);
  assert.ok(first && second, JSON.stringify(free));
  assert.match(first.local, /\+05:30$/);
  assert.equal(Date.parse(first.local), Date.parse(first.start));
  assert.match(free.message, /:/);

  const forgot = await agent.refused('book_meeting', { slotId: first.id, name: 'Asha Rao' });
  assert.deepEqual([forgot.code, forgot.ask], ['invalid_input', 'Ask the person for their email address']);

  const asked = { slotId: first.id, name: 'Asha Rao', email, topic: 'A first look', timezone: 'Asia/Kolkata' };
  const booked = await agent.call<Meeting>('book_meeting', asked);
  assert.deepEqual([booked.state, booked.start, booked.local], ['confirmed', first.start, first.local]);
  assert.deepEqual(await agent.call<Meeting>('book_meeting', { ...asked, email: email.toUpperCase() }), booked);
  const other = await agent.refused('book_meeting', { ...asked, email: 'ravi@example.com', name: 'Ravi' });
  assert.equal(other.code, 'conflict');
  assert.match(other.ask, /get_availability again/);
  const left = await agent.call<Slots>('get_availability', { days: 3, max: 20 });
  assert.ok(!left.slots.some(({ id }) => id === first.id));

  const nowhere = await agent.refused('book_meeting', { ...asked, slotId: second.id, timezone: 'Mars/Olympus' });
  assert.deepEqual(nowhere.fields.map(({ path }) => path), ['timezone']); // prettier-ignore
  for (const slotId of ['demo-20200101T090000Z', 'demo-20300101T090700Z', 'other-20300101T090000Z', 'at nine']) {
    const { code, fields, ask } = await agent.refused('book_meeting', { ...asked, slotId });
    assert.deepEqual([code, fields.map(({ path }) => path)], ['invalid_input', ['slotId']], slotId);
    assert.match(ask, /get_availability again/);
  }

  const { bookingId, contactId } = booked;
  const third = free.slots.at(-3);
  const theirs = await agent.call<Meeting>('book_meeting', { ...asked, slotId: third?.id, email: 'ravi@example.com' });
  const taken = await agent.refused('reschedule_meeting', { bookingId, slotId: third?.id });
  assert.deepEqual(
    [taken.code, taken.ask],
    ['conflict', 'Call get_availability again and offer the person other times'],
  );
  await agent.call('cancel_meeting', { bookingId: theirs.bookingId, reason: 'The test goes on' });
  const moved = await agent.call<Meeting>('reschedule_meeting', { bookingId, slotId: second.id });
  assert.deepEqual([moved.slotId, moved.start, moved.state], [second.id, second.start, 'confirmed']);
  const later = await agent.call<{ scheduledFor: string }>('schedule_follow_up', {
    ...{ contactId, when: '3d', type: 'check_in', message: 'Hello {{name}}, how was it?' },
  });
  assert.ok(Date.parse(later.scheduledFor) > Date.now() + 2 * 86_400_000);
  const wrong = await agent.refused('schedule_follow_up', { contactId, when: '3d', message: 'Hello {{nme}}' });
  assert.deepEqual(wrong.fields.map(({ path }) => path), ['message']); // prettier-ignore
  const { cancelled } = await agent.call<{ cancelled: number }>('cancel_follow_ups', { contactId, reason: 'closed' });
  assert.ok(cancelled >= 1, String(cancelled));

  const over = await agent.call<Meeting>('cancel_meeting', { bookingId, reason: 'They are ill' });
  assert.deepEqual([over.state, over.stateReason], ['cancelled', 'They are ill']);
  assert.deepEqual(await agent.call<Meeting>('cancel_meeting', { bookingId, reason: 'Again' }), over);
  const tooLate = await agent.refused('reschedule_meeting', { bookingId, slotId: first.id });
  assert.equal(tooLate.code, 'conflict');
  const anew = await agent.call<Meeting>('book_meeting', asked);
  assert.deepEqual([anew.state, anew.slotId], ['confirmed', first.id]);
  assert.notEqual(anew.bookingId, bookingId);
  await agent.call('cancel_meeting', { bookingId: anew.bookingId, reason: 'The test is over' });
}

describe('a person meets someone', () => {
  test('through the command, on stdin and stdout', TIMEOUT, async () => {
    await using agent = await overStdio();
    await meets(agent, 'asha@example.com');
  });

  test('through the API', TIMEOUT, async () => {
    await using agent = await overHttp(folder.runtime().api, await newToken('default'));
    await meets(agent, 'noor@example.com');
  });
});

test('agents of two workspaces see their own bookings only, and take each other no time twice', TIMEOUT, async () => {
  const { api } = folder.runtime();
  await using one = await overHttp(api, await newToken('one'));
  await using other = await overStdio('--workspace', 'other');
  const { slots } = await one.call<Slots>('get_availability', { days: 4, max: 1 });
  const asked = { slotId: slots[0]?.id, name: 'Asha Rao', email: 'asha@example.com' };
  const booked = await one.call<Meeting>('book_meeting', asked);
  // The same person, elsewhere: not told of the booking, but the time is taken.
  assert.equal((await other.refused('book_meeting', asked)).code, 'conflict');
  const hidden = await other.refused('cancel_meeting', { bookingId: booked.bookingId, reason: 'nosy' });
  assert.deepEqual([hidden.code, hidden.fields[0]?.path], ['not_found', 'bookingId']);
  const contact = await other.refused('cancel_follow_ups', { contactId: booked.contactId, reason: 'nosy' });
  assert.equal(contact.code, 'not_found');
  await one.call('cancel_meeting', { bookingId: booked.bookingId, reason: 'The test is over' });
  const again = await other.call<Meeting>('book_meeting', asked);
  assert.equal(again.state, 'confirmed');
});

test('of ten agents who want the same time at once, one gets it', TIMEOUT, async () => {
  await using agent = await overHttp(folder.runtime().api, await newToken('default'));
  const { slots } = await agent.call<Slots>('get_availability', { days: 5, max: 1 });
  const asking = Array.from({ length: 10 }, (_, index) =>
    agent.client.callTool({
      ...{ name: 'book_meeting' },
      arguments: { slotId: slots[0]?.id, name: 'Asha Rao', email: `asha${index % 5}@example.com` },
    }),
  );
  const answers = (await Promise.all(asking)).map(({ isError, content }) => {
    const [part] = content as { text: string }[];
    return { isError: isError === true, told: JSON.parse(part?.text ?? '') as Meeting };
  });
  const got = new Set(answers.filter(({ isError }) => !isError).map(({ told }) => told.bookingId));
  assert.equal(got.size, 1);
  // Whoever got it and had asked twice has it twice.
  assert.equal(answers.filter(({ isError }) => isError).length, 8);
});

test('what an agent does is noted under the name of its token', TIMEOUT, async () => {
  const { api } = folder.runtime();
  const token = await newToken('default');
  const contact = { method: 'PUT', token, body: { name: 'Asha Rao', email: 'asha@example.com', marketing: true } };
  assert.equal((await request({ url: api, close: async () => {} }, '/api/contacts/N1', contact)).status, 200);
  await using agent = await overHttp(api, token);
  const { followUpId } = await agent.call<{ followUpId: string }>('schedule_follow_up', {
    contactId: 'N1',
    when: '2d',
  });
  const { body } = await request({ url: api, close: async () => {} }, `/api/follow-ups/${followUpId}`, { token });
  assert.equal((body as { actor: string }).actor, 'agent');
});

describe('the example', () => {
  const EXAMPLE = fileURLToPath(new URL('../../client/examples/agent-books-meeting.ts', import.meta.url));
  const run = async (said: string, env: NodeJS.ProcessEnv = {}) => {
    const clean = { PATH: process.env['PATH'], HOME: folder.path, ...env };
    const child = spawn(process.execPath, [EXAMPLE], { cwd: folder.path, env: clean, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(said);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: code as number, stdout, stderr };
  };

  test('talks to a person until they have a meeting', TIMEOUT, async () => {
    await using model = await StubModelServer.start();
    model.answerBy = ({ body: { messages } }) => secretary(messages as ChatMessage[]);
    const { code, stdout, stderr } = await run('A meeting, please. I am Asha Rao.\nzara@example.com\n', {
      ...{ REVEILLE_LLM_BASE_URL: model.baseUrl, REVEILLE_LLM_MODEL: 'stub' },
    });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Ask the person for their email address\nconfirmed for zara@example\.com at \S+\n$/);
    const { api, token } = folder.runtime();
    const { body } = await request({ url: api, close: async () => {} }, '/api/bookings?state=confirmed', { token });
    const { items } = body as { items: { invitee: object }[] };
    assert.deepEqual(items[0]?.invitee, { email: 'zara@example.com', name: 'Asha Rao' });
  });

  test('without a model it says what to set', TIMEOUT, async () => {
    assert.deepEqual(await run('Hello\n'), {
      ...{ code: 2, stdout: '', stderr: 'Set REVEILLE_LLM_BASE_URL and REVEILLE_LLM_MODEL\n' },
    });
  });
});

interface ChatMessage {
  role: string;
  content: string;
}

/** A model that forgets to give the address, repeats what it is told to ask, and then gives what the person said. */
function secretary(messages: ChatMessage[]): StubAnswer {
  const heard = messages.findLast(({ role }) => role === 'tool')?.content ?? '{}';
  const slotId = /demo-\d{8}T\d{6}Z/.exec(messages.find(({ role }) => role === 'tool')?.content ?? '')?.[0];
  const email = messages.findLast(({ role }) => role === 'user')?.content;
  const asked = messages.at(-1)?.role === 'user';
  if (asked) return slotId ? tool('book_meeting', { slotId, name: 'Asha Rao', email }) : tool('get_availability', {});
  const told = JSON.parse(heard) as ToolError & { slots?: []; state?: string; email?: string; local?: string };
  if (told.slots) return tool('book_meeting', { slotId, name: 'Asha Rao' });
  const content = told.error?.ask ?? `${told.state} for ${told.email} at ${told.local}`;
  return { kind: 'content', content };
}

/** A completion that calls a tool, as the chat completions API has it. */
function tool(name: string, input: object): StubAnswer {
  const call = { id: `call-${randomUUID()}`, type: 'function', function: { name, arguments: JSON.stringify(input) } };
  const message = { role: 'assistant', content: null, tool_calls: [call] };
  const body = JSON.stringify({
    ...{ id: 'chatcmpl-stub', object: 'chat.completion', created: 0, model: 'stub' },
    choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
  return { kind: 'body', body };
}

describe('the command', () => {
  const start = (cwd: string, args: string[] = []) => {
    const child = spawn(process.execPath, [MAIN, 'mcp', ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    return { child, out: text(child.stdout), err: text(child.stderr), over: once(child, 'close') };
  };
  const line = (message: object): string => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
  const INITIALIZE = line({
    ...{ id: 1, method: 'initialize' },
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  });
  const CALL = line({ id: 2, method: 'tools/call', params: { name: 'get_availability', arguments: {} } });

  test('answers what was asked before stdin ended, with nothing else on stdout', TIMEOUT, async () => {
    const { child, out, err, over } = start(folder.path);
    child.stdin.end(`${INITIALIZE}secret words, no message\n${CALL}`);
    assert.deepEqual(await over, [0, null]);
    const answers = (await out).trimEnd().split('\n').map((each) => JSON.parse(each) as { id: number }); // prettier-ignore
    assert.deepEqual(answers.map(({ id }) => id), [1, 2]); // prettier-ignore
    assert.ok((await out).includes('demo-'), await out);
    assert.match(await err, /A message could not be read/);
    assert.doesNotMatch(await err, /secret words/);
  });

  test('ends when it is told to', TIMEOUT, async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, over } = start(folder.path);
      child.stdin.write(INITIALIZE);
      await once(child.stdout, 'readable');
      child.kill(signal);
      assert.deepEqual(await over, [0, null], signal);
    }
  });

  test('without a service it lists the tools, and each call says how to start one', TIMEOUT, async () => {
    const empty = new CliFolder();
    try {
      await using agent = await connectAgent(
        new StdioClientTransport({ ...{ command: process.execPath, args: [MAIN, 'mcp'], cwd: empty.path } }),
      );
      for (const [name, input] of [
        ['get_availability', {}],
        ['cancel_follow_ups', { contactId: 'C', reason: 'x' }],
      ] as const) {
        // prettier-ignore
        const told = await agent.refused(name, input);
        assert.equal(told.code, 'unavailable');
        assert.match(told.message, /npm start/);
      }
    } finally {
      await empty.end();
    }
  });

  test('wrong use is told before anything is served', TIMEOUT, async () => {
    const { code, stdout, stderr } = await folder.run(['mcp', '--workspace', 'Not A Slug']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /--workspace/);
  });
});
