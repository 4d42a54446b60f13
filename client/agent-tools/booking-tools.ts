import { z } from 'zod';
import { booking, bookingRequest, bookingState, cancelBookingMessage } from '../../domain/contracts/bookings.ts';
import type { Booking } from '../../domain/contracts/bookings.ts';
import { identifier } from '../../domain/contracts/names.ts';
import { slot } from '../../domain/contracts/slots.ts';
import { localTime } from '../../domain/cron/index.ts';
import { parseZone } from '../../domain/cron/zones.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { parseSlotId } from '../../domain/slots/slot-ids.ts';
import type { Caller, Operations } from '../api/routes.ts';
import { bookingRoutes } from '../api/routes/bookings.ts';
import { type AgentTool, agentTool } from './tool.ts';

const asked = bookingRoutes.slotsMessage.input.shape;
const { shape: request } = bookingRequest;

const slotId = identifier.describe('The id of a slot as get_availability answered it');
const bookingId = identifier.describe('The bookingId that book_meeting answered');
const zone = (whose: string) => `IANA time zone of the person, such as Asia/Kolkata; ${whose} when left out`;
const local = z.string().describe("The start on the person's clock, with its offset from UTC");
const weekday = z.string().describe('Day of the week on that clock');

const meeting = booking
  .pick({ bookingId: true, slotId: true, start: true, end: true, topic: true, contactId: true, stateReason: true })
  .extend({
    ...{ local, weekday, email: z.string(), name: z.string() },
    state: bookingState.describe(
      'confirmed: the person has been invited. held: the time is kept, and the invitation is not sent yet; do not ' +
        'say that it is booked, call book_meeting again in a minute',
    ),
    joinUrl: booking.shape.joinUrl.describe('Where the meeting takes place; null where there is no link, or not yet'),
  });

