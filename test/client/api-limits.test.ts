import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';

let service: StoreApi;
before(async () => {
  service = await startStoreApi({ rateLimit: 5 });
});
after(() => service?.stop());

test('each token has so many requests a minute, and is told how many are left', async () => {
  const [one, other] = [await service.token(['read'], 'acme'), await service.token(['read'], 'acme')];
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    const answer = await request(service.api, '/api/outbox', { token: one.token });
    statuses.push(answer.status);
    assert.equal(answer.headers.get('x-ratelimit-limit'), '5');
    assert.equal(answer.headers.get('x-ratelimit-remaining'), String(4 - count));
  }
  assert.deepEqual(statuses, [200, 200, 200, 200, 200]);
  const refused = await request(service.api, '/api/scans', { token: one.token });
  assertProblem(refused, 429, 'rate_limited');
  const wait = Number(refused.headers.get('retry-after'));
  assert.ok(wait > 0 && wait <= 60, `Retry-After ${wait}`);
  assert.equal((await request(service.api, '/api/outbox', { token: other.token })).status, 200);
});

test('whoever has no token may not ask for ever either; health may always be asked for', async () => {
  const statuses: number[] = [];
  for (let count = 0; count < 7; count += 1) {
    statuses.push((await request(service.api, '/api/outbox', { token: `wrong-${count}` })).status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
  for (let count = 0; count < 7; count += 1) {
    assert.equal((await request(service.api, '/healthz', { token: null })).status, 200);
  }
});

test('nothing is to be kept by caches, sniffed, framed or told to others', async () => {
  for (const path of ['/healthz', '/api/outbox', '/openapi.json', '/nothing']) {
    const { headers } = await request(service.api, path, { token: null });
    assert.equal(headers.get('cache-control'), 'no-store', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
  }
});

test('metrics count requests by route, not by what the URL holds', async () => {
  const { token } = await service.token(['read'], 'acme');
  await request(service.api, '/api/scans/some-scan', { token });
  await request(service.api, '/api/a-path-of-nobody', { token });
  const { text: shown, type } = await request(service.api, '/metrics', { token });
  assert.match(type ?? '', /^text\/plain; version=0\.0\.4/);
  const labels = 'method="GET",route="/api/scans/:id",status="404"';
  assert.match(shown, new RegExp(`^reveille_http_request_duration_seconds_count\\{${labels}\\} 1$`, 'm'));
  assert.match(shown, /^reveille_event_subscribers 0$/m);
  assert.match(shown, /^process_resident_memory_bytes \d+$/m);
  assert.doesNotMatch(shown, /some-scan|a-path-of-nobody/);
});

/** Sends bytes as they are. */
async function raw(bytes: string): Promise<string> {
  const { port } = new URL(service.api.url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}

test('what is no HTTP at all is answered with a problem too', async () => {
  const cases: [string, RegExp][] = [
    ['NONSENSE\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['GET / HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1\.1 413 /],
  ];
  for (const [bytes, status] of cases) {
    const answer = await raw(bytes);
    assert.match(answer, status);
    assert.match(answer, /content-type: application\/problem\+json/);
    const body = JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as { requestId: string; code: string };
    assert.ok(answer.includes(`x-request-id: ${body.requestId}`));
  }
});

test('closing answers what was asked, cuts off what hangs, and takes nothing new', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: begun, resolve: began } = Promise.withResolvers<void>();
  const own = await startStoreApi({
    change: () => ({
      listOutbox: async () => {
        began();
        await promise;
        return { items: [], nextCursor: null };
      },
    }),
  });
  const asked = request(own.api, '/api/outbox');
  await begun;
  const { port } = new URL(own.api.url);
  const hanging = connect(Number(port), '127.0.0.1');
  hanging.on('error', () => undefined);
  await once(hanging, 'connect');
  hanging.write('POST /api/scans HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n');
  const gone = new Promise((done) => hanging.once('close', done));
  const started = performance.now();
  const stopped = own.stop();
  resolve();
  assert.equal((await asked).status, 200);
  await stopped;
  await gone;
  assert.ok(performance.now() - started < 10_000, 'it waited for the one that hangs');
  await assert.rejects(request(own.api, '/healthz'));
});
