import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Calendar, calendarSettings } from '../../domain/contracts/calendars.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { type Answer, type StoreApi, assertProblem, request, startStoreApi } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';
import { ALL_DAY, bookingConfiguration, representative } from '../workflows/suite/booking-desk.ts';

const HOUR = 3_600_000;
const FAR = new Date(Date.now() + 4 * 24 * HOUR).toISOString();

let service: StoreApi;
before(async () => {
  const { calendars, ...rest } = bookingConfiguration({ representatives: { mia: representative(null) } });
  // A year of New York has both its changes of the clock.
  const office = calendarSettings.parse({
    ...{ timezone: 'America/New_York', horizon: '366d', slot: '8h', notice: 0 },
    ...{ hours: { mon: [['09:00', '17:00']], sun: [['09:00', '17:00']] }, representative: 'mia' }, // prettier-ignore
  });
  service = await startStoreApi({ booking: { ...rest, calendars: { ...calendars, office } } });
});
after(() => service?.stop());

const get = (path: string, workspace?: string): Promise<Answer> => request(service.api, path, { workspace });
const slotsOf = async (query: string): Promise<Slot[]> => {
  const { status, body, text } = await get(`/api/slots?${query}`);
  assert.equal(status, 200, text);
  return (body as { items: Slot[] }).items;
};
const fieldsOf = ({ problem }: Answer): string[] => problem.errors.map(({ path }) => path).toSorted();

/** Another's booking of that slot, straight into the store. */
async function take({ id, calendar, start, end }: Slot, workspace = 'another'): Promise<void> {
  const at = new Date().toISOString();
  const held = await service.store.bookings.hold(
    workspace,
    {
      ...{ bookingId: `taken-${id}`, calendar, resource: `calendar/${calendar}`, timezone: 'Europe/Berlin' },
      ...{ invitee: { email: 'ravi@example.com', name: 'Ravi' }, topic: 'Demo', contactId: null },
      ...{ inviteeTimezone: null, language: null, createdBy: 'tester', createdAt: at },
      ...{ holdUntil: FAR, slotId: id, start, end, apartMs: 0 },
    },
    () => null,
  );
  assert.ok('held' in held);
}

describe('GET /api/calendars', () => {
  test('each with its zone, its slots, and whom one meets', async () => {
    const { items } = (await get('/api/calendars')).body as { items: Calendar[] };
    assert.deepEqual(items.map(({ calendar }) => calendar).toSorted(), ['office', 'one', 'two']);
    assert.deepEqual(
      items.find(({ calendar }) => calendar === 'office'),
      {
        ...{ calendar: 'office', timezone: 'America/New_York', slotMs: 8 * HOUR, stepMs: 8 * HOUR },
        ...{ representative: { id: 'mia', name: 'Mia Berg', email: 'mia@example.com' } },
        ...{ connection: 'none', whenUnavailable: 'generated' },
      },
    );
  });

  test('the health of one that has no calendar to look at; an unknown one is 404', async () => {
    const { body } = await get('/api/calendars/one/health');
    const { calendar, state, expiresAt } = body as Record<string, unknown>;
    assert.deepEqual({ calendar, state, expiresAt }, { calendar: 'one', state: 'none', expiresAt: null });
    assertProblem(await get('/api/calendars/three/health'), 404, 'not_found');
  });
});

