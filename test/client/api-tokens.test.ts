import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type OperationName, routes } from '../../client/api/routes.ts';
import { SCOPES, type Token } from '../../domain/contracts/tokens.ts';
import { type Answer, type Sent, type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';
import { sampleCustomers } from '../support/service.ts';

let service: StoreApi;
before(async () => {
  service = await startStoreApi();
  await service.store.customers.import('acme', sampleCustomers(3), { merge: false });
});
after(() => service?.stop());

const ask = (path: string, sent?: Sent): Promise<Answer> => request(service.api, path, sent);

describe('scopes', () => {
  test('each route asks for its own, and none includes another', async () => {
    const tokens = Object.fromEntries(
      await Promise.all(SCOPES.map(async (scope) => [scope, (await service.token([scope], 'acme')).token] as const)),
    );
    for (const name of Object.keys(routes) as OperationName[]) {
      const { method, path, scope: needed } = routes[name];
      for (const scope of SCOPES) {
        const body = method === 'GET' ? {} : { body: '[]' };
        const answer = await ask(path.replace(/:\w+/, 'x'), { method, ...body, token: tokens[scope] ?? null });
        if (scope === needed) assert.notEqual(answer.status, 403, name);
        else assertProblem(answer, 403, 'forbidden');
        if (scope !== needed) assert.match(answer.problem.detail, new RegExp(`scope "${needed}"`));
      }
    }
  });

  test('metrics ask for read', async () => {
    const { token } = await service.token(['write'], 'acme');
    assertProblem(await ask('/metrics', { token }), 403, 'forbidden');
    assertProblem(await ask('/metrics', { token: null }), 401, 'unauthorized');
    assert.equal((await ask('/metrics')).status, 200);
  });
});

describe('the workspace of a request', () => {
  test('is that of the token, or the one it names where it may', async () => {
    const { token: acme } = await service.token(['read'], 'acme');
    const { token: all } = await service.token(['read'], null);
    const count = async (token: string, workspace?: string): Promise<number> => {
      const { body, text } = await ask('/api/customers', { token, workspace });
      return (body as { items?: unknown[] }).items?.length ?? assert.fail(text);
    };
    assert.equal(await count(acme), 3);
    assert.equal(await count(acme, 'acme'), 3);
    assert.equal(await count(all, 'acme'), 3);
    assert.equal(await count(all, 'other'), 0);
    assertProblem(await ask('/api/customers', { token: acme, workspace: 'other' }), 403, 'forbidden');
    const unnamed = await ask('/api/customers', { token: all });
    assertProblem(unnamed, 422, 'invalid_input');
    assert.deepEqual(unnamed.problem.errors.map(({ path }) => path), ['X-Workspace']); // prettier-ignore
  });
});

describe('tokens', () => {
  test('a revoked one lets nobody in, at once; an unknown one never did', async () => {
    const { token, tokenId } = await service.token(['read', 'admin'], 'acme');
    assert.equal((await ask('/api/outbox', { token })).status, 200);
    const revoked = await ask(`/api/tokens/${tokenId}`, { method: 'DELETE', token });
    assert.equal(revoked.status, 200);
    assert.notEqual((revoked.body as Token).revokedAt, null);
    assertProblem(await ask('/api/outbox', { token }), 401, 'unauthorized');
    const stranger = await ask('/api/outbox', { token: 'rvl_unknown' });
    assertProblem(stranger, 401, 'unauthorized');
    assert.equal(stranger.headers.get('www-authenticate'), 'Bearer');
  });

  test('an administrator of one workspace makes tokens for it alone, and sees and revokes no others', async () => {
    const admin = await service.token(['admin'], 'acme');
    const make = (workspace: string | null): Promise<Answer> =>
      ask('/api/tokens', { token: admin.token, body: { name: 'more', scopes: ['read'], workspace } });
    assert.equal((await make('acme')).status, 201);
    assertProblem(await make('other'), 403, 'forbidden');
    assertProblem(await make(null), 403, 'forbidden');
    const other = await service.token(['read'], 'other');
    const { items } = (await ask('/api/tokens', { token: admin.token })).body as { items: Token[] };
    assert.ok(items.length > 1);
    assert.deepEqual([...new Set(items.map(({ workspace }) => workspace))], ['acme']);
    const path = `/api/tokens/${other.tokenId}`;
    assertProblem(await ask(path, { method: 'DELETE', token: admin.token }), 404, 'not_found');
    assert.equal((await ask('/api/outbox', { token: other.token })).status, 200);
  });

  test('its actions are noted under its name, and its use is told', async () => {
    const admin = await service.token(['admin'], 'acme');
    const body = { name: '  the dashboard ', scopes: ['read', 'read'], workspace: 'acme' };
    const made = (await ask('/api/tokens', { token: admin.token, body })).body as Token & { token: string };
    assert.match(made.token, /^rvl_[\w-]{43}$/);
    const { name, scopes, createdBy } = made;
    assert.deepEqual([name, scopes, createdBy], ['the dashboard', ['read'], 'made by a test']);
    await ask('/api/outbox', { token: made.token });
    const { items } = (await ask('/api/tokens')).body as { items: Token[] };
    const listed = items.find(({ tokenId }) => tokenId === made.tokenId);
    assert.ok(listed && listed.lastUsedAt !== null);
    assert.equal(Object.hasOwn(listed, 'token'), false);
  });

  test('no secret lies in the database', async () => {
    const { token } = await service.token(['read'], 'acme');
    const key = { 'idempotency-key': 'once' };
    const body = { name: 'x', scopes: ['read'], workspace: 'acme' };
    const keyed = (await ask('/api/tokens', { body, headers: key })).body as { token: string };
    const folder = join(service.folder, '.reveille', 'store');
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const contents = files.map((file) => readFileSync(join(file.parentPath, file.name)));
    assert.ok(
      contents.some((content) => content.includes('made by a test')),
      'the tokens are somewhere else',
    );
    for (const secret of [token, keyed.token]) {
      assert.ok(!contents.some((content) => content.includes(secret)), 'a secret is in the store');
    }
  });
});
