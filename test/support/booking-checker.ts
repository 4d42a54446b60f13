import type { Email } from 'postal-mime';
import type { BookingState } from '../../domain/contracts/bookings.ts';
import type { Effect } from '../../domain/contracts/effects.ts';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
import type { AcceptedEffect } from './accepted-effects.ts';
import type { Verdict } from './effect-checker.ts';
import type { GoogleEvent } from './stub-google-events.ts';
import type { StandingMeeting } from './stub-zoom-account.ts';

const HOUR_MS = 3_600_000;

/** An invitation as the invitee has it. */
export interface InvitationMail {
  messageId: string;
  to: string;
  text: string;
  method: string;
  sequence: number;
  /** ISO 8601. */
  start: string;
}

/** A booking by the name that a test gave it; `marker` is what its event and meeting carry. */
export type ObservedBooking = { name: string; marker: string } & Pick<
  BookingRow,
  | 'bookingId'
  | 'startedAt'
  | 'slotId'
  | 'start'
  | 'state'
  | 'joinUrl'
  | 'meetingId'
  | 'repairs'
  | 'sequence'
  | 'invitee'
  | 'contactId'
>;

/** Everything there is to see when all is over: what the other sides have, what we wrote down, and what callers heard. */
export interface BookingsObserved {
  bookings: readonly ObservedBooking[];
  /** By the services that were asked. */
  accepted: readonly AcceptedEffect[];
  /** What stands with calendar and Zoom. */
  events: readonly GoogleEvent[];
  meetings: readonly Pick<StandingMeeting, 'id' | 'agenda' | 'start' | 'joinUrl'>[];
  mails: readonly InvitationMail[];
  /** The ledger. */
  effects: readonly Pick<Effect, 'key' | 'state' | 'kind' | 'result'>[];
  reminders: readonly Pick<FollowUp, 'contactId' | 'state' | 'scheduledFor'>[];
  /** `state` as the workflow itself says it, from its history. */
  workflows: readonly { bookingId: string; status: string; state: BookingState; doing: string; isIdle: boolean }[];
  /** Ids of the slots that are offered. */
  free: readonly string[];
  /** Names of the bookings that callers were told of. */
  told: { booked: readonly string[]; moved: readonly string[]; cancelled: readonly string[] };
}

/** Faults, a sentence each that begins with the booking's name; as those of follow-ups. */
export type BookingVerdict = Pick<Verdict, 'lost' | 'doubled' | 'untrue' | 'inReview'> & {
  counts: { confirmed: number; cancelled: number; undone: number; mails: number };
};

/** What the mail server took, as far as an invitation matters. */
export function mailOf({ messageId = '', to, text = '', attachments }: Email): InvitationMail {
  const content = attachments.find(({ mimeType }) => mimeType === 'text/calendar')?.content ?? '';
  const ics = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const valueOf = (name: string): string => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(ics)?.[1] ?? '';
  const start = valueOf('DTSTART').replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)/, '$1-$2-$3:$4:');
  const sequence = Number(valueOf('SEQUENCE'));
  return { messageId, to: to?.[0]?.address ?? '', text, method: valueOf('METHOD'), sequence, start };
}

/** All there is of one booking. */
interface Look {
  booking: ObservedBooking;
  events: readonly GoogleEvent[];
  meetings: BookingsObserved['meetings'];
  /** How often Zoom made one. */
  created: number;
  mails: readonly InvitationMail[];
  effects: BookingsObserved['effects'];
  /** Instants of those that wait. */
  reminders: readonly string[];
  workflow: BookingsObserved['workflows'][number] | undefined;
  isOffered: boolean;
}

function lookAt(observed: BookingsObserved, booking: ObservedBooking): Look {
  const { marker, bookingId, invitee, contactId, slotId } = booking;
  const ofZoom = observed.accepted.filter(({ service, text }) => service === 'zoom' && text.includes(marker));
  return {
    booking,
    events: observed.events.filter(({ id }) => id === marker),
    meetings: observed.meetings.filter(({ agenda }) => agenda.includes(marker)),
    created: ofZoom.filter(({ did }) => did === 'created').length,
    mails: observed.mails.filter(({ to }) => to === invitee.email),
    effects: observed.effects.filter(({ key }) => key.startsWith(`booking/${bookingId}/`)),
    reminders: observed.reminders
      .filter((each) => each.contactId === contactId && each.state === 'pending')
      .map(({ scheduledFor }) => new Date(scheduledFor).toISOString()),
    workflow: observed.workflows.find((each) => each.bookingId === bookingId),
    isOffered: observed.free.includes(slotId),
  };
}