describe('GET /api/slots', () => {
  test('free ones of the coming days, soonest first, each with its id, times and zone; asked again the same', async () => {
    const slots = await slotsOf('calendar=one&days=2');
    assert.ok(slots.length >= 46 && slots.length <= 2 * 50, String(slots.length));
    const [slot] = slots;
    const { start, end } = slot!;
    assert.deepEqual(slot, {
      ...{ id: `one-${start.replace(/[-:]|\.000/g, '')}`, calendar: 'one', start, end },
      ...{ local: slot?.local, available: true, source: 'generated' },
    });
    assert.equal(Date.parse(end) - Date.parse(start), HOUR / 2);
    assert.equal(Date.parse(slot?.local ?? ''), Date.parse(start));
    assert.ok(Date.parse(start) >= Date.now() + 0.99 * HOUR, 'there is an hour of notice');
    const starts = slots.map((each) => each.start);
    assert.deepEqual(starts, starts.toSorted());
    assert.deepEqual(await slotsOf('calendar=one&days=2'), slots);
  });

  test('of all calendars where none is named, and from an instant on', async () => {
    const all = await slotsOf('days=1');
    assert.deepEqual(new Set(all.filter(({ calendar }) => calendar !== 'office').map(({ calendar }) => calendar)), new Set(['one', 'two'])); // prettier-ignore
    const later = await slotsOf(`calendar=one&days=1&from=${encodeURIComponent(FAR)}`);
    assert.ok(later.length > 0 && later.every(({ start }) => start >= FAR));
  });

  test('09:00 is 09:00 on the clock of the calendar, in summer and in winter', async () => {
    const locals = (await slotsOf('calendar=office&days=366')).map(({ local }) => local.slice(11));
    assert.deepEqual([...new Set(locals)].toSorted(), ['09:00:00-04:00', '09:00:00-05:00']);
  });

  test('one that is taken, in whatever workspace, is left out, or told as taken with all=true', async () => {
    const slot = (await slotsOf('calendar=two&days=3')).at(-1)!;
    await take(slot);
    assert.ok((await slotsOf('calendar=two&days=3')).every(({ id }) => id !== slot.id));
    const told = (await slotsOf('calendar=two&days=3&all=true')).find(({ id }) => id === slot.id);
    assert.deepEqual(told, { ...slot, available: false });
    assert.ok(
      (await slotsOf('calendar=one&days=3')).some(({ start }) => start === slot.start),
      'of that calendar only',
    );
  });

  test('an unknown calendar is 404; what cannot be asked is 422 and named', async () => {
    assertProblem(await get('/api/slots?calendar=three'), 404, 'not_found');
    assertProblem(await get('/api/slots/message?calendar=three'), 404, 'not_found');
    const wrong: [query: string, fields: string[]][] = [
      ['?days=0', ['days']],
      ['?days=367', ['days']],
      ['?from=tomorrow&all=perhaps', ['all', 'from']],
      ['?calendar=A%20B', ['calendar']],
      ['?limit=5', ['limit']],
      ['/message?max=0', ['max']],
      ['/message?max=21', ['max']],
      ['/message?timezone=Mars/Olympus', ['timezone']],
      ['/message?timezone=', ['timezone']],
    ];
    for (const [query, fields] of wrong) {
      const answer = await get(`/api/slots${query}`);
      assertProblem(answer, 422, 'invalid_input');
      assert.deepEqual(fieldsOf(answer), fields, query);
    }
  });
});

describe('GET /api/slots/message', () => {
  const message = async (query: string) =>
    (await get(`/api/slots/message?${query}`)).body as { message: string; slots: Slot[] };

  test('names as many slots as are wanted, in the zone and language of the reader', async () => {
    const english = await message('calendar=one&max=3&timezone=asia/kolkata');
    assert.equal(english.slots.length, 3);
    assert.deepEqual(english.slots, (await slotsOf('calendar=one&days=7')).slice(0, 3));
    const time = (instant: string, timeZone: string) =>
      new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(new Date(instant));
    for (const { start } of english.slots) assert.ok(english.message.includes(time(start, 'Asia/Kolkata')), start);
    assert.match(english.message, /India/);
    const hindi = await message('calendar=one&max=3&timezone=Asia/Kolkata&language=hi');
    assert.match(hindi.message, /\p{Script=Devanagari}/u);
    assert.deepEqual(hindi.slots, english.slots);
  });

  test('a time that several calendars have is named once, and counts once', async () => {
    const { slots, message: text } = await message('max=3&days=2&timezone=UTC');
    assert.equal(new Set(slots.map(({ start, end }) => `${start}/${end}`)).size, 3);
    assert.equal(text.split('\n').filter((line) => line.startsWith('- ')).length, 3, text);
  });

  test('without a zone it is that of the calendar; without a free slot it says so', async () => {
    const [there] = (await message('calendar=one&max=1')).slots;
    const berlin = (await message('calendar=one&max=1')).message;
    assert.equal(berlin, (await message('calendar=one&max=1&timezone=Europe/Berlin')).message);
    assert.ok(there);
    const none = await message(`calendar=one&from=${encodeURIComponent('2090-01-01T00:00:00Z')}`);
    assert.deepEqual(none.slots, []);
    assert.ok(none.message.length > 0);
  });
});

