import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Fault, FailpointName } from '../../domain/ports/failpoints.ts';
import { type BookingsObserved, checkBookings } from '../support/booking-checker.ts';
import { BookingWorld } from '../support/booking-world.ts';
import { findings } from '../support/effect-checker.ts';
import { quietly } from '../support/fault-stack.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';

const EFFECT = [
  'effect-before-intent',
  'effect-after-intent',
  'effect-before-effect',
  'effect-after-effect',
  'effect-before-acknowledgement',
] as const satisfies FailpointName[];

const DELIVERY = [
  'delivery-before-intent',
  'delivery-after-intent',
  'delivery-before-effect',
  'delivery-after-effect',
  'delivery-before-acknowledgement',
] as const satisfies FailpointName[];

/**
 * Of what is changed of a booking these points are enough each time: before what is done, after it, and between. `FAULT_SWEEP=full`,
 * as `npm run chaos` sets it, takes all of them; so many processes take minutes to start.
 */
const isFull = process.env['FAULT_SWEEP'] === 'full';
const EFFECT_OF_CHANGE = isFull ? EFFECT : (['effect-after-intent', 'effect-after-effect'] as const);
const DELIVERY_OF_CHANGE = isFull ? DELIVERY : (['delivery-before-effect', 'delivery-before-acknowledgement'] as const);

const LIMIT = { timeout: 400_000 };
const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

/** One death: where, and the name of the booking that it hits. */
type Death = Fault & { id: string };

const each = (points: readonly FailpointName[], nth = 1): Death[] =>
  points.map((point) => ({ point, nth, id: `${point}-${nth}` }));
const at = (point: FailpointName, nth = 1): Death[] => each([point], nth);

/** Books what is to be changed, with a worker that lives. */
async function booked(world: BookingWorld, deaths: readonly Death[]): Promise<void> {
  const worker = world.worker();
  await worker.ready();
  await Promise.all(deaths.map(({ id }) => world.book(id)));
  await world.settled();
  worker.signal('SIGTERM');
  assert.deepEqual(await worker.exited, [0, null], worker.log);
}

/** Has a worker die at each point, over what `ask` asks for. Nobody takes any of it up until all have died. */
async function die(
  world: BookingWorld,
  deaths: readonly Death[],
  ask: (id: string) => Promise<unknown>,
): Promise<Promise<unknown>[]> {
  const answers: Promise<unknown>[] = [];
  for (const { point, nth, id } of deaths) {
    const worker = world.worker({ fault: { point, nth } });
    await worker.ready();
    answers.push(quietly(ask(id)));
    await worker.died();
    await world.hold(id);
  }
  return answers;
}

/** Lets a worker that does not die do the rest, and looks at what is there then. */
async function finish(world: BookingWorld, deaths: readonly Death[], answers: readonly Promise<unknown>[]) {
  const survivor = world.worker();
  await survivor.ready();
  await Promise.all(deaths.map(({ id }) => world.release(id)));
  await Promise.all(answers);
  const observed = await world.settled();
  survivor.signal('SIGTERM');
  assert.deepEqual(await survivor.exited, [0, null], survivor.log);
  return observed;
}

/** What became of each: its state, how often it stands, how many mails there were, and how its last mail stands in the ledger. */
const rows = (observed: BookingsObserved, deaths: readonly Death[]): string[] =>
  deaths.map(({ id }) => {
    const { bookingId, state, marker, invitee } = observed.bookings.find(({ name }) => name === id)!;
    const events = observed.events.filter((event) => event.id === marker).length;
    const meetings = observed.meetings.filter(({ agenda }) => agenda.includes(marker)).length;
    const mails = observed.mails.filter(({ to }) => to === invitee.email).length;
    const ledger = observed.effects.filter(({ key }) => key.startsWith(`booking/${bookingId}/mail/`));
    const unknown = ledger.some((effect) => effect.state === 'unknown') ? ', one in review' : '';
    return `${id}: ${state}, ${events} event, ${meetings} meeting, ${mails} mails${unknown}`;
  });

/** After a death between the ledger's first word of a mail and its last nobody knows. */
const UNSENT: readonly FailpointName[] = ['delivery-after-intent', 'delivery-before-effect'];
const expected = (deaths: readonly Death[], state: 'confirmed' | 'cancelled', mails: number): string[] =>
  deaths.map(({ id, point }) => {
    const stands = state === 'confirmed' ? 1 : 0;
    const isInReview = UNSENT.includes(point) || point === 'delivery-after-effect';
    const sent = UNSENT.includes(point) ? mails - 1 : mails;
    return `${id}: ${state}, ${stands} event, ${stands} meeting, ${sent} mails${isInReview ? ', one in review' : ''}`;
  });

/** Groups that run beside each other, each in a world of its own; a death in a workflow task cannot be held, and so is the last. */
const BOOKING: [what: string, deaths: Death[]][] = [
  ['its event is made', [...each(EFFECT, 1), ...at('hold-after-row')]],
  ['its meeting is made', [...each(EFFECT, 2), ...at('confirm-after-row')]],
  ['its event gets the link', each(EFFECT, 3)],
  ['the invitation is sent', each(DELIVERY)],
];
const MOVING: [what: string, deaths: Death[]][] = [
  ['event and meeting move', [...each(EFFECT_OF_CHANGE, 1), ...each(EFFECT_OF_CHANGE, 2), ...at('move-after-row', 1)]],
  ['the invitation is sent', [...each(DELIVERY_OF_CHANGE), ...at('move-after-row', 2)]],
];
const CANCELLING: [what: string, deaths: Death[]][] = [
  ['event and meeting go', [...each(EFFECT_OF_CHANGE, 1), ...each(EFFECT_OF_CHANGE, 2)]],
  ['the invitee is told', [...each(DELIVERY_OF_CHANGE), ...at('end-after-row')]],
];

describe('A worker that dies', { skip: postgres === null && 'no Postgres', concurrency: 8 }, () => {
  for (const [what, deaths] of BOOKING) {
    test(`while ${what}: booked once, with one event, one meeting and one mail`, LIMIT, async () => {
      await using world = await BookingWorld.open(postgres!.url);
      const answers = await die(world, deaths, (id) => world.book(id));
      const observed = await finish(world, deaths, answers);
      assert.deepEqual(rows(observed, deaths), expected(deaths, 'confirmed', 1));
      assert.deepEqual(findings(checkBookings(observed)), []);
    });
  }

  for (const [what, deaths] of MOVING) {
    test(`while a booking is moved, when ${what}: moved once, with the same link`, LIMIT, async () => {
      await using world = await BookingWorld.open(postgres!.url);
      await booked(world, deaths);
      const answers = await die(world, deaths, (id) => world.move(id));
      const observed = await finish(world, deaths, answers);
      assert.deepEqual(rows(observed, deaths), expected(deaths, 'confirmed', 2));
      assert.deepEqual(findings(checkBookings(observed)), []);
      assert.ok(observed.bookings.every(({ sequence }) => sequence === 1));
    });
  }

  for (const [what, deaths] of CANCELLING) {
    test(`while a booking is cancelled, when ${what}: nothing of it stands`, LIMIT, async () => {
      await using world = await BookingWorld.open(postgres!.url);
      await booked(world, deaths);
      const answers = await die(world, deaths, (id) => world.cancel(id));
      const observed = await finish(world, deaths, answers);
      assert.deepEqual(rows(observed, deaths), expected(deaths, 'cancelled', 2));
      assert.deepEqual(findings(checkBookings(observed)), []);
    });
  }
});
