import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import ICAL from 'ical.js';
import type { Email } from 'postal-mime';
import { calendarSettings } from '../../domain/contracts/calendars.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { newEffects } from '../services/channels-suite/rigs.ts';
import { radicalePython, startRadicale } from '../support/radicale.ts';
import { type TestService, startTestStack } from '../support/service.ts';
import { DAY, WHOLE_DAYS } from '../support/slot-rules.ts';
import { StubGoogle } from '../support/stub-google.ts';
import { StubMailServer } from '../support/stub-mail-server.ts';
import { StubZoom } from '../support/stub-zoom.ts';
import { type BookingDesk, INVITEE, bookingConfiguration, openBookings, representative } from './suite/booking-desk.ts';
import { until } from './suite/desk.ts';
import { mailedBy } from './suite/sending.ts';

const LIMIT = { timeout: 60_000 };
/** A port that nobody listens on. */
const NOWHERE = { type: 'caldav', url: 'http://127.0.0.1:9/asha/work/', user: 'asha', password: 'secret' };

const isRefused = (error: unknown): boolean => error instanceof ReveilleError && error.code === 'conflict';

/** An event that a calendar shows; `start` in epoch milliseconds. */
interface Shown {
  id: string;
  start: number;
  end: number;
  sequence: number;
  place: string;
}

/** A calendar as another client of its sees it. */
interface OtherClient extends AsyncDisposable {
  connection: object;
  /** Whether a representative has to connect it. */
  refreshToken: string | null;
  add(slot: Slot, kind?: 'all-day' | 'tentative'): Promise<void>;
  /** What we have put there. */
  shown(): Promise<Shown[]>;
}

async function googleClient(): Promise<OtherClient> {
  const stub = await StubGoogle.start(newEffects());
  const own = new Set<string>();
  stub.events.timeZone = 'UTC';
  return {
    connection: { type: 'google', settings: stub.settings },
    refreshToken: stub.giveLeave(),
    async add({ start, end }, kind) {
      const day = (at: string): { date: string } => ({ date: at.slice(0, 10) });
      const next = new Date(Date.parse(start) + DAY).toISOString();
      const times = { start: { dateTime: start }, end: { dateTime: end } };
      const given = kind === 'all-day' ? { start: day(start), end: day(next) } : times;
      stub.events.add({ ...given, ...(kind === 'tentative' && { status: 'tentative' }) });
      own.add(stub.events.shown().at(-1)!.id);
    },
    shown: async () =>
      stub.events
        .shown()
        .filter(({ id }) => !own.has(id))
        .map(({ id, start, end, sequence, location }) => ({
          ...{ id, sequence, place: String(location) },
          ...{ start: Date.parse(start.dateTime ?? ''), end: Date.parse(end.dateTime ?? '') },
        })),
    [Symbol.asyncDispose]: () => stub[Symbol.asyncDispose](),
  };
}

const eventsOf = (ics: string): ICAL.Event[] =>
  new ICAL.Component(ICAL.parse(ics) as unknown[]).getAllSubcomponents('vevent').map((each) => new ICAL.Event(each));

const shownBy = ({ uid, startDate, endDate, sequence, location }: ICAL.Event): Shown => ({
  ...{ id: uid, sequence, place: location },
  ...{ start: startDate.toJSDate().getTime(), end: endDate.toJSDate().getTime() },
});

