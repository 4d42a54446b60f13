import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BookingsObserved, checkBookings } from '../support/booking-checker.ts';
import { findings } from '../support/effect-checker.ts';

const START = '2026-11-24T09:00:00.000Z';
const EMAIL = 'asha@example.com';
const LINK = 'https://zoom.example/j/1';
const MEETING = { id: 1, agenda: 'Reveille m1', start: START, joinUrl: LINK };
const EVENT = { id: 'm1', status: 'confirmed', sequence: 0, start: { dateTime: START }, end: {}, location: LINK };
const MAIL = {
  messageId: '<1@example.com>',
  to: EMAIL,
  text: `Join: ${LINK}`,
  method: 'REQUEST',
  sequence: 0,
  start: START,
};
const MADE = { service: 'zoom', key: null, to: '1', text: `Reveille m1 ${START}`, did: 'created' as const };
const REMINDERS = [24, 1].map((hours) => new Date(Date.parse(START) - hours * 3_600_000).toISOString());
const BOOKING = {
  ...{
    name: 'b',
    marker: 'm1',
    bookingId: 'B1',
    slotId: 's1',
    startedAt: START,
    start: START,
    sequence: 0,
    repairs: [],
  },
  ...{ joinUrl: LINK, meetingId: '1', invitee: { email: EMAIL, name: 'Asha' }, contactId: 'C1' },
  state: 'confirmed' as BookingsObserved['bookings'][number]['state'],
};
const WORKFLOW = { bookingId: 'B1', status: 'RUNNING', state: BOOKING.state, doing: '', isIdle: true };
const effect = (step: string, state: BookingsObserved['effects'][number]['state'] = 'done') => ({
  ...{ key: `booking/B1/${step}/1`, kind: 'x', result: null, state },
});

/** One that was booked, with all that belongs to it; changed as told. */
const observed = (changes: Partial<BookingsObserved> = {}): BookingsObserved => ({
  ...{ bookings: [BOOKING], accepted: [MADE], events: [EVENT], meetings: [MEETING], mails: [MAIL], free: [] },
  effects: [effect('event'), effect('meeting'), effect('mail')],
  reminders: REMINDERS.map((scheduledFor) => ({ contactId: 'C1', state: 'pending', scheduledFor })),
  workflows: [WORKFLOW],
  told: { booked: ['b'], moved: [], cancelled: [] },
  ...changes,
});

/** The same after it was cancelled, or was never made. */
const over = (state: 'cancelled' | 'failed', changes: Partial<BookingsObserved> = {}): BookingsObserved =>
  observed({
    ...{ bookings: [{ ...BOOKING, state, sequence: 1 }], events: [], meetings: [], reminders: [], free: ['s1'] },
    mails: state === 'failed' ? [] : [MAIL, { ...MAIL, messageId: '<2@example.com>', method: 'CANCEL', sequence: 1 }],
    workflows: [{ ...WORKFLOW, state, status: state === 'failed' ? 'FAILED' : 'COMPLETED' }],
    ...changes,
  });

test('what was booked once, cancelled or not made, and says so, is counted, and nothing is found', () => {
  for (const all of [observed(), over('cancelled'), over('failed')]) assert.deepEqual(findings(checkBookings(all)), []);
  assert.deepEqual(checkBookings(observed()).counts, { confirmed: 1, cancelled: 0, undone: 0, mails: 1 });
});

test('a mail of which nobody knows is in review, sent or not', () => {
  for (const mails of [[], [MAIL]]) {
    const verdict = checkBookings(observed({ mails, effects: [effect('mail', 'unknown')] }));
    assert.deepEqual([findings(verdict), verdict.inReview], [[], ['b']]);
  }
});

const LATE = '2026-11-24T10:00:00.000Z';
const WRONG: [what: string, all: BookingsObserved, finding: RegExp][] = [
  ['was booked, and has no row', observed({ bookings: [] }), /^lost: b: was booked/],
  ['is still held', over('failed', { bookings: [{ ...BOOKING, state: 'held' }] }), /^lost: .*still held/],
  ['has no event', observed({ events: [] }), /^lost: .*event is not in the calendar/],
  ['has no meeting', observed({ meetings: [] }), /^lost: .*meeting is not there/],
  ['had no invitation', observed({ mails: [] }), /^lost: .*invitation 0 was never sent/],
  ['has no reminders', observed({ reminders: [] }), /^lost: .*no reminder 24 h/],
  ['has a step left open', observed({ effects: [effect('event', 'planned'), effect('mail')] }), /^lost: .*planned/],
  [
    'has what could not be done',
    observed({ bookings: [{ ...BOOKING, repairs: ['event'] }] }),
    /^lost: .*event could not/,
  ],
  ['had two meetings made', observed({ accepted: [MADE, MADE] }), /^doubled: .*made 2 meetings/],
  ['has two meetings', observed({ meetings: [MEETING, MEETING] }), /^doubled: .*2 meetings stand/],
  ['had its mail twice', observed({ mails: [MAIL, MAIL] }), /^doubled: .*more than once/],
  [
    'has its event at another time',
    observed({ events: [{ ...EVENT, start: { dateTime: LATE } }] }),
    /^untrue: .*event stands/,
  ],
  [
    'has its event without a link',
    observed({ events: [{ ...EVENT, location: '' }] }),
    /^untrue: .*event has another link/,
  ],
  ['has its event changed too often', observed({ events: [{ ...EVENT, sequence: 1 }] }), /^untrue: .*changed 1 times/],
  [
    'has its meeting at another time',
    observed({ meetings: [{ ...MEETING, start: LATE }] }),
    /^untrue: .*meeting stands/,
  ],
  ['names another meeting', observed({ meetings: [{ ...MEETING, id: 2 }] }), /^untrue: .*names another meeting/],
  ['was mailed another time', observed({ mails: [{ ...MAIL, start: LATE }] }), /^untrue: .*mail names another time/],
  ['was mailed no link', observed({ mails: [{ ...MAIL, text: '' }] }), /^untrue: .*mail names another link/],
  ['is offered to others', observed({ free: ['s1'] }), /^untrue: .*is offered/],
  ['is over for its workflow', observed({ workflows: [{ ...WORKFLOW, status: 'COMPLETED' }] }), /^untrue: .*COMPLETED/],
  ['is another for its workflow', observed({ workflows: [{ ...WORKFLOW, state: 'held' }] }), /^untrue: .*says held/],
  ['is cancelled, and its event stands', over('cancelled', { events: [EVENT] }), /^untrue: .*event stands/],
  ['is cancelled, and its meeting stands', over('cancelled', { meetings: [MEETING] }), /^untrue: .*meeting stands/],
  ['is cancelled, and nobody was told', over('cancelled', { mails: [MAIL] }), /^untrue: .*never heard/],
  ['is cancelled, and its slot is not offered', over('cancelled', { free: [] }), /^untrue: .*not offered/],
  ['failed, and was invited', over('failed', { mails: [MAIL] }), /^untrue: .*was told REQUEST 0/],
  [
    'was called cancelled, and is not',
    observed({ told: { booked: [], moved: [], cancelled: ['b'] } }),
    /^untrue: .*reported/,
  ],
  ["has somebody else's meeting beside it", observed({ meetings: [MEETING, { ...MEETING, agenda: 'x' }] }), /nobody's/],
];

for (const [what, all, finding] of WRONG) {
  test(`a booking that ${what} is found`, () => {
    const found = findings(checkBookings(all));
    assert.ok(found.some((each) => finding.test(each)), found.join('\n')); // prettier-ignore
  });
}
