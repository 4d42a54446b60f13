import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { ReveilleError } from '../../domain/errors.ts';
import { type Configuration, readConfiguration } from '../../services/configuration.ts';

/** The configuration of a `reveille.yaml`, and of variables beside it. */
function read(yaml: object, env: NodeJS.ProcessEnv = {}): Configuration {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-booking-configuration-'));
  writeFileSync(join(folder, 'reveille.yaml'), stringify(yaml));
  return readConfiguration(env, folder);
}

function refusal(yaml: object, env: NodeJS.ProcessEnv = {}): ReveilleError {
  try {
    read(yaml, env);
  } catch (error) {
    assert.ok(error instanceof ReveilleError);
    assert.equal(error.code, 'invalid_input');
    return error;
  }
  assert.fail('was accepted');
}

const pathsOf = (error: ReveilleError): string[] => error.errors.map(({ path }) => path).toSorted();
const ASHA = { name: 'Asha Rao', email: 'asha@example.com' };
const HOUR = 3_600_000;
const NINE_TO_FIVE = [[540, 1_020]];

describe('calendars', () => {
  test('one that says nothing has the documented defaults', () => {
    assert.deepEqual(read({ calendars: { sales: {} } }).booking.calendars, {
      sales: {
        hours: { mon: NINE_TO_FIVE, tue: NINE_TO_FIVE, wed: NINE_TO_FIVE, thu: NINE_TO_FIVE, fri: NINE_TO_FIVE },
        ...{ slot: HOUR / 2, bufferBefore: 0, bufferAfter: 0, notice: HOUR, horizon: 60 * 24 * HOUR, holidays: [] },
        ...{ dailyMax: null, whenUnavailable: 'generated', allDayEvents: 'busy', tentativeEvents: 'busy' },
        ...{ representative: null, location: null },
      },
    });
  });

  test('everything one can say is kept: durations as milliseconds, times as minutes, a zone as it is called', () => {
    const sales = {
      timezone: 'asia/kolkata',
      hours: { mon: [['09:00', '13:00'], ['14:00', '24:00']], sun: [] }, // prettier-ignore
      ...{ slot: '45m', step: '15m', bufferBefore: '5m', bufferAfter: '10m', notice: 0, horizon: '14d' },
      ...{ holidays: ['2027-01-26', '2027-08-15'], dailyMax: 6, whenUnavailable: 'closed' },
      ...{ allDayEvents: 'free', tentativeEvents: 'free', representative: 'asha', location: 'Room 4' },
    };
    const { calendars } = read({ calendars: { sales }, representatives: { asha: ASHA } }).booking;
    assert.deepEqual(calendars['sales'], {
      ...sales,
      ...{ timezone: 'Asia/Kolkata', hours: { mon: [[540, 780], [840, 1_440]], sun: [] } }, // prettier-ignore
      ...{ slot: 45 * 60_000, step: 15 * 60_000, bufferBefore: 5 * 60_000, bufferAfter: 10 * 60_000 },
      horizon: 14 * 24 * HOUR,
    });
    const { holidays } = read({ calendars: { a: { holidays: 'holidays.ics' } } }).booking.calendars['a'] ?? {};
    assert.equal(holidays, 'holidays.ics');
  });

  test('every wrong field is told at once, with its path', () => {
    const error = refusal({
      calendars: {
        sales: { timezone: 'Mars/Olympus', hours: { mon: [['17:00', '09:00']], funday: [] }, slot: '2d' },
        support: { hours: { tue: [['09:00', '12:00'], ['11:00', '13:00']] }, dailyMax: 0, whenUnavailable: 'open' }, // prettier-ignore
        'Not A Slug': {},
        demo: { slots: '30m', step: 0, notice: '-1h', holidays: ['2027-02-30'], location: '' },
      },
    });
    assert.deepEqual(pathsOf(error), [
      'reveille.yaml calendars.Not A Slug',
      ...['holidays.0', 'location', 'notice', 'slots', 'step'].map((key) => `reveille.yaml calendars.demo.${key}`),
      'reveille.yaml calendars.sales.hours.funday',
      'reveille.yaml calendars.sales.hours.mon.0',
      ...['slot', 'timezone'].map((key) => `reveille.yaml calendars.sales.${key}`),
      ...['dailyMax', 'hours.tue.1', 'whenUnavailable'].map((key) => `reveille.yaml calendars.support.${key}`),
    ]);
    for (const { path } of error.errors.slice(0, 10)) assert.ok(error.message.includes(path), `${path} is not named`);
  });

  test('one whose representative nobody is, is named', () => {
    const error = refusal({
      calendars: { sales: { representative: 'asha' }, support: { representative: 'ravi' }, demo: {} },
      representatives: { asha: ASHA },
    });
    assert.deepEqual(error.errors, [
      { path: 'reveille.yaml calendars.support.representative', message: 'is none of representatives' },
    ]);
  });
});

