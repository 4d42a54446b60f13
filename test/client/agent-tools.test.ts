import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { generateText, isStepCount } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { Ajv } from 'ajv';
import { agentTools } from '../../client/agent-tools/ai-sdk.ts';
import { AGENT_TOOLS, type ToolError, answerOf, jsonSchemaOf } from '../../client/agent-tools/tools.ts';
import type { Caller } from '../../client/api/routes.ts';
import { ERROR_CATALOGUE, type ErrorCode, ReveilleError, invalidInput } from '../../domain/errors.ts';
import { LEAKS } from '../support/api.ts';
import { ScriptedDesk } from '../support/scripted-desk.ts';

const CALLER: Caller = { workspace: 'default', actor: 'agent' };
const [NINE, HALF_PAST] = ['demo-20270315T130000Z', 'demo-20270315T133000Z'] as const;
const ASHA = { slotId: NINE, email: 'asha@example.com', name: 'Asha Rao' };

type Meeting = { bookingId: string; slotId: string; state: string; local: string; weekday: string; email: string };

const toolOf = (name: string) => {
  const tool = AGENT_TOOLS.find((each) => each.name === name);
  assert.ok(tool, name);
  return tool;
};

/** What a model hears of a call. */
async function answer<Told = Meeting>(desk: ScriptedDesk, name: string, input: unknown): Promise<Told> {
  const tool = toolOf(name);
  const noFault = (error: unknown): never => assert.fail(`a fault: ${String(error)}`);
  return (await answerOf(tool, () => tool.run(desk.operations, CALLER, input), noFault)) as Told;
}

const refusal = async (desk: ScriptedDesk, name: string, input: unknown): Promise<ToolError['error']> => {
  const told = await answer<ToolError>(desk, name, input);
  assert.ok(told.error, JSON.stringify(told));
  assert.doesNotMatch(JSON.stringify(told), LEAKS);
  return told.error;
};

describe('what a model is shown', () => {
  test('there are six tools, which say what they are for and what each field is', () => {
    assert.deepEqual(
      AGENT_TOOLS.map(({ name, scope }) => `${name} ${scope}`),
      [
        ...['get_availability read', 'book_meeting write', 'reschedule_meeting write', 'cancel_meeting write'],
        ...['schedule_follow_up write', 'cancel_follow_ups write'],
      ],
    );
    for (const tool of AGENT_TOOLS) {
      assert.ok(tool.description.length > 80, tool.name);
      const { properties, additionalProperties } = jsonSchemaOf(tool, 'input');
      assert.equal(additionalProperties, false);
      for (const [field, schema] of Object.entries(properties ?? {})) {
        assert.ok((schema as { description?: string }).description, `${tool.name}: ${field}`);
      }
    }
    assert.match(toolOf('book_meeting').description, /Ask for their email address/);
  });

  test('schemas are JSON Schema of draft 7; only what is needed is required, the address of an invitee among it', () => {
    const required = AGENT_TOOLS.map((tool) => [tool.name, jsonSchemaOf(tool, 'input').required ?? []]);
    assert.deepEqual(Object.fromEntries(required), {
      get_availability: [],
      book_meeting: ['slotId', 'email', 'name'],
      reschedule_meeting: ['bookingId', 'slotId'],
      cancel_meeting: ['bookingId', 'reason'],
      schedule_follow_up: ['contactId', 'when'],
      cancel_follow_ups: ['contactId', 'reason'],
    });
    const ajv = new Ajv({ formats: { email: true, 'date-time': true } });
    for (const tool of AGENT_TOOLS) {
      assert.equal(jsonSchemaOf(tool, 'output').type, 'object');
      for (const part of ['input', 'output'] as const) assert.ok(ajv.compile(jsonSchemaOf(tool, part)));
    }
  });
});

