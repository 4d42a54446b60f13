import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Effect } from '../../domain/contracts/effects.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';
import { cacheDir } from '../support/temporal.ts';

const AT = '2026-01-31T09:00:00.000Z';

let service: StoreApi;
let folder: CliFolder;
before(async () => {
  service = await startStoreApi();
  folder = new CliFolder();
});
after(async () => {
  await folder?.end();
  await service?.stop();
});

/** An effect whose answer was lost. */
async function lost(store: Store, key: string): Promise<string> {
  const planned = {
    key,
    kind: 'message',
    channel: 'email',
    contactId: 'C1',
    purpose: 'service',
    subject: 'S',
  } as const;
  const { effectId } = await store.effects.plan('default', { ...planned, plannedAt: AT });
  const attempt = await store.effects.attempt('default', key, AT, { leaseMs: 60_000, repeatable: false });
  assert.equal(attempt.outcome, 'go');
  const fence = attempt.outcome === 'go' ? attempt.fence : 0;
  await store.effects.end('default', key, fence, { state: 'unknown', at: AT, error: 'cut after DATA' });
  return effectId;
}

describe('/api/effects', () => {
  test('lists them by state, shows one, and lets a person settle what is unknown, once', async () => {
    const id = await lost(service.store, 'follow-up/F1/message');
    const unknown = await request(service.api, '/api/effects?state=unknown');
    assert.deepEqual((unknown.body as { items: Effect[] }).items.map(({ effectId }) => effectId), [id]); // prettier-ignore
    assert.deepEqual((await request(service.api, '/api/effects?state=done')).body, { items: [], nextCursor: null });

    const resolve = (body: object) => request(service.api, `/api/effects/${id}/resolve`, { body });
    assertProblem(await resolve({ as: 'perhaps', note: 'x' }), 422, 'invalid_input');
    assertProblem(await resolve({ as: 'done', note: ' ' }), 422, 'invalid_input');
    const { status, body } = await resolve({ as: 'done', note: 'it is in their inbox' });
    assert.equal(status, 200);
    const { state, resolvedBy, note } = body as Effect;
    assert.deepEqual(
      { state, resolvedBy, note },
      { state: 'done', resolvedBy: 'tester', note: 'it is in their inbox' },
    );
    assert.deepEqual((await request(service.api, `/api/effects/${id}`)).body, body);
    const again = await resolve({ as: 'failed', note: 'no' });
    assertProblem(again, 409, 'conflict');
    assert.match(again.problem.detail, /done/);
  });

  test('unknown ones are 404', async () => {
    assertProblem(await request(service.api, '/api/effects/none'), 404, 'not_found');
    const body = { as: 'done', note: 'x' };
    assertProblem(await request(service.api, '/api/effects/none/resolve', { body }), 404, 'not_found');
    assertProblem(await request(service.api, '/api/effects?state=lost'), 422, 'invalid_input');
  });
});

describe('reveille effects', () => {
  test('list and resolve work on the store alone', async () => {
    assert.equal((await folder.run(['effects', 'list'])).stdout, 'No effects\n');
    const store = await openStore({ dataDir: folder.path, cacheDir: cacheDir() });
    const id = await lost(store, 'follow-up/F2/message').finally(() => store.close());
    const listed = await folder.run(['effects', 'list', '--state', 'unknown']);
    assert.match(listed.stdout, /F2\/message\n {2}message by email to C1 {2}unknown since 2026-01-31 09:00:00 UTC, 1 attempt: cut after DATA/); // prettier-ignore
    assert.equal((await folder.run(['effects', 'resolve', id, '--as', 'done'])).code, 2);
    assert.equal((await folder.run(['effects', 'resolve', id, '--as', 'maybe', '--note', 'x'])).code, 2);
    const settled = await folder.run(['effects', 'resolve', id, '--as', 'failed', '--note', 'not in the log']);
    assert.equal(settled.code, 0, settled.stderr);
    assert.match(settled.stdout, /^Settled\n(?:.*\n)*.*failed since .*not in the log/);
    assert.equal((await folder.problem(1, ['effects', 'resolve', id, '--as', 'done', '--note', 'x'])).code, 'conflict');
  });
});
