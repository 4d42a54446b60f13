import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Caller } from '../../client/api/routes.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { type Answer, type Sent, type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';

let service: StoreApi;
/** What the scan operation of this test does, and who has called it. */
let work: (input: unknown) => Promise<{ scanId: string; workflowId: string }>;
let callers: Caller[] = [];

before(async () => {
  service = await startStoreApi({
    change: () => ({
      startScan: async (caller, input) => {
        callers.push(caller);
        return work(input);
      },
    }),
  });
});
after(() => service?.stop());

let scans = 0;
beforeEach(() => {
  callers = [];
  work = async () => ({ scanId: `scan-${(scans += 1)}`, workflowId: 'w' });
});

const start = (key: string, body: unknown = {}, sent: Sent = {}): Promise<Answer> =>
  request(service.api, '/api/scans', { body, headers: { 'idempotency-key': key }, ...sent });

const replayed = (answer: Answer): boolean => answer.headers.get('idempotency-replayed') === 'true';

test('the same request again is answered the same and carried out once', async () => {
  const [first, second] = [await start('a'), await start('a')];
  assert.equal(first.status, 202);
  assert.deepEqual([second.status, second.body], [first.status, first.body]);
  assert.deepEqual([replayed(first), replayed(second)], [false, true]);
  assert.equal(callers.length, 1);
  assert.match(callers[0]?.requestKey ?? '', /^[0-9a-f]{40}$/);
  // Without a key each is a request of its own.
  assert.notDeepEqual((await request(service.api, '/api/scans', { body: {} })).body, first.body);
  assert.equal(callers.at(-1)?.requestKey, undefined);
});

test('another body, or another operation, under the same key is refused', async () => {
  await start('b', { dryRun: true });
  const other = await start('b', { dryRun: false });
  assertProblem(other, 422, 'idempotency_mismatch');
  assert.deepEqual(other.problem.errors.map(({ path }) => path), ['Idempotency-Key']); // prettier-ignore
  const elsewhere = await request(service.api, '/api/schedules/preview', {
    body: { dryRun: true },
    headers: { 'idempotency-key': 'b' },
  });
  assertProblem(elsewhere, 422, 'idempotency_mismatch');
  assert.equal(callers.length, 1);
});

test('of many at once one is carried out, and the others are told that it is in flight', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  work = async () => {
    await promise;
    return { scanId: 'the-one', workflowId: 'w' };
  };
  const asked = Array.from({ length: 8 }, () => start('c'));
  const { promise: told, resolve: allButOne } = Promise.withResolvers<void>();
  let count = 0;
  for (const answer of asked) void answer.then(() => (count += 1) === asked.length - 1 && allButOne());
  await told;
  resolve();
  const answers = await Promise.all(asked);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [202, ...Array(7).fill(409)]);
  for (const answer of answers.filter(({ status }) => status === 409)) assertProblem(answer, 409, 'conflict');
  assert.deepEqual((await start('c')).body, { scanId: 'the-one', workflowId: 'w' });
  assert.equal(callers.length, 1);
});

test('a refusal is kept, what may pass is not', async () => {
  work = async () => {
    throw new ReveilleError('conflict', 'Not now');
  };
  const first = await start('d');
  assertProblem(first, 409, 'conflict');
  work = async () => ({ scanId: 'now', workflowId: 'w' });
  const second = await start('d');
  assert.deepEqual([second.status, second.body, replayed(second)], [409, first.body, true]);
  assert.match(second.type ?? '', /^application\/problem\+json/);

  for (const code of ['unavailable', 'internal'] as const) {
    work = async () => {
      throw new ReveilleError(code, 'Away');
    };
    assert.ok((await start(`e-${code}`)).status >= 500);
    work = async () => ({ scanId: code, workflowId: 'w' });
    const third = await start(`e-${code}`);
    assert.deepEqual([third.status, replayed(third)], [202, false]);
  }
});

test('a request lost with its process is carried out again after a minute, under the same request key', async () => {
  work = () => new Promise(() => {});
  void start('f', {}, { headers: { 'idempotency-key': 'f' } }).catch(() => undefined);
  while (callers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assertProblem(await start('f'), 409, 'conflict');
  const aMinuteLater = Date.now() + 61_000;
  const { now } = Date;
  Date.now = () => aMinuteLater;
  try {
    work = async () => ({ scanId: 'again', workflowId: 'w' });
    assert.equal((await start('f')).status, 202);
  } finally {
    Date.now = now;
  }
  assert.equal(callers.length, 2);
  assert.equal(callers[1]?.requestKey, callers[0]?.requestKey);
});

test('a key belongs to a workspace and a token', async () => {
  const [one, other] = [await service.token(['write'], 'acme'), await service.token(['write'], 'acme')];
  const bodies = [
    await start('g'),
    await start('g', {}, { workspace: 'acme', headers: { 'idempotency-key': 'g' } }),
    await start('g', {}, { token: one.token, headers: { 'idempotency-key': 'g' } }),
    await start('g', {}, { token: other.token, headers: { 'idempotency-key': 'g' } }),
  ].map(({ text }) => text);
  assert.equal(new Set(bodies).size, 4);
  assert.equal(new Set(callers.map(({ requestKey }) => requestKey)).size, 4);
});

test('the secret of a token is not told a second time', async () => {
  const make = (): Promise<Answer> =>
    request(service.api, '/api/tokens', {
      body: { name: 'x', scopes: ['read'], workspace: null },
      headers: { 'idempotency-key': 'h' },
    });
  const first = await make();
  assert.equal(first.status, 201);
  const { tokenId, token } = first.body as { tokenId: string; token: string };
  const second = await make();
  assert.equal(second.status, 409);
  assert.ok(second.problem.detail.includes(tokenId) && !second.text.includes(token));
  const { items } = (await request(service.api, '/api/tokens')).body as { items: { name: string }[] };
  assert.equal(items.filter(({ name }) => name === 'x').length, 1);
});

test('keys that are none are refused, by name', async () => {
  for (const key of ['', ' ', 'a b', 'é', 'x'.repeat(201)]) {
    const answer = await start(key);
    assertProblem(answer, 422, 'invalid_input');
    assert.deepEqual(answer.problem.errors.map(({ path }) => path), ['Idempotency-Key']); // prettier-ignore
  }
  assert.equal(callers.length, 0);
});
