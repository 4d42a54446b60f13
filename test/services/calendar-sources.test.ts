import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { calendarSettings, representativeSettings } from '../../domain/contracts/calendars.ts';
import { createCalendars } from '../../services/calendars/calendars.ts';
import { type SourceDependencies, openSources } from '../../services/calendars/sources.ts';
import { createDialler } from '../../services/dialler.ts';
import { StubGoogle } from '../support/stub-google.ts';
import { EVENT, FROM, NOW, TO, failureOf, never } from './calendars-suite/suite.ts';
import { newEffects } from './channels-suite/rigs.ts';

const representative = (calendar: unknown) => ({
  ...representativeSettings.parse({ name: 'Asha Rao', email: 'asha@example.com', timezone: 'Asia/Kolkata', calendar }),
  id: 'asha',
});

function opened(change: Partial<SourceDependencies> = {}) {
  const dialler = createDialler();
  const sources = openSources({
    ...{ google: null, connections: { get: async () => null }, dialler, timezone: 'UTC', folder: tmpdir() },
    ...{ now: () => NOW, timeoutMs: 15_000, ...change },
  });
  return { sources, [Symbol.asyncDispose]: () => dialler[Symbol.asyncDispose]() };
}

test('without an application at Google, a calendar there says which variables to set', async () => {
  await using made = opened();
  const source = made.sources.sourceOf(representative({ type: 'google' }));
  assert.ok(source);
  for (const failing of [
    source.busy(FROM, TO, never),
    source.put(EVENT, never),
    source.remove(EVENT.eventId, never),
  ].map(failureOf)) {
    const { outcome, message } = await failing;
    assert.equal(outcome, 'access');
    assert.match(message, /REVEILLE_GOOGLE_CLIENT_ID and REVEILLE_GOOGLE_CLIENT_SECRET/);
  }
  const { state, detail } = await source.check(never);
  assert.equal(state, 'problem');
  assert.match(detail, /REVEILLE_GOOGLE_CLIENT_ID/);
  assert.equal(made.sources.sourceOf(representative(null)), null);
});

test('with one, the leave of the representative is used, at the addresses of the configuration', async () => {
  await using google = await StubGoogle.start(newEffects());
  const refreshToken = google.giveLeave();
  const asked: string[] = [];
  const connections: SourceDependencies['connections'] = {
    get: async (id) => {
      asked.push(id);
      return { representative: id, refreshToken, connectedAt: '', connectedBy: '', expiresAt: null };
    },
  };
  await using made = opened({ google: google.settings, connections });
  const source = made.sources.sourceOf(representative({ type: 'google' }));
  await source?.put(EVENT, never);
  assert.equal(google.events.shown().length, 1);
  assert.deepEqual(new Set(asked), new Set(['asha']));
});

test('a host that the configuration names is allowed for its own calendar, read in the zone of the representative', async () => {
  const text = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'BEGIN:VEVENT',
    'UID:a',
    'DTSTART;VALUE=DATE:20261021',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  const server = createServer((_, response) => void response.end(text.join('\r\n')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.ics`;
  try {
    await using made = opened();
    const [busy] = (await made.sources.sourceOf(representative({ type: 'ics', url }))?.busy(FROM, TO, never)) ?? [];
    assert.equal(busy?.start, Date.parse('2026-10-20T18:30:00Z'));
    assert.deepEqual([...(await made.sources.holidaysIn(url, 'UTC', never))], ['2026-10-21']);
    const caldav = made.sources.sourceOf(representative({ type: 'caldav', url, user: 'u', password: 'p' }));
    assert.deepEqual([caldav?.type, caldav?.writable], ['caldav', true]);
    assert.equal((await failureOf(caldav!.busy(FROM, TO, never))).outcome, 'later');
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('the calendars of a configuration are made with them', async () => {
  await using made = opened();
  const calendars = createCalendars(
    {
      ...{ google: null, zoom: null },
      calendars: { intro: calendarSettings.parse({ representative: 'asha', holidays: 'nowhere.ics' }) },
      representatives: { asha: representative({ type: 'google' }) },
    },
    made.sources,
  );
  const intro = calendars.get('intro');
  assert.deepEqual([intro?.source?.type, intro?.timezone], ['google', 'Asia/Kolkata']);
  assert.equal((await failureOf(intro!.rules(never))).outcome, 'refused');
});
