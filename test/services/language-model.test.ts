import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import { LanguageModelError, type LanguageModelFailure } from '../../domain/ports/language-model.ts';
import { createLanguageModel } from '../../services/language-model.ts';
import { type StubAnswer, StubModelServer } from '../support/stub-model-server.ts';

const KEY = 'canary-key-7f3a';
const PROMPT = 'canary-prompt-91c2';
const ANSWER = 'canary-answer-55d0';
const schema = z.object({ mood: z.enum(['good', 'bad']), why: z.string().max(100) });

async function ask(stub: StubModelServer, options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const { timeoutMs = 5_000, ...rest } = options;
  const model = createLanguageModel({ baseUrl: stub.baseUrl, model: 'stub-1', apiKey: KEY, timeoutMs });
  return model.answer({ schema, schemaName: 'judgement', system: 'Judge.', prompt: PROMPT, ...rest });
}

async function failureOf(asked: Promise<unknown>): Promise<LanguageModelError> {
  const error = await asked.then(
    () => assert.fail('it answered'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof LanguageModelError, inspect(error));
  return error;
}

test('a good answer comes back in the shape asked for, over the published API', { timeout: 20_000 }, async () => {
  await using stub = await StubModelServer.start({ kind: 'json', value: { mood: 'good', why: 'sunny' } });
  assert.deepEqual(await ask(stub), { mood: 'good', why: 'sunny' });
  const [request] = stub.requests;
  assert.equal(request?.path, '/v1/chat/completions');
  assert.equal(request?.authorization, `Bearer ${KEY}`);
  assert.equal(request?.body.model, 'stub-1');
  assert.deepEqual(
    request?.body.messages.map(({ role }) => role),
    ['system', 'user'],
  );
  assert.equal(request?.body.response_format?.type, 'json_schema');
  assert.equal(request?.body.response_format?.json_schema?.name, 'judgement');
});

test(
  'connections are the checked dialler’s, which the configured host may be private to',
  { timeout: 20_000 },
  async (t) => {
    await using stub = await StubModelServer.start({ kind: 'json', value: { mood: 'good', why: 'sunny' } });
    const unchecked = t.mock.method(globalThis, 'fetch', () => assert.fail('not by the dialler'));
    assert.deepEqual(await ask(stub), { mood: 'good', why: 'sunny' });
    assert.equal(unchecked.mock.callCount(), 0);
  },
);

const failures: [string, StubAnswer, LanguageModelFailure, requests: number][] = [
  ['garbage', { kind: 'content', content: `${ANSWER} not json` }, 'invalid', 1],
  ['the wrong shape', { kind: 'json', value: { mood: 'fine', why: ANSWER } }, 'invalid', 1],
  ['a cut-off answer', { kind: 'content', content: '{"mood":"go', finishReason: 'length' }, 'invalid', 1],
  ['no completion at all', { kind: 'body', body: `<html>${ANSWER}</html>`, contentType: 'text/html' }, 'invalid', 1],
  ['an answer without choices', { kind: 'body', body: '{"choices":[]}' }, 'invalid', 1],
  ['10 MB', { kind: 'huge', bytes: 10 * 1024 * 1024 }, 'invalid', 1],
  ['a refusal', { kind: 'refusal', text: ANSWER }, 'refused', 1],
  ['a content filter', { kind: 'content_filter' }, 'refused', 1],
  ['401', { kind: 'status', status: 401 }, 'unavailable', 1],
  ['500 twice', { kind: 'status', status: 500, retryAfter: '0' }, 'unavailable', 2],
  ['429 for longer than there is time', { kind: 'status', status: 429, retryAfter: '30' }, 'unavailable', 1],
  ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }, 'unavailable', 1],
];

for (const [what, answer, failure, requests] of failures) {
  test(`${what} is ${failure}, and the error holds neither key, prompt nor answer`, { timeout: 20_000 }, async () => {
    await using stub = await StubModelServer.start(answer);
    const error = await failureOf(ask(stub));
    assert.equal(error.failure, failure);
    assert.equal(stub.requests.length, requests);
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /canary/);
  });
}

test('a 10 MB answer is left after the first part of it', { timeout: 20_000 }, async () => {
  await using stub = await StubModelServer.start({ kind: 'huge', bytes: 50 * 1024 * 1024 });
  await failureOf(ask(stub));
  assert.ok(stub.bytesWritten < 20 * 1024 * 1024, `${stub.bytesWritten} bytes were taken`);
});

for (const [what, answer] of [
  ['silence', { kind: 'hang' }],
  ['a slow drip', { kind: 'drip', everyMs: 20 }],
] as const) {
  test(`${what} is a timeout at the time set`, { timeout: 20_000 }, async () => {
    await using stub = await StubModelServer.start(answer);
    const started = performance.now();
    const error = await failureOf(ask(stub, { timeoutMs: 300 }));
    assert.equal(error.failure, 'timeout');
    assert.ok(performance.now() - started < 3_000);
  });
}

test('one 429 is retried once, after the wait it asks for', { timeout: 20_000 }, async () => {
  await using stub = await StubModelServer.start(
    { kind: 'status', status: 429, retryAfter: '1' },
    { kind: 'json', value: { mood: 'bad', why: 'rain' } },
  );
  const started = performance.now();
  assert.deepEqual(await ask(stub), { mood: 'bad', why: 'rain' });
  assert.ok(performance.now() - started >= 950);
  assert.equal(stub.requests.length, 2);
});

test('a broken connection is retried once', { timeout: 20_000 }, async () => {
  await using stub = await StubModelServer.start(
    { kind: 'reset' },
    { kind: 'json', value: { mood: 'bad', why: 'rain' } },
  );
  assert.deepEqual(await ask(stub), { mood: 'bad', why: 'rain' });
});

test('a server that is not there is unavailable', { timeout: 20_000 }, async () => {
  const stub = await StubModelServer.start();
  const { baseUrl } = stub;
  await stub[Symbol.asyncDispose]();
  const model = createLanguageModel({ baseUrl, model: 'stub-1', timeoutMs: 1_000 });
  const error = await failureOf(model.answer({ schema, schemaName: 'judgement', system: 'Judge.', prompt: PROMPT }));
  assert.equal(error.failure, 'unavailable');
});

test('who gives up gets their own reason back, not a failure of the model', { timeout: 20_000 }, async () => {
  await using stub = await StubModelServer.start({ kind: 'hang' });
  const reason = new Error('given up');
  const controller = new AbortController();
  const asked = ask(stub, { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(asked, (error) => error === reason);
});
