import type { RepresentativeSettings } from '../../domain/contracts/calendars.ts';
import type { CalendarConnectionStore } from '../../domain/ports/booking-store.ts';
import { CalendarError, type CalendarSource } from '../../domain/ports/calendars.ts';
import { allowEntryOfUrl } from '../address-rules.ts';
import type { Dialler } from '../dialler.ts';
import { createCaldavSource } from './caldav.ts';
import { TIMEOUT_MS } from './calendar-http.ts';
import { createGoogleSource } from './google.ts';
import { createIcsSource } from './ics-feed.ts';
import { type HolidaysIn, createHolidays } from './ics-holidays.ts';
import type { GoogleSettings } from './settings.ts';

export interface SourceDependencies {
  /** The application that Google knows us as; null without one. */
  google: GoogleSettings | null;
  connections: Pick<CalendarConnectionStore, 'get'>;
  /** Checked, and with what the configuration allows. */
  dialler: Dialler;
  /** IANA zone of calendars that name none, nor their representative. */
  timezone: string;
  /** Where paths of holidays begin: the folder of the configuration. */
  folder: string;
  now?: () => number;
  timeoutMs?: number;
}

/** What the calendars of the configuration are made with. */
export interface Sources {
  timezone: string;
  sourceOf(representative: RepresentativeSettings & { id: string }): CalendarSource | null;
  holidaysIn: HolidaysIn;
}

/** Where representatives' own appointments and holidays are read. Nothing is asked until somebody does. */
export function openSources(dependencies: SourceDependencies): Sources {
  const { google, connections, dialler, timezone, folder, now = Date.now, timeoutMs = TIMEOUT_MS } = dependencies;
  // A host that the configuration itself names is allowed by that, for its own calendar and no other.
  const diallerFor = (url: string): Dialler => dialler.allowing([allowEntryOfUrl(url)]);
  const toGoogle = google && {
    ...{ settings: google, connections, now, timeoutMs },
    dialler: dialler.allowing([google.apiUrl, google.tokenUrl].map(allowEntryOfUrl)),
  };
  return {
    timezone,
    holidaysIn: createHolidays({ folder, diallerFor, now, timeoutMs }),
    sourceOf({ id, calendar, timezone: own = timezone }) {
      if (calendar === null) return null;
      if (calendar.type === 'google') {
        const { calendarId } = calendar;
        return toGoogle ? createGoogleSource({ representative: id, calendarId }, toGoogle) : withoutGoogle();
      }
      const asking = { dialler: diallerFor(calendar.url), now, timeoutMs };
      return calendar.type === 'caldav'
        ? createCaldavSource({ ...calendar, timezone: own }, asking)
        : createIcsSource({ url: calendar.url, timezone: own }, asking);
    },
  };
}

/** A calendar at Google that nobody can ask, for want of an application. */
function withoutGoogle(): CalendarSource {
  const detail = 'Google knows no application of ours: set REVEILLE_GOOGLE_CLIENT_ID and REVEILLE_GOOGLE_CLIENT_SECRET';
  const refuse = (): Promise<never> => Promise.reject(new CalendarError('access', detail));
  return {
    type: 'google',
    writable: true,
    busy: refuse,
    put: refuse,
    remove: refuse,
    check: () => Promise.resolve({ state: 'problem', detail, expiresAt: null }),
  };
}
