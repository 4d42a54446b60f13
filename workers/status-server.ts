import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../services/temporal/server/dev-server.ts';
import type { WorkerState } from './run-worker.ts';

const HOST = '127.0.0.1';

export interface StatusServerOptions {
  /** Preferred port, else the next free one; 0: the system chooses. */
  port: number;
  state: () => WorkerState[];
  /** Rejects while something the worker needs is away. */
  check: () => Promise<void>;
  /** Prometheus text to add to our own, such as the SDK's. */
  metrics?: () => Promise<string>;
}

/**
 * `/healthz` (the process answers), `/readyz` (workers take work and what they need is there), `/metrics` (Prometheus)
 * and `/` (states as JSON), on loopback.
 */
export async function startStatusServer(
  options: StatusServerOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const port = await freePort(options.port);
  const server = createServer((request, response) => {
    answer(request, options)
      .catch((): Answer => ({ status: 500, type: 'text/plain', body: 'internal error\n' }))
      .then((result) => send(response, result))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: HOST }, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

async function answer(request: IncomingMessage, options: StatusServerOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: 'text/plain', body: 'only GET\n' };
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      return { status: 200, type: 'text/plain', body: 'ok\n' };
    case '/readyz':
      return readiness(options);
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4', body: await metricsText(options) };
    case '/':
      return json(200, { workers: options.state() });
    default:
      return { status: 404, type: 'text/plain', body: 'not found\n' };
  }
}

async function readiness(options: StatusServerOptions): Promise<Answer> {
  const workers = options.state();
  const running = workers.every(({ state }) => state === 'RUNNING');
  const available = await options.check().then(
    () => true,
    () => false,
  );
  return json(running && available ? 200 : 503, { ready: running && available, available, workers });
}

async function metricsText(options: StatusServerOptions): Promise<string> {
  const workers = options.state();
  const gauge = (name: string, help: string, value: (worker: WorkerState) => number): string =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...workers.map((worker) => `${name}{task_queue="${worker.taskQueue}"} ${value(worker)}`),
    ].join('\n');
  const ours = [
    gauge('reveille_worker_running', '1 while the worker takes work.', ({ state }) => Number(state === 'RUNNING')),
    gauge('reveille_worker_activity_tasks', 'Activities running now.', (worker) => worker.activityTasks),
    gauge('reveille_worker_workflow_tasks', 'Workflow tasks running now.', (worker) => worker.workflowTasks),
    gauge('reveille_worker_cached_workflows', 'Workflows kept in memory.', (worker) => worker.cachedWorkflows),
  ].join('\n');
  const others = (await options.metrics?.().catch(() => '')) ?? '';
  return `${ours}\n${others}`;
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(body)}\n`,
});

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
