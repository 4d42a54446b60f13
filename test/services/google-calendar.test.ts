import assert from 'node:assert/strict';
import { test } from 'node:test';
import { googleError } from '../support/stub-google-events.ts';
import type { GoogleBehaviour } from '../support/stub-google.ts';
import { another, googleRig } from './calendars-suite/google-rig.ts';
import { EVENT, FROM, NOW, TO, busyTimes, failureOf, never, writableSuite } from './calendars-suite/suite.ts';

const { eventId } = EVENT;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

writableSuite('Google', googleRig, false);

test('an event says what the meeting is, under our id and mark, and Google writes to nobody', async () => {
  await using rig = await googleRig();
  await rig.source.put(EVENT, never);
  const { id, summary, location, description, attendees, extendedProperties, start, sequence } =
    rig.google.events.get(eventId) ?? assert.fail('there is no event');
  assert.deepEqual(
    { id, summary, location, description, sequence },
    { id: eventId, summary: EVENT.summary, location: EVENT.location, description: EVENT.description, sequence: 0 },
  );
  assert.deepEqual(attendees, [{ email: 'canary-asha@example.com', displayName: 'Asha Rao' }]);
  assert.deepEqual(extendedProperties, { private: { reveille: eventId } });
  assert.deepEqual(start, { dateTime: EVENT.start, timeZone: 'Europe/Berlin' });
  await rig.source.put({ ...EVENT, summary: 'Other', location: null }, never);
  assert.deepEqual(
    [rig.google.events.get(eventId)?.['summary'], rig.google.events.get(eventId)?.['location']],
    ['Other', ''],
  );
  await rig.source.remove(eventId, never);
  assert.ok(rig.google.requests.every(({ query }) => query.get('sendUpdates') === 'none'));
  assert.deepEqual(
    rig.google.events.effects.all().map(({ key, text }) => [key, text]),
    [
      [eventId, EVENT.start],
      [eventId, EVENT.start],
      [eventId, 'deleted'],
    ],
  );
});

test('an event that its owner changed meanwhile can still be moved', async () => {
  await using rig = await googleRig();
  await rig.source.put(EVENT, never);
  rig.google.events.get(eventId)!.sequence = 7;
  const moved = { start: '2026-10-27T08:00:00Z', end: '2026-10-27T08:30:00Z', sequence: 1 };
  await rig.source.put({ ...EVENT, ...moved }, never);
  assert.deepEqual(await busyTimes(rig.source), [`10-27T08:00 to 10-27T08:30, ${eventId}`]);
});

test('free, declined and cancelled events take up no time; whole days are those of the calendar', async () => {
  await using rig = await googleRig();
  const { events } = rig.google;
  const at = (hour: number) => ({
    start: { dateTime: `2026-10-21T${hour}:00:00+02:00` },
    end: { dateTime: `2026-10-21T${hour + 1}:00:00+02:00` },
  });
  events.add({ ...at(10), transparency: 'transparent' });
  events.add({ ...at(11), status: 'cancelled' });
  events.add({
    ...at(12),
    attendees: [
      { email: 'x@example.com', responseStatus: 'accepted' },
      { self: true, responseStatus: 'declined' },
    ],
  });
  events.add({
    ...at(13),
    attendees: [
      { email: 'x@example.com', responseStatus: 'declined' },
      { self: true, responseStatus: 'needsAction' },
    ],
  });
  events.add({ ...at(14), attendees: [{ self: true, responseStatus: 'tentative' }] });
  events.add({ ...at(15), status: 'tentative' });
  // A copy of our mark on another event is not ours.
  events.add({ ...at(16), extendedProperties: { private: { reveille: eventId } } });
  events.add({ start: { date: '2026-10-25' }, end: { date: '2026-10-26' } });
  events.add({ start: { date: '2026-11-02' }, end: { date: '2026-11-03' } });
  events.add({ start: { date: '2026-11-03' }, end: { date: '2026-11-04' } });
  assert.deepEqual(await busyTimes(rig.source), [
    '10-21T11:00 to 10-21T12:00',
    '10-21T12:00 to 10-21T13:00, tentative',
    '10-21T13:00 to 10-21T14:00, tentative',
    '10-21T14:00 to 10-21T15:00',
    '10-24T22:00 to 10-25T23:00, all day',
    '11-01T23:00 to 11-02T23:00, all day',
  ]);
  events.timeZone = 'America/New_York';
  assert.deepEqual((await busyTimes(rig.source)).slice(-1), ['10-25T04:00 to 10-26T04:00, all day']);
});