/** Compares what was done with what was written down and told. */
export function checkBookings(observed: BookingsObserved): BookingVerdict {
  const { bookings, told } = observed;
  const looks = bookings.map((booking) => lookAt(observed, booking));
  const named = (look: Look, found: string[]): string[] => found.map((each) => `${look.booking.name}: ${each}`);
  const stateOf = (name: string): string => bookings.find((each) => each.name === name)?.state ?? 'not there';
  const count = (...states: BookingState[]): number => bookings.filter(({ state }) => states.includes(state)).length;
  return {
    lost: [
      ...told.booked
        .filter((name) => stateOf(name) === 'not there')
        .map((name) => `${name}: was booked and is not there`),
      ...looks.flatMap((look) => named(look, look.booking.state === 'confirmed' ? missing(look) : unfinished(look))),
    ],
    doubled: looks.flatMap((look) => named(look, doublesOf(look))),
    untrue: [
      ...looks.flatMap((look) => named(look, look.booking.state === 'confirmed' ? otherwise(look) : leftOf(look))),
      ...looks.flatMap((look) => named(look, unlikeItsWorkflow(look))),
      ...strays(observed),
      ...told.cancelled
        .filter((name) => stateOf(name) !== 'cancelled')
        .map((name) => `${name}: was reported as cancelled and is ${stateOf(name)}`),
    ],
    inReview: looks.filter(isInReview).map(({ booking }) => booking.name),
    counts: {
      confirmed: count('confirmed'),
      cancelled: count('cancelled'),
      undone: count('failed', 'expired'),
      mails: observed.mails.length,
    },
  };
}

const isInReview = ({ effects }: Look): boolean => effects.some(({ state }) => state === 'unknown');

/** What each change of an invitation is sent as, once. */
const letterOf = ({ method, sequence }: InvitationMail): string => `${method} ${sequence}`;

/** What a confirmed booking has to have and has not. */
function missing(look: Look): string[] {
  const { booking, events, meetings, mails, effects, reminders } = look;
  const { start, sequence, repairs } = booking;
  const found: string[] = [];
  if (events.length === 0) found.push('its event is not in the calendar');
  if (meetings.length === 0) found.push('its meeting is not there');
  const letters = mails.map(letterOf);
  for (let each = 0; each <= sequence; each += 1) {
    if (!letters.includes(`REQUEST ${each}`) && !isInReview(look)) found.push(`its invitation ${each} was never sent`);
  }
  const open = effects.filter(({ state }) => state === 'planned' || state === 'attempting');
  for (const { key, state } of open) found.push(`${key} is ${state}: neither over nor in review`);
  const failed = repairs.filter((each) => !each.startsWith('mail-') || !isInReview(look));
  if (failed.length > 0) found.push(`${failed.join(', ')} could not be done`);
  for (const hours of [24, 1]) {
    const due = new Date(Date.parse(start) - hours * HOUR_MS).toISOString();
    if (!reminders.includes(due)) found.push(`there is no reminder ${hours} h before it`);
  }
  return found;
}

const unfinished = ({ booking: { state }, effects }: Look): string[] => [
  ...(state === 'held' ? ['it is still held'] : []),
  ...effects.filter((effect) => effect.state === 'attempting').map(({ key }) => `${key} is left attempting`),
];

function doublesOf({ meetings, created, mails, effects, reminders, events }: Look): string[] {
  const found: string[] = [];
  if (created > 1) found.push(`Zoom made ${created} meetings`);
  if (meetings.length > 1) found.push(`${meetings.length} meetings stand`);
  if (events.length > 1) found.push(`${events.length} events stand`);
  const made = effects.filter(({ key, state }) => /\/meeting\/\d+$/.test(key) && state === 'done').length;
  if (made > 1) found.push(`the ledger has ${made} meetings`);
  const twice = (what: readonly string[]) => [...new Set(what.filter((each, index) => what.indexOf(each) !== index))];
  for (const id of twice(mails.map(({ messageId }) => messageId))) found.push(`mail ${id} was sent more than once`);
  for (const letter of twice(mails.map(letterOf))) found.push(`its invitation was sent more than once as ${letter}`);
  if (reminders.length > 2) found.push(`it has ${reminders.length} reminders`);
  return found;
}

