import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { WorkerState } from '../../workers/run-worker.ts';
import { startStatusServer } from '../../workers/status-server.ts';

const worker = (state: string): WorkerState => ({
  taskQueue: 'reveille',
  state,
  workflowTasks: 2,
  activityTasks: 3,
  cachedWorkflows: 4,
});
const now = { state: 'RUNNING', available: true };
const server = await startStatusServer({
  port: 0,
  state: () => [worker(now.state)],
  check: async () => {
    if (!now.available) throw new Error('postgres://user:secret@host refused');
  },
  metrics: async () => 'temporal_request 7\n',
});
after(() => server.close());
const get = async (path: string): Promise<{ status: number; body: string }> => {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: await response.text() };
};

test('it is alive as long as it answers, and ready while its workers take work and the store is there', async () => {
  assert.equal((await get('/healthz')).status, 200);
  assert.equal((await get('/readyz')).status, 200);

  now.state = 'DRAINING';
  assert.equal((await get('/readyz')).status, 503);
  assert.equal((await get('/healthz')).status, 200);

  Object.assign(now, { state: 'RUNNING', available: false });
  const away = await get('/readyz');
  assert.equal(away.status, 503);
  assert.doesNotMatch(away.body, /secret/);
  now.available = true;
});

test('metrics are Prometheus text, with those of the SDK', async () => {
  const { status, body } = await get('/metrics');
  assert.equal(status, 200);
  assert.match(body, /^reveille_worker_running\{task_queue="reveille"\} 1$/m);
  assert.match(body, /^reveille_worker_activity_tasks\{task_queue="reveille"\} 3$/m);
  assert.match(body, /^temporal_request 7$/m);
});

test('the state of each worker is told as JSON', async () => {
  assert.deepEqual(JSON.parse((await get('/')).body), { workers: [worker('RUNNING')] });
});

test('it answers on loopback only, to GET only, and to nothing else', async () => {
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await get('/elsewhere')).status, 404);
  assert.equal((await get('//')).status, 404);
  assert.equal((await fetch(server.url, { method: 'POST', body: 'x' })).status, 405);
});

test('it takes the next port where the wanted one is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = other.address() as AddressInfo;
  const second = await startStatusServer({ port, state: () => [], check: async () => {} });
  assert.notEqual(new URL(second.url).port, String(port));
  await second.close();
  other.close();
});
