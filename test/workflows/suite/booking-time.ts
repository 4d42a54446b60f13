import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { calendarSettings } from '../../../domain/contracts/calendars.ts';
import { localTime } from '../../../domain/cron/index.ts';
import { nextTransition } from '../../../domain/cron/transitions.ts';
import { DEFAULT_SEND_POLICY } from '../../../domain/contacts/policy.ts';
import { workflowIds } from '../../../domain/contracts/names.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { ReveilleError } from '../../../domain/errors.ts';
import { slotId } from '../../../domain/slots/slot-ids.ts';
import { createBookingService } from '../../../services/temporal/bookings.ts';
import { createContactService } from '../../../services/temporal/contacts.ts';
import { forgotten } from '../../../services/temporal/reconciliation/forgotten.ts';
import { temporalView } from '../../../services/temporal/reconciliation/temporal-view.ts';
import { newEffects } from '../../services/channels-suite/rigs.ts';
import { type TestService, quietLogger, startTestService } from '../../support/service.ts';
import { DAY, HOUR, MINUTE, WHOLE_DAYS } from '../../support/slot-rules.ts';
import { StubGoogle } from '../../support/stub-google.ts';
import { StubMailServer } from '../../support/stub-mail-server.ts';
import { StubZoom } from '../../support/stub-zoom.ts';
import type { TimeSkipping } from '../../support/temporal.ts';
import { bookingConfiguration, openBookings, representative } from './booking-desk.ts';
import { type Tuning, until } from './desk.ts';
import { mailedBy } from './sending.ts';

const LIMIT = { timeout: 60_000 };
const BERLIN = 'Europe/Berlin';
/** What vendors answer that are away for a while. */
const AWAY = { kind: 'status', status: 503, body: '{}' } as const;

const isRefused = (error: unknown): boolean => error instanceof ReveilleError && error.code === 'conflict';

/** The store, whose ledger takes no new effects of the kind that is named. */
export const withholding = (store: Store, withheld: { what: string | null }): Store => ({
  ...store,
  effects: {
    ...store.effects,
    async plan(workspace, effect) {
      const isWithheld = withheld.what !== null && effect.key.includes(`/${withheld.what}/`);
      if (isWithheld) throw new ReveilleError('unavailable', 'The ledger is away');
      return store.effects.plan(workspace, effect);
    },
  },
});

