import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { HttpBehaviour } from '../support/stub-http-service.ts';
import { ZOOM_LIMITS } from '../support/stub-zoom.ts';
import { HOUR_MS, LATER, PLAN, START, did, failureOf, openRig } from '../support/zoom-rig.ts';
import { until } from './channels-suite/rigs.ts';

const never = new AbortController().signal;

test('a meeting is made once, at its time, and its marker stands at the front of the agenda', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  const made = await zoom.create(PLAN, never);
  const [standing, ...more] = stub.meetings();
  assert.deepEqual(made, { meetingId: String(standing?.id), joinUrl: standing?.joinUrl });
  assert.deepEqual(did(stub), ['created']);
  assert.equal(more.length, 0);
  assert.deepEqual(JSON.parse(stub.requests[0]?.body ?? ''), {
    type: 2,
    topic: 'Demo for Asha',
    agenda: 'Reveille booking_7-a',
    start_time: '2026-11-09T03:30:00Z',
    duration: 30,
    timezone: 'Asia/Kolkata',
    settings: { join_before_host: true, waiting_room: false },
  });
  assert.equal(stub.requests[0]?.path, '/v2/users/host%40example.com/meetings');
});

test('a topic that is too long for Zoom is cut, and never in the middle of a character', async () => {
  await using rig = await openRig();
  await rig.zoom.create({ ...PLAN, topic: `${'x'.repeat(199)}😀 and on` }, never);
  await rig.zoom.create({ ...PLAN, topic: `${'x'.repeat(198)}😀 and on` }, never);
  assert.deepEqual(
    rig.stub.meetings().map(({ topic }) => topic),
    ['x'.repeat(199), `${'x'.repeat(198)}😀`],
  );
});

test('a token is asked for once for all who wait, and again a minute before it ends', async () => {
  await using rig = await openRig();
  const { stub, zoom, clock } = rig;
  stub.scriptToken({ kind: 'slow', afterMs: 20, accepts: 'then' });
  const markers = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(markers.map((marker) => zoom.create({ ...PLAN, marker }, never)));
  assert.deepEqual([stub.meetings().length, stub.tokenRequests.length], [5, 1]);
  assert.equal(stub.tokenRequests[0]?.path, '/oauth/token?grant_type=account_credentials&account_id=stub-account');
  clock.at += HOUR_MS - 60_001;
  await zoom.find('a', START, never);
  assert.equal(stub.tokenRequests.length, 1);
  clock.at += 1;
  await zoom.find('a', START, never);
  assert.equal(stub.tokenRequests.length, 2);
});

test('a token that lives shorter than the margin is used for half its life', async () => {
  await using rig = await openRig({ tokenSeconds: 40 });
  const { stub, zoom, clock } = rig;
  for (const [passed, asked] of [
    [0, 1],
    [19_999, 1],
    [1, 2],
  ] as const) {
    clock.at += passed;
    await zoom.find('a', START, never);
    assert.equal(stub.tokenRequests.length, asked);
  }
});

test('a token that is not taken any more is renewed once for all who had it, and each call is made once', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  await zoom.find('a', START, never);
  stub.account.revokeTokens();
  const markers = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(markers.map((marker) => zoom.create({ ...PLAN, marker }, never)));
  assert.deepEqual([stub.meetings().length, stub.tokenRequests.length], [5, 2]);
  assert.deepEqual(did(stub), Array(5).fill('created'));
});

test('a token that is refused and renewed and refused again is a failure, and the next call begins anew', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  stub.script({ kind: 'status', status: 401, body: '{"code":124,"message":"canary: Invalid access token."}' });
  const error = await failureOf(zoom.create(PLAN, never));
  assert.deepEqual([error.outcome, stub.requests.length, stub.tokenRequests.length], ['later', 2, 2]);
  assert.match(error.message, /ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET/);
  stub.script({ kind: 'accept' });
  await zoom.create(PLAN, never);
  assert.deepEqual([stub.meetings().length, stub.tokenRequests.length], [1, 3]);
});

test('whoever stops waiting for a token stops at once and alone', { timeout: 10_000 }, async ({ signal }) => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  stub.scriptToken({ kind: 'slow', afterMs: 100, accepts: 'then' });
  const stop = new AbortController();
  const stopped = failureOf(zoom.create({ ...PLAN, marker: 'stopped' }, stop.signal));
  const going = zoom.create({ ...PLAN, marker: 'going' }, never);
  await until(() => stub.tokenRequests.length > 0 || signal.aborted);
  stop.abort();
  assert.equal((await stopped).outcome, 'later');
  await going;
  assert.deepEqual(
    stub.meetings().map(({ agenda }) => agenda),
    ['Reveille going'],
  );

  stub.account.revokeTokens();
  stub.scriptToken({ kind: 'hang', accepts: false });
  const alone = new AbortController();
  const waiting = failureOf(zoom.create(PLAN, alone.signal));
  await until(() => stub.tokenRequests.length > 1 || signal.aborted);
  alone.abort();
  assert.equal((await waiting).outcome, 'later');
});

