import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { CalendarSource } from '../../domain/ports/calendars.ts';
import { allowEntryOfUrl } from '../../services/address-rules.ts';
import { createCaldavSource } from '../../services/calendars/caldav.ts';
import { createDialler } from '../../services/dialler.ts';
import { type Radicale, radicalePython, startRadicale } from '../support/radicale.ts';
import {
  EVENT,
  FROM,
  NOW,
  type SourceRig,
  TO,
  busyTimes,
  failureOf,
  never,
  writableSuite,
} from './calendars-suite/suite.ts';

const { path: python, reason } = await radicalePython();
const skip = reason ?? false;

function sourceAt(
  settings: { url: string; user: string; password: string },
  options: { timeoutMs?: number; allowed?: boolean } = {},
): { source: CalendarSource } & AsyncDisposable {
  const { timeoutMs = 15_000, allowed = true } = options;
  const dialler = createDialler({ allowPrivateHosts: allowed ? [allowEntryOfUrl(settings.url)] : [] });
  const source = createCaldavSource({ ...settings, timezone: 'Europe/Berlin' }, { dialler, now: () => NOW, timeoutMs });
  return { source, [Symbol.asyncDispose]: () => dialler[Symbol.asyncDispose]() };
}

interface CaldavRig extends SourceRig {
  server: Radicale;
  /** Another client stores an event of these lines under a name. */
  store(name: string, ...events: string[][]): Promise<void>;
}

