import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeRuntime } from '../../client/runtime-file.ts';
import type { CalendarHealth } from '../../domain/contracts/calendars.ts';
import { createLogger } from '../../services/logging.ts';
import { openStore } from '../../services/store/open-store.ts';
import { type Answer, type Sent, type StoreApi, TOKEN, assertProblem, request, startStoreApi } from '../support/api.ts';
import { CliFolder, type CliProcess } from '../support/cli.ts';
import { StubGoogle } from '../support/stub-google.ts';
import { cacheDir } from '../support/temporal.ts';
import { newEffects } from '../services/channels-suite/rigs.ts';
import { bookingConfiguration, representative } from '../workflows/suite/booking-desk.ts';
import { StubZoom } from '../support/stub-zoom.ts';

const DAY = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY).toISOString();

let google: StubGoogle;
let service: StoreApi;
const logged: string[] = [];

before(async () => {
  google = await StubGoogle.start(newEffects());
  const feed = { type: 'ics', url: 'http://127.0.0.1:1/feed.ics' };
  const representatives = {
    ...{ mia: representative({ type: 'google' }), ravi: representative(null), asha: representative(feed) },
  };
  const booking = bookingConfiguration({ representatives, google: google.settings });
  booking.calendars['one']!.representative = 'mia';
  const sink = { write: (line: string) => void logged.push(line) };
  service = await startStoreApi({ booking, logger: createLogger({ level: 'trace', secrets: [] }, sink) });
});
after(async () => {
  await service?.stop();
  await google?.[Symbol.asyncDispose]();
});

const connect = (id: string, body: unknown, sent: Sent = {}): Promise<Answer> =>
  request(service.api, `/api/representatives/${id}/connection`, { method: 'PUT', body, ...sent });
const healthOf = async (calendar: string): Promise<CalendarHealth> =>
  (await request(service.api, `/api/calendars/${calendar}/health`)).body as CalendarHealth;

describe('PUT /api/representatives/:id/connection', () => {
  test('keeps the leave and says whether the calendar can be read; the token is in no answer and no log', async () => {
    assert.equal((await healthOf('one')).state, 'problem');
    const refreshToken = google.giveLeave();
    const { status, body, text } = await connect('mia', { refreshToken });
    assert.equal(status, 200, text);
    assert.deepEqual(body, { representative: 'mia', state: 'ok', detail: 'It answers', expiresAt: null });
    const kept = await service.store.calendarConnections.get('mia');
    assert.deepEqual([kept?.refreshToken, kept?.expiresAt, kept?.connectedBy], [refreshToken, null, 'tester']);
    assert.equal((await healthOf('one')).state, 'ok');
    const refused = await connect('mia', { refreshToken: `${refreshToken}\n`, expiresAt: 'soon' });
    assertProblem(refused, 422, 'invalid_input');
    assert.ok(logged.length > 0);
    for (const shown of [text, refused.text, ...logged]) assert.doesNotMatch(shown, /canary-refresh/);
  });

  test('a leave that ends soon is a warning that says when, one that Google does not know a problem', async () => {
    const expiresAt = inDays(3);
    const soon = (await connect('mia', { refreshToken: google.giveLeave(), expiresAt })).body as CalendarHealth;
    assert.deepEqual([soon.state, soon.expiresAt], ['warning', expiresAt]);
    assert.match(soon.detail, /calendars connect mia/);
    const later = await connect('mia', { refreshToken: google.giveLeave(), expiresAt: inDays(30) });
    assert.equal((later.body as CalendarHealth).state, 'ok');
    const unknown = (await connect('mia', { refreshToken: 'canary-unknown' })).body as CalendarHealth;
    assert.equal(unknown.state, 'problem');
    assert.doesNotMatch(unknown.detail, /canary/);
  });

  test('wants a representative with a calendar at Google, and a token', async () => {
    const refreshToken = 'canary-of-nobody';
    assertProblem(await connect('nobody', { refreshToken }), 404, 'not_found');
    for (const id of ['ravi', 'asha']) {
      const answer = await connect(id, { refreshToken });
      assertProblem(answer, 422, 'invalid_input');
      assert.deepEqual(answer.problem.errors.map(({ path }) => path), ['id']); // prettier-ignore
      assert.equal(await service.store.calendarConnections.get(id), null);
    }
    const wrong: [body: object, fields: string[]][] = [
      [{}, ['refreshToken']],
      [{ refreshToken: '', expiresAt: '2030-01-01' }, ['expiresAt', 'refreshToken']],
      [{ refreshToken: 'x'.repeat(4_001) }, ['refreshToken']],
      [{ refreshToken, accessToken: 'x' }, ['accessToken']],
    ];
    for (const [body, fields] of wrong) {
      const answer = await connect('mia', body);
      assertProblem(answer, 422, 'invalid_input');
      assert.deepEqual([...new Set(answer.problem.errors.map(({ path }) => path))].toSorted(), fields);
    }
  });

  test('only a token with the scope admin may, and only one for all workspaces: representatives belong to none', async () => {
    const before = await service.store.calendarConnections.get('mia');
    const writer = await service.token(['read', 'write'], null);
    const own = await service.token(['read', 'write', 'admin'], 'alpha');
    const admin = await service.token(['admin'], null);
    const refreshToken = google.giveLeave();
    for (const { token } of [writer, own])
      assertProblem(await connect('mia', { refreshToken }, { token }), 403, 'forbidden');
    assertProblem(await connect('mia', { refreshToken }, { token: null }), 401, 'unauthorized');
    assert.deepEqual(await service.store.calendarConnections.get('mia'), before);
    assert.equal((await connect('mia', { refreshToken }, { token: admin.token, workspace: 'alpha' })).status, 200);
  });
});

