import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { inParallel } from '../../../domain/in-parallel.ts';
import { workflowIds } from '../../../domain/contracts/names.ts';
import type { Slot } from '../../../domain/contracts/slots.ts';
import { newEffects } from '../../services/channels-suite/rigs.ts';
import { type TestService, startTestStack } from '../../support/service.ts';
import { StubZoom } from '../../support/stub-zoom.ts';
import { INVITEE, type BookingDesk, bookingConfiguration, openBookings } from './booking-desk.ts';
import { type Tuning, failedTasks, until } from './desk.ts';

const LIMIT = { timeout: 60_000 };
const LONG = { timeout: 180_000 };
/** Zoom takes its time, so that something can happen while a meeting is made. */
const SLOW = { kind: 'slow', afterMs: 1_500, accepts: 'then' } as const;

/** How a booking ends in each of its phases, and goes on beyond a history of a bearable length. */
export function bookingEndings(name: string, tuning?: Tuning): void {
  describe(name, () => {
    let [service, zoom] = [] as unknown as [TestService, StubZoom];
    before(async () => {
      zoom = await StubZoom.start(newEffects(), { dailyLimit: 10_000 });
      const configuration = { booking: bookingConfiguration({ zoom: zoom.settings }) };
      service = await startTestStack({ customers: null, configuration, ...(tuning && { tuning }) });
    });
    after(async () => {
      await service?.stop();
      await zoom?.[Symbol.asyncDispose]();
    });
    beforeEach(() => zoom.script({ kind: 'accept' }));

    const handleOf = ({ workspace }: BookingDesk, id: string, runId?: string) =>
      service.client.workflow.getHandle(workflowIds.booking(workspace, id), runId);
    const meetingsAt = ({ start }: Slot) =>
      zoom.meetings().filter((meeting) => Date.parse(meeting.start) === Date.parse(start));
    const mails = async (desk: BookingDesk, count: number) =>
      desk.outbox((items) => items.filter(({ to }) => to === INVITEE.email).length === count);

    /** One that waits for Zoom. */
    async function beingMade(from: number) {
      const desk = openBookings(service);
      const slot = (await desk.slots()).at(from)!;
      zoom.script(SLOW);
      zoom.requests.length = 0;
      const { bookingId } = await desk.begin(slot.id, {}, ({ startedAt }) => startedAt !== null);
      await until(async () => zoom.requests.length > 0);
      return { desk, slot, bookingId };
    }

    /** Nothing of it is left. */
    async function isUndone(desk: BookingDesk, slot: Slot, bookingId: string, status: string): Promise<void> {
      await until(async () => (await desk.described(bookingId)) === status);
      assert.deepEqual(meetingsAt(slot), []);
      assert.deepEqual(await desk.outbox(), []);
      assert.deepEqual(await desk.reminders(), []);
      assert.ok(
        (await desk.slots()).some(({ id }) => id === slot.id),
        'its time is free',
      );
      assert.deepEqual(await failedTasks(handleOf(desk, bookingId)), []);
    }

    test('cancelled while it is made: what was made goes, and nobody is written to', LIMIT, async () => {
      const { desk, slot, bookingId } = await beingMade(-2);
      zoom.script({ kind: 'accept' });
      const cancelled = await desk.cancel(bookingId, 'not needed');
      assert.deepEqual([cancelled.state, cancelled.stateReason], ['cancelled', 'not needed']);
      await isUndone(desk, slot, bookingId, 'COMPLETED');
    });

    test('cancelled through Temporal while it is made: the same', LIMIT, async () => {
      const { desk, slot, bookingId } = await beingMade(-4);
      zoom.script({ kind: 'accept' });
      await handleOf(desk, bookingId).cancel();
      assert.match((await desk.row(bookingId, ({ state }) => state === 'cancelled')).stateReason ?? '', /Temporal/);
      await isUndone(desk, slot, bookingId, 'CANCELLED');
    });

    test('given up by whoever asked for it while it is made: the same', LIMIT, async () => {
      const { desk, slot, bookingId } = await beingMade(-6);
      const end = { state: 'failed', reason: 'It could not be begun', at: new Date().toISOString() } as const;
      await service.store.bookings.end(desk.workspace, bookingId, end);
      await isUndone(desk, slot, bookingId, 'FAILED');
      assert.equal((await desk.status(bookingId)).failure, 'conflict');
    });

    test('cancelled through Temporal as soon as it is started: the slot is not held for ever', LIMIT, async () => {
      const desk = openBookings(service);
      const slot = (await desk.slots()).at(-8)!;
      await service.pauseWorkers();
      const making = desk.begin(slot.id, {}, ({ state }) => state === 'cancelled');
      await handleOf(desk, await until(async () => desk.started[0])).cancel();
      await service.resumeWorkers();
      await isUndone(desk, slot, (await making).bookingId, 'CANCELLED');
    });

    test(
      'cancelled through Temporal when it is confirmed: the meeting goes, and the invitee is told',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const slot = (await desk.slots()).at(-10)!;
        const { bookingId } = await desk.book(slot);
        await mails(desk, 1);
        await desk.reminders((items) => items.length === 2);
        await handleOf(desk, bookingId).cancel();
        await until(async () => (await desk.described(bookingId)) === 'CANCELLED');
        assert.equal((await desk.row(bookingId)).state, 'cancelled');
        assert.deepEqual(meetingsAt(slot), []);
        await mails(desk, 2);
        await desk.reminders((items) => items.every(({ state }) => state === 'cancelled'));
      },
    );

    test(
      'it continues as new between moves: nothing is forgotten, and what failed is not tried again by itself',
      LONG,
      async () => {
        const desk = openBookings(service);
        const [one, other] = (await desk.slots()).slice(-14, -12) as [Slot, Slot];
        zoom.script({ kind: 'status', status: 404, body: '{"code":1001,"message":"User does not exist"}' });
        const { bookingId } = await desk.book(one);
        await desk.row(bookingId, ({ repairs }) => repairs.length === 1);
        zoom.script({ kind: 'accept' });
        zoom.requests.length = 0;
        const { runId } = await handleOf(desk, bookingId).describe();
        // Signals that nobody takes make its history long at little cost.
        const signalled = Array.from({ length: 1_800 });
        await inParallel(signalled, 50, () => handleOf(desk, bookingId).signal('nothing'));
        let moves = 0;
        while ((await handleOf(desk, bookingId).describe()).runId === runId) {
          moves += 1;
          const moved = await desk.reschedule(bookingId, moves % 2 === 1 ? other : one);
          assert.deepEqual([moved.state, moved.sequence], ['confirmed', moves]);
        }
        if (moves % 2 === 1) await desk.reschedule(bookingId, one);
        moves += moves % 2;
        await desk.reschedule(bookingId, other);
        const row = await desk.row(bookingId);
        assert.deepEqual([row.slotId, row.sequence, row.repairs], [other.id, moves + 1, ['meeting']]);
        assert.equal(zoom.requests.length, 0);
        const faults = (await failedTasks(handleOf(desk, bookingId, runId))).filter(
          (cause) => !cause.endsWith('_FORCE_CLOSE_COMMAND'),
        );
        assert.deepEqual(faults, [], 'but that the server was told more at once than it keeps for a task');
        await service.operations.repairBooking({ workspace: desk.workspace, actor: 'tester' }, { id: bookingId });
        const { joinUrl } = await desk.row(bookingId, (made) => made.joinUrl !== null && made.repairs.length === 0);
        assert.deepEqual(
          meetingsAt(other).map((meeting) => meeting.joinUrl),
          [joinUrl],
        );
        const pending = await desk.reminders((items) => items.filter(({ state }) => state === 'pending').length === 2);
        const due = pending
          .filter(({ state }) => state === 'pending')
          .map(({ scheduledFor }) => Date.parse(scheduledFor));
        assert.equal(Math.max(...due), Date.parse(other.start) - 3_600_000);
        await until(async () => (await desk.outbox()).at(-1)?.body.includes(joinUrl!));
        assert.equal((await desk.cancel(bookingId)).state, 'cancelled');
        await until(async () => (await desk.described(bookingId)) === 'COMPLETED');
      },
    );

    // Last: whether a meeting comes to light that may have been made is looked at for a while.
    test(
      'cancelled while its calendar is looked at, which ends at that moment: whoever asks is not sent away',
      LIMIT,
      async () => {
        const desk = openBookings(service);
        const slot = (await desk.slots()).at(-20)!;
        for (let count = 0; count < 8; count += 1) {
          const { bookingId } = await desk.begin(slot.id, {}, ({ startedAt }) => startedAt !== null);
          assert.equal((await desk.cancel(bookingId)).state, 'cancelled');
        }
      },
    );
  });
}