test('wrong credentials are our fault: later, and the sentence names what to mend', async () => {
  for (const settings of [
    { clientSecret: 'canary-wrong' },
    { clientId: 'canary-wrong' },
    { accountId: 'canary-wrong' },
  ]) {
    await using rig = await openRig({ settings });
    const error = await failureOf(rig.zoom.create(PLAN, never));
    assert.equal(error.outcome, 'later');
    assert.match(error.message, /ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET for ZOOM_ACCOUNT_ID \(status 400\)/);
    assert.equal(rig.stub.requests.length, 0);
  }
});

test('without a token nothing has happened, whatever the token endpoint does', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  const unfit = ['{"access_token":"canary\\r\\nx: y","expires_in":3600}', '{"access_token":"canary","expires_in":-1}'];
  const behaviours: HttpBehaviour[] = [
    { kind: 'garbage', accepts: true },
    { kind: 'reset', accepts: true },
    { kind: 'huge', bytes: 10 * 1024 * 1024, accepts: true },
    ...[500, 503, 302, 404].map((status) => ({ kind: 'status' as const, status })),
    ...unfit.map((body) => ({ kind: 'status' as const, status: 200, body })),
  ];
  for (const behaviour of behaviours) {
    stub.scriptToken(behaviour);
    assert.equal((await failureOf(zoom.create(PLAN, never))).outcome, 'later', inspect(behaviour));
  }
  stub.scriptToken({ kind: 'status', status: 429, headers: { 'retry-after': '9' } });
  assert.equal((await failureOf(zoom.create(PLAN, never))).retryAfterMs, 9_000);
  assert.equal(stub.requests.length, 0);
  stub.scriptToken({ kind: 'accept' });
  await zoom.create(PLAN, never);
});

test('a status means what Zoom did: refused, later, or unknown where it was to change something', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  const refusals: [number, number | null, changing: string, reading: string][] = [
    [200, null, 'unknown', 'later'],
    [302, null, 'refused', 'refused'],
    [400, 300, 'refused', 'refused'],
    [400, 4_711, 'later', 'later'],
    [403, 200, 'refused', 'refused'],
    [404, 1_001, 'refused', 'refused'],
    [404, null, 'refused', 'refused'],
    [408, null, 'later', 'later'],
    [500, null, 'unknown', 'later'],
    [502, null, 'unknown', 'later'],
    [503, null, 'unknown', 'later'],
    [504, 3_001, 'unknown', 'later'],
  ];
  for (const [status, code, changing, reading] of refusals) {
    const body = code === null ? 'canary' : JSON.stringify({ code, message: 'canary: host@example.com' });
    stub.script({ kind: 'status', status, body, headers: { location: `${stub.url}/v2/users/me` } });
    const { requests } = stub;
    const before = requests.length;
    const said = [
      await failureOf(zoom.create(PLAN, never)),
      await failureOf(zoom.move('1', LATER, never)),
      await failureOf(zoom.remove('1', never)),
      await failureOf(zoom.find('a', START, never)),
    ].map(({ outcome }) => outcome);
    assert.deepEqual(said, [changing, changing, changing, reading], `${status} ${code}`);
    assert.equal(requests.length - before, 4);
  }
});

test('too many requests: later, after the time that Zoom names in any of its ways', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  const waits: [HttpBehaviour, number | null][] = [
    [ZOOM_LIMITS.perSecond(), null],
    [ZOOM_LIMITS.perSecond({ 'retry-after': '3' }), 3_000],
    [ZOOM_LIMITS.perSecond({ 'retry-after': 'Fri, 06 Nov 2026 12:00:20 GMT' }), 20_000],
    [ZOOM_LIMITS.daily('2026-11-06T18:00:00Z'), 6 * HOUR_MS],
    [ZOOM_LIMITS.daily(null), 12 * HOUR_MS],
    [{ kind: 'status', status: 429, body: 'canary' }, null],
    [{ kind: 'status', status: 503, headers: { 'retry-after': '5' } }, 5_000],
  ];
  for (const [behaviour, wait] of waits) {
    stub.script(behaviour);
    const error = await failureOf(zoom.create(PLAN, never));
    assert.equal(error.retryAfterMs, wait, inspect(behaviour));
    if (wait !== 5_000) assert.equal(error.outcome, 'later');
  }
  assert.equal(stub.meetings().length, 0);
});

test('the meetings that a user may make and change in a day are counted by Zoom until midnight', async () => {
  await using rig = await openRig({ dailyLimit: 2 });
  const { stub, zoom, clock } = rig;
  const { meetingId } = await zoom.create(PLAN, never);
  assert.equal(await zoom.move(meetingId, LATER, never), true);
  for (const asking of [zoom.create(PLAN, never), zoom.move(meetingId, LATER, never)]) {
    const error = await failureOf(asking);
    assert.deepEqual([error.outcome, error.retryAfterMs], ['later', 12 * HOUR_MS]);
  }
  clock.at += 12 * HOUR_MS;
  await zoom.create(PLAN, never);
  assert.deepEqual(did(stub), ['created', 'moved', 'created']);
});