describe('reveille calendars', () => {
  let folder: CliFolder;
  let env: NodeJS.ProcessEnv;
  before(() => {
    folder = new CliFolder();
    const people = { mia: { type: 'google' }, asha: { type: 'ics', url: 'http://127.0.0.1:1/feed.ics' } };
    const representatives = Object.fromEntries(
      Object.entries(people).map(([id, calendar]) => [id, { name: id, email: `${id}@example.com`, calendar }]),
    );
    const calendars = { one: { representative: 'mia' }, feed: { representative: 'asha' }, free: {} };
    writeFileSync(join(folder.path, 'reveille.yaml'), JSON.stringify({ calendars, representatives }));
    const { clientId, clientSecret, apiUrl, tokenUrl, authUrl } = google.settings;
    env = {
      ...{ REVEILLE_GOOGLE_CLIENT_ID: clientId, REVEILLE_GOOGLE_CLIENT_SECRET: clientSecret },
      ...{ REVEILLE_GOOGLE_API_URL: apiUrl, REVEILLE_GOOGLE_TOKEN_URL: tokenUrl, REVEILLE_GOOGLE_AUTH_URL: authUrl },
    };
  });
  after(() => folder.end());

  /** What a person does: opens the address that is printed. */
  async function answerAt(connecting: CliProcess): Promise<void> {
    await connecting.says(/http:\/\/127\.0\.0\.1:\d+\/o\/oauth2/);
    const url = /http:\S+\/o\/oauth2\S+/.exec(connecting.stderr)?.[0] ?? '';
    await (await fetch(url)).text();
  }

  test('connect asks a person at Google, and keeps their leave in the store', async () => {
    const connecting = folder.start(['calendars', 'connect', 'mia'], env);
    await answerAt(connecting);
    const { code, stdout, stderr } = await connecting.ended;
    assert.deepEqual([code, stdout], [0, 'Connected mia: It answers\n'], stderr);
    assert.doesNotMatch(stdout + stderr, /canary/);
    const store = await openStore({ dataDir: folder.path, cacheDir: cacheDir() });
    try {
      const leave = await store.calendarConnections.get('mia');
      assert.ok(google.refreshTokens.has(leave?.refreshToken ?? ''));
    } finally {
      await store.close();
    }
  });

  test('check tells of all or of one, and exits 1 when one cannot be read; doctor says what to do', async () => {
    const all = await folder.run(['calendars', 'check', '--json'], env);
    assert.equal(all.code, 1);
    const states = (JSON.parse(all.stdout) as (CalendarHealth & { calendar: string })[]).map(
      ({ calendar, state }) => `${calendar} ${state}`,
    );
    assert.deepEqual(states, ['one ok', 'feed problem', 'free none']);
    const one = await folder.run(['calendars', 'check', 'one'], env);
    assert.deepEqual([one.code, one.stdout], [0, 'ok       one: It answers\n']);
    assert.equal((await folder.problem(1, ['calendars', 'check', 'three'], env)).code, 'not_found');

    await using zoom = await StubZoom.start(newEffects());
    const { accountId, clientId, apiUrl, tokenUrl } = zoom.settings;
    const wrong = { ZOOM_ACCOUNT_ID: accountId, ZOOM_CLIENT_ID: clientId, ZOOM_CLIENT_SECRET: 'canary-of-zoom' };
    const urls = { REVEILLE_ZOOM_API_URL: apiUrl, REVEILLE_ZOOM_TOKEN_URL: tokenUrl };
    const doctor = await folder.run(['doctor'], { ...env, ...wrong, ...urls });
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /^ok {7}calendar one: It answers$/m);
    assert.match(
      doctor.stdout,
      /^PROBLEM {2}calendar feed: .+\n {10}→ check the url.* representatives\.asha\.calendar/m,
    );
    assert.match(doctor.stdout, /^PROBLEM {2}zoom: .+\n {10}→ check ZOOM_ACCOUNT_ID/m);
    assert.doesNotMatch(doctor.stdout + doctor.stderr, /canary/);
  });

  test('connect works beside a running service, and tells when the leave ends', async () => {
    await writeRuntime(folder.path, {
      ...{ pid: process.pid, api: service.api.url, token: TOKEN, temporal: '127.0.0.1:1' },
      ...{ namespace: 'default', webUi: null },
    });
    google.leaveSeconds = 3 * 86_400;
    try {
      const connecting = folder.start(['calendars', 'connect', 'mia', '--json'], env);
      await answerAt(connecting);
      const { code, stdout, stderr } = await connecting.ended;
      assert.equal(code, 0, stderr);
      const {
        representative: whose,
        state,
        expiresAt,
      } = JSON.parse(stdout) as CalendarHealth & {
        representative: string;
      };
      assert.deepEqual([whose, state], ['mia', 'warning']);
      assert.ok(Math.abs(Date.parse(expiresAt ?? '') - Date.parse(inDays(3))) < 60_000);
      const leave = await service.store.calendarConnections.get('mia');
      assert.ok(google.refreshTokens.has(leave?.refreshToken ?? ''));
      assert.doesNotMatch(stdout + stderr + logged.join(''), /canary-refresh|canary-code/);
      const { stdout: told } = await folder.run(['calendars', 'check', 'one'], env);
      assert.match(told, /^warning {2}one: .*calendars connect mia.*leave ends at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    } finally {
      google.leaveSeconds = null;
    }
  });

  test('whoever says no, and whoever cannot be connected, is told why', async () => {
    google.consents = false;
    try {
      const connecting = folder.start(['calendars', 'connect', 'mia'], env);
      await answerAt(connecting);
      const { code, stdout, stderr } = await connecting.ended;
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /reveille: Leave to see to the calendar was not given\n$/);
    } finally {
      google.consents = true;
    }
    const cases: [id: string, env: NodeJS.ProcessEnv, says: RegExp][] = [
      ['nobody', env, /representative: nobody is none of representatives: in reveille\.yaml/],
      ['asha', env, /representative: asha has no calendar at Google/],
      ['mia', {}, /REVEILLE_GOOGLE_CLIENT_ID: must be set.*REVEILLE_GOOGLE_CLIENT_SECRET: must be set/],
    ];
    for (const [id, given, says] of cases) {
      const problem = await folder.problem(2, ['calendars', 'connect', id], given);
      assert.equal(problem.code, 'invalid_input');
      assert.match(problem.detail, says);
    }
  });

  test('no token and no code is in any file but the store', () => {
    const files = readdirSync(join(folder.path, '.reveille'), { recursive: true, withFileTypes: true });
    for (const file of files.filter((each) => each.isFile() && !each.parentPath.includes('/store'))) {
      assert.doesNotMatch(readFileSync(join(file.parentPath, file.name), 'latin1'), /canary-(refresh|code)/, file.name);
    }
  });
});
