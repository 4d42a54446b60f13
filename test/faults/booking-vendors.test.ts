import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Problem } from '../../client/api/problem.ts';
import type { Runtime } from '../../client/runtime-file.ts';
import type { Booking } from '../../domain/contracts/bookings.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { checkBookings } from '../support/booking-checker.ts';
import { BookingWorld, CALENDAR } from '../support/booking-world.ts';
import { findings } from '../support/effect-checker.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';
import type { HttpBehaviour } from '../support/stub-http-service.ts';
import { ZOOM_LIMITS } from '../support/stub-zoom.ts';

const LIMIT = { timeout: 300_000 };
const AWAY: HttpBehaviour & { kind: 'status' } = { kind: 'status', status: 503 };
const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

/** A service of an API and a worker, each a process. */
async function service(calendar: Record<string, unknown> = {}) {
  const world = await BookingWorld.open(postgres!.url, calendar);
  const [api] = await Promise.all([world.stack.serve(), world.worker().ready()]);
  const book = async (name: string, slot?: Slot) => {
    const { id: slotId } = slot ?? (await world.slot());
    const request = { calendar: CALENDAR, slotId, invitee: { email: `${name}@example.com`, name: 'Asha Rao' } };
    return post(api, request);
  };
  return { world, api, book };
}

/** The same invitee again is the same request again. */
async function post({ api, token }: Runtime, request: { invitee: { email: string } }) {
  const answer = await fetch(`${api}/api/bookings`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      'idempotency-key': request.invitee.email,
    },
    body: JSON.stringify(request),
  });
  return { status: answer.status, body: (await answer.json()) as Booking & Problem };
}

/** The slots of two days, as callers are told of them. */
async function slotsOf({ api, token }: Runtime): Promise<Slot[]> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${api}/api/slots?calendar=${CALENDAR}&days=2`, { headers });
  return ((await answer.json()) as { items: Slot[] }).items;
}

/** That everything settles with these many confirmed, and nothing lost, doubled or untrue. */
async function settles(world: BookingWorld, confirmed: number): Promise<void> {
  const verdict = checkBookings(await world.settled());
  assert.deepEqual(findings(verdict), []);
  assert.deepEqual(verdict.counts, { confirmed, cancelled: 0, undone: 0, mails: confirmed });
}

const creations = ({ zoom }: BookingWorld): number =>
  zoom.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/meetings')).length;

describe('A booking through the whole service', { skip: postgres === null && 'no Postgres', concurrency: 4 }, () => {
  test('Zoom asks to wait, says for how long or not, or ends a token: one meeting each', LIMIT, async () => {
    const { world, book } = await service();
    await using _ = world;
    world.zoom.script(ZOOM_LIMITS.perSecond({ 'retry-after': '12' }), { kind: 'accept' });
    const asked = performance.now();
    assert.equal((await book('told')).status, 201);
    await world.row('told', ({ state }) => state === 'confirmed');
    assert.ok(performance.now() - asked >= 12_000, 'it waits as it was told');
    world.zoom.script(ZOOM_LIMITS.perSecond(), { kind: 'accept' });
    assert.equal((await book('untold')).status, 201);
    world.zoom.account.revokeTokens();
    const before = world.zoom.tokenRequests.length;
    assert.equal((await book('expired')).body.state, 'confirmed');
    assert.equal(world.zoom.tokenRequests.length, before + 1);
    await settles(world, 3);
    assert.equal(creations(world), 6, 'each was asked for once more, and not oftener');
  });

  for (const [what, behaviour] of [
    ['fails and has made it', { kind: 'reset', accepts: true }],
    ['does not answer and has made it', { kind: 'hang', accepts: true }],
    ['fails and has not made it', AWAY],
  ] as const) {
    test(`Zoom ${what}: one meeting, which is looked for before it is made again`, LIMIT, async () => {
      const { world, book } = await service();
      await using _ = world;
      world.zoom.script(behaviour, { kind: 'accept' });
      const { status } = await book('once');
      assert.equal(status, 201);
      await settles(world, 1);
      assert.equal(creations(world), behaviour === AWAY ? 2 : 1);
      const looks = world.zoom.requests.filter(({ method }) => method === 'GET').length;
      assert.ok(behaviour === AWAY ? looks > 1 : looks === 1, `it was looked for ${looks} times`);
    });
  }

  test(
    'the calendar is away and may be: slots are unverified, and the event is made when it is back',
    LIMIT,
    async () => {
      const { world, api, book } = await service();
      await using _ = world;
      await world.slot();
      world.google.script(...Array.from({ length: 4 }, () => AWAY));
      assert.deepEqual([...new Set((await slotsOf(api)).map(({ source }) => source))], ['unverified']);
      assert.equal((await book('unverified')).status, 201);
      await settles(world, 1);
      assert.equal(world.google.requests.filter(({ method }) => method === 'POST').length, 4);
    },
  );

  test('the calendar is away and must not be: refused within a minute, and nothing is left', LIMIT, async () => {
    const { world, api, book } = await service({ whenUnavailable: 'closed' });
    await using _ = world;
    const slot = await world.slot();
    world.google.script(...Array.from({ length: 200 }, () => AWAY));
    const began = performance.now();
    const { status, body } = await book('refused', slot);
    assert.deepEqual([status, body.code], [503, 'unavailable']);
    assert.ok(performance.now() - began < 60_000);
    assert.ok(body.detail.includes('cannot be reached'));
    assert.deepEqual(await slotsOf(api), []);
    world.google.script();
    const verdict = checkBookings(await world.settled());
    assert.deepEqual(findings(verdict), []);
    assert.deepEqual(verdict.counts, { confirmed: 0, cancelled: 0, undone: 1, mails: 0 });
    const again = await book('refused', slot);
    assert.deepEqual([again.status, again.body.state, again.body.slotId], [201, 'confirmed', slot.id]);
  });
});
