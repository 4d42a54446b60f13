import type { Calendar } from '../../domain/contracts/calendars.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { readersZone } from '../../domain/contracts/time-zone.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { slotsMessage } from '../../domain/slots/message.ts';
import type { BookableCalendar, Person } from '../../services/calendars/calendars.ts';
import type { BookingDesk } from '../../services/calendars/desk.ts';
import type { OperationHandlers } from '../api/routes.ts';
import type { OperationDependencies } from './dependencies.ts';

/** How long a calendar may take to say that it is there, in milliseconds. */
const CHECK_MS = 10_000;

type CalendarOperations = Pick<OperationHandlers, 'listCalendars' | 'checkCalendar' | 'connectCalendar'>;
type SlotOperations = Pick<OperationHandlers, 'listSlots' | 'slotsMessage'>;

/** Calendars, and the leave to look at them. */
export function calendarOperations({ desk, store }: OperationDependencies): CalendarOperations {
  return {
    listCalendars: async () => ({ items: desk?.calendars.all().map(toCalendar) ?? [], nextCursor: null }),

    async checkCalendar(_caller, { id }) {
      const { source } = calendarOf(desk, id);
      if (source === null) {
        const detail = 'It has no calendar of a representative to look at: working hours and bookings say it all';
        return { calendar: id, state: 'none', detail, expiresAt: null };
      }
      return { calendar: id, ...(await source.check(AbortSignal.timeout(CHECK_MS))) };
    },

    async connectCalendar({ actor, everyWorkspace }, { id, refreshToken, expiresAt }) {
      if (!everyWorkspace) {
        throw new ReveilleError('forbidden', 'Representatives belong to no workspace: use a token for all of them');
      }
      const source = googleOf(desk, id);
      const connectedAt = new Date().toISOString();
      await store.calendarConnections.put({
        ...{ representative: id, refreshToken, expiresAt, connectedAt, connectedBy: actor },
      });
      return { representative: id, ...(await source.check(AbortSignal.timeout(CHECK_MS))) };
    },
  };
}

/** Slots: everything about them that needs no running workflow. */
export function slotOperations({ desk, timezone: usual = 'UTC' }: OperationDependencies): SlotOperations {
  return {
    async listSlots(_caller, asked) {
      const { calendar } = asked;
      if (calendar !== undefined) calendarOf(desk, calendar);
      return { items: (await desk?.slots(asked, Date.now())) ?? [], nextCursor: null };
    },

    async slotsMessage(_caller, { max, timezone, language, ...asked }) {
      const now = Date.now();
      if (asked.calendar !== undefined) calendarOf(desk, asked.calendar);
      const zone = timezone === undefined ? (zoneOf(desk, asked.calendar) ?? usual) : readersZone(timezone, now);
      const slots = atTimesOfTheirOwn((await desk?.slots(asked, now)) ?? []).slice(0, max);
      return { message: slotsMessage(slots, { max, timezone: zone, language }), slots };
    },
  };
}

/** @throws ReveilleError `not_found` */
function calendarOf(desk: BookingDesk | undefined, id: string): BookableCalendar {
  const calendar = desk?.calendars.get(id) ?? null;
  if (calendar !== null) return calendar;
  throw new ReveilleError('not_found', `There is no calendar ${id}: name it under calendars: in reveille.yaml`);
}

/** A representative's calendar at Google. @throws ReveilleError `not_found`, or `invalid_input` where it is none of Google's */
function googleOf(desk: BookingDesk | undefined, id: string): NonNullable<Person['source']> {
  const person = desk?.calendars.person(id) ?? null;
  if (person === null) {
    const why = 'name it under representatives: in reveille.yaml, and start the service anew';
    throw new ReveilleError('not_found', `There is no representative ${id}: ${why}`);
  }
  if (person.source?.type === 'google') return person.source;
  throw invalidInput([{ path: 'id', message: 'is a representative without a calendar at Google' }]);
}

/** The message names a time once, whichever calendars have it: the first of them is offered. */
function atTimesOfTheirOwn(slots: readonly Slot[]): Slot[] {
  const byTime = new Map(slots.toReversed().map((slot) => [`${slot.start}/${slot.end}`, slot]));
  return slots.filter((slot) => byTime.get(`${slot.start}/${slot.end}`) === slot);
}

/** The zone of the calendar, or of the first. */
function zoneOf(desk: BookingDesk | undefined, id: string | undefined): string | undefined {
  return (id === undefined ? desk?.calendars.all()[0] : desk?.calendars.get(id))?.timezone;
}

function toCalendar({ id, timezone, settings, representative, source }: BookableCalendar): Calendar {
  const { slot, step, whenUnavailable } = settings;
  return {
    ...{ calendar: id, timezone, slotMs: slot, stepMs: step ?? slot, whenUnavailable },
    representative: representative && {
      id: representative.id,
      name: representative.name,
      email: representative.email,
    },
    connection: source?.type ?? 'none',
  };
}