test('all pages are read, only what is needed of them, and not more than a bound', async () => {
  await using rig = await googleRig();
  for (let minute = 10; minute < 17; minute += 1) {
    await rig.addForeign(`2026-10-21T10:${minute}:00Z`, `2026-10-21T10:${minute + 1}:00Z`);
  }
  rig.google.events.pageSize = 3;
  assert.equal((await busyTimes(rig.source)).length, 7);
  assert.equal(rig.google.requests.length, 3);
  const [{ query }] = rig.google.requests as [(typeof rig.google.requests)[0]];
  assert.deepEqual(
    ['singleEvents', 'maxAttendees', 'timeMin', 'timeMax'].map((name) => query.get(name)),
    ['true', '1', new Date(FROM).toISOString(), new Date(TO).toISOString()],
  );
  assert.doesNotMatch(query.get('fields') ?? '*', /summary|description|email|\*/);
  rig.google.events.pageSize = 1;
  for (let minute = 20; minute < 30; minute += 1) {
    await rig.addForeign(`2026-10-21T10:${minute}:00Z`, `2026-10-21T10:${minute + 1}:00Z`);
  }
  assert.equal((await failureOf(rig.source.busy(FROM, TO, never))).outcome, 'refused');
});

test('an access token serves until shortly before its end, for all who ask at once, and is fetched anew when it was ended', async () => {
  await using rig = await googleRig();
  await Promise.all([busyTimes(rig.source), busyTimes(rig.source), busyTimes(rig.source)]);
  assert.equal(rig.google.tokenRequests.length, 1);
  rig.now = NOW + HOUR - 90_000;
  await busyTimes(rig.source);
  assert.equal(rig.google.tokenRequests.length, 1);
  rig.now = NOW + HOUR - 30_000;
  await busyTimes(rig.source);
  assert.equal(rig.google.tokenRequests.length, 2);
  rig.google.endAccess();
  await rig.source.put(EVENT, never);
  assert.equal(rig.google.tokenRequests.length, 3);
  assert.equal(await rig.count(), 1);
  // Once, and no more: then a person has to see to it.
  const unauthorized: GoogleBehaviour = {
    kind: 'status',
    status: 401,
    body: JSON.stringify(googleError(401, 'authError', 'x').body),
  };
  rig.google.script(unauthorized, unauthorized);
  assert.equal((await failureOf(rig.source.put(EVENT, never))).outcome, 'access');
  assert.equal(rig.google.tokenRequests.length, 4);
});

test('a leave that was taken back needs a person, and a new one counts at once', async () => {
  await using rig = await googleRig();
  await busyTimes(rig.source);
  rig.google.refreshTokens.clear();
  rig.google.endAccess();
  const all = () => [rig.source.busy(FROM, TO, never), rig.source.put(EVENT, never), rig.source.remove(eventId, never)];
  for (const failing of all().map(failureOf)) {
    const { outcome, message } = await failing;
    assert.equal(outcome, 'access');
    assert.doesNotMatch(message, /canary|invalid_grant/);
  }
  const { state, detail } = await rig.source.check(never);
  assert.equal(state, 'problem');
  assert.match(detail, /reveille calendars connect asha/);
  rig.leave = another(rig, { refreshToken: rig.google.giveLeave() });
  await rig.source.put(EVENT, never);
  rig.leave = another(rig, { refreshToken: rig.google.giveLeave() });
  const before = rig.google.tokenRequests.length;
  await rig.source.put(EVENT, never);
  assert.equal(rig.google.tokenRequests.length, before + 1);
  rig.leave = null;
  for (const failing of all().map(failureOf)) assert.equal((await failing).outcome, 'access');
  assert.match((await rig.source.check(never)).detail, /reveille calendars connect asha/);
});

test('the end of a leave is told a week before', async () => {
  await using rig = await googleRig();
  const check = async (days: number) => {
    const expiresAt = new Date(NOW + days * DAY).toISOString();
    rig.leave = another(rig, { expiresAt });
    const health = await rig.source.check(never);
    assert.equal(health.expiresAt, expiresAt);
    return health;
  };
  assert.equal((await check(8)).state, 'ok');
  const { state, detail } = await check(6);
  assert.equal(state, 'warning');
  assert.match(detail, /reveille calendars connect asha/);
});

test('a sign-in that fails for now has put nothing, and one for want of the application needs a person', async () => {
  const cases: [GoogleBehaviour, string][] = [
    [{ kind: 'status', status: 503, headers: { 'retry-after': '3' } }, 'later'],
    [{ kind: 'status', status: 500 }, 'later'],
    [{ kind: 'garbage', accepts: true }, 'later'],
    [{ kind: 'status', status: 200, body: '{"access_token":"canary"}' }, 'later'],
    [{ kind: 'reset', accepts: true }, 'later'],
    [{ kind: 'status', status: 401, body: '{"error":"invalid_client"}' }, 'access'],
    [{ kind: 'status', status: 400, body: '{"error":"unauthorized_client"}' }, 'access'],
    [{ kind: 'status', status: 400, body: '{"error":"invalid_request"}' }, 'refused'],
  ];
  for (const [behaviour, expected] of cases) {
    await using rig = await googleRig();
    rig.google.scriptTokens(behaviour);
    const { outcome, message } = await failureOf(rig.source.put(EVENT, never));
    assert.equal(outcome, expected, JSON.stringify(behaviour));
    assert.doesNotMatch(message, /canary/);
    assert.equal(rig.google.requests.length, 0);
  }
});

