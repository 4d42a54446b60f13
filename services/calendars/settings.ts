import { z } from 'zod';
import {
  type CalendarSettings,
  type RepresentativeSettings,
  calendarName,
  calendarSettings,
  representativeName,
  representativeSettings,
} from '../../domain/contracts/calendars.ts';

const text = z.string().trim().min(1, 'must not be empty');
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .transform((url) => url.replace(/\/+$/, ''));

/** Several that have to be set together, or not at all. */
function together<Shape extends Record<string, unknown>>(keys: readonly (keyof Shape & string)[]) {
  return (given: Shape, context: z.RefinementCtx): void => {
    const missing = keys.filter((key) => given[key] === undefined);
    if (missing.length === keys.length) return;
    const there = keys.filter((key) => given[key] !== undefined).join(' and ');
    for (const key of missing) {
      context.addIssue({ code: 'custom', path: [key], message: `must be set together with ${there}` });
    }
  };
}

/** Keys of the configuration that slots, calendars and meetings take. */
export const bookingSettings = {
  calendars: z.record(calendarName, calendarSettings).default({}),
  representatives: z.record(representativeName, representativeSettings).default({}),
  google: z
    .strictObject({
      clientId: text.optional(),
      clientSecret: text.optional(),
      apiUrl: httpUrl.default('https://www.googleapis.com'),
      tokenUrl: httpUrl.default('https://oauth2.googleapis.com/token'),
      authUrl: httpUrl.default('https://accounts.google.com/o/oauth2/v2/auth'),
    })
    .superRefine(together(['clientId', 'clientSecret']))
    .prefault({}),
  zoom: z
    .strictObject({
      accountId: text.optional(),
      clientId: text.optional(),
      clientSecret: text.optional(),
      /** Whose meetings they are: a Zoom user's id or mail address. */
      user: text.default('me'),
      apiUrl: httpUrl.default('https://api.zoom.us/v2'),
      tokenUrl: httpUrl.default('https://zoom.us/oauth/token'),
    })
    .superRefine(together(['accountId', 'clientId', 'clientSecret']))
    .prefault({}),
};

/** Which environment variable sets which key. */
export const BOOKING_VARIABLES: Readonly<Record<string, string>> = {
  REVEILLE_GOOGLE_CLIENT_ID: 'google.clientId',
  REVEILLE_GOOGLE_CLIENT_SECRET: 'google.clientSecret',
  REVEILLE_GOOGLE_API_URL: 'google.apiUrl',
  REVEILLE_GOOGLE_TOKEN_URL: 'google.tokenUrl',
  REVEILLE_GOOGLE_AUTH_URL: 'google.authUrl',
  ZOOM_ACCOUNT_ID: 'zoom.accountId',
  ZOOM_CLIENT_ID: 'zoom.clientId',
  ZOOM_CLIENT_SECRET: 'zoom.clientSecret',
  REVEILLE_ZOOM_USER: 'zoom.user',
  REVEILLE_ZOOM_API_URL: 'zoom.apiUrl',
  REVEILLE_ZOOM_TOKEN_URL: 'zoom.tokenUrl',
};

/** The application that Google knows us as. */
export interface GoogleSettings {
  clientId: string;
  clientSecret: string;
  /** Without a slash at the end, as the others. */
  apiUrl: string;
  tokenUrl: string;
  authUrl: string;
}

/** A server-to-server application at Zoom. */
export interface ZoomSettings {
  accountId: string;
  clientId: string;
  clientSecret: string;
  user: string;
  apiUrl: string;
  tokenUrl: string;
}

/** What slots, calendars and meetings need to know. */
export interface BookingConfiguration {
  calendars: Readonly<Record<string, CalendarSettings>>;
  representatives: Readonly<Record<string, RepresentativeSettings>>;
  /** null: no calendar at Google can be reached. */
  google: GoogleSettings | null;
  /** null: meetings have no link of their own. */
  zoom: ZoomSettings | null;
}

type Settings = z.output<z.ZodObject<typeof bookingSettings>>;

/** Names that calendars refer to and nobody has: paths and what is wrong. */
export function unknownNames({ calendars, representatives }: Settings): { path: string; message: string }[] {
  return Object.entries(calendars)
    .filter(([, { representative }]) => representative !== null && !Object.hasOwn(representatives, representative))
    .map(([id]) => ({ path: `calendars.${id}.representative`, message: 'is none of representatives' }));
}

/** The booking part of the configuration, and what of it must never be shown. */
export function bookingConfiguration({
  calendars,
  representatives,
  google: { clientId, clientSecret, ...googleUrls },
  zoom: { accountId, clientId: zoomId, clientSecret: zoomSecret, ...zoom },
}: Settings): BookingConfiguration & { secrets: string[] } {
  const passwords = Object.values(representatives).flatMap(({ calendar }) =>
    calendar?.type === 'caldav' ? [calendar.password] : [],
  );
  return {
    calendars,
    representatives,
    google: clientId && clientSecret ? { clientId, clientSecret, ...googleUrls } : null,
    zoom: accountId && zoomId && zoomSecret ? { accountId, clientId: zoomId, clientSecret: zoomSecret, ...zoom } : null,
    secrets: [...passwords, clientSecret, zoomSecret].filter((secret): secret is string => secret !== undefined),
  };
}