describe('reveille slots and calendars', () => {
  let folder: CliFolder;
  before(() => {
    folder = new CliFolder();
  });
  after(() => folder.end());

  test('without a calendar they say how to add one, and lists are []', async () => {
    for (const args of [
      ['slots', 'list'],
      ['calendars', 'list'],
      ['calendars', 'check'],
    ]) {
      const { code, stdout } = await folder.run(args);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /^No calendars are configured\. Name one in reveille\.yaml[^]*\n {2}calendars:\n/,
        args.join(' '),
      );
    }
    assert.deepEqual(await folder.json(['slots', 'list', '--days', '3']), []);
    const { stdout, stderr } = await folder.run(['slots', 'message']);
    assert.match(stderr, /No calendars are configured/);
    assert.doesNotMatch(stdout, /calendars are configured/);
  });

  test('with one: a line for each slot, the message alone, both as JSON', async () => {
    const yaml = { calendars: { sales: { timezone: 'Asia/Kolkata', hours: ALL_DAY } } };
    // YAML takes JSON.
    writeFileSync(join(folder.path, 'reveille.yaml'), JSON.stringify(yaml));
    const { stdout } = await folder.run(['slots', 'list', '--days', '2']);
    const lines = stdout.trimEnd().split('\n');
    assert.ok(lines.length >= 46, stdout);
    for (const line of lines) {
      assert.match(line, /^\d{4}-\d\d-\d\d \d\d:[03]0 \+05:30 {2}Asia\/Kolkata {2}sales-\d{8}T\d\d[03]000Z$/);
    }
    const slots = await folder.json<Slot[]>(['slots', 'list', '--days', '2', '--calendar', 'sales']);
    assert.deepEqual(slots.map(({ id }) => id).at(-1), lines.at(-1)?.split('  ').at(-1));
    const wanted = ['slots', 'message', '--max', '2', '--timezone', 'Europe/Berlin', '--language', 'hi', '--days', '2'];
    const told = await folder.json<{ message: string; slots: Slot[] }>(wanted);
    assert.deepEqual(told.slots.length, 2);
    assert.equal((await folder.run(wanted)).stdout, `${told.message}\n`);
    assert.match(
      (await folder.run(['calendars', 'list'])).stdout,
      /^sales {2}Asia\/Kolkata {2}30m {2}nobody in particular/,
    );
  });

  test('wrong use is exit code 2 that names the option, an unknown calendar 1', async () => {
    const wrong: [args: string[], says: RegExp][] = [
      [['slots', 'list', '--days', '0'], /--days.*whole number from 1 to 366/],
      [['slots', 'list', '--calendar', 'A B'], /--calendar: must be 1 to 40/],
      [['slots', 'list', '--from', 'tomorrow'], /--from: must be an ISO 8601 instant/],
      [['slots', 'message', '--timezone', 'IST'], /timezone: must be an IANA time zone/],
    ];
    for (const [args, says] of wrong) {
      const { code, stdout, stderr } = await folder.run(args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, says);
    }
    const unknown = await folder.problem(1, ['slots', 'list', '--calendar', 'support']);
    assert.equal(unknown.code, 'not_found');
    assert.match(unknown.detail, /no calendar support: name it under calendars: in reveille\.yaml/);
  });
});
