import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import {
  connectClient,
  connectWorkers,
  ensureSearchAttributes,
  localTarget,
} from '../../services/temporal/connection.ts';
import { type DevServerOptions, freePort, startDevServer } from '../../services/temporal/server/dev-server.ts';
import { processStarted } from '../../services/process-identity.ts';
import { temporalCli } from '../support/temporal.ts';

const folder = mkdtempSync(join(tmpdir(), 'reveille-dev-server-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const cliPath = await temporalCli();

const options = (more: Partial<DevServerOptions> = {}): DevServerOptions => ({
  cliPath,
  dbFile: null,
  namespace: 'default',
  searchAttributes: [],
  logFile: join(folder, 'temporal.log'),
  pidDir: join(folder, 'pids'),
  port: 0,
  uiPort: null,
  ...more,
});

/** A port of this machine that someone listens on. */
async function takenPort(): Promise<{ port: number; release(): void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  return { port: (server.address() as AddressInfo).port, release: () => server.close() };
}

test('a workflow started before a restart is there after it', async () => {
  const dbFile = join(folder, 'kept', 'temporal.db');
  const first = await startDevServer(options({ dbFile }));
  const before = await connectClient(localTarget(first.address));
  await before.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody' });
  await before.connection.close();
  await first.stop();

  const second = await startDevServer(options({ dbFile, searchAttributes: SEARCH_ATTRIBUTES }));
  const client = await connectClient(localTarget(second.address));
  try {
    assert.equal((await client.workflow.getHandle('kept').describe()).status.name, 'RUNNING');
  } finally {
    await client.connection.close();
    await second.stop();
  }
  assert.deepEqual(readdirSync(join(folder, 'pids')), []);
});

test('where the usual ports are taken others are used, for the Web UI too', async () => {
  const taken = await takenPort();
  const server = await startDevServer(options({ port: taken.port, uiPort: taken.port }));
  try {
    assert.notEqual(server.address, `127.0.0.1:${taken.port}`);
    assert.notEqual(server.webUi, `http://127.0.0.1:${taken.port}`);
    assert.equal((await fetch(server.webUi!)).status, 200);
  } finally {
    await server.stop();
    taken.release();
  }
});

test('a free port is the wanted one, or the next that is not taken', async () => {
  const taken = await takenPort();
  const next = await freePort(taken.port);
  assert.ok(next > taken.port && next <= taken.port + 100);
  taken.release();
  assert.equal(await freePort(taken.port), taken.port);
});

test('a server that does not come up is told with its last words', async () => {
  await assert.rejects(startDevServer(options({ cliPath: '/bin/ls' })), (error: unknown) => {
    assert.ok(error instanceof ReveilleError);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /unrecognized option/);
    return true;
  });
  await assert.rejects(startDevServer(options({ cliPath: join(folder, 'none') })), /ENOENT/);
});

test('the server ends with a parent that is killed, and the note of it goes with the next sweep', async () => {
  const module = new URL('../../services/temporal/server/dev-server.ts', import.meta.url).href;
  const out = join(folder, 'pid');
  const script = `const { startDevServer } = await import('${module}');
    const server = await startDevServer(${JSON.stringify(options())});
    (await import('node:fs')).writeFileSync('${out}', String(server.pid));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  after(() => parent.kill('SIGKILL'));
  while (!existsSync(out) || readFileSync(out, 'utf8') === '') await delay(50);
  const pid = Number(readFileSync(out, 'utf8'));
  assert.notEqual(processStarted(pid), null);
  parent.kill('SIGKILL');
  while (processStarted(pid) !== null) await delay(50);
});

test('missing search attributes are created, by several at once, and one of another type is told', async () => {
  const server = await startDevServer(options({ searchAttributes: ['Workspace'] }));
  const target = localTarget(server.address);
  const connections = await Promise.all([connectWorkers(target), connectWorkers(target), connectWorkers(target)]);
  try {
    await Promise.all(connections.map((connection) => ensureSearchAttributes(connection, target)));
    const { customAttributes } = await connections[0]!.operatorService.listSearchAttributes({ namespace: 'default' });
    for (const name of SEARCH_ATTRIBUTES) assert.equal(customAttributes?.[name], 2);

    await connections[0]!.operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: ['RiskLevel'],
    });
    await connections[0]!.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: { RiskLevel: 3 },
    });
    await assert.rejects(ensureSearchAttributes(connections[0]!, target), /RiskLevel .*not of type Keyword/);
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
    await server.stop();
  }
});

test('a server that does not answer is told with its address', async () => {
  const port = await freePort(0);
  await assert.rejects(connectWorkers(localTarget(`127.0.0.1:${port}`)), new RegExp(`127\\.0\\.0\\.1:${port}`));
});
