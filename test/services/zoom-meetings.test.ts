import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDialler, type Dialler } from '../../services/dialler.ts';
import type { HttpBehaviour } from '../support/stub-http-service.ts';
import { LATER, PLAN, START, did, failureOf, openRig, withoutCanaries } from '../support/zoom-rig.ts';
import { until } from './channels-suite/rigs.ts';

const never = new AbortController().signal;
const ACCEPT: HttpBehaviour = { kind: 'accept' };
const LOST: [name: string, behaviour: HttpBehaviour, timeoutMs?: number][] = [
  ['cut off', { kind: 'reset', accepts: true }],
  ['garbage', { kind: 'garbage', accepts: true }],
  ['10 MB', { kind: 'huge', bytes: 10 * 1024 * 1024, accepts: true }],
  ['nothing in time', { kind: 'hang', accepts: true }, 1_000],
  ['a slow drip', { kind: 'drip', everyMs: 20, accepts: true }, 1_000],
];

for (const [name, behaviour, timeoutMs = 15_000] of LOST) {
  test(`answers that are lost (${name}): unknown, and the marker tells`, { timeout: 20_000 }, async () => {
    await using rig = await openRig({ timeoutMs });
    const { stub, zoom } = rig;
    stub.script(behaviour, ACCEPT);
    assert.equal((await failureOf(zoom.create(PLAN, never))).outcome, 'unknown');
    const [standing, ...more] = stub.meetings();
    assert.equal(more.length, 0);
    assert.deepEqual(await zoom.find(PLAN.marker, START, never), [
      { meetingId: String(standing?.id), joinUrl: standing?.joinUrl },
    ]);

    stub.script(behaviour, ACCEPT);
    const meetingId = String(standing?.id);
    assert.equal((await failureOf(zoom.move(meetingId, LATER, never))).outcome, 'unknown');
    assert.equal(await zoom.move(meetingId, LATER, never), true);
    stub.script(behaviour, ACCEPT);
    assert.equal((await failureOf(zoom.remove(meetingId, never))).outcome, 'unknown');
    await zoom.remove(meetingId, never);
    assert.deepEqual(did(stub), ['created', 'moved', 'moved', 'deleted']);

    stub.script(behaviour);
    assert.equal((await failureOf(zoom.find(PLAN.marker, START, never))).outcome, 'later');
  });
}

test(
  'stopped before it goes out it has not happened, stopped after that nobody knows',
  { timeout: 10_000 },
  async ({ signal }) => {
    await using rig = await openRig();
    const { stub, zoom } = rig;
    assert.equal((await failureOf(zoom.create(PLAN, AbortSignal.abort()))).outcome, 'later');
    stub.script({ kind: 'hang', accepts: true });
    const stop = new AbortController();
    const stopped = failureOf(zoom.create(PLAN, stop.signal));
    await until(() => stub.requests.length > 0 || signal.aborted);
    stop.abort();
    assert.equal((await stopped).outcome, 'unknown');
    assert.deepEqual(did(stub), ['created']);
  },
);

test('an answer that is only slow is an answer', async () => {
  await using rig = await openRig();
  rig.stub.script({ kind: 'slow', afterMs: 50, accepts: 'then' });
  await rig.zoom.create(PLAN, never);
  assert.equal(rig.stub.meetings().length, 1);
});

test('an answer to a meeting made that lacks what is needed is unknown, and of 100 MB little is taken', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  for (const body of ['{"id":1}', '{"id":"x","join_url":"https://z.example/"}', '{"id":1,"join_url":"javascript:1"}']) {
    stub.script({ kind: 'status', status: 201, body });
    assert.equal((await failureOf(zoom.create(PLAN, never))).outcome, 'unknown', body);
  }
  stub.script({ kind: 'huge', bytes: 100 * 1024 * 1024, accepts: true });
  assert.equal((await failureOf(zoom.create(PLAN, never))).outcome, 'unknown');
  assert.ok(stub.bytesWritten < 10 * 1024 * 1024, `${stub.bytesWritten}`);
});

test('a list may lag behind: a meeting that was made is found when it is listed', async () => {
  await using rig = await openRig({ listDelayMs: 30_000 });
  const { zoom, clock } = rig;
  const made = await zoom.create(PLAN, never);
  clock.at += 29_999;
  assert.deepEqual(await zoom.find(PLAN.marker, START, never), []);
  clock.at += 1;
  assert.deepEqual(await zoom.find(PLAN.marker, START, never), [made]);
});

test('all with the marker are found, on every page, oldest first, wherever they were moved', async () => {
  await using rig = await openRig({ pageSize: 2 });
  const { stub, zoom, clock } = rig;
  const made = [];
  for (const marker of ['b7', 'b77', 'b7', 'b7-1', '1-b7', 'b7', 'other']) {
    made.push(await zoom.create({ ...PLAN, marker }, never));
    clock.at += 1_000;
  }
  const [first, , second, , , third] = made;
  stub.account.byHand(first!.meetingId, { agenda: `Reveille b7\n${'long '.repeat(300)}` });
  stub.account.byHand(second!.meetingId, { start: '2027-03-01T00:00:00Z' });
  stub.account.byHand(third!.meetingId, { start: '2026-11-01T00:00:00Z' });
  const before = stub.requests.length;
  assert.deepEqual(await zoom.find('b7', START, never), [first, second, third]);
  assert.equal(stub.requests.length - before, 4);
  assert.match(stub.requests[before]?.path ?? '', /\?type=scheduled&page_size=300$/);
});