const because = (reason: string): GoogleBehaviour => {
  const { status, body } = googleError(403, reason, 'no');
  return { kind: 'status', status, body: JSON.stringify(body), headers: { 'retry-after': '9' } };
};

test('a status says whether it may have happened, and how long to wait', async () => {
  const cases: [GoogleBehaviour, busy: string, change: string][] = [
    [because('rateLimitExceeded'), 'later', 'later'],
    [because('userRateLimitExceeded'), 'later', 'later'],
    [because('quotaExceeded'), 'later', 'later'],
    [because('insufficientPermissions'), 'access', 'access'],
    [because('forbidden'), 'refused', 'refused'],
    [{ kind: 'status', status: 403, body: 'canary' }, 'refused', 'refused'],
    [{ kind: 'status', status: 400 }, 'refused', 'refused'],
    [{ kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' } }, 'refused', 'refused'],
    [{ kind: 'status', status: 429, headers: { 'retry-after': '9' } }, 'later', 'later'],
    [{ kind: 'status', status: 500, body: 'canary' }, 'later', 'unknown'],
    [{ kind: 'status', status: 503, headers: { 'retry-after': '9' } }, 'later', 'later'],
    [{ kind: 'status', status: 200, body: '{"items":[{"status":"canary"}]}' }, 'later', 'unknown'],
    [{ kind: 'garbage', accepts: true }, 'later', 'unknown'],
    [{ kind: 'huge', accepts: true }, 'later', 'unknown'],
  ];
  for (const [behaviour, busy, change] of cases) {
    await using rig = await googleRig();
    rig.google.script(behaviour, behaviour);
    const said = [await failureOf(rig.source.busy(FROM, TO, never)), await failureOf(rig.source.put(EVENT, never))];
    assert.deepEqual(
      said.map(({ outcome }) => outcome),
      [busy, change],
      JSON.stringify(behaviour),
    );
    for (const { message } of said) assert.doesNotMatch(message, /canary/);
    if (busy === 'later' && 'headers' in behaviour) assert.equal(said[0]?.retryAfterMs, 9_000);
    // Nobody asks again by itself.
    assert.equal(rig.google.requests.length, 2);
  }
});

test('a calendar that is not there is refused', async () => {
  await using rig = await googleRig({ calendarId: '../nobody@example.com' });
  for (const failing of [rig.source.busy(FROM, TO, never), rig.source.put(EVENT, never)].map(failureOf)) {
    assert.equal((await failing).outcome, 'refused');
  }
  assert.equal((await rig.source.check(never)).state, 'problem');
});

test('what was taken and not answered may have happened, and the same again makes it once', async () => {
  for (const kind of ['hang', 'reset', 'garbage'] as const) {
    await using rig = await googleRig({ timeoutMs: kind === 'hang' ? 300 : 15_000 });
    rig.google.script({ kind, accepts: true });
    assert.equal((await failureOf(rig.source.put(EVENT, never))).outcome, 'unknown', kind);
    await rig.source.put(EVENT, never);
    assert.deepEqual(await busyTimes(rig.source), [`10-20T07:00 to 10-20T07:30, ${eventId}`]);
    rig.google.script({ kind: 'reset', accepts: true });
    assert.equal((await failureOf(rig.source.remove(eventId, never))).outcome, 'unknown');
    await rig.source.remove(eventId, never);
    assert.deepEqual(await busyTimes(rig.source), []);
  }
});

test('an answer that makes no sense is never an empty calendar', async () => {
  const zone = '"timeZone":"Europe/Berlin"';
  const bodies = [
    ...['', '[]', '{}', '{"items":[]}', '{"timeZone":"Nowhere/At_All","items":[]}', `{${zone},"items":{}}`],
    `{${zone},"items":[{"start":{"dateTime":"soon"},"end":{"dateTime":"later"}}]}`,
    `{${zone},"items":[{"start":{"date":"2026-10-25T10:00"},"end":{}}]}`,
  ];
  for (const body of bodies) {
    await using rig = await googleRig();
    rig.google.script({ kind: 'status', status: 200, body });
    assert.equal((await failureOf(rig.source.busy(FROM, TO, never))).outcome, 'later', body);
  }
});