async function rig(): Promise<CaldavRig> {
  const server = await startRadicale(python ?? '');
  const made = sourceAt(server);
  const store: CaldavRig['store'] = async (name, ...events) => {
    const parts = events.flatMap((lines) => [
      'BEGIN:VEVENT',
      `UID:${name}`,
      'DTSTAMP:20260101T000000Z',
      ...lines,
      'END:VEVENT',
    ]);
    const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Another client//EN', ...parts, 'END:VCALENDAR', ''];
    const { status } = await server.request('PUT', `${name}.ics`, text.join('\r\n'));
    assert.equal(status, 201, name);
  };
  const utc = (at: string): string => at.replaceAll(/[-:]/g, '');
  return {
    server,
    store,
    source: made.source,
    addForeign: (start, end) => store(`foreign-${utc(start)}`, [`DTSTART:${utc(start)}`, `DTEND:${utc(end)}`]),
    count: async () => (await (await server.request('GET', '')).text()).match(/BEGIN:VEVENT/g)?.length ?? 0,
    stop: async () => server[Symbol.asyncDispose](),
    secrets: [server.password, 'canary'],
    [Symbol.asyncDispose]: async () => {
      await made[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

writableSuite('CalDAV', rig, skip);

test(
  'a repeated event of another client takes up its times, but for those it left out or moved',
  { skip },
  async () => {
    await using made = await rig();
    await made.store(
      'standup',
      [
        'DTSTART;TZID=Europe/Berlin:20240101T090000',
        'DURATION:PT15M',
        'RRULE:FREQ=WEEKLY;BYDAY=TU,TH',
        'EXDATE;TZID=Europe/Berlin:20261022T090000',
      ],
      [
        'RECURRENCE-ID;TZID=Europe/Berlin:20261027T090000',
        'DTSTART;TZID=Europe/Berlin:20261028T140000',
        'DURATION:PT1H',
      ],
    );
    // Winter begins between the first and the last.
    assert.deepEqual(await busyTimes(made.source), [
      '10-20T07:00 to 10-20T07:15',
      '10-28T13:00 to 10-28T14:00',
      '10-29T08:00 to 10-29T08:15',
    ]);
  },
);

test('whole days, tentative and free events are told apart, and one at the edge is not lost', { skip }, async () => {
  await using made = await rig();
  await made.store('trip', ['DTSTART;VALUE=DATE:20261024', 'DTEND;VALUE=DATE:20261026']);
  await made.store('maybe', ['DTSTART:20261021T090000Z', 'DTEND:20261021T100000Z', 'STATUS:TENTATIVE']);
  await made.store('free', ['DTSTART:20261021T110000Z', 'DTEND:20261021T120000Z', 'TRANSP:TRANSPARENT']);
  await made.store('off', ['DTSTART:20261021T130000Z', 'DTEND:20261021T140000Z', 'STATUS:CANCELLED']);
  await made.store('edge', ['DTSTART;VALUE=DATE:20261102']);
  await made.store('floating', ['DTSTART:20261102T003000', 'DTEND:20261102T013000']);
  assert.deepEqual(await busyTimes(made.source), [
    '10-21T09:00 to 10-21T10:00, tentative',
    '10-23T22:00 to 10-25T23:00, all day',
    '11-01T23:00 to 11-02T23:00, all day',
    '11-01T23:30 to 11-02T00:30',
  ]);
});

test('the object of a meeting says what it is, and lets the server write to nobody', { skip }, async () => {
  await using made = await rig();
  // People write the URL of a collection without its last slash, too.
  await using asked = sourceAt({ ...made.server, url: made.server.url.slice(0, -1) });
  await asked.source.put(EVENT, never);
  const stored = await (await made.server.request('GET', `${EVENT.eventId}.ics`)).text();
  const lines = stored.replaceAll('\r\n ', '').split('\r\n');
  for (const line of ['SUMMARY:Call with Asha Rao', 'LOCATION:https://example.com/j/1', 'DTSTART:20261020T070000Z']) {
    assert.ok(lines.includes(line), stored);
  }
  assert.match(stored.replaceAll('\r\n ', ''), /SCHEDULE-AGENT=CLIENT/);
  assert.doesNotMatch(stored, /METHOD/);
});

test(
  'a wrong password needs a person, a calendar that is not there is refused, and so is a private address',
  { skip },
  async () => {
    await using made = await rig();
    const { url, user, password } = made.server;
    const cases: [ReturnType<typeof sourceAt>, string][] = [
      [sourceAt({ url, user, password: 'canary-wrong' }), 'access'],
      [sourceAt({ url: new URL('../none/', url).href, user, password }), 'refused'],
      [sourceAt({ url, user, password }, { allowed: false }), 'refused'],
    ];
    for (const [asked, expected] of cases) {
      await using _ = asked;
      const { source } = asked;
      for (const failing of [source.busy(FROM, TO, never), source.put(EVENT, never)].map(failureOf)) {
        const { outcome, message } = await failing;
        assert.equal(outcome, expected, message);
        assert.doesNotMatch(message, /canary/);
      }
      assert.equal((await source.check(never)).state, 'problem');
    }
  },
);

/** A server that gives every request one answer, or none at all. */
async function answering(
  status: number | null,
  body = '',
  headers: Record<string, string> = {},
): Promise<{ url: string; requests: () => number } & AsyncDisposable> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    if (status !== null) response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/calendar`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const multistatus = (inside: string): string =>
  `<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${inside}</multistatus>`;

test('a status says whether it may have happened; what makes no sense is never an empty calendar', async () => {
  const cases: [status: number, body: string, busy: string, put: string][] = [
    [302, '', 'refused', 'refused'],
    [403, '', 'refused', 'refused'],
    [423, '', 'later', 'later'],
    [429, '', 'later', 'later'],
    [500, 'canary', 'later', 'unknown'],
    [503, '', 'later', 'later'],
    [207, '', 'later', 'unknown'],
    [207, '<html>canary</html>', 'later', 'unknown'],
    [207, multistatus('<response>'), 'later', 'unknown'],
    [207, multistatus('<response><href>/a.ics</href></response>'), 'later', 'unknown'],
    [206, multistatus(''), 'later', 'unknown'],
  ];
  for (const [status, body, busy, put] of cases) {
    await using server = await answering(status, body, { location: 'http://127.0.0.1:9/', 'retry-after': '7' });
    await using made = sourceAt({ url: server.url, user: 'u', password: 'p' });
    const said = await Promise.all([
      failureOf(made.source.busy(FROM, TO, never)),
      failureOf(made.source.put(EVENT, never)),
      failureOf(made.source.remove(EVENT.eventId, never)),
    ]);
    const outcomes = said.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, [busy, put, put], `${status} ${body}`);
    for (const { message } of said) assert.doesNotMatch(message, /canary/);
    if (status === 429)
      assert.deepEqual(
        said.map(({ retryAfterMs }) => retryAfterMs),
        [7_000, 7_000, 7_000],
      );
    assert.equal(server.requests(), 3);
  }
});

test('an empty answer is an empty calendar, and an object that cannot be read makes the calendar unreadable', async () => {
  const cases: [string, string | null][] = [
    ['', null],
    ['BEGIN:VCALENDAR\r\ncanary', 'refused'],
  ];
  for (const [data, outcome] of cases) {
    const object = `<response><href>/a.ics</href><propstat><prop><C:calendar-data><![CDATA[${data}]]></C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>`;
    await using server = await answering(207, multistatus(data === '' ? '' : object));
    await using made = sourceAt({ url: server.url, user: 'u', password: 'p' });
    if (outcome === null) assert.deepEqual(await busyTimes(made.source), []);
    else {
      const failure = await failureOf(made.source.busy(FROM, TO, never));
      assert.equal(failure.outcome, outcome);
      assert.doesNotMatch(failure.message, /canary/);
    }
  }
});

test('a request that was taken and never answered may have happened', async () => {
  await using server = await answering(null);
  await using made = sourceAt({ url: server.url, user: 'u', password: 'p' }, { timeoutMs: 100 });
  assert.equal((await failureOf(made.source.put(EVENT, never))).outcome, 'unknown');
  assert.equal((await failureOf(made.source.remove(EVENT.eventId, never))).outcome, 'unknown');
  assert.equal((await failureOf(made.source.busy(FROM, TO, never))).outcome, 'later');
});
