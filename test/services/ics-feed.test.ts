import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createIcsSource } from '../../services/calendars/ics-feed.ts';
import { createHolidays } from '../../services/calendars/ics-holidays.ts';
import { createDialler } from '../../services/dialler.ts';
import { EVENT, FROM, NOW, TO, busyTimes, failureOf, never } from './calendars-suite/suite.ts';

const HOUR = 3_600_000;
const MEGABYTES_11 = 11 * 1024 * 1024;

const calendar = (...events: string[][]): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN'],
    ...events.flatMap((lines, index) => ['BEGIN:VEVENT', `UID:canary-${index}`, ...lines, 'END:VEVENT']),
    ...['END:VCALENDAR', ''],
  ].join('\r\n');

const at = (hour: number): string[] => [`DTSTART:20261020T${hour}0000Z`, `DTEND:20261020T${hour + 1}0000Z`];

interface Feed extends AsyncDisposable {
  url: string;
  /** What it says; `answer` instead, where it says something else. */
  text: string;
  answer: RequestListener | null;
  requests: { etag: string | undefined; status: number }[];
}

/** A server of a calendar, which knows whether it has changed. */
async function startFeed(text: string): Promise<Feed> {
  const feed = { text, answer: null as RequestListener | null, requests: [] as Feed['requests'] };
  const server = createServer((request, response) => {
    const etag = `"${createHash('sha256').update(feed.text).digest('hex')}"`;
    const given = request.headers['if-none-match'];
    const status = given === etag ? 304 : 200;
    feed.requests.push({ etag: given, status });
    response.on('error', () => undefined);
    if (feed.answer) return feed.answer(request, response);
    response.writeHead(status, { 'content-type': 'text/calendar', etag }).end(status === 304 ? '' : feed.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(feed, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary-secret.ics`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Its clock is moved by whoever tests. */
async function rig(text: string, timeoutMs = 15_000) {
  const feed = await startFeed(text);
  const dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'] });
  const clock = { now: NOW };
  const source = createIcsSource(
    { url: feed.url, timezone: 'Europe/Berlin' },
    { dialler, now: () => clock.now, timeoutMs },
  );
  return {
    ...{ feed, dialler, clock, source },
    async [Symbol.asyncDispose]() {
      await dialler[Symbol.asyncDispose]();
      await feed[Symbol.asyncDispose]();
    },
  };
}

test('events of a feed take up time, those of whole days and tentative ones marked, free ones not; nothing can be put there', async () => {
  await using made = await rig(
    calendar(
      ['DTSTART;TZID=Europe/Berlin:20260101T090000', 'DURATION:PT30M', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=21'],
      ['DTSTART;VALUE=DATE:20261025'],
      [...at(12), 'STATUS:TENTATIVE'],
      [...at(14), 'TRANSP:TRANSPARENT'],
    ),
  );
  assert.deepEqual(await busyTimes(made.source), [
    '10-20T12:00 to 10-20T13:00, tentative',
    '10-21T07:00 to 10-21T07:30',
    '10-24T22:00 to 10-25T23:00, all day',
  ]);
  assert.equal(made.source.writable, false);
  assert.equal((await failureOf(made.source.put(EVENT, never))).outcome, 'refused');
  assert.equal((await failureOf(made.source.remove(EVENT.eventId, never))).outcome, 'refused');
  assert.deepEqual(await made.source.check(never), { state: 'ok', detail: 'It answers', expiresAt: null });
});

test('a feed is read once in a minute by all who ask, and then only if it has changed', async () => {
  await using made = await rig(calendar(at(10)));
  const { feed, source, clock } = made;
  await Promise.all([busyTimes(source), busyTimes(source)]);
  clock.now += 59_000;
  await busyTimes(source);
  assert.equal(feed.requests.length, 1);
  clock.now += 2_000;
  assert.deepEqual(await busyTimes(source), ['10-20T10:00 to 10-20T11:00']);
  assert.deepEqual(
    feed.requests.map(({ status }) => status),
    [200, 304],
  );
  clock.now += 59_000;
  await busyTimes(source);
  assert.equal(feed.requests.length, 2);
  feed.text = calendar(at(11));
  clock.now += 2_000;
  assert.deepEqual(await busyTimes(source), ['10-20T11:00 to 10-20T12:00']);
  // What it said an hour ago says nothing of now.
  feed.answer = (_request, response) => void response.writeHead(500).end();
  clock.now += HOUR;
  assert.equal((await failureOf(source.busy(FROM, TO, never))).outcome, 'later');
});

test('what is no feed is told from one that does not answer now, and quoted by nobody', async () => {
  const cases: [RequestListener, string][] = [
    [(_, response) => response.writeHead(404).end('canary'), 'refused'],
    [(_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(), 'refused'],
    [(_, response) => response.writeHead(401).end(), 'access'],
    [(_, response) => response.writeHead(429, { 'retry-after': '5' }).end(), 'later'],
    [(_, response) => response.end('<html>canary</html>'), 'later'],
    [(_, response) => response.end('BEGIN:VCALENDAR\r\ncanary'), 'refused'],
    [(_, response) => response.end(calendar(at(10)).padEnd(MEGABYTES_11, ' ')), 'later'],
    [(_, response) => void response.socket?.resetAndDestroy(), 'later'],
    [() => undefined, 'later'],
  ];
  for (const [answer, expected] of cases) {
    await using made = await rig('', answer.length === 0 ? 200 : 15_000);
    made.feed.answer = answer;
    const { outcome, message } = await failureOf(made.source.busy(FROM, TO, never));
    assert.equal(outcome, expected, message);
    assert.doesNotMatch(message, /canary|127\.0\.0\.1/);
    assert.equal((await made.source.check(never)).state, 'problem');
  }
});

test('who stops waiting for a feed stops nobody else', async () => {
  await using made = await rig(calendar(at(10)));
  const stop = new AbortController();
  const arrived = Promise.withResolvers<() => void>();
  made.feed.answer = (_, response) => arrived.resolve(() => response.end(calendar(at(10))));
  const [stopped, patient] = [failureOf(made.source.busy(FROM, TO, stop.signal)), busyTimes(made.source)];
  const answer = await arrived.promise;
  stop.abort();
  assert.equal((await stopped).outcome, 'later');
  answer();
  assert.deepEqual(await patient, ['10-20T10:00 to 10-20T11:00']);
});

test('a private address that nobody allowed is refused, with nothing asked', async () => {
  await using made = await rig(calendar());
  await using dialler = createDialler();
  const source = createIcsSource({ url: made.feed.url, timezone: 'UTC' }, { dialler, now: () => NOW });
  assert.equal((await failureOf(source.busy(FROM, TO, never))).outcome, 'refused');
  assert.equal(made.feed.requests.length, 0);
});

const HOLIDAYS = calendar(
  ['DTSTART;VALUE=DATE:20261003', 'SUMMARY:Unity', 'TRANSP:TRANSPARENT'],
  ['DTSTART;VALUE=DATE:20161224', 'DTEND;VALUE=DATE:20161227', 'RRULE:FREQ=YEARLY'],
  ['DTSTART;VALUE=DATE:20200101', 'RRULE:FREQ=YEARLY'],
  ['DTSTART;VALUE=DATE:20261111', 'STATUS:CANCELLED'],
  ['DTSTART:20261130T220000Z', 'DTEND:20261201T020000Z'],
);

async function holidays() {
  const folder = await mkdtemp(join(tmpdir(), 'reveille-holidays-'));
  const dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'] });
  const clock = { now: NOW };
  return {
    ...{ folder, clock },
    holidaysIn: createHolidays({ folder, diallerFor: () => dialler, now: () => clock.now }),
    async [Symbol.asyncDispose]() {
      await dialler[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test('each day of a holiday is one, those that take up no time and repeat as well, from a year ago to three years ahead', async () => {
  await using made = await holidays();
  await writeFile(join(made.folder, 'public.ics'), HOLIDAYS);
  const dates = [...(await made.holidaysIn('public.ics', 'Europe/Berlin', never))].toSorted();
  assert.deepEqual(dates, [
    ...['2025-12-24', '2025-12-25', '2025-12-26', '2026-01-01', '2026-10-03'],
    // From eleven in the evening to three in the morning there.
    ...['2026-11-30', '2026-12-01', '2026-12-24', '2026-12-25', '2026-12-26', '2027-01-01'],
    ...['2027-12-24', '2027-12-25', '2027-12-26', '2028-01-01', '2028-12-24', '2028-12-25', '2028-12-26', '2029-01-01'],
  ]);
  assert.ok(!(await made.holidaysIn('public.ics', 'Asia/Kolkata', never)).has('2026-11-30'));
});

test('a file is read again when it was changed, and what cannot be read is refused without its name', async () => {
  await using made = await holidays();
  const file = join(made.folder, 'canary.ics');
  await writeFile(file, calendar(['DTSTART;VALUE=DATE:20261003']));
  assert.deepEqual([...(await made.holidaysIn(file, 'UTC', never))], ['2026-10-03']);
  await writeFile(file, calendar(['DTSTART;VALUE=DATE:20261004']));
  await utimes(file, NOW / 1_000, NOW / 1_000 + 7);
  for (const place of [file, 'canary.ics']) {
    assert.deepEqual([...(await made.holidaysIn(place, 'UTC', never))], ['2026-10-04']);
  }
  await writeFile(join(made.folder, 'long.ics'), calendar().padEnd(MEGABYTES_11, ' '));
  await writeFile(join(made.folder, 'wrong.ics'), 'canary');
  for (const name of ['none-canary.ics', 'long.ics', 'wrong.ics', '.']) {
    const { outcome, message } = await failureOf(made.holidaysIn(name, 'UTC', never));
    assert.equal(outcome, 'refused', name);
    assert.doesNotMatch(message, /canary|reveille-holidays/);
  }
});

test('holidays of a URL are read once in an hour, and serve for a day while they cannot be read again', async () => {
  await using feed = await startFeed(HOLIDAYS);
  await using made = await holidays();
  const has = async (date: string) => (await made.holidaysIn(feed.url, 'UTC', never)).has(date);
  assert.ok(await has('2026-10-03'));
  made.clock.now += HOUR - 1;
  assert.ok(await has('2026-10-03'));
  assert.equal(feed.requests.length, 1);
  feed.text = calendar(['DTSTART;VALUE=DATE:20261004']);
  made.clock.now += 2;
  assert.ok(await has('2026-10-04'));
  assert.ok(!(await has('2026-10-03')));
  assert.equal(feed.requests.length, 2);
  feed.answer = (_, response) => void response.writeHead(500).end();
  made.clock.now += 23 * HOUR;
  assert.ok(await has('2026-10-04'));
  made.clock.now += 2 * HOUR;
  assert.equal((await failureOf(made.holidaysIn(feed.url, 'UTC', never))).outcome, 'later');
});