test('docs/agent-tools.md has every tool with its scope and the fields it takes, and no other', () => {
  const page = readFileSync(new URL('../../docs/agent-tools.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `\w+_/.test(line));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  assert.deepEqual(cells.map(([, name, scope]) => [name, scope]), AGENT_TOOLS.map(({ name, scope }) => [name, scope])); // prettier-ignore
  for (const [, name = '', , takes = ''] of cells) {
    const fields = Object.keys(jsonSchemaOf(toolOf(name), 'input').properties ?? {});
    for (const field of fields) assert.match(takes, new RegExp(`\\b${field}\\b`), name);
  }
});

describe('what a model does', () => {
  test('free times are told on the clock of whoever reads', async () => {
    const desk = new ScriptedDesk();
    type Free = { message: string; slots: object[] };
    const there = await answer<Free>(desk, 'get_availability', {});
    const slot = { calendar: 'demo', start: '2027-03-15T13:00:00.000Z', weekday: 'Monday' };
    assert.equal(there.message, '2 times are free');
    assert.deepEqual(there.slots[0], { id: NINE, ...slot, local: '2027-03-15T09:00:00-04:00' });
    const far = await answer<Free>(desk, 'get_availability', { timezone: 'Pacific/Auckland' });
    assert.deepEqual(far.slots[0], { id: NINE, ...slot, local: '2027-03-16T02:00:00+13:00', weekday: 'Tuesday' });
  });

  test('numbers as text, null, empty text and stray blanks are taken for what they mean; anything else is not', async () => {
    const desk = new ScriptedDesk();
    await answer(desk, 'get_availability', { days: '3', max: '1', timezone: null, calendar: '', language: ' hi ' });
    assert.deepEqual(desk.asked, [['slotsMessage', { days: 3, max: 1, language: 'hi' }]]);
    const told = await refusal(desk, 'get_availability', { days: 'soon', max: 0, when: 'now' });
    assert.deepEqual(told.fields.map(({ path }) => path), ['days', 'max', 'when']); // prettier-ignore
    for (const input of ['text', null, [], 7]) {
      assert.equal((await refusal(desk, 'cancel_meeting', input)).code, 'invalid_input');
    }
    assert.equal(desk.asked.length, 1);
  });

  test('a meeting is booked, moved and cancelled', async () => {
    const desk = new ScriptedDesk();
    const booked = await answer(desk, 'book_meeting', { ...ASHA, topic: 'A look', timezone: 'Asia/Kolkata' });
    const { local, weekday, email, state } = booked;
    assert.deepEqual([state, email, weekday, local], ['confirmed', ASHA.email, 'Monday', '2027-03-15T18:30:00+05:30']);
    const { bookingId } = booked;
    const moved = await answer(desk, 'reschedule_meeting', { bookingId, slotId: HALF_PAST });
    assert.deepEqual([moved.slotId, moved.local], [HALF_PAST, '2027-03-15T09:30:00-04:00']);
    const cancelled = await answer(desk, 'cancel_meeting', { bookingId, reason: 'They are ill' });
    assert.deepEqual([cancelled.state, desk.bookings.length], ['cancelled', 1]);
  });

  test('a message is scheduled with its text, and all are cancelled', async () => {
    const desk = new ScriptedDesk();
    const input = { contactId: 'C1', when: '2h', message: 'Hello {{name}}', reason: 'the viewing' };
    const told = await answer<{ followUpId: string; state: string }>(desk, 'schedule_follow_up', input);
    assert.deepEqual([told.followUpId, told.state], ['F1', 'pending']);
    const payload = { message_template: 'Hello {{name}}', reason: 'the viewing' };
    assert.deepEqual(desk.asked, [
      ['scheduleFollowUp', { id: 'C1', type: 'follow_up', scheduledFor: { inMs: 7_200_000 }, payload }],
    ]);
    assert.deepEqual(await answer(desk, 'cancel_follow_ups', { contactId: 'C1', reason: 'closed' }), { cancelled: 2 });
  });
});

describe('the same booking asked for again', () => {
  const made = (desk: ScriptedDesk): number => desk.asked.filter(([name]) => name === 'createBooking').length;

  test('is answered, not made anew nor refused, with the address in any case', async () => {
    const desk = new ScriptedDesk();
    const first = await answer(desk, 'book_meeting', ASHA);
    const again = await answer(desk, 'book_meeting', { ...ASHA, email: 'ASHA@example.com', topic: 'Another' });
    assert.deepEqual([again, made(desk)], [first, 1]);
  });

  test('by two calls at once, one of which the other beats to it, is one', async () => {
    const desk = new ScriptedDesk();
    const both = await Promise.all([answer(desk, 'book_meeting', ASHA), answer(desk, 'book_meeting', ASHA)]);
    assert.deepEqual([both[0], desk.bookings.length], [both[1], 1]);
    assert.ok(both[0].bookingId);
  });

  test('is a new one where the first was cancelled, or moved', async () => {
    const desk = new ScriptedDesk();
    const first = await answer(desk, 'book_meeting', ASHA);
    await answer(desk, 'cancel_meeting', { bookingId: first.bookingId, reason: 'ill' });
    const second = await answer(desk, 'book_meeting', ASHA);
    assert.notEqual(second.bookingId, first.bookingId);
    await answer(desk, 'reschedule_meeting', { bookingId: second.bookingId, slotId: HALF_PAST });
    const third = await answer(desk, 'book_meeting', ASHA);
    assert.deepEqual([third.slotId, third.state, desk.bookings.length], [NINE, 'confirmed', 3]);
  });

  test('by another person is refused, and tells nothing of the first', async () => {
    const desk = new ScriptedDesk();
    await answer(desk, 'book_meeting', ASHA);
    const told = await refusal(desk, 'book_meeting', { ...ASHA, email: 'ravi@example.com' });
    assert.equal(told.code, 'conflict');
    assert.equal(told.ask, 'Call get_availability again and offer the person other times');
    assert.doesNotMatch(JSON.stringify(told), /asha/i);
  });
});

describe('what a model is told to do about an error', () => {
  test('without an address it asks for one', async () => {
    const { email: _email, ...rest } = ASHA;
    const expected = {
      code: 'invalid_input',
      message: 'Invalid input: email: is missing',
      fields: [{ path: 'email', message: 'is missing' }],
      ask: 'Ask the person for their email address',
    };
    const desk = new ScriptedDesk();
    for (const email of [undefined, null, '', '  ']) {
      assert.deepEqual(await refusal(desk, 'book_meeting', { ...rest, email }), expected);
    }
    for (const email of ['asha', 'asha@', 'unknown', 'asha@example.com, ravi@example.com', 7]) {
      const told = await refusal(desk, 'book_meeting', { ...rest, email });
      assert.deepEqual([told.fields.map(({ path }) => path), told.ask], [['email'], expected.ask], String(email));
    }
    assert.deepEqual(desk.asked, []);
  });

  test('every missing field has its sentence, each once', async () => {
    const { ask, fields } = await refusal(new ScriptedDesk(), 'book_meeting', {});
    assert.deepEqual(fields.map(({ path }) => path), ['slotId', 'email', 'name']); // prettier-ignore
    assert.equal(
      ask,
      'Call get_availability again and offer the person other times. Ask the person for their email address. ' +
        'Ask the person for their name',
    );
    assert.equal((await refusal(new ScriptedDesk(), 'get_availability', { days: 0, max: 0 })).ask, RETRY);
  });
  const RETRY = 'Correct these fields and call the tool again';

  const SAID: [tool: string, input: object, thrown: ReveilleError | null, code: ErrorCode, path: string, ask: RegExp][] =
    [
      ['book_meeting', { ...ASHA, slotId: 'tomorrow' }, null, 'invalid_input', 'slotId', /get_availability/],
      ['book_meeting', ASHA, invalidInput([{ path: 'invitee.email', message: 'is no address' }]), 'invalid_input', 'email', /email/],
      ['book_meeting', ASHA, invalidInput([{ path: 'calendar', message: 'is none' }]), 'invalid_input', 'slotId', /get_availability/],
      ['book_meeting', ASHA, invalidInput([{ path: 'timezone', message: 'is none' }]), 'invalid_input', 'timezone', /city/],
      ['reschedule_meeting', { bookingId: 'B9', slotId: NINE }, null, 'not_found', 'bookingId', /number of their booking/],
      ['cancel_meeting', { bookingId: 'B9' }, null, 'invalid_input', 'reason', /reason/],
      ['get_availability', { calendar: 'x' }, new ReveilleError('not_found', 'There is no x'), 'not_found', 'calendar', /without a calendar/],
      ['schedule_follow_up', { contactId: 'C1', when: 'next week' }, null, 'invalid_input', 'when', /when they want/],
      ['schedule_follow_up', { contactId: 'Asha Rao', when: '2h' }, null, 'invalid_input', 'contactId', /never a name/],
      ['schedule_follow_up', { contactId: 'C1', when: '2h' }, invalidInput([{ path: 'payload.variables.nme', message: 'has no value' }]), 'invalid_input', 'message', /anew/],
      ['schedule_follow_up', { contactId: 'C1', when: '2h', type: 'agent' }, invalidInput([{ path: 'payload.reason', message: 'is needed' }]), 'invalid_input', 'reason', /reason/],
      ['cancel_follow_ups', { contactId: 'C9', reason: 'x' }, new ReveilleError('not_found', 'There is no C9'), 'not_found', 'contactId', /contactId/],
    ]; // prettier-ignore
  for (const [name, input, thrown, code, path, ask] of SAID) {
    test(`${name}: ${code} at ${path}`, async () => {
      const desk = new ScriptedDesk();
      const operation = { book: 'createBooking', get: 'slotsMessage', schedule: 'scheduleFollowUp', cancel: 'cancelContactFollowUps' }; // prettier-ignore
      const word = name.split('_')[0] as keyof typeof operation;
      if (thrown !== null) desk.failures.set(operation[word] as 'createBooking', thrown);
      const told = await refusal(desk, name, input);
      assert.deepEqual([told.code, told.fields.map((each) => each.path)], [code, [path]]);
      assert.match(told.ask, ask);
      if (code === 'invalid_input') assert.match(told.message, new RegExp(`^Invalid input: ${path}: `));
    });
  }

  test('every code of the catalogue has one', async () => {
    for (const code of Object.keys(ERROR_CATALOGUE) as ErrorCode[]) {
      const desk = new ScriptedDesk();
      desk.failures.set('cancelBooking', new ReveilleError(code, 'Why it is so'));
      const tool = toolOf('cancel_meeting');
      const input = { bookingId: 'B1', reason: 'ill' };
      const told = (await answerOf(tool, () => tool.run(desk.operations, CALLER, input), () => {})) as ToolError; // prettier-ignore
      assert.deepEqual([told.error.code, told.error.message], [code, 'Why it is so']);
      assert.match(told.error.ask, /^[A-Z].{10,}/);
    }
  });

  test('of a fault of ours nothing is told, and it is heard of', async () => {
    const desk = new ScriptedDesk();
    const fault = new Error('select * from bookings at /home/x/store.ts');
    desk.failures.set('cancelBooking', fault);
    const heard: unknown[] = [];
    const tool = toolOf('cancel_meeting');
    const work = () => tool.run(desk.operations, CALLER, { bookingId: 'B1', reason: 'ill' });
    const told = (await answerOf(tool, work, (error) => heard.push(error))) as ToolError;
    assert.deepEqual([told.error.code, told.error.message], ['internal', 'Something went wrong inside']);
    assert.doesNotMatch(JSON.stringify(told), /select|store/);
    assert.deepEqual(heard, [fault]);
  });
});

describe('in the AI SDK', () => {
  type Answer = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>;
  type Content = Answer['content'];
  type Turn = (heard: unknown) => Content;
  const call = (toolName: string, input: object): Content => [
    { type: 'tool-call', toolCallId: `call ${JSON.stringify(input)}`, toolName, input: JSON.stringify(input) },
  ];
  const say = (text: string): Content => [{ type: 'text', text }];

  /** The last answer of a tool that the model was given. */
  function lastHeard({ prompt }: Parameters<MockLanguageModelV4['doGenerate']>[0]): unknown {
    const last = prompt.at(-1);
    const [part] = last?.role === 'tool' ? last.content : [];
    return part?.type === 'tool-result' && part.output.type === 'json' ? part.output.value : undefined;
  }

  /** A model that takes its turns one after the other, each knowing what its tool answered. */
  function scripted(turns: readonly Turn[]): MockLanguageModelV4 {
    const rest = [...turns];
    return new MockLanguageModelV4({
      async doGenerate(options): Promise<Answer> {
        const content = rest.shift()?.(lastHeard(options)) ?? say('Nothing more');
        const calls = content.some(({ type }) => type === 'tool-call');
        return {
          content,
          finishReason: { unified: calls ? 'tool-calls' : 'stop', raw: undefined },
          usage: {
            inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
            outputTokens: { total: 1, text: 1, reasoning: undefined },
          },
          warnings: [],
        };
      },
    });
  }

  test('a model that forgets the address is told to ask for it, asks, and books', async () => {
    const desk = new ScriptedDesk();
    const tools = agentTools(desk.operations, CALLER);
    let slotId = '';
    const forgetful = scripted([
      () => call('get_availability', { days: '7' }),
      (heard) => {
        slotId = (heard as { slots: { id: string }[] }).slots[0]?.id ?? 'none';
        return call('book_meeting', { slotId, name: 'Asha Rao' });
      },
      (heard) => say((heard as ToolError).error.ask),
    ]);
    const first = await generateText({
      model: forgetful,
      tools,
      stopWhen: isStepCount(5),
      prompt: 'A meeting, please',
    });
    assert.equal(first.text, 'Ask the person for their email address');
    assert.equal(desk.bookings.length, 0);

    const mindful = scripted([
      () => call('book_meeting', { slotId, name: 'Asha Rao', email: 'asha@example.com' }),
      (heard) => say(`Booked for ${(heard as Meeting).local}`),
    ]);
    const messages = [...first.responseMessages, { role: 'user' as const, content: 'asha@example.com' }];
    const second = await generateText({ model: mindful, tools, stopWhen: isStepCount(5), messages });
    assert.equal(second.text, 'Booked for 2027-03-15T09:00:00-04:00');
    assert.deepEqual(desk.bookings.map(({ invitee }) => invitee.email), ['asha@example.com']); // prettier-ignore
  });

  test('the model is given the schemas, and a fault does not end the conversation', async () => {
    const desk = new ScriptedDesk();
    const heard: unknown[] = [];
    const tools = agentTools(desk.operations, CALLER, (error) => heard.push(error));
    desk.failures.set('slotsMessage', new Error('driver words'));
    const model = scripted([() => call('get_availability', {}), (told) => say(JSON.stringify(told))]);
    const { text } = await generateText({ model, tools, stopWhen: isStepCount(3), prompt: 'When?' });
    assert.match(text, /Something went wrong inside.*try again in a few minutes/);
    assert.doesNotMatch(text, /driver/);
    assert.equal(heard.length, 1);
    const shown = (model.doGenerateCalls[0]?.tools ?? []).map((each) => each.type === 'function' && each.inputSchema);
    assert.deepEqual(shown, AGENT_TOOLS.map((tool) => jsonSchemaOf(tool, 'input'))); // prettier-ignore
  });
});
