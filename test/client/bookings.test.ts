import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Client } from '@temporalio/client';
import type { ApiServer } from '../../client/api/server.ts';
import { bookingOperations } from '../../client/operations/bookings.ts';
import { writeRuntime } from '../../client/runtime-file.ts';
import type { Booking } from '../../domain/contracts/bookings.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { openDesk } from '../../services/calendars/open-desk.ts';
import { createDialler } from '../../services/dialler.ts';
import { type Answer, type Sent, TOKEN, assertProblem, request, startTestApi } from '../support/api.ts';
import { CliFolder } from '../support/cli.ts';
import { type TestService, startTestStack } from '../support/service.ts';
import { INVITEE, bookingConfiguration, remindersAreThere } from '../workflows/suite/booking-desk.ts';

const LIMIT = { timeout: 120_000 };

let service: TestService;
let api: ApiServer;
/** Slots that nobody has, the latest first: each test takes its own. */
let free: Slot[];

before(async () => {
  service = await startTestStack({ customers: null, configuration: { booking: bookingConfiguration() } });
  api = await startTestApi(service.operations, service.store);
  const { items } = await service.operations.listSlots(service.caller, { calendar: 'one', days: 5 });
  free = items.toReversed();
});
after(async () => {
  await api?.close();
  // A worker that stops while a reminder is being scheduled waits for that.
  await Promise.all(['default', 'alpha'].map((workspace) => remindersAreThere(service, workspace)));
  await service?.stop();
});

const ask = (path: string, sent: Sent = {}): Promise<Answer> => request(api, `/api/bookings${path}`, sent);
const fieldsOf = ({ problem }: Answer): string[] => problem.errors.map(({ path }) => path).toSorted();
const next = (): Slot => {
  const slot = free.shift();
  assert.ok(slot, 'no slot is left');
  return slot;
};
const wanting = ({ id }: Pick<Slot, 'id'>, more: object = {}) => ({
  ...{ calendar: 'one', slotId: id, invitee: INVITEE },
  ...more,
});
async function booked(slot: Slot, more: object = {}, sent: Sent = {}): Promise<Booking> {
  const { status, body, text } = await ask('', { body: wanting(slot, more), ...sent });
  assert.equal(status, 201, text);
  return body as Booking;
}
const isFree = async ({ id }: Slot): Promise<boolean> => {
  const { items } = await service.operations.listSlots(service.caller, { calendar: 'one', days: 6 });
  return items.some((slot) => slot.id === id);
};