/** Where event, meeting, mail or calendar say something else than the row of a confirmed booking. */
function otherwise({ booking, events, meetings, mails, effects, isOffered }: Look): string[] {
  const { start, joinUrl, meetingId, sequence } = booking;
  const at = Date.parse(start);
  const found: string[] = [];
  if (isOffered) found.push('its slot is offered to others');
  for (const event of events) {
    if (Date.parse(event.start.dateTime ?? '') !== at) found.push('its event stands at another time');
    if (joinUrl === null || event['location'] !== joinUrl) found.push('its event has another link, or none');
    if (event.sequence !== sequence) found.push(`its event has been changed ${event.sequence} times, not ${sequence}`);
  }
  for (const meeting of meetings) {
    if (Date.parse(meeting.start) !== at) found.push('its meeting stands at another time');
    if (meeting.joinUrl !== joinUrl || String(meeting.id) !== meetingId) found.push('its row names another meeting');
  }
  const newest = mails.filter((mail) => mail.sequence === sequence);
  for (const mail of newest) {
    if (Date.parse(mail.start) !== at) found.push('its newest mail names another time');
    if (joinUrl === null || !mail.text.includes(joinUrl)) found.push('its newest mail names another link, or none');
  }
  const done = effects.filter(({ key, state }) => key.includes('/mail/') && state === 'done').length;
  const unsure = effects.filter(({ state }) => state === 'unknown').length;
  if (mails.length < done || mails.length > done + unsure) {
    found.push(`the ledger has ${done} mails, and ${mails.length} were sent`);
  }
  return found;
}

/** What stands of a booking that is over or was never made. */
function leftOf(look: Look): string[] {
  const { booking, events, meetings, mails, reminders, isOffered } = look;
  const { state, sequence } = booking;
  const found: string[] = [];
  if (state === 'held') return found;
  if (events.length > 0) found.push(`it is ${state}, and its event stands`);
  if (meetings.length > 0) found.push(`it is ${state}, and its meeting stands`);
  if (reminders.length > 0) found.push(`it is ${state}, and its reminders wait`);
  if (!isOffered) found.push(`it is ${state}, and its slot is not offered`);
  const letters = mails.map(letterOf);
  if (state !== 'cancelled' && mails.length > 0) found.push(`it is ${state}, and the invitee was told ${letters[0]}`);
  const wasInvited = letters.some((each) => each.startsWith('REQUEST'));
  if (state === 'cancelled' && wasInvited && !letters.includes(`CANCEL ${sequence}`) && !isInReview(look)) {
    found.push('the invitee never heard that it is cancelled');
  }
  return found;
}

function unlikeItsWorkflow({ booking: { state, startedAt }, workflow }: Look): string[] {
  // Refused before anybody took it up.
  if (startedAt === null && (state === 'failed' || state === 'expired')) return [];
  if (workflow === undefined || workflow.status === 'NONE') return ['it has no workflow'];
  const expected = state === 'confirmed' ? ['RUNNING'] : state === 'failed' ? ['FAILED'] : ['COMPLETED'];
  return [
    ...(workflow.state === state ? [] : [`it is ${state}, and its workflow says ${workflow.state}`]),
    ...(expected.includes(workflow.status) ? [] : [`it is ${state}, and its workflow is ${workflow.status}`]),
  ];
}

/** What stands or was sent for nobody. */
function strays({ bookings, events, meetings, mails }: BookingsObserved): string[] {
  const isOfOne = (what: string): boolean =>
    bookings.some(({ marker, invitee }) => what.includes(marker) || what === invitee.email);
  return [
    ...events.filter(({ id }) => !isOfOne(id)).map(({ id }) => `event ${id} is nobody's`),
    ...meetings.filter(({ agenda }) => !isOfOne(agenda)).map(({ id }) => `meeting ${id} is nobody's`),
    ...mails.filter(({ to }) => !isOfOne(to)).map(({ to }) => `a mail went to ${to}, who has no booking`),
  ];
}
