import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { workflowIds } from '../../domain/contracts/names.ts';
import { inParallel } from '../../domain/in-parallel.ts';
import type { Store } from '../../domain/ports/store.ts';
import { slotId } from '../../domain/slots/slot-ids.ts';
import type { TemporalTarget } from '../../services/temporal/connection.ts';
import { newEffects } from '../services/channels-suite/rigs.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { StubGoogle } from '../support/stub-google.ts';
import { StubZoom } from '../support/stub-zoom.ts';
import { bookingConfiguration, openBookings, representative } from '../workflows/suite/booking-desk.ts';
import { withholding } from '../workflows/suite/booking-time.ts';
import { until } from '../workflows/suite/desk.ts';

/** Writes the history of a run under the name of what it shows. */
type Save = (scenario: string, handle: Pick<WorkflowHandle, 'fetchHistory'>) => Promise<void>;

const HOUR = 3_600_000;
/** Recordings name nobody whom a customer or a contact of other tests could be taken for. */
const GUEST = { invitee: { email: 'guest@meet.test', name: 'Guest' } };

/** Meetings in each of their ways but those that take time, on a server of the caller's. */
export async function recordBookings(target: TemporalTarget, save: Save): Promise<void> {
  const zoom = await StubZoom.start(newEffects());
  const google = await StubGoogle.start(newEffects());
  const booked = await startTestService(target, {
    customers: null,
    configuration: {
      booking: bookingConfiguration(
        { google: google.settings, zoom: zoom.settings, representatives: { mia: representative({ type: 'google' }) } },
        { representative: 'mia' },
      ),
    },
  });
  const leave = { refreshToken: google.giveLeave(), connectedAt: new Date().toISOString(), connectedBy: 'tester' };
  await booked.store.calendarConnections.put({ representative: 'mia', ...leave, expiresAt: null });
  await play(booked, zoom, save);
  await booked.stop();
  for (const stub of [zoom, google]) await stub[Symbol.asyncDispose]();
}

/** A meeting in each of its ways but those that take time, with a calendar at Google and meetings at Zoom. */
async function play(service: TestService, zoom: StubZoom, save: Save): Promise<void> {
  const desk = openBookings(service, 'bookings');
  const [first, second, third, fourth, fifth] = (await desk.slots()).slice(-10);
  const handleOf = (id: string, runId?: string): WorkflowHandle =>
    service.client.workflow.getHandle(workflowIds.booking(desk.workspace, id), runId);
  const completed = (id: string) => until(async () => (await desk.described(id)) !== 'RUNNING');
  const saved = (scenario: string, id: string, runId?: string): Promise<void> => save(scenario, handleOf(id, runId));
  const settled = async (count: number): Promise<void> => {
    await desk.reminders((items) => items.filter(({ state }) => state === 'pending').length === 2);
    await desk.outbox((items) => items.filter(({ to }) => to === GUEST.invitee.email).length === count);
  };

  const moved = await desk.book(first!, GUEST);
  await settled(1);
  await desk.reschedule(moved.bookingId, second!);
  await settled(2);
  await desk.cancel(moved.bookingId);
  await completed(moved.bookingId);
  await saved('booking-rescheduled-and-cancelled', moved.bookingId);

  const refused = { kind: 'status', status: 404, body: '{"code":1001,"message":"User does not exist"}' } as const;
  zoom.script(refused);
  const repaired = await desk.book(first!, GUEST);
  await desk.row(repaired.bookingId, ({ repairs }) => repairs.includes('meeting'));
  zoom.script({ kind: 'accept' });
  await service.operations.repairBooking({ workspace: desk.workspace, actor: 'tester' }, { id: repaired.bookingId });
  await desk.row(repaired.bookingId, ({ joinUrl, repairs }) => joinUrl !== null && repairs.length === 0);
  await desk.cancel(repaired.bookingId);
  await completed(repaired.bookingId);
  await saved('booking-repaired', repaired.bookingId);

  zoom.script({ kind: 'slow', afterMs: 1_000, accepts: 'then' });
  const early = await desk.begin(third!.id, GUEST, ({ startedAt }) => startedAt !== null);
  await desk.cancel(early.bookingId);
  await completed(early.bookingId);
  await saved('booking-cancelled-while-made', early.bookingId);

  zoom.script({ kind: 'slow', afterMs: 1_000, accepts: 'then' });
  const given = await desk.begin(third!.id, GUEST, ({ startedAt }) => startedAt !== null);
  const end = { state: 'failed', reason: 'It could not be begun', at: new Date().toISOString() } as const;
  await service.store.bookings.end(desk.workspace, given.bookingId, end);
  await completed(given.bookingId);
  await saved('booking-failed', given.bookingId);
  zoom.script({ kind: 'accept' });

  const stopped = await desk.book(fourth!, GUEST);
  await desk.reminders((items) => items.filter(({ state }) => state === 'pending').length === 2);
  await handleOf(stopped.bookingId).cancel();
  await completed(stopped.bookingId);
  await saved('booking-cancelled-through-temporal', stopped.bookingId);

  const long = await desk.book(fifth!, GUEST);
  await desk.reminders((items) => items.filter(({ state }) => state === 'pending').length === 2);
  const { runId } = await handleOf(long.bookingId).describe();
  await inParallel(Array.from({ length: 1_900 }), 50, () => handleOf(long.bookingId).signal('nothing'));
  for (
    let to = second!;
    (await handleOf(long.bookingId).describe()).runId === runId;
    to = to === second ? fifth! : second!
  ) {
    await desk.reschedule(long.bookingId, to);
  }
  await saved('booking-continued-as-new', long.bookingId, runId);
  await desk.cancel(long.bookingId);
  await completed(long.bookingId);
}