describe('POST /api/bookings', () => {
  test('books the slot, which is free no more, and makes a contact of the invitee', LIMIT, async () => {
    const slot = next();
    const booking = await booked(slot, { topic: 'Demo', timezone: 'asia/kolkata', language: 'hi' });
    const { bookingId, contactId, ...rest } = booking;
    assert.match(bookingId, /^B[0-9a-f]{20}$/);
    assert.deepEqual(rest, {
      ...{ calendar: 'one', slotId: slot.id, start: slot.start, end: slot.end, timezone: 'Europe/Berlin' },
      ...{ invitee: INVITEE, topic: 'Demo', state: 'confirmed', stateReason: null, joinUrl: null, sequence: 0 },
    });
    assert.deepEqual((await ask(`/${bookingId}`)).body, booking);
    assert.equal(await isFree(slot), false);
    const contact = await service.operations.getContact(service.caller, { id: contactId ?? '' });
    assert.deepEqual(
      [contact.email, contact.name, contact.timezone, contact.language],
      [INVITEE.email, INVITEE.name, 'Asia/Kolkata', 'hi'],
    );
  });

  test('what is missing or wrong is 422 with every field, and the slot stays free', LIMIT, async () => {
    const slot = free[0]!;
    const past = 'one-20200106T090000Z';
    const wrong: [body: object, fields: string[]][] = [
      [wanting(slot, { invitee: { name: 'Asha Rao' } }), ['invitee.email']],
      [wanting(slot, { invitee: { email: 'asha', name: ' ' } }), ['invitee.email', 'invitee.name']],
      [wanting(slot, { invitee: { email: 'a@example.com', name: 'A\r\nBcc: b@example.com' } }), ['invitee.name']],
      [wanting(slot, { topic: '', contactId: 'a@b', language: 'Hindi', nope: 1 }), ['contactId', 'language', 'nope', 'topic']],
      [{}, ['calendar', 'invitee', 'slotId']],
      [wanting(slot, { timezone: 'Mars/Olympus' }), ['timezone']],
      [wanting(slot, { contactId: 'nobody' }), ['contactId']],
      [wanting(slot, { calendar: 'two' }), ['slotId']],
      [wanting(slot, { calendar: 'three' }), ['calendar']],
      [wanting({ id: 'tomorrow' }), ['slotId']],
      [wanting({ id: past }), ['slotId']],
      [wanting({ id: 'one-20900101T090000Z' }), ['slotId']],
      [wanting({ id: slot.id.replace(/00Z$/, '01Z') }), ['slotId']],
    ]; // prettier-ignore
    for (const [body, fields] of wrong) {
      const answer = await ask('', { body });
      assertProblem(answer, 422, 'invalid_input');
      assert.deepEqual(fieldsOf(answer), fields, JSON.stringify(body));
    }
    assert.match((await ask('', { body: wanting({ id: past }) })).problem.detail, /slotId: .*has passed/);
    assert.equal(await isFree(slot), true);
  });

  test('of many who want a slot one gets it, and the others are told that it is taken', LIMIT, async () => {
    const slot = next();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        ask('', { body: wanting(slot, { invitee: { email: `p${index}@example.com`, name: `P ${index}` } }) }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      assertProblem(answer, 409, 'conflict');
      assert.deepEqual(fieldsOf(answer), ['slotId']);
      assert.match(answer.problem.detail, /is taken; ask for free slots/);
    }
    const elsewhere = await ask('', { body: wanting(slot), workspace: 'elsewhere' });
    assertProblem(elsewhere, 409, 'conflict');
  });

  test('the same key and body is the same booking, another body is refused', LIMIT, async () => {
    const slot = next();
    const headers = { 'idempotency-key': 'book-1' };
    const first = await booked(slot, {}, { headers });
    const again = await ask('', { body: wanting(slot), headers });
    assert.deepEqual([again.status, again.body], [201, first]);
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    const other = await ask('', { body: wanting(slot, { topic: 'Other' }), headers });
    assertProblem(other, 422, 'idempotency_mismatch');
  });

  test('one request that is carried out twice, since a process died between, makes one booking', LIMIT, async () => {
    const slot = next();
    const caller = { ...service.caller, requestKey: 'a-request-for-a-meeting' };
    const first = await service.operations.createBooking(caller, wanting(slot));
    assert.deepEqual(await service.operations.createBooking(caller, wanting(slot)), first);
    const { items } = await service.operations.listBookings(service.caller, { limit: 500 });
    assert.equal(items.filter(({ slotId }) => slotId === slot.id).length, 1);
  });
});

test('one that could not be begun, since Temporal was away, is booked when it is asked for again', LIMIT, async () => {
  const slot = next();
  const { store } = service;
  await using dialler = createDialler();
  const parts = { booking: bookingConfiguration(), timezone: 'UTC', dataDir: service.dataDir };
  const away = { connection: { withDeadline: () => Promise.reject(new Error('Temporal is away')) } };
  const { createBooking } = bookingOperations({
    ...{ store, desk: openDesk(parts, { store, dialler }), minIntervalMs: 1_000 },
    temporal: { client: away as unknown as Client, webUi: null },
  });
  const caller = { ...service.caller, requestKey: 'a-request-that-comes-again' };
  await assert.rejects(createBooking(caller, { ...wanting(slot), topic: 'Demo' }), /away/);
  assert.equal(await isFree(slot), true);
  const again = await service.operations.createBooking(caller, wanting(slot));
  assert.equal(again.state, 'confirmed');
  assert.deepEqual(await service.operations.createBooking(caller, wanting(slot)), again);
});

