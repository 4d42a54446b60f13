import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { token } from '../../../domain/contracts/tokens.ts';
import { NOW, type StoreUnderTest, daysAgo, inMinutes, newWorkspace, tokenOf } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

/** Seconds after NOW. */
const inSeconds = (seconds: number): string => inMinutes(seconds / 60);

const request = (fingerprint: string, minutes = 0, staleAfter = 10) => ({
  fingerprint,
  at: inMinutes(minutes),
  staleBefore: inMinutes(minutes - staleAfter),
});

export function accessSuite(open: StoreUnderTest): void {
  test('a token is found by its hash until it is revoked, and its hash is never given out', async () => {
    const store = open();
    const workspace = newWorkspace();
    const given = tokenOf(`${workspace}-1`, workspace);
    const { hash, ...shown } = given;
    const created = await store.tokens.create(given);
    assert.deepEqual(created, { ...shown, lastUsedAt: null, revokedAt: null });
    assert.deepEqual(token.parse(created), created);
    assert.deepEqual(await store.tokens.find(hash, NOW), { ...created, lastUsedAt: NOW });
    assert.equal(await store.tokens.find(`${hash}x`, NOW), null);
    const revoked = await store.tokens.revoke(workspace, given.tokenId, inMinutes(5));
    assert.equal(revoked?.revokedAt, inMinutes(5));
    assert.deepEqual(await store.tokens.revoke(workspace, given.tokenId, inMinutes(9)), revoked);
    assert.equal(await store.tokens.find(hash, NOW), null);
    assert.deepEqual((await store.tokens.list(workspace, { limit: 5 })).items, [revoked]);
  });

  test('the use of a token is noted once a minute', async () => {
    const store = open();
    const workspace = newWorkspace();
    const given = tokenOf(`${workspace}-1`, workspace);
    await store.tokens.create(given);
    const noted = async () => (await store.tokens.list(workspace, { limit: 5 })).items[0]?.lastUsedAt;
    for (const [seconds, expected] of [
      [0, 0],
      [59, 0],
      [61, 61],
      [30, 61],
      [120, 61],
      [121, 121],
    ] as const) {
      await store.tokens.find(given.hash, inSeconds(seconds));
      assert.equal(await noted(), inSeconds(expected), `${seconds} s`);
    }
  });

  test('no two tokens have one id or one secret', async () => {
    const store = open();
    const workspace = newWorkspace();
    const first = tokenOf(`${workspace}-1`, workspace);
    await store.tokens.create(first);
    for (const other of [
      { ...first, hash: `${workspace} another` },
      { ...first, tokenId: `${workspace}-2`, workspace: null },
    ]) {
      const error = await rejectsAs('conflict', store.tokens.create(other));
      assert.doesNotMatch(error.message, /hash of/);
    }
    assert.equal((await store.tokens.list(workspace, { limit: 5 })).items.length, 1);
  });

  test('a token for all workspaces is listed and revoked only with all of them', async () => {
    const store = open();
    const [workspace, other] = [newWorkspace(), newWorkspace()];
    const [own, general] = [tokenOf(`${workspace}-1`, workspace), tokenOf(`${workspace}-2`, null)];
    for (const each of [own, general]) await store.tokens.create(each);
    const ids = async (of: string | null) =>
      (await store.tokens.list(of, { limit: 500 })).items.map(({ tokenId }) => tokenId);
    assert.deepEqual(await ids(workspace), [own.tokenId]);
    const all = await ids(null);
    assert.ok(all.includes(own.tokenId) && all.includes(general.tokenId));
    assert.equal(await store.tokens.revoke(workspace, general.tokenId, NOW), null);
    assert.equal(await store.tokens.revoke(other, own.tokenId, NOW), null);
    assert.equal((await store.tokens.revoke(null, general.tokenId, NOW))?.revokedAt, NOW);
    assert.equal((await store.tokens.revoke(null, own.tokenId, NOW))?.revokedAt, NOW);
    assert.equal(await store.tokens.revoke(null, `${workspace}-3`, NOW), null);
  });

  test('a request is carried out once and its answer given again; another request of the key is refused', async () => {
    const store = open();
    const workspace = newWorkspace();
    const begin = (fingerprint: string, key = 'k', of = workspace) =>
      store.idempotency.begin(of, key, request(fingerprint));
    assert.deepEqual(await begin('a'), { outcome: 'begun' });
    assert.deepEqual(await begin('a'), { outcome: 'in_flight' });
    assert.deepEqual(await begin('b'), { outcome: 'mismatch' });
    const answer = { status: 201, body: { z: 'é\0\ud800', a: [1, null], m: 0.1 } };
    await store.idempotency.finish(workspace, 'k', answer);
    await store.idempotency.finish(workspace, 'k', { status: 500, body: null });
    await store.idempotency.release(workspace, 'k');
    const again = await begin('a');
    assert.deepEqual(again, { outcome: 'replay', answer });
    assert.ok('answer' in again && JSON.stringify(again.answer.body) === JSON.stringify(answer.body), 'to the byte');
    assert.deepEqual(await begin('b'), { outcome: 'mismatch' });
    assert.deepEqual(await begin('b', 'other'), { outcome: 'begun' });
    assert.deepEqual(await begin('b', 'k', newWorkspace()), { outcome: 'begun' });
  });

  test('a key is free again when its request was released or lost', async () => {
    const store = open();
    const workspace = newWorkspace();
    const begin = (minutes: number, fingerprint = 'a') =>
      store.idempotency.begin(workspace, 'k', request(fingerprint, minutes));
    await begin(0);
    await store.idempotency.release(workspace, 'k');
    assert.deepEqual(await begin(1, 'b'), { outcome: 'begun' });
    assert.deepEqual(await begin(10.9, 'b'), { outcome: 'in_flight' });
    assert.deepEqual(await begin(11.1, 'a'), { outcome: 'mismatch' });
    assert.deepEqual(await begin(11.1, 'b'), { outcome: 'begun' });
    assert.deepEqual(await begin(12, 'b'), { outcome: 'in_flight' });
    await store.idempotency.finish(workspace, 'k', { status: 204, body: undefined });
    const later = await begin(500, 'b');
    assert.deepEqual(later, { outcome: 'replay', answer: { status: 204, body: null } });
  });

  test('of many that take one key at once, one begins', async () => {
    const store = open();
    const workspace = newWorkspace();
    const take = async (minutes: number) => {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => store.idempotency.begin(workspace, 'k', request('a', minutes))),
      );
      return outcomes.filter(({ outcome }) => outcome === 'begun').length;
    };
    assert.equal(await take(0), 1);
    assert.equal(await take(60), 1, 'a lost one is taken over once');
  });

  test('old answers are dropped', async () => {
    const store = open();
    const workspace = newWorkspace();
    const old = { fingerprint: 'a', at: '2019-01-01T00:00:00.000Z', staleBefore: '2018-01-01T00:00:00.000Z' };
    for (const key of ['a', 'b', 'c']) await store.idempotency.begin(workspace, key, old);
    await store.idempotency.begin(workspace, 'new', request('a'));
    assert.equal(await store.idempotency.dropBefore('2019-01-01T00:00:00.001Z'), 3);
    assert.deepEqual(await store.idempotency.begin(workspace, 'a', request('other')), { outcome: 'begun' });
    assert.deepEqual(await store.idempotency.begin(workspace, 'new', request('a')), { outcome: 'in_flight' });
  });

  test('a lease has one holder at a time, until it is over or given up', async () => {
    const { leases } = open();
    const name = randomUUID();
    const acquire = (holder: string, seconds: number) => leases.acquire(name, holder, inSeconds(seconds), 30_000);
    assert.equal(await acquire('a', 0), true);
    assert.equal(await acquire('b', 29), false);
    assert.equal(await acquire('a', 20), true);
    assert.equal(await acquire('b', 49), false);
    assert.equal(await acquire('b', 50), true);
    assert.equal(await acquire('a', 51), false);
    await leases.release(name, 'a');
    assert.equal(await acquire('a', 52), false);
    await leases.release(name, 'b');
    assert.equal(await acquire('a', 53), true);
    const holders = Array.from({ length: 8 }, (_, index) => `h${index}`);
    const taken = await Promise.all(holders.map((holder) => acquire(holder, 90)));
    assert.equal(taken.filter(Boolean).length, 1);
  });

  test('an outage lasts from the last answer to the next, whether someone asked meanwhile or not', async () => {
    const { outages } = open();
    const between = (from: number, to: number | null) =>
      outages.between({ since: inSeconds(from), until: to === null ? null : inSeconds(to) });
    const outage = (from: number, to: number | null) => ({
      since: inSeconds(from),
      until: to === null ? null : inSeconds(to),
    });
    await outages.reached(inSeconds(0), 60_000);
    await outages.reached(inSeconds(60), 60_000);
    assert.deepEqual(await between(-9, null), []);
    await outages.failed(inSeconds(70));
    await outages.failed(inSeconds(80));
    assert.deepEqual(await between(-9, null), [outage(60, null)]);
    await outages.reached(inSeconds(90), 60_000);
    await outages.reached(inSeconds(150), 60_000);
    assert.deepEqual(await between(-9, null), [outage(60, 90)]);
    await outages.reached(inSeconds(211), 60_000);
    await outages.reached(inSeconds(200), 1_000);
    await outages.reached(inSeconds(212), 60_000);
    assert.deepEqual(await between(0, 300), [outage(60, 90), outage(150, 211)]);
    assert.deepEqual(await between(90, 150), []);
    assert.deepEqual(await between(80, 160), [outage(60, 90), outage(150, 211)]);
    await outages.failed(daysAgo(-1));
    assert.deepEqual(await between(300, null), [outage(212, null)]);
  });
}
