import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ReveilleError } from '../../../domain/errors.ts';
import { newEffects } from '../../services/channels-suite/rigs.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { StubZoom } from '../../support/stub-zoom.ts';
import { INVITEE, bookingConfiguration, openBookings } from './booking-desk.ts';
import { type Tuning, until } from './desk.ts';

const LIMIT = { timeout: 60_000 };

const refusal = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof ReveilleError && error.code === code && words.test(error.message);

/** What a booking's workflow does, on a real server, with meetings at a service that plays Zoom. */
export function bookings(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let service: TestService;
    let zoom: StubZoom;
    before(async () => {
      zoom = await StubZoom.start(newEffects());
      const configuration = { booking: bookingConfiguration({ zoom: zoom.settings }) };
      service = await startTestStack({ customers: null, configuration, ...(tuning && { tuning }) });
    });
    after(async () => {
      await service.stop();
      await zoom[Symbol.asyncDispose]();
    });

    test('a slot is booked: meeting, invitation, reminders, and nobody else gets it', LIMIT, async () => {
      const desk = openBookings(service);
      const slots = await desk.slots();
      const slot = slots.at(-1)!;
      const booked = await desk.book(slot);
      assert.deepEqual(
        [booked.state, booked.slotId, booked.start, booked.sequence, booked.topic, booked.invitee],
        ['confirmed', slot.id, slot.start, 0, 'Demo', INVITEE],
      );
      const [meeting, ...more] = zoom.meetings().filter(({ start }) => Date.parse(start) === Date.parse(slot.start));
      assert.deepEqual([meeting?.joinUrl, more], [booked.joinUrl, []]);
      const [mail] = await desk.outbox((items) => items.length > 0);
      assert.deepEqual([mail?.kind, mail?.to, mail?.contactId], ['booking', INVITEE.email, booked.contactId]);
      assert.match(mail?.body ?? '', new RegExp(booked.joinUrl!.replace('?', '\\?')));
      const reminders = await desk.reminders((items) => items.length === 2);
      assert.deepEqual(
        reminders.map(({ scheduledFor }) => (Date.parse(slot.start) - Date.parse(scheduledFor)) / 3_600_000),
        [24, 1],
      );
      assert.deepEqual(
        (await desk.events()).map(({ type }) => type),
        ['booking.confirmed'],
      );
      assert.ok(!(await desk.slots()).some(({ id }) => id === slot.id));
      await assert.rejects(openBookings(service).book(slot), refusal('conflict', /taken/));
      const free = (await desk.slots('two')).find(({ start }) => start === slot.start);
      assert.ok(free, 'another calendar is another');
    });

    test('a booking moves: the link stays, and invitation and reminders follow', LIMIT, async () => {
      const desk = openBookings(service);
      const [second, first] = (await desk.slots()).slice(-4, -2);
      const booked = await desk.book(first!);
      await desk.outbox((items) => items.length === 1);
      await desk.reminders((items) => items.length === 2);
      const moved = await desk.reschedule(booked.bookingId, second!);
      assert.deepEqual(
        [moved.state, moved.slotId, moved.start, moved.joinUrl, moved.sequence],
        ['confirmed', second!.id, second!.start, booked.joinUrl, 1],
      );
      await desk.outbox((items) => items.length === 2);
      await until(async () => zoom.meetings().some(({ start }) => Date.parse(start) === Date.parse(second!.start)));
      const reminders = await desk.reminders((items) => items.length === 4);
      assert.deepEqual(
        reminders.map(({ state }) => state),
        ['cancelled', 'cancelled', 'pending', 'pending'],
      );
      assert.ok(
        (await desk.slots()).some(({ id }) => id === first!.id),
        'its old time is free',
      );
      assert.deepEqual(
        (await desk.events()).map(({ type }) => type).filter((type) => type.startsWith('booking')),
        ['booking.confirmed', 'booking.rescheduled'],
      );
      const other = await desk.book(first!);
      await assert.rejects(desk.reschedule(other.bookingId, second!), refusal('conflict', /taken/));
      assert.equal((await desk.row(other.bookingId)).slotId, first!.id);
    });

    test('a booking is cancelled: the meeting goes, the invitee is told, the slot is free', LIMIT, async () => {
      const desk = openBookings(service);
      const slot = (await desk.slots()).at(-6)!;
      const booked = await desk.book(slot);
      await desk.outbox((items) => items.length === 1);
      const cancelled = await desk.cancel(booked.bookingId, 'no longer needed');
      assert.deepEqual(
        [cancelled.state, cancelled.stateReason, cancelled.sequence],
        ['cancelled', 'no longer needed', 1],
      );
      assert.ok(!zoom.meetings().some(({ joinUrl }) => joinUrl === booked.joinUrl));
      const mails = await desk.outbox((items) => items.length === 2);
      assert.match(mails[1]?.body ?? '', /no longer needed/);
      await desk.reminders((items) => items.every(({ state }) => state === 'cancelled'));
      assert.ok((await desk.slots()).some(({ id }) => id === slot.id));
      await until(async () => (await desk.described(booked.bookingId)) === 'COMPLETED');
      assert.equal((await desk.cancel(booked.bookingId)).state, 'cancelled', 'again is the same');
      await assert.rejects(desk.reschedule(booked.bookingId, slot), refusal('conflict', /over|cancelled/));
    });

    test('what they write does not cancel the reminders of their meeting', LIMIT, async () => {
      const desk = openBookings(service);
      const booked = await desk.book((await desk.slots()).at(-8)!);
      await desk.reminders((items) => items.length === 2);
      const caller = { workspace: desk.workspace, actor: 'tester' };
      const reply = { id: booked.contactId!, messageId: 'm1', channel: 'email' as const };
      assert.deepEqual(await service.operations.recordReply(caller, reply), { cancelled: 0, ignored: null });
      assert.deepEqual(
        (await desk.reminders()).map(({ state }) => state),
        ['pending', 'pending'],
      );
      assert.equal((await desk.row(booked.bookingId)).state, 'confirmed');
    });

    test(
      'started as the Temporal CLI would: the same; what is wrong fails at once and names the field',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const slot = (await desk.slots()).at(-10)!;
        const given = { calendar: 'one', slotId: slot.id, invitee: INVITEE };
        const failsAs = async (input: object, type: string, words: RegExp) =>
          assert.rejects(desk.start(input), (error: unknown) => {
            const cause = error instanceof WorkflowFailedError ? error.cause : null;
            assert.ok(cause instanceof ApplicationFailure, String(cause));
            assert.deepEqual([cause.type, words.test(cause.message)], [type, true], cause.message);
            return true;
          });
        await failsAs({ ...given, invitee: { name: 'Asha' } }, 'InvalidInput', /invitee\.email/);
        await failsAs({ ...given, slotId: 'one-20200101T090000Z' }, 'InvalidInput', /slotId/);
        await failsAs({ ...given, calendar: 'three' }, 'InvalidInput', /calendar/);
        const made = desk.start(given, 'BY-HAND');
        const row = await desk.row('BY-HAND', ({ state }) => state === 'confirmed');
        assert.ok(row.joinUrl);
        await failsAs(given, 'Conflict', /taken/);
        await desk.cancel('BY-HAND');
        assert.equal((await made).state, 'cancelled');
      },
    );

    test('Zoom is away: the meeting is confirmed without a link, which is sent when it is back', LIMIT, async () => {
      const desk = openBookings(service);
      zoom.script({ kind: 'status', status: 404, body: '{"code":1001,"message":"User does not exist"}' });
      const slot = (await desk.slots()).at(-12)!;
      const booked = await desk.book(slot);
      assert.deepEqual([booked.state, booked.joinUrl], ['confirmed', null]);
      const { repairs } = await desk.row(booked.bookingId, (row) => row.repairs.length > 0);
      assert.deepEqual(repairs, ['meeting']);
      const notice = await desk.outbox((items) => items.some(({ channel }) => channel === 'notification'));
      assert.match(notice.find(({ channel }) => channel === 'notification')!.body, /bookings repair/);
      zoom.script({ kind: 'accept' });
      await service.operations.repairBooking({ workspace: desk.workspace, actor: 'tester' }, { id: booked.bookingId });
      const row = await desk.row(booked.bookingId, ({ joinUrl }) => joinUrl !== null);
      assert.equal(zoom.meetings().filter(({ joinUrl }) => joinUrl === row.joinUrl).length, 1);
      const mails = await desk.outbox((items) => items.filter(({ to }) => to === INVITEE.email).length === 2);
      assert.ok(mails.at(-1)!.body.includes(row.joinUrl!));
      await desk.row(booked.bookingId, ({ repairs: left }) => left.length === 0);
    });

    test('a booking whose workflow was terminated is moved and cancelled all the same', LIMIT, async () => {
      const desk = openBookings(service);
      const [second, first] = (await desk.slots()).slice(-18, -16);
      const booked = await desk.book(first!);
      await desk.reminders((items) => items.length === 2);
      const lose = () => service.client.workflow.getHandle(`booking/${desk.workspace}/${booked.bookingId}`).terminate();
      await lose();
      const moved = await desk.reschedule(booked.bookingId, second!);
      assert.deepEqual([moved.slotId, moved.joinUrl, moved.sequence], [second!.id, booked.joinUrl, 1]);
      await until(async () => zoom.meetings().some(({ start }) => Date.parse(start) === Date.parse(second!.start)));
      await desk.reminders((items) => items.length === 4);
      await lose();
      assert.equal((await desk.cancel(booked.bookingId)).state, 'cancelled');
      assert.ok(!zoom.meetings().some(({ joinUrl }) => joinUrl === booked.joinUrl));
      await desk.outbox((items) => items.length === 3);
    });

    test('an answer that is lost makes no second meeting', LIMIT, async () => {
      const desk = openBookings(service);
      zoom.script({ kind: 'reset', accepts: true }, { kind: 'accept' });
      const slot = (await desk.slots()).at(-14)!;
      const booked = await desk.book(slot);
      const row = await desk.row(booked.bookingId, ({ state }) => state === 'confirmed');
      const there = zoom.meetings().filter(({ start }) => Date.parse(start) === Date.parse(slot.start));
      assert.deepEqual(
        there.map(({ joinUrl }) => joinUrl),
        [row.joinUrl],
      );
      // A worker that is told to stop waits for who talks to a contact.
      await desk.reminders((items) => items.length === 2);
    });
  });
}
