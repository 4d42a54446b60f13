import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { DEFAULT_WORKSPACE, identifier, slug } from './names.ts';
import { instantOut } from './time-values.ts';

/**
 * `held`: the slot is kept while calendar, meeting and invitation are made. `confirmed`: invited. `expired`: it could not be
 * confirmed in time; `failed`: not at all. `completed`: its time has passed.
 */
export const BOOKING_STATES = ['held', 'confirmed', 'cancelled', 'expired', 'no_show', 'completed', 'failed'] as const;
export const bookingState = z.enum(BOOKING_STATES);
export type BookingState = z.infer<typeof bookingState>;

const actor = z.string().trim().min(1).max(200);
const reason = z.string().trim().min(1).max(500);
/** One line without control characters: it becomes a header, and a line of an ICS. */
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && text.isWellFormed(), 'must be one line of text');

export const invitee = z.strictObject({
  // A pattern of our own: that of zod is frozen where workflows share its code, and matching writes to it.
  email: z.email({ pattern: new RegExp(z.regexes.email), error: 'must be an email address' }).max(254),
  name: line(200),
});
export type Invitee = z.output<typeof invitee>;

/** The booking object (contracts.md). */
export const booking = z.object({
  bookingId: identifier,
  calendar: slug,
  slotId: identifier,
  start: instantOut,
  end: instantOut,
  timezone: z.string(),
  invitee: z.object({ email: z.string(), name: z.string() }),
  topic: z.string(),
  contactId: identifier.nullable(),
  state: bookingState,
  /** Why it is in this state, where there is something to say. */
  stateReason: z.string().nullable(),
  joinUrl: z.string().nullable(),
  /** Of the invitation: counts its changes (RFC 5546). */
  sequence: z.number().int(),
});
export type Booking = z.infer<typeof booking>;

const topic = line(200).default('Meeting');

/** What a booking is made from. */
export const bookingRequest = z.strictObject({
  calendar: slug,
  slotId: identifier,
  invitee,
  topic,
  /** The contact whose meeting it is; one is made for the invitee when absent. */
  contactId: identifier.optional(),
  /** IANA zone in which the invitee reads times; that of the contact, else the calendar's, when absent. */
  timezone: z.string().max(100).optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en or hi')
    .optional(),
});
export type BookingRequest = z.output<typeof bookingRequest>;

/** What is to be done for a booking, in the words in which its row lists what takes long. */
export const ERRANDS = [
  'event',
  'event-removal',
  'meeting',
  'meeting-move',
  'meeting-removal',
  'meeting-tidying',
  'reminders',
  'mail-confirmed',
  'mail-changed',
  'mail-cancelled',
] as const;
export type Errand = (typeof ERRANDS)[number];

const millisecond = z.number().int();

/** An errand as far as it has come. */
const openErrand = z.strictObject({
  errand: z.enum(ERRANDS),
  /** Of the effect: the same errand again is another. */
  revision: z.number().int().min(0),
  /** When to try it, epoch milliseconds. */
  nextAt: millisecond,
  since: millisecond,
  /** Why it is not done yet; null where nothing went wrong. */
  reason: z.string().nullable(),
  /** It is retried no more, unless a person asks. */
  failed: z.boolean(),
  /** It was tried under another revision, and may have been done then. */
  again: z.boolean(),
});
export type OpenErrand = z.output<typeof openErrand>;

/** Input of the `booking` workflow. */
export const bookingInput = bookingRequest.extend({
  workspace: slug.default(DEFAULT_WORKSPACE),
  bookingId: identifier,
  /** How much was done for it by runs before, whose work this one continues. */
  revision: z.number().int().min(0).default(0),
  /** What they left to be done. */
  todo: z.array(openErrand).max(ERRANDS.length).default([]),
});
export type BookingInput = z.output<typeof bookingInput>;
/** The same as its first run takes it. */
export type BookingStart = Omit<BookingInput, 'revision' | 'todo'>;

/** Update `reschedule`. */
export const rescheduleMessage = z.strictObject({ slotId: identifier, actor });
export type RescheduleMessage = z.output<typeof rescheduleMessage>;

/** Update `cancelBooking`. */
export const cancelBookingMessage = z.strictObject({ reason, actor });
export type CancelBookingMessage = z.output<typeof cancelBookingMessage>;

/** Update `noShow`. */
export const noShowMessage = z.strictObject({ actor: actor.default('unknown') });
export type NoShowMessage = z.output<typeof noShowMessage>;

/** Update `repair`: what could not be done is tried at once. */
export const repairMessage = z.strictObject({ actor: actor.default('unknown') });

/** Update `settled`, which answers when it is known whether it was made. */
export const settledMessage = z.strictObject({});

/** Answer of the updates, and of the query `state`. */
export interface BookingStatus {
  bookingId: string;
  state: BookingState;
  /** What it is doing or waiting for, in words. */
  doing: string;
  /** Why it could not be made: a code of the catalogue of errors; null where it was. */
  failure: ErrorCode | null;
}