/** What only time does to a meeting: it is over, or its slot is held no more. */
export async function recordBookingTimes(
  env: TestWorkflowEnvironment,
  target: TemporalTarget,
  save: Save,
): Promise<void> {
  const withheld: { what: string | null } = { what: null };
  const configuration = { booking: bookingConfiguration({}, { horizon: '400d' }) };
  const workersStore = (store: Store): Store => withholding(store, withheld);
  const zoom = await StubZoom.start(newEffects());
  configuration.booking = { ...configuration.booking, zoom: zoom.settings };
  const service = await startTestService(target, { customers: null, configuration, workersStore });
  const desk = openBookings(service, 'times');
  const handleOf = (id: string): WorkflowHandle =>
    service.client.workflow.getHandle(workflowIds.booking(desk.workspace, id));
  const completed = (id: string) => until(async () => (await desk.described(id)) !== 'RUNNING');
  const soon = Math.ceil((await env.currentTimeMs()) / HOUR) * HOUR + 48 * HOUR;

  const met = await desk.begin(slotId('one', soon), GUEST);
  await desk.reminders((items) => items.length === 2);
  await env.sleep(Date.parse(met.end) - (await env.currentTimeMs()) + HOUR);
  await desk.row(met.bookingId, ({ state }) => state === 'completed');
  await env.sleep(25 * HOUR);
  await completed(met.bookingId);
  await save('booking-completed', handleOf(met.bookingId));

  const missed = await desk.begin(slotId('one', soon + 72 * HOUR), GUEST);
  await env.sleep(Date.parse(missed.start) - (await env.currentTimeMs()) + 60_000);
  await service.operations.noShow({ workspace: desk.workspace, actor: 'tester' }, { id: missed.bookingId });
  await completed(missed.bookingId);
  await save('booking-no-show', handleOf(missed.bookingId));

  withheld.what = 'meeting';
  const left = await desk.begin(slotId('one', soon + 144 * HOUR), GUEST, ({ startedAt }) => startedAt !== null);
  await env.sleep(HOUR);
  await desk.row(left.bookingId, ({ state }) => state === 'expired');
  await completed(left.bookingId);
  await save('booking-expired', handleOf(left.bookingId));
  await service.stop();
  await zoom[Symbol.asyncDispose]();
}
