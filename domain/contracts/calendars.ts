import { z } from 'zod';
import { identifier, slug } from './names.ts';
import { duration, instant, instantOut } from './time-values.ts';
import { timeZone } from './time-zone.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const MINUTES_OF_DAY = 24 * 60;

/** A time of day such as `09:00`; `24:00` is the end of the day. Minutes after midnight. */
const timeOfDay = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as "09:00"')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

/** From and to, minutes after midnight on the calendar's clock. */
export type WorkingTime = [from: number, to: number];

const workingTimes = z
  .array(z.tuple([timeOfDay, timeOfDay], 'must be a start and an end such as ["09:00", "17:00"]'))
  .max(20)
  .superRefine((times, context) => {
    let end = 0;
    for (const [index, [from, to]] of times.entries()) {
      if (from >= to) context.addIssue({ code: 'custom', path: [index], message: 'must end after it starts' });
      if (from < end) context.addIssue({ code: 'custom', path: [index], message: 'must start after the one before' });
      end = Math.max(end, Math.min(to, MINUTES_OF_DAY));
    }
  });

/** Working times of each weekday, breaks being what lies between them; a day that is not named has none. */
const hours = z.partialRecord(z.enum(WEEKDAYS), workingTimes);
export type WorkingHours = Partial<Record<Weekday, WorkingTime[]>>;

/** A duration that may also be none: `0`, `"0m"`. Milliseconds. */
const durationOrNone = z.union([z.literal([0, '0', '0s', '0m', '0h', '0d']).transform(() => 0), duration]);

const date = z.iso.date('must be a date such as 2027-01-01');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

/** Dates, or an ICS calendar whose events are holidays: a file beside the configuration, or a URL. */
const holidays = z.union(
  [z.array(date).max(2_000), z.string().trim().min(1).max(2_000)],
  'must be a list of dates, or the path or URL of an ICS calendar',
);

export const UNAVAILABLE_POLICIES = ['generated', 'closed'] as const;

/** The longest meeting, and the longest slot of anything else here. */
const DAY_MS = 86_400_000;
const upToADay = duration
  .refine((milliseconds) => milliseconds <= DAY_MS, 'must not be longer than a day')
  // Ids of slots tell starts apart by the second.
  .refine((milliseconds) => milliseconds % 1_000 === 0, 'must be whole seconds');

const buffer = durationOrNone.refine((milliseconds) => milliseconds <= DAY_MS, 'must not be longer than a day');

const DEFAULT_HOURS = Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, [['09:00', '17:00']]]));

/** One named calendar of the configuration (booking.md). Durations become milliseconds, times of day minutes. */
export const calendarSettings = z.strictObject({
  /** That of the representative, else that of the service, when absent. */
  timezone: timeZone.optional(),
  hours: hours.prefault(DEFAULT_HOURS as z.input<typeof hours>),
  slot: upToADay.prefault('30m'),
  /** From one start to the next; the length of a slot when absent. */
  step: upToADay.optional(),
  bufferBefore: buffer.prefault(0),
  bufferAfter: buffer.prefault(0),
  /** How long before its start a slot is offered no more. */
  notice: durationOrNone.prefault('1h'),
  /** How far ahead slots are offered. */
  horizon: duration.prefault('60d'),
  holidays: holidays.prefault([]),
  /** Most meetings of a day on the calendar's clock. */
  dailyMax: z.number().int().min(1).max(1_000).nullable().default(null),
  /** What is offered while the representative's calendar cannot be reached: everything, unverified, or nothing. */
  whenUnavailable: z.enum(UNAVAILABLE_POLICIES).default('generated'),
  /** Whether events of whole days, and tentative ones, take up time. */
  allDayEvents: z.enum(['busy', 'free']).default('busy'),
  tentativeEvents: z.enum(['busy', 'free']).default('busy'),
  representative: identifier.nullable().default(null),
  /** Where meetings take place that have no join link: a room, an address, a number to call. */
  location: z.string().trim().min(1).max(500).nullable().default(null),
});
export type CalendarSettings = z.output<typeof calendarSettings>;

/** Where a representative's own appointments are. */
const connection = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('google'), calendarId: z.string().min(1).max(500).default('primary') }),
  z.strictObject({
    type: z.literal('caldav'),
    /** Of the calendar's collection. */
    url: httpUrl,
    user: z.string().min(1).max(500),
    password: z.string().min(1).max(500),
  }),
  /** Read only: what is booked does not appear there. */
  z.strictObject({ type: z.literal('ics'), url: httpUrl }),
]);
export type CalendarConnection = z.output<typeof connection>;

/** Who is met. */
export const representativeSettings = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().max(254),
  timezone: timeZone.optional(),
  /** Ids of the person elsewhere, such as a Telegram id by which an agent knows them. */
  externalIds: z.record(z.string().regex(/^\w{1,40}$/), z.string().min(1).max(200)).default({}),
  /** Times at which they work at all; those of their calendars when absent. */
  hours: hours.optional(),
  calendar: connection.nullable().default(null),
});
export type RepresentativeSettings = z.output<typeof representativeSettings>;

/** Keys of `calendars:` and `representatives:` in the configuration. */
export const calendarName = slug;
export const representativeName = identifier;

/** What is known of a representative's calendar: whether it answers, and what will need a person soon. */
export const calendarHealth = z.object({
  state: z.enum(['ok', 'warning', 'problem', 'none']),
  /** In a sentence. */
  detail: z.string(),
  /** When the leave to read it ends, where that is known. */
  expiresAt: instantOut.nullable(),
});
export type CalendarHealth = z.infer<typeof calendarHealth>;

/** Leave that a representative gave to see to their calendar, as it is handed in. */
export const calendarLeave = z.strictObject({
  /** A secret: it is given back nowhere. */
  refreshToken: z
    .string()
    .min(1)
    .max(4_000)
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters'),
  /** When it ends, where the other side said. */
  expiresAt: instant.nullable().default(null),
});

/** A calendar as `calendars list` and `GET /api/calendars` show it. */
export const calendar = z.object({
  calendar: slug,
  timezone: z.string(),
  slotMs: z.number().int(),
  stepMs: z.number().int(),
  representative: z.object({ id: identifier, name: z.string(), email: z.string() }).nullable(),
  /** `none`: there is no calendar to look at, and slots come from working hours and bookings alone. */
  connection: z.enum(['none', 'google', 'caldav', 'ics']),
  whenUnavailable: z.enum(UNAVAILABLE_POLICIES),
});
export type Calendar = z.infer<typeof calendar>;