describe('one booking', () => {
  test("another workspace's is 404, whatever is done to it", LIMIT, async () => {
    const slot = next();
    const { bookingId } = await booked(slot, {}, { workspace: 'alpha' });
    const calls: [path: string, sent: Sent][] = [
      [`/${bookingId}`, {}],
      [`/${bookingId}/reschedule`, { body: { slotId: free[0]!.id } }],
      [`/${bookingId}/cancel`, { body: { reason: 'not mine' } }],
      [`/${bookingId}/no-show`, { body: {} }],
      [`/${bookingId}/repair`, { body: {} }],
    ];
    for (const [path, sent] of calls) assertProblem(await ask(path, { ...sent, workspace: 'beta' }), 404, 'not_found');
    assert.equal(((await ask(`/${bookingId}`, { workspace: 'alpha' })).body as Booking).state, 'confirmed');
    assert.deepEqual((await ask('', { workspace: 'beta' })).body, { items: [], nextCursor: null });
  });

  test('is moved, to a free slot of its calendar only', LIMIT, async () => {
    const [old, other, taken] = [next(), next(), next()];
    const { bookingId } = await booked(old);
    await booked(taken);
    const move = (slotId: string) => ask(`/${bookingId}/reschedule`, { body: { slotId } });
    const refused = await move(taken.id);
    assertProblem(refused, 409, 'conflict');
    for (const wrong of ['tomorrow', 'one-20200106T090000Z', other.id.replace('one', 'two')]) {
      const answer = await move(wrong);
      assertProblem(answer, 422, 'invalid_input');
      assert.match(answer.problem.detail, /slotId/, wrong);
    }
    const { status, body, text } = await move(other.id);
    assert.equal(status, 200, text);
    const moved = body as Booking;
    assert.deepEqual([moved.slotId, moved.start, moved.sequence, moved.state], [other.id, other.start, 1, 'confirmed']);
    assert.deepEqual((await move(other.id)).body, moved, 'asked again it holds');
    assert.deepEqual([await isFree(old), await isFree(other)], [true, false]);
  });

  test('is cancelled with a reason, once; then it cannot be moved, and its slot is free', LIMIT, async () => {
    const slot = next();
    const { bookingId } = await booked(slot);
    const cancel = (body: object) => ask(`/${bookingId}/cancel`, { body });
    for (const wrong of [{}, { reason: ' ' }, { reason: 'x', actor: 'me' }]) {
      assertProblem(await cancel(wrong), 422, 'invalid_input');
    }
    const { status, body, text } = await cancel({ reason: 'no longer needed' });
    assert.equal(status, 200, text);
    const cancelled = body as Booking;
    assert.deepEqual([cancelled.state, cancelled.stateReason], ['cancelled', 'no longer needed']);
    assert.deepEqual((await cancel({ reason: 'again' })).body, cancelled);
    const moved = await ask(`/${bookingId}/reschedule`, { body: { slotId: free[0]!.id } });
    assertProblem(moved, 409, 'conflict');
    assert.equal(await isFree(slot), true);
  });

  test('nobody has failed to come before it began; there may be nothing to repair', LIMIT, async () => {
    const { bookingId, ...rest } = await booked(next());
    const early = await ask(`/${bookingId}/no-show`, { body: {} });
    assertProblem(early, 409, 'conflict');
    const { status, body } = await ask(`/${bookingId}/repair`, { body: {} });
    assert.deepEqual([status, body], [200, { bookingId, ...rest }]);
  });

  test('is found by calendar, state and contact, newest first, in pages', LIMIT, async () => {
    await service.operations.putContact(service.caller, { id: 'P1', name: 'Ravi', email: 'ravi@example.com' });
    const ids: string[] = [];
    for (const slot of [next(), next(), next()]) ids.unshift((await booked(slot, { contactId: 'P1' })).bookingId);
    const list = async (query: string) => {
      const { items, nextCursor } = (await ask(`?${query}`)).body as { items: Booking[]; nextCursor: string | null };
      return { ids: items.map(({ bookingId }) => bookingId), nextCursor };
    };
    assert.deepEqual((await list('contactId=P1&calendar=one&state=confirmed')).ids, ids);
    const first = await list('contactId=P1&limit=2');
    assert.deepEqual(first.ids, ids.slice(0, 2));
    assert.deepEqual((await list(`contactId=P1&limit=2&cursor=${first.nextCursor}`)).ids, ids.slice(2));
    assert.deepEqual((await list('contactId=P1&calendar=two')).ids, []);
    assert.deepEqual((await list('contactId=P1&state=cancelled')).ids, []);
    assert.deepEqual(fieldsOf(await ask('?state=lost&calendar=A%20B')), ['calendar', 'state']);
  });
});

