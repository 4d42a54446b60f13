import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Event } from '../../domain/contracts/events.ts';
import type { Token } from '../../domain/contracts/tokens.ts';
import { openStore } from '../../services/store/open-store.ts';
import { CliFolder, type CliProcess } from '../support/cli.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';

type Created = Token & { token: string };

describe('tokens, without a service', () => {
  let folder: CliFolder;
  before(() => {
    folder = new CliFolder();
  });
  after(() => folder.end());

  test('are made in the store itself, listed without secrets, and revoked', async () => {
    const { code, stdout, stderr } = await folder.run(['tokens', 'create', 'dashboard', '--scopes', 'read']);
    assert.equal(code, 0);
    assert.match(stdout, /^rvl_[\w-]{43}\n$/);
    assert.match(stderr, /Keep this token now: it is not shown again\. [\w-]{36} {2}dashboard {2}default {2}read/);
    const all = await folder.json<Created>(['tokens', 'create', 'scraper', '--all-workspaces']);
    assert.deepEqual([all.workspace, all.scopes], [null, ['read', 'write']]);
    const acme = await folder.json<Created>(['tokens', 'create', 'acme', '--workspace', 'acme']);
    assert.equal(acme.workspace, 'acme');

    const listed = await folder.run(['tokens', 'list', '--json']);
    const names = (JSON.parse(listed.stdout) as Token[]).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ['acme', 'dashboard', 'scraper']);
    assert.doesNotMatch(listed.stdout, /rvl_/);
    const revoked = await folder.json<Token>(['tokens', 'revoke', acme.tokenId]);
    assert.notEqual(revoked.revokedAt, null);
    assert.equal((await folder.problem(1, ['tokens', 'revoke', 'unknown'])).code, 'not_found');
    const wrong = await folder.problem(2, ['tokens', 'create', 'x', '--scopes', 'everything']);
    assert.match(wrong.detail, /--scopes/);
  });

  test('the API alone needs what other processes share, and says both at once', async () => {
    const problem = await folder.problem(2, ['serve']);
    assert.deepEqual(problem.errors.map(({ path }) => path), ['DATABASE_URL', 'TEMPORAL_ADDRESS']); // prettier-ignore
  });
});

const database = await startPostgres();

describe('the API alone', { skip: database ? false : 'no Postgres here' }, () => {
  const { url } = database as TestDatabase;
  let folder: CliFolder;
  let temporal: TestTemporal;
  let serve: CliProcess;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    folder = new CliFolder();
    temporal = await devServer();
    env = {
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: temporal.target.address,
      TEMPORAL_NAMESPACE: temporal.target.namespace,
    };
    serve = folder.start(['serve'], { ...env, REVEILLE_LOG_LEVEL: 'warn', REVEILLE_HOST: '0.0.0.0' });
    await serve.says(/Ctrl-C drains and stops it/);
  });
  after(async () => {
    await folder?.end();
    await temporal?.stop();
    await database?.stop();
  });

  test('says where it is, here and in its data folder, for its user alone', () => {
    assert.match(serve.stdout, /The API is up:\n +API +http:\/\/127\.0\.0\.1:\d+\n/);
    const file = join(folder.path, '.reveille', 'runtime.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object).toSorted(), [
      ...['api', 'namespace', 'pid', 'temporal', 'token', 'webUi'],
    ]);
  });

  test('answers commands of its folder and holders of tokens, from whatever process they are', async () => {
    const elsewhere = new CliFolder();
    try {
      const { token } = await elsewhere.json<Created>(['tokens', 'create', 'elsewhere'], env);
      const { api } = folder.runtime();
      const headers = { authorization: `Bearer ${token}` };
      assert.equal((await fetch(`${api}/readyz`)).status, 200);
      assert.equal((await fetch(`${api}/api/schedules`, { headers })).status, 200);
      assert.equal((await folder.json<Token[]>(['tokens', 'list'], env)).length, 1);
      const problem = await folder.problem(1, ['serve'], env);
      assert.equal(problem.code, 'conflict');
    } finally {
      await elsewhere.end();
    }
  });

  test('sends events of other processes, and says so when it stops', async () => {
    const { api, token } = folder.runtime();
    const socket = new WebSocket(`${api.replace('http', 'ws')}/api/events?lastSeq=0`, [`reveille.${token}`]);
    await once(socket, 'open');
    const received = once(socket, 'message');
    const store = await openStore({ databaseUrl: url, dataDir: folder.path });
    try {
      const at = '2026-01-31T09:00:00.000Z';
      await store.events.append('default', { type: 'run.completed', at, data: { scheduleId: 'default/x' }, key: 'k' });
    } finally {
      await store.close();
    }
    const [data] = (await received) as [Buffer];
    const event = JSON.parse(data.toString()) as Event;
    assert.deepEqual([event.seq, event.type, event.workspace], [1, 'run.completed', 'default']);
    const closed = once(socket, 'close');
    const { code, stdout } = await serve.kill('SIGTERM');
    assert.deepEqual([code, (await closed)[0]], [0, 1001]);
    assert.match(stdout, /Draining…\nStopped\.\n$/);
    assert.ok(!folder.contents().includes('runtime.json'));
  });
});