describe('representatives', () => {
  const caldav = { type: 'caldav', url: 'http://radicale:5232/asha/work/', user: 'asha', password: 'canary-of-caldav' };

  test('one has a name, an address, and what it says of zone, hours, ids elsewhere and calendar', () => {
    const ravi = {
      ...{ name: 'Ravi', email: 'ravi@example.com', timezone: 'Europe/Berlin', externalIds: { telegram: '4711' } },
      ...{ hours: { fri: [['10:00', '12:00']] }, calendar: { type: 'google' } },
    };
    const { representatives } = read({ representatives: { asha: { ...ASHA, calendar: caldav }, ravi } }).booking;
    assert.deepEqual(representatives, {
      asha: { ...ASHA, externalIds: {}, calendar: caldav },
      ravi: { ...ravi, hours: { fri: [[600, 720]] }, calendar: { type: 'google', calendarId: 'primary' } },
    });
  });

  test('every wrong field is told at once, with its path, and no password', () => {
    const error = refusal({
      representatives: {
        asha: { name: ' ', email: 'nobody', calendar: { ...caldav, url: 'ftp://x', pasword: 'canary-of-a-typo' } },
        ravi: { ...ASHA, timezone: 'IST', externalIds: { 'a b': '1' }, calendar: { type: 'outlook' } },
        'r@vi': ASHA,
      },
    });
    assert.deepEqual(pathsOf(error), [
      ...['calendar.pasword', 'calendar.url', 'email', 'name'].map(
        (key) => `reveille.yaml representatives.asha.${key}`,
      ),
      'reveille.yaml representatives.r@vi',
      'reveille.yaml representatives.ravi.calendar.type',
      'reveille.yaml representatives.ravi.externalIds.a b',
      'reveille.yaml representatives.ravi.timezone',
    ]);
    assert.doesNotMatch(JSON.stringify(error.errors) + error.message, /canary/);
  });

  test('the password of a calendar is a secret, which no log shows', () => {
    const { secrets } = read({ representatives: { asha: { ...ASHA, calendar: caldav } } });
    assert.deepEqual(secrets, ['canary-of-caldav']);
  });
});

describe('Google and Zoom', () => {
  test('what has to be set together is asked for by variable, and nothing of it is shown', () => {
    const error = refusal({}, { REVEILLE_GOOGLE_CLIENT_SECRET: 'canary-1', ZOOM_CLIENT_SECRET: 'canary-2' });
    assert.deepEqual(error.errors, [
      { path: 'REVEILLE_GOOGLE_CLIENT_ID', message: 'must be set together with clientSecret' },
      { path: 'ZOOM_ACCOUNT_ID', message: 'must be set together with clientSecret' },
      { path: 'ZOOM_CLIENT_ID', message: 'must be set together with clientSecret' },
    ]);
    const wrong = refusal({ zoom: { apiUrl: 'canary', hosts: 1 } }, { REVEILLE_GOOGLE_TOKEN_URL: 'canary' });
    assert.deepEqual(pathsOf(wrong), [
      ...['REVEILLE_GOOGLE_TOKEN_URL', 'reveille.yaml zoom.apiUrl', 'reveille.yaml zoom.hosts'],
    ]);
    assert.doesNotMatch(JSON.stringify([error.errors, wrong.errors]) + error.message + wrong.message, /canary/);
  });

  test('reveille.yaml may hold them too, and an account, id and secret are enough', () => {
    const zoom = { accountId: 'a', clientId: 'c', clientSecret: 'canary-of-zoom' };
    const { booking, secrets } = read({ zoom, google: { clientId: 'g', clientSecret: 'canary-of-google' } });
    assert.deepEqual(booking.zoom, {
      ...{ ...zoom, user: 'me', apiUrl: 'https://api.zoom.us/v2', tokenUrl: 'https://zoom.us/oauth/token' },
    });
    assert.equal(booking.google?.apiUrl, 'https://www.googleapis.com');
    assert.deepEqual(secrets.toSorted(), ['canary-of-google', 'canary-of-zoom']);
  });
});