/** The day and time that a zone's clocks show. */
function onClock(start: string, shown: string): { start: string; local: string; weekday: string } {
  const day = new Date(`${shown.slice(0, 10)}T00:00:00Z`);
  return { start, local: shown, weekday: day.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' }) };
}

function meetingOf({ invitee, start, timezone, ...rest }: Booking, reader?: string): z.output<typeof meeting> {
  const clock = reader === undefined ? timezone : parseZone(reader, Date.now());
  return { ...rest, ...invitee, ...onClock(start, localTime(start, clock)) };
}

const getAvailability = agentTool({
  name: 'get_availability',
  title: 'Free times',
  description:
    'Free times for a meeting, soonest first, and a ready sentence that offers them. Call it before you offer any ' +
    'time, and again when one was taken; offer no time that it did not answer. Ask the person for their city or time ' +
    'zone first where you do not know it. An empty list means that nothing is free in those days: look further ahead.',
  ...{ scope: 'read', effect: 'reads', repeatable: true, renamed: {}, subject: 'calendar' },
  input: z.strictObject({
    calendar: asked.calendar.describe('Only this calendar; all of them when left out'),
    days: asked.days.describe('How many days ahead to look, today included'),
    from: asked.from.describe('Look from here on: an instant with its zone such as 2027-03-15T00:00:00+05:30'),
    timezone: asked.timezone.describe(zone("the calendar's")),
    language: asked.language.describe('Language of the sentence, such as en or hi'),
    max: asked.max.describe('At most so many times'),
  }),
  output: z.object({
    message: z.string().describe('The sentence to send'),
    slots: z.array(slot.pick({ id: true, calendar: true, start: true }).extend({ local, weekday })),
  }),
  async carryOut(operations, caller, input) {
    const { message, slots } = await operations.slotsMessage(caller, input);
    const { timezone } = input;
    const reader = timezone === undefined ? undefined : parseZone(timezone, Date.now());
    const told = slots.map(({ id, calendar, start, local: there }) => ({
      ...{ id, calendar },
      ...onClock(start, reader === undefined ? there : localTime(start, reader)),
    }));
    return { message, slots: told };
  },
});

const bookMeeting = agentTool({
  name: 'book_meeting',
  title: 'Book a meeting',
  description:
    'Books one of the times that get_availability answered, once the person has chosen it, and sends them an ' +
    'invitation. Ask for their email address and their name first: both are needed, and must be theirs, never made ' +
    'up. The same time and address again is the same booking, however often it is called.',
  ...{ scope: 'write', effect: 'adds', repeatable: true, subject: 'slotId' },
  renamed: { 'invitee.email': 'email', 'invitee.name': 'name', calendar: 'slotId' },
  input: z.strictObject({
    slotId,
    email: request.invitee.shape.email.describe("The person's email address, as they gave it; required"),
    name: request.invitee.shape.name.describe("The person's name"),
    topic: request.topic.describe('What the meeting is about, in a few words'),
    timezone: request.timezone.describe(zone("the contact's, else the calendar's,")),
    language: request.language.describe('Language of the invitation, such as en or hi'),
    contactId: request.contactId.describe(
      'The contact whose meeting it is, where you were told an id; else leave it out',
    ),
  }),
  output: meeting,
  async carryOut(operations, caller, { email, name, ...rest }) {
    const calendar = parseSlotId(rest.slotId)?.calendar;
    if (calendar === undefined) throw noSlot();
    const made =
      (await bookedAlready(operations, caller, rest.slotId, email)) ??
      (await operations.createBooking(caller, { ...rest, calendar, invitee: { email, name } }).catch(async (error) => {
        // Two calls at once: the other has it.
        const other = isConflict(error) ? await bookedAlready(operations, caller, rest.slotId, email) : undefined;
        if (other === undefined) throw error;
        return other;
      }));
    return meetingOf(made, rest.timezone);
  },
});

const noSlot = () =>
  invalidInput([{ path: 'slotId', message: 'is not an id of a slot; take one that get_availability answered' }]);
const isConflict = (error: unknown): boolean => error instanceof ReveilleError && error.code === 'conflict';

/** More bookings of one slot than this ended before. */
const MOST_OF_A_SLOT = 500;

/**
 * The booking that this person has of a slot. Looked for among what stands, not by a key made from both: under a key a booking
 * that was cancelled, or moved elsewhere, would be answered for ever in the place of a new one.
 */
async function bookedAlready(
  operations: Operations,
  caller: Caller,
  id: string,
  email: string,
): Promise<Booking | undefined> {
  const { items } = await operations.listBookings(caller, { slotId: id, limit: MOST_OF_A_SLOT });
  const stands = items.filter(({ state }) => state === 'held' || state === 'confirmed');
  return stands.find(({ invitee }) => invitee.email.toLowerCase() === email.toLowerCase());
}

const rescheduleMeeting = agentTool({
  name: 'reschedule_meeting',
  title: 'Move a meeting',
  description:
    'Moves a booked meeting to another free time of the same calendar and sends the change; the link stays the same. ' +
    'Call get_availability first, and let the person choose one of its times.',
  ...{ scope: 'write', effect: 'removes', repeatable: true, subject: 'bookingId', renamed: { id: 'bookingId' } },
  input: z.strictObject({ bookingId, slotId }),
  output: meeting,
  carryOut: async (operations, caller, { bookingId: id, slotId: to }) =>
    meetingOf(await operations.rescheduleBooking(caller, { id, slotId: to })),
});

const cancelMeeting = agentTool({
  name: 'cancel_meeting',
  title: 'Cancel a meeting',
  description:
    'Cancels a booked meeting and tells the person by mail. It cannot be taken back, so make sure that the person ' +
    'wants it; to change the time, use reschedule_meeting.',
  ...{ scope: 'write', effect: 'removes', repeatable: true, subject: 'bookingId', renamed: { id: 'bookingId' } },
  input: z.strictObject({
    bookingId,
    reason: cancelBookingMessage.shape.reason.describe('Why, in a few words, as the person said it'),
  }),
  output: meeting,
  carryOut: async (operations, caller, { bookingId: id, reason }) =>
    meetingOf(await operations.cancelBooking(caller, { id, reason })),
});

/** Slots and bookings. */
export const bookingTools: readonly AgentTool[] = [getAvailability, bookMeeting, rescheduleMeeting, cancelMeeting];