test('a whole page of long topics in any writing is read, and a meeting that slips to the next page is one', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  const [topic, agenda] = ['ङ'.repeat(200), 'Reveille b7 '.padEnd(250, 'ङ')];
  const page = (from: number, next: string): HttpBehaviour => {
    const meetings = Array.from({ length: 300 }, (_, index) => ({
      ...{ id: from + index, topic, agenda, join_url: `https://z.example/${'x'.repeat(500)}` },
      created_at: `2026-11-06T12:${String(Math.floor((from + index) / 60)).padStart(2, '0')}:00Z`,
    }));
    return { kind: 'status', status: 200, body: JSON.stringify({ meetings, next_page_token: next }) };
  };
  stub.script(page(1, 'more'), page(300, ''));
  const ids = (await zoom.find('b7', START, never)).map(({ meetingId }) => Number(meetingId));
  assert.deepEqual(
    ids,
    Array.from({ length: 599 }, (_, index) => index + 1),
  );
});

test(
  'a list that cannot be read, or does not end, is not one without the meeting',
  { timeout: 20_000 },
  async ({ signal }) => {
    await using rig = await openRig();
    const { stub, zoom } = rig;
    const meeting = {
      id: 1,
      agenda: 'Reveille a',
      created_at: '2026-11-06T12:00:00Z',
      join_url: 'https://z.example/1',
    };
    const answering = (body: object): HttpBehaviour => ({ kind: 'status', status: 200, body: JSON.stringify(body) });
    const unread = [
      ...[{}, { meetings: 'none' }, { meetings: [{ ...meeting, agenda: 7 }] }],
      ...[{ id: undefined }, { join_url: 'http:/' }, { created_at: 'x' }].map((wrong) => ({
        meetings: [{ ...meeting, ...wrong }],
      })),
      { meetings: [meeting], next_page_token: 'again' },
    ];
    for (const body of unread) {
      stub.script(answering(body));
      assert.equal((await failureOf(zoom.find('a', START, signal))).outcome, 'later', JSON.stringify(body));
    }
    // What is wrong with the meetings of others is no matter.
    stub.script(answering({ meetings: [meeting, { id: null, agenda: null }, {}] }));
    assert.deepEqual(await zoom.find('a', START, never), [{ meetingId: '1', joinUrl: 'https://z.example/1' }]);
  },
);

test('a meeting is moved with its link kept, and removed; one that has gone is told or gone already', async () => {
  await using rig = await openRig();
  const { stub, zoom } = rig;
  const made = await zoom.create(PLAN, never);
  assert.equal(await zoom.move(made.meetingId, LATER, never), true);
  const [moved] = stub.meetings();
  assert.deepEqual(
    [moved?.start, moved?.duration, moved?.timezone, moved?.joinUrl, moved?.topic, moved?.agenda],
    ['2026-12-01T10:00:00Z', 45, 'Europe/Berlin', made.joinUrl, PLAN.topic, `Reveille ${PLAN.marker}`],
  );
  await zoom.remove(made.meetingId, never);
  assert.deepEqual(did(stub), ['created', 'moved', 'deleted']);
  assert.equal(stub.requests.at(-1)?.path, `/v2/meetings/${made.meetingId}?schedule_for_reminder=false`);
  await zoom.remove(made.meetingId, never);
  assert.equal(await zoom.move(made.meetingId, LATER, never), false);
  assert.equal(stub.effects.all().length, 3);
});

test('where there is no connection nothing has happened, and an address that is not allowed never will do', async () => {
  await using rig = await openRig({ settings: { apiUrl: 'http://127.0.0.1:1/v2' } });
  assert.equal((await failureOf(rig.zoom.create(PLAN, never))).outcome, 'later');

  const plain = createDialler();
  const strict: Dialler = {
    ...{ fetch: plain.fetch, dispatcher: plain.dispatcher, connect: (to) => plain.connect(to), allowing: () => strict },
    [Symbol.asyncDispose]: () => plain[Symbol.asyncDispose](),
  };
  await using refused = await openRig({ dialler: strict });
  assert.equal((await failureOf(refused.zoom.create(PLAN, never))).outcome, 'refused');
  assert.equal(refused.stub.tokenRequests.length, 0);
});

test('the hosts of the settings are allowed to Zoom, and to nobody else with the same dialler', async () => {
  await using rig = await openRig();
  await rig.zoom.create(PLAN, never);
  await assert.rejects(rig.dialler.fetch(`${rig.stub.url}/v2/users/me`), { message: 'fetch failed' });
});

test('a check says in a sentence whether Zoom answers and takes the credentials, and never throws', async () => {
  await using rig = await openRig();
  assert.deepEqual(await rig.zoom.check(never), { ok: true, detail: 'Zoom answers and takes our credentials' });
  const wrong: [object, RegExp][] = [
    [{ user: 'canary@example.com' }, /does not know the user of REVEILLE_ZOOM_USER/],
    [{ clientSecret: 'canary-wrong' }, /does not accept ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET/],
    [{ tokenUrl: 'http://127.0.0.1:1/' }, /no connection \(ECONNREFUSED\)/],
  ];
  for (const [settings, sentence] of wrong) {
    await using other = await openRig({ settings });
    const { ok, detail } = await other.zoom.check(never);
    assert.equal(ok, false);
    assert.match(detail, sentence);
    withoutCanaries(detail);
  }
  rig.stub.script({ kind: 'garbage', accepts: false });
  assert.deepEqual(await rig.zoom.check(never), { ok: false, detail: 'Zoom answered in no known form (status 200)' });
});
