import type { CalendarSettings, RepresentativeSettings } from '../../domain/contracts/calendars.ts';
import type { CalendarSource } from '../../domain/ports/calendars.ts';
import { type SlotRules, slotRules } from '../../domain/slots/rules.ts';
import type { BookingConfiguration } from './settings.ts';

/** A calendar of the configuration with all that belongs to it. */
export interface BookableCalendar {
  id: string;
  settings: CalendarSettings;
  /** Whom one meets there. */
  representative: (RepresentativeSettings & { id: string }) | null;
  /** Whose time a meeting takes up: calendars of one representative share it. */
  resource: string;
  /** IANA name. */
  timezone: string;
  /** The representative's own calendar; null where there is none to look at. */
  source: CalendarSource | null;
  /** With the holidays of today, which may have to be read from afar. @throws CalendarError */
  rules(signal: AbortSignal): Promise<SlotRules>;
}

/** Somebody whom people meet, with their own calendar; null where there is none to look at. */
export interface Person {
  representative: RepresentativeSettings & { id: string };
  source: CalendarSource | null;
}

export interface Calendars {
  all(): readonly BookableCalendar[];
  get(id: string): BookableCalendar | null;
  /** A representative of the configuration, also one whose time cannot be booked. */
  person(id: string): Person | null;
}

interface Parts {
  /** IANA zone of calendars that name none, nor their representative. */
  timezone: string;
  /** The calendar that a representative has connected. */
  sourceOf(representative: RepresentativeSettings & { id: string }): CalendarSource | null;
  /** Dates of the holidays in an ICS calendar: a path or a URL. @throws CalendarError */
  holidaysIn(place: string, timezone: string, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/** The calendars of the configuration. One that two calendars share is connected to once. */
export function createCalendars({ calendars, representatives }: BookingConfiguration, parts: Parts): Calendars {
  const people = new Map(
    Object.entries(representatives).map(([id, settings]): [string, Person] => {
      const representative = { ...settings, id };
      return [id, { representative, source: parts.sourceOf(representative) }];
    }),
  );
  const all = Object.entries(calendars).map(([id, settings]): BookableCalendar => {
    const person = settings.representative === null ? undefined : people.get(settings.representative);
    const { representative = null, source = null } = person ?? {};
    const timezone = settings.timezone ?? representative?.timezone ?? parts.timezone;
    const resource = representative === null ? `calendar/${id}` : `representative/${representative.id}`;
    return {
      ...{ id, settings, representative, resource, timezone, source },
      async rules(signal) {
        const { holidays } = settings;
        const dates =
          typeof holidays === 'string' ? await parts.holidaysIn(holidays, timezone, signal) : new Set(holidays);
        return slotRules(id, settings, representative, { timezone, holidays: dates });
      },
    };
  });
  const byId = new Map(all.map((calendar) => [calendar.id, calendar]));
  return { all: () => all, get: (id) => byId.get(id) ?? null, person: (id) => people.get(id) ?? null };
}