/** What hours and days do to a booking, in seconds: with a calendar at Google, meetings at Zoom and mail, each of them a stub. */
export function bookingTime(name: string, skipping: TimeSkipping, tuning?: Tuning): void {
  describe(name, { skip: skipping.reason ?? false }, () => {
    const env = skipping.env!;
    const withheld: { what: string | null } = { what: null };
    let [service, zoom, google, mail] = [] as unknown as [TestService, StubZoom, StubGoogle, StubMailServer];
    before(async () => {
      zoom = await StubZoom.start(newEffects());
      google = await StubGoogle.start(newEffects());
      mail = await StubMailServer.start(newEffects());
      const one = { ...WHOLE_DAYS, timezone: BERLIN, horizon: '400d' };
      const calendars = { one, two: { ...one, slot: '2h', step: '1h' }, mia: { ...one, representative: 'mia' } };
      const strict = { ...calendars.mia, whenUnavailable: 'closed' };
      const booking = bookingConfiguration({
        calendars: Object.fromEntries(
          Object.entries({ ...calendars, strict }).map(([id, settings]) => [id, calendarSettings.parse(settings)]),
        ),
        representatives: { mia: representative({ type: 'google' }) },
        ...{ google: google.settings, zoom: zoom.settings },
      });
      const configuration = { booking, ...mailedBy(mail), sendPolicy: DEFAULT_SEND_POLICY };
      service = await startTestService(skipping.target!, {
        ...{ customers: null, configuration, workersStore: (store) => withholding(store, withheld) },
        ...(tuning && { tuning }),
      });
      const leave = { refreshToken: google.giveLeave(), connectedAt: new Date().toISOString(), connectedBy: 'tester' };
      await service.store.calendarConnections.put({ representative: 'mia', ...leave, expiresAt: null });
    });
    after(async () => {
      await service?.stop();
      for (const stub of [zoom, google, mail]) await stub?.[Symbol.asyncDispose]();
    });

    /** Skips to so long before or after an instant. */
    async function skipTo(instant: string | number, plus = 0): Promise<void> {
      const wait = (typeof instant === 'string' ? Date.parse(instant) : instant) + plus - (await env.currentTimeMs());
      if (wait > 0) await env.sleep(wait);
    }

    /** The slot of `calendar` in so many days at a time of day (HH:MM) in its zone. */
    async function slotAt(calendar: string, time: string, days: number): Promise<string> {
      const now = Math.ceil((await env.currentTimeMs()) / (30 * MINUTE)) * 30 * MINUTE;
      for (let at = now + days * DAY; ; at += 30 * MINUTE) {
        if (localTime(new Date(at).toISOString(), BERLIN).slice(11, 16) === time) return slotId(calendar, at);
      }
    }

    beforeEach(() => {
      withheld.what = null;
      zoom.script({ kind: 'accept' });
      google.script();
      mail.script({ kind: 'accept' });
    });

    let invitees = 0;
    const newInvitee = () => ({ email: `guest${(invitees += 1)}@example.com`, name: 'Asha Rao' });
    const mailsTo = ({ email }: { email: string }) => mail.mails.filter(({ to }) => to?.[0]?.address === email);

    test(
      'reminders go at their moment, at night too; it is completed when it is over, and ends a day later',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const invitee = newInvitee();
        const row = await desk.begin(await slotAt('one', '03:30', 3), { invitee });
        await desk.reminders((items) => items.length === 2);
        await until(async () => mailsTo(invitee).length === 1);
        for (const [index, before] of [DAY, HOUR].entries()) {
          await skipTo(row.start, -before - MINUTE);
          assert.equal(mailsTo(invitee).length, 1 + index, 'not before its moment');
          await skipTo(row.start, -before + MINUTE);
          await until(async () => mailsTo(invitee).length === 2 + index);
          const reminder = (await desk.reminders((items) => items[index]?.state === 'executed'))[index]!;
          const late = Date.parse(reminder.executedAt!) - Date.parse(row.start) + before;
          assert.ok(late >= 0 && late < MINUTE, `late by ${late} ms`);
        }
        await skipTo(row.end, -MINUTE);
        assert.equal((await desk.row(row.bookingId)).state, 'confirmed');
        await skipTo(row.end, MINUTE);
        await desk.row(row.bookingId, ({ state }) => state === 'completed');
        await skipTo(row.end, 23 * HOUR);
        assert.equal(await desk.described(row.bookingId), 'RUNNING');
        await skipTo(row.end, 25 * HOUR);
        await until(async () => (await desk.described(row.bookingId)) === 'COMPLETED');
        assert.equal(mailsTo(invitee).length, 3);
      },
    );

    test(
      'that nobody came is noted during the meeting and for a day after it, and at no other time',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const noShow = (id: string) =>
          service.operations.noShow({ workspace: desk.workspace, actor: 'tester' }, { id });
        const [first, second] = [await slotAt('one', '10:00', 2), await slotAt('one', '11:00', 2)];
        const during = await desk.begin(first, { invitee: newInvitee() });
        const afterwards = await desk.begin(second, { invitee: newInvitee() });
        await assert.rejects(noShow(during.bookingId), isRefused);
        await skipTo(during.start, 5 * MINUTE);
        assert.equal((await noShow(during.bookingId)).state, 'no_show');
        await until(async () => (await desk.described(during.bookingId)) === 'COMPLETED');
        await assert.rejects(noShow(afterwards.bookingId), isRefused);
        await skipTo(afterwards.end, 20 * HOUR);
        await desk.row(afterwards.bookingId, ({ state }) => state === 'completed');
        assert.equal((await noShow(afterwards.bookingId)).state, 'no_show');
        await until(async () => (await desk.described(afterwards.bookingId)) === 'COMPLETED');
        const late = await desk.begin(await slotAt('one', '10:00', 1), { invitee: newInvitee() });
        await skipTo(late.end, 25 * HOUR);
        await until(async () => (await desk.described(late.bookingId)) === 'COMPLETED');
        await assert.rejects(noShow(late.bookingId), isRefused);
      },
    );

    test(
      'what cannot be made while the slot is held expires: event and slot are given back, and nobody is written to',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const invitee = newInvitee();
        const slot = await slotAt('mia', '12:00', 2);
        withheld.what = 'meeting';
        const held = await desk.begin(slot, { invitee }, ({ startedAt }) => startedAt !== null);
        await until(async () => google.events.shown().length === 1);
        await skipTo(held.holdUntil, -MINUTE);
        assert.equal((await desk.row(held.bookingId)).state, 'held');
        await skipTo(held.holdUntil, MINUTE);
        const row = await desk.row(held.bookingId, ({ state }) => state === 'expired');
        withheld.what = null;
        assert.match(row.stateReason ?? '', /not confirmed in time/);
        assert.deepEqual(google.events.shown(), []);
        await env.sleep(10 * MINUTE);
        await until(async () => (await desk.described(held.bookingId)) === 'COMPLETED');
        assert.deepEqual([mailsTo(invitee), await desk.events()], [[], []]);
        const other = await desk.begin(slot, { invitee });
        await desk.cancel(other.bookingId);
        assert.deepEqual(google.events.shown(), []);
      },
    );

    test(
      'what cannot be undone at once is undone when the calendar is back, although the booking is over',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        withheld.what = 'meeting';
        const slot = await slotAt('mia', '13:00', 2);
        const held = await desk.begin(slot, { invitee: newInvitee() }, ({ startedAt }) => startedAt !== null);
        await until(async () => google.events.shown().length === 1);
        google.script(...Array.from({ length: 500 }, () => AWAY));
        google.requests.length = 0;
        // Whoever asks hears of it when minutes have passed, which may be later than they wait.
        const asked = desk.cancel(held.bookingId).catch(() => undefined);
        // A test server stands still for good when an activity ends while it is being cancelled.
        await until(async () => google.requests.some(({ method }) => method === 'DELETE'));
        withheld.what = null;
        await skipTo(held.holdUntil, HOUR);
        await desk.row(held.bookingId, ({ state }) => state === 'cancelled');
        assert.deepEqual([google.events.shown().length, await desk.described(held.bookingId)], [1, 'RUNNING']);
        const notices = await desk.outbox((items) => items.length > 0);
        assert.match(notices[0]!.subject ?? '', /event-removal could not be done/);
        google.script();
        await env.sleep(HOUR);
        await until(async () => (await desk.described(held.bookingId)) === 'COMPLETED');
        assert.deepEqual(google.events.shown(), []);
        await asked;
      },
    );

    test(
      'Zoom is away for hours: it is confirmed without a link after minutes, which comes by itself, once',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const invitee = newInvitee();
        zoom.script(AWAY);
        zoom.requests.length = 0;
        const began = await env.currentTimeMs();
        const making = desk.begin(await slotAt('one', '14:00', 2), { invitee });
        await until(async () => zoom.requests.some(({ method }) => method === 'POST'));
        await env.sleep(4 * MINUTE);
        const { bookingId, start, joinUrl } = await making;
        assert.equal(joinUrl, null);
        await skipTo(began, 5 * HOUR);
        await until(async () => mailsTo(invitee).length === 1);
        assert.deepEqual((await desk.row(bookingId)).repairs, ['meeting']);
        assert.equal((await desk.outbox((items) => items.length > 0)).length, 1, 'a person is told, once');
        zoom.script({ kind: 'accept' });
        await env.sleep(HOUR);
        const row = await desk.row(bookingId, ({ joinUrl: link, repairs }) => link !== null && repairs.length === 0);
        const there = zoom.meetings().filter((meeting) => Date.parse(meeting.start) === Date.parse(start));
        assert.deepEqual(
          there.map((meeting) => meeting.joinUrl),
          [row.joinUrl],
        );
        await until(async () => mailsTo(invitee).length === 2);
        assert.ok(mailsTo(invitee)[1]?.text?.includes(row.joinUrl!));
        await env.sleep(HOUR);
        assert.equal(mailsTo(invitee).length, 2);
      },
    );

    test(
      'a calendar that must be looked at is away: nothing is booked in it, and the slot is free again',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        google.script(...Array.from({ length: 500 }, () => AWAY));
        const slot = await slotAt('strict', '16:00', 2);
        const { bookingId } = await desk.begin(slot, {}, ({ startedAt }) => startedAt !== null);
        await env.sleep(2 * MINUTE);
        const row = await desk.row(bookingId, ({ state }) => state === 'failed');
        assert.match(row.stateReason ?? '', /cannot be reached/);
        assert.equal((await desk.status(bookingId)).failure, 'unavailable');
        google.script();
        const booked = await desk.begin(slot);
        await desk.cancel(booked.bookingId);
      },
    );

    test(
      'a calendar that may be away: the meeting is confirmed, and its event comes when the calendar is back',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const invitee = newInvitee();
        google.script(...Array.from({ length: 500 }, () => AWAY));
        google.requests.length = 0;
        const making = desk.begin(await slotAt('mia', '17:00', 2), { invitee });
        await until(async () => google.requests.length > 1);
        await env.sleep(8 * MINUTE);
        const { bookingId, joinUrl, start } = await making;
        await until(async () => mailsTo(invitee).length === 1);
        assert.deepEqual([(await desk.row(bookingId)).repairs, google.events.shown()], [['event'], []]);
        google.script();
        await env.sleep(HOUR);
        await desk.row(bookingId, ({ repairs }) => repairs.length === 0);
        const [event] = google.events.shown();
        assert.deepEqual([Date.parse(event?.start.dateTime ?? ''), event?.['location']], [Date.parse(start), joinUrl]);
        assert.equal(mailsTo(invitee).length, 1, 'they know all that already');
        await desk.cancel(bookingId);
      },
    );

    test(
      'one whose workflow was terminated is completed when it is over all the same, and ends a day later',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const { store, client } = service;
        const row = await desk.begin(await slotAt('one', '18:00', 2), { invitee: newInvitee() });
        // A test server stands still for good when a workflow is terminated whose activity is under way.
        await until(async () => (await desk.status(row.bookingId)).doing === 'waiting for the meeting');
        await client.workflow.getHandle(workflowIds.booking(desk.workspace, row.bookingId)).terminate();
        const wakes = { contacts: createContactService(client), bookings: createBookingService(client) };
        const reconcile = async (): Promise<void> => {
          const now = await env.currentTimeMs();
          const by = { store, temporal: temporalView(client), logger: quietLogger(), now: () => now };
          await forgotten({ ...by, ...wakes }).reconcile();
        };
        await skipTo(row.end, MINUTE);
        await reconcile();
        assert.equal(await desk.described(row.bookingId), 'TERMINATED', 'it may only be late');
        await skipTo(row.end, 3 * MINUTE);
        await reconcile();
        await desk.row(row.bookingId, ({ state }) => state === 'completed');
        assert.equal(await desk.described(row.bookingId), 'RUNNING');
        await skipTo(row.end, 25 * HOUR);
        await until(async () => (await desk.described(row.bookingId)) === 'COMPLETED');
      },
    );

    test('mail is away for hours: the invitation goes out when it is back, once', LIMIT, async () => {
      const desk = openBookings(service);
      const invitee = newInvitee();
      mail.script({ kind: 'reply', to: 'MAIL', code: 451, text: 'Try again later' });
      const row = await desk.begin(await slotAt('one', '15:00', 2), { invitee });
      await until(async () => (await desk.row(row.bookingId)).repairs.includes('mail-confirmed'));
      await env.sleep(5 * HOUR);
      await desk.outbox((items) => items.some(({ subject }) => subject?.includes('mail-confirmed')));
      assert.deepEqual(mailsTo(invitee), []);
      mail.script({ kind: 'accept' });
      await env.sleep(HOUR);
      await desk.row(row.bookingId, ({ repairs }) => repairs.length === 0);
      assert.equal(mailsTo(invitee).length, 1);
      assert.equal((await desk.row(row.bookingId)).state, 'confirmed');
    });

    test('what was tried and is given up is called off in the ledger, and nobody hears of it', LIMIT, async () => {
      const desk = openBookings(service);
      const invitee = newInvitee();
      mail.script({ kind: 'reply', to: 'MAIL', code: 451, text: 'Try again later' });
      const { bookingId } = await desk.begin(await slotAt('one', '20:00', 2), { invitee });
      await until(async () => (await desk.row(bookingId)).repairs.includes('mail-confirmed'));
      mail.script({ kind: 'accept' });
      await desk.cancel(bookingId);
      await until(async () => (await desk.described(bookingId)) === 'COMPLETED');
      assert.deepEqual(
        mailsTo(invitee).map(({ subject }) => subject?.split(':')[0]),
        ['Your meeting has been cancelled'],
      );
      const mails = (await service.store.effects.list(desk.workspace, { limit: 100 })).items
        .filter(({ kind }) => kind === 'message')
        .map(({ state, note }) => [state, note]);
      assert.deepEqual(mails, [
        ['done', null],
        ['cancelled', 'It is of no use any more'],
      ]);
    });

    test(
      'a meeting over a change of the clocks lasts as long as any, and its reminders are as long before it',
      LIMIT,
      async () => {
        const now = await env.currentTimeMs();
        const change = nextTransition(BERLIN, now + 2 * DAY, now + 300 * DAY)!.at;
        const desk = openBookings(service);
        const { bookingId, start, end } = await desk.begin(slotId('two', change - HOUR), { invitee: newInvitee() });
        assert.deepEqual([Date.parse(start), Date.parse(end)], [change - HOUR, change + HOUR]);
        const ahead = (await desk.reminders((items) => items.length === 2)).map(
          ({ scheduledFor }) => (change - HOUR - Date.parse(scheduledFor)) / HOUR,
        );
        assert.deepEqual(ahead, [24, 1]);
        await skipTo(end, -MINUTE);
        assert.equal((await desk.row(bookingId)).state, 'confirmed');
        await skipTo(end, MINUTE);
        await desk.row(bookingId, ({ state }) => state === 'completed');
      },
    );
  });
}
