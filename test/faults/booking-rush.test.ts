import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '../../client/api/problem.ts';
import type { Runtime } from '../../client/runtime-file.ts';
import type { Booking } from '../../domain/contracts/bookings.ts';
import { checkBookings } from '../support/booking-checker.ts';
import { BookingWorld, CALENDAR } from '../support/booking-world.ts';
import { findings } from '../support/effect-checker.ts';
import { type TestDatabase, startPostgres } from '../support/postgres.ts';

const SLOTS = 50;
/** Who want each slot at one moment. */
const RIVALS = 100;

const MOST_TRIES = 10;
const PAUSE_MS = 500;

const postgres: TestDatabase | null = await startPostgres();
after(() => postgres?.stop());

interface Answer {
  status: number;
  body: Booking | Problem;
}

/** Asks again, under the same key, where the connection is cut off: the system takes up only so many at one moment. */
async function post({ api, token }: Runtime, slotId: string, name: string): Promise<Answer> {
  const invitee = { email: `${name}@example.com`, name: 'Asha Rao' };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': name };
  const body = JSON.stringify({ calendar: CALENDAR, slotId, invitee });
  for (let asked = 1; ; asked += 1) {
    const answer = await fetch(`${api}/api/bookings`, { method: 'POST', headers, body }).catch(() => null);
    const said = answer && ((await answer.json()) as Answer['body']);
    const isBeingDone = said !== null && 'detail' in said && said.detail.startsWith('The first request');
    if (answer && said && !isBeingDone) return { status: answer.status, body: said };
    assert.ok(asked < MOST_TRIES, `${name} was cut off ${asked} times`);
    await delay(PAUSE_MS * asked);
  }
}

/** How often each answer was given. */
function counted(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const said = status < 300 ? String(status) : `${status} ${(body as Problem).code}`;
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

test(
  `${RIVALS} who want each of ${SLOTS} slots at once: one has it, the others hear of a conflict, and all agree`,
  { skip: postgres === null && 'no Postgres', timeout: 400_000 },
  async (t) => {
    await using world = await BookingWorld.open(postgres!.url);
    const [api] = await Promise.all([world.stack.serve(), world.worker().ready()]);
    const slots = await Promise.all(Array.from({ length: SLOTS }, () => world.slot()));
    const began = performance.now();
    const answers = await Promise.all(
      slots.flatMap(({ id }, slot) => Array.from({ length: RIVALS }, (_, rival) => post(api, id, `s${slot}r${rival}`))),
    );
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    t.diagnostic(`${answers.length} answers in ${seconds} s`);

    const won = answers.filter(({ status }) => status < 300).map(({ body }) => body as Booking);
    assert.deepEqual(counted(answers), { 201: SLOTS, '409 conflict': SLOTS * (RIVALS - 1) });
    assert.deepEqual(
      won.map(({ slotId }) => slotId).toSorted(),
      slots.map(({ id }) => id).toSorted(),
      'each slot has one answer that says so',
    );

    const observed = await world.settled();
    const verdict = checkBookings(observed);
    assert.deepEqual(findings(verdict), []);
    assert.deepEqual(verdict.counts, { confirmed: SLOTS, cancelled: 0, undone: 0, mails: SLOTS });
    assert.deepEqual(
      observed.bookings.map(({ bookingId }) => bookingId).toSorted(),
      won.map(({ bookingId }) => bookingId).toSorted(),
      'nobody else has a row',
    );
    const made = observed.effects.filter(({ kind, state }) => kind === 'meeting' && state === 'done').length;
    assert.deepEqual([observed.events.length, observed.meetings.length, made], [SLOTS, SLOTS, SLOTS]);
  },
);