async function radicaleClient(python: string): Promise<OtherClient> {
  const server = await startRadicale(python);
  const { url, user, password } = server;
  const short = (at: string): string => `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  let count = 0;
  return {
    connection: { type: 'caldav', url, user, password },
    refreshToken: null,
    async add({ start, end }, kind) {
      count += 1;
      const day = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
      const from = Date.parse(start);
      const times = [`DTSTART:${short(start)}`, `DTEND:${short(end)}`];
      const wholeDay = [`DTSTART;VALUE=DATE:${day(from)}`, `DTEND;VALUE=DATE:${day(from + DAY)}`];
      const text = [
        ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Another client//EN', 'BEGIN:VEVENT', `UID:foreign-${count}`],
        ...['DTSTAMP:20260101T000000Z', ...(kind === 'all-day' ? wholeDay : times)],
        ...[...(kind === 'tentative' ? ['STATUS:TENTATIVE'] : []), 'END:VEVENT', 'END:VCALENDAR', ''],
      ].join('\r\n');
      const { status } = await server.request('PUT', `foreign-${count}.ics`, text);
      assert.equal(status, 201);
    },
    async shown() {
      const text = await (await server.request('GET', '')).text();
      return eventsOf(text)
        .map(shownBy)
        .filter(({ id }) => !id.startsWith('foreign'));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The invitation in a mail, as the mail program of the invitee takes it. */
function invitationIn(mail: Email) {
  const [part] = mail.attachments.filter(({ mimeType }) => mimeType === 'text/calendar');
  const { content = '' } = part ?? {};
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
  const [event] = eventsOf(text);
  return {
    ...{ method: part?.method, said: calendar.getFirstPropertyValue('method'), ...shownBy(event!) },
    status: event!.component.getFirstPropertyValue('status'),
    to: event!.attendees.map((attendee) => String(attendee.getFirstValue()).toLowerCase()),
  };
}

const radicale = await radicalePython();
const clients: [string, boolean | string, () => Promise<OtherClient>][] = [
  ['Radicale', radicale.reason ?? false, () => radicaleClient(radicale.path ?? '')],
  ['Google', false, googleClient],
];

for (const [vendor, skip, open] of clients) {
  describe(`Bookings and a calendar at ${vendor}`, { skip }, () => {
    let [other, zoom, mail, service] = [] as unknown as [OtherClient, StubZoom, StubMailServer, TestService];
    before(async () => {
      other = await open();
      zoom = await StubZoom.start(newEffects());
      mail = await StubMailServer.start(newEffects());
      const { settings = null, ...connection } = other.connection as { settings?: StubGoogle['settings'] };
      // Days of the calendar are those of UTC, so that a test need not know on which one a slot lies.
      const mia = calendarSettings.parse({ ...WHOLE_DAYS, timezone: 'UTC', representative: 'mia', notice: 0 });
      const free = { ...mia, allDayEvents: 'free', tentativeEvents: 'free' } as const;
      const lost = { ...mia, representative: 'lost' };
      const booking = bookingConfiguration({
        calendars: { mia, free, lost, strict: { ...lost, whenUnavailable: 'closed' } },
        representatives: { mia: representative(connection), lost: representative(NOWHERE) },
        ...{ google: settings, zoom: zoom.settings },
      });
      service = await startTestStack({ customers: null, configuration: { booking, ...mailedBy(mail) } });
      const given = { connectedAt: new Date().toISOString(), connectedBy: 'tester', expiresAt: null };
      const { refreshToken } = other;
      if (refreshToken) await service.store.calendarConnections.put({ representative: 'mia', refreshToken, ...given });
    });
    after(async () => {
      await service?.stop();
      for (const each of [other, zoom, mail]) await each?.[Symbol.asyncDispose]();
    });
    beforeEach(() => void (mail.mails.length = 0));

    /** Nothing is under way any more for one that is cancelled. */
    async function callOff(desk: BookingDesk, id: string): Promise<void> {
      await desk.cancel(id);
      await until(async () => (await desk.described(id)) === 'COMPLETED');
    }

    const at = (instant: string): number => Date.parse(instant);
    const mailed = (count: number) => until(async () => mail.mails.length === count && mail.mails.map(invitationIn));

    test(
      'a booking stands there with its link, moves there, and goes; each mail brings the same to the invitee',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const [later, first] = (await desk.slots('mia')).slice(-20, -18) as [Slot, Slot];
        assert.equal(first.source, 'calendar');
        const booked = await desk.book(first);
        const [event, ...more] = await other.shown();
        assert.deepEqual(
          [event?.start, event?.end, event?.sequence, event?.place, more],
          [at(first.start), at(first.end), 0, booked.joinUrl, []],
        );
        const [invitation] = await mailed(1);
        assert.deepEqual(
          [invitation?.method, invitation?.said, invitation?.sequence, invitation?.start, invitation?.place],
          ['REQUEST', 'REQUEST', 0, at(first.start), booked.joinUrl],
        );
        assert.deepEqual([invitation?.status, invitation?.to], ['CONFIRMED', [`mailto:${INVITEE.email}`]]);

        const moved = await desk.reschedule(booked.bookingId, later);
        assert.equal(moved.joinUrl, booked.joinUrl);
        const there = await until(async () => (await other.shown()).find(({ start }) => start === at(later.start)));
        assert.deepEqual([there.id, there.sequence, there.place], [event?.id, 1, booked.joinUrl]);
        assert.equal((await other.shown()).length, 1);
        const [, change] = await mailed(2);
        assert.deepEqual(
          [change?.method, change?.id, change?.sequence, change?.start, change?.end],
          ['REQUEST', invitation?.id, 1, at(later.start), at(later.end)],
        );

        await callOff(desk, booked.bookingId);
        assert.deepEqual(await other.shown(), []);
        const [, , end] = await mailed(3);
        assert.deepEqual(
          [end?.method, end?.said, end?.id, end?.sequence, end?.status],
          ['CANCEL', 'CANCEL', invitation?.id, 2, 'CANCELLED'],
        );
      },
    );

    test(
      'what another client puts there is not offered, and not booked although it was offered before',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const slot = (await desk.slots('mia')).at(-30)!;
        await other.add(slot);
        const isOffered = async (calendar: string) =>
          (await desk.slots(calendar)).some(({ start }) => start === slot.start);
        assert.deepEqual([await isOffered('mia'), await isOffered('free')], [false, false]);
        await assert.rejects(desk.book(slot), isRefused);
        const neighbour = (await desk.slots('mia')).at(-30)!;
        const booked = await desk.book(neighbour);
        await assert.rejects(desk.reschedule(booked.bookingId, slot), isRefused);
        assert.equal((await desk.row(booked.bookingId)).slotId, neighbour.id);
        assert.deepEqual(
          (await other.shown()).map(({ start, sequence }) => [start, sequence]),
          [[at(neighbour.start), 0]],
        );
        assert.equal(zoom.meetings().length, 1, 'none is left of the one that was refused');
        await callOff(desk, booked.bookingId);
      },
    );

    test('tentative events and those of whole days count where the calendar says so', LIMIT, async () => {
      const desk = openBookings(service);
      const slots = await desk.slots('mia', 12);
      const tentative = slots.at(-100)!;
      const wholeDay = slots.at(-200)!;
      await other.add(tentative, 'tentative');
      await other.add(wholeDay, 'all-day');
      const offered = async (calendar: string) => (await desk.slots(calendar, 12)).map(({ start }) => start);
      const [strictly, freely] = [await offered('mia'), await offered('free')];
      const isThatDay = (start: string): boolean => start.startsWith(wholeDay.start.slice(0, 10));
      assert.deepEqual([strictly.includes(tentative.start), strictly.filter(isThatDay)], [false, []]);
      assert.deepEqual([freely.includes(tentative.start), freely.filter(isThatDay).length], [true, 48]);
      await assert.rejects(desk.book(wholeDay), isRefused);
      const booked = await desk.book((await desk.slots('free', 12)).find(({ start }) => isThatDay(start))!);
      assert.equal(booked.state, 'confirmed');
      await callOff(desk, booked.bookingId);
    });

    test(
      'while a calendar is away, what is offered is marked as not looked at, or nothing is offered',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const slots = await desk.slots('lost');
        assert.ok(slots.length > 100 && slots.every(({ source }) => source === 'unverified'));
        assert.deepEqual(await desk.slots('strict'), []);
      },
    );
  });
}