describe('reveille bookings', () => {
  let folder: CliFolder;
  before(() => void (folder = new CliFolder()));
  after(() => folder.end());

  test('reading works on the store alone; what needs its workflow names npm start', LIMIT, async () => {
    assert.deepEqual(await folder.json(['bookings', 'list']), []);
    assert.equal((await folder.problem(1, ['bookings', 'show', 'B1'])).code, 'not_found');
    const cancel = await folder.problem(1, ['bookings', 'cancel', 'B1', '--reason', 'x']);
    assert.match(cancel.detail, /npm start/);
    const who = ['--email', 'a@example.com', '--name', 'A'];
    const wrong: [args: string[], says: RegExp][] = [
      [['create', '--calendar', 'one', '--slot', 'x', '--name', 'A'], /required option '--email <address>'/],
      [['list', '--state', 'lost'], /Allowed choices are held, confirmed/],
      [['cancel', 'B1'], /required option '--reason <text>'/],
      [['reschedule', 'B1'], /required option '--slot <id>'/],
    ];
    for (const [args, says] of wrong) assert.match((await folder.problem(2, ['bookings', ...args])).detail, says);
    const create = await folder.run(['bookings', 'create', '--calendar', 'one', '--slot', 'x', ...who]);
    assert.deepEqual([create.code, create.stdout], [1, '']);
  });

  test('on a running service: create, show, list, reschedule, repair, no-show and cancel', LIMIT, async () => {
    await writeRuntime(folder.path, {
      ...{ pid: process.pid, api: api.url, token: TOKEN, temporal: '127.0.0.1:1', namespace: 'default', webUi: null },
    });
    const [slot, other] = [next(), next()];
    const args = ['bookings', 'create', '--calendar', 'one', '--slot', slot.id, '--name', 'Asha Rao'];
    const refused = await folder.problem(2, [...args, '--email', 'asha']);
    assert.deepEqual(refused.errors.map(({ path }) => path), ['invitee.email']); // prettier-ignore

    const created = await folder.run([
      ...args,
      '--email',
      INVITEE.email,
      '--topic',
      'Demo',
      '--timezone',
      'Asia/Kolkata',
    ]);
    assert.equal(created.code, 0, created.stderr);
    const id = /^Booked\n(B[0-9a-f]{20})\n/.exec(created.stdout)?.[1] ?? '';
    const local = slot.local.slice(0, 16).replace('T', ' ');
    assert.match(created.stdout, new RegExp(`^ {2}When +${local} \\+0[12]:00 Europe/Berlin \\(`, 'm'));
    assert.match(
      created.stdout,
      /^ {2}Invitee +Asha Rao <asha@example\.com>\n(?:.*\n)* {2}Topic +Demo\n {2}State +confirmed\n/m,
    );
    const taken = await folder.problem(1, [...args, '--email', INVITEE.email]);
    assert.equal(taken.code, 'conflict');

    const shown = await folder.json<Booking>(['bookings', 'show', id]);
    assert.deepEqual([shown.bookingId, shown.slotId], [id, slot.id]);
    assert.match((await folder.run(['bookings', 'list', '--limit', '1'])).stdout, new RegExp(`^${id} {2}${local} .* {2}Asha Rao <asha@example\\.com> {2}confirmed\nMore with: --cursor \\S+\n$`)); // prettier-ignore
    const moved = await folder.json<Booking>(['bookings', 'reschedule', id, '--slot', other.id]);
    assert.deepEqual([moved.slotId, moved.sequence], [other.id, 1]);
    assert.match((await folder.run(['bookings', 'repair', id])).stdout, /^What is left to be done is tried now\n/);
    assert.equal((await folder.problem(1, ['bookings', 'no-show', id])).code, 'conflict');
    const cancelled = await folder.run(['bookings', 'cancel', id, '--reason', 'no longer needed']);
    assert.match(cancelled.stdout, /^Cancelled\n(?:.*\n)* {2}State +cancelled: no longer needed\n/);
    assert.equal((await folder.problem(1, ['bookings', 'reschedule', id, '--slot', slot.id])).code, 'conflict');
  });
});
