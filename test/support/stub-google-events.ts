import type { AcceptedEffects } from './accepted-effects.ts';

/** An event as Google has it; what nobody here reads is left as it was sent. */
export interface GoogleEvent {
  id: string;
  status: string;
  sequence: number;
  start: { date?: string; dateTime?: string };
  end: { date?: string; dateTime?: string };
  attendees?: { email?: string; self?: boolean; responseStatus?: string }[];
  [other: string]: unknown;
}

/** `body` null: none at all. */
export interface GoogleAnswer {
  status: number;
  body: object | null;
}

/** developers.google.com/workspace/calendar/api/guides/errors */
export const googleError = (status: number, reason: string, message: string): GoogleAnswer => ({
  status,
  body: { error: { code: status, message: `canary ${message}`, errors: [{ domain: 'global', reason, message }] } },
});

const notFound = (): GoogleAnswer => googleError(404, 'notFound', 'Not Found');

interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
}

/** Events of one calendar, `primary`, by Google's reference: `list`, `get`, `insert`, `patch` and `delete`. */
export class StubGoogleEvents {
  timeZone = 'Europe/Berlin';
  /** Most events of a page, whatever is asked for. */
  pageSize = 250;
  readonly effects: AcceptedEffects;
  readonly #events = new Map<string, GoogleEvent>();
  #etag = 0;

  constructor(effects: AcceptedEffects) {
    this.effects = effects;
  }

  /** An event that somebody else made. */
  add(event: Partial<GoogleEvent> & Pick<GoogleEvent, 'start' | 'end'>): void {
    const id = `foreign${this.#events.size}`;
    this.#events.set(id, { id, status: 'confirmed', sequence: 0, ...event });
  }

  get(id: string): GoogleEvent | undefined {
    return this.#events.get(id);
  }

  /** Those that the calendar shows. */
  shown(): GoogleEvent[] {
    return [...this.#events.values()].filter(({ status }) => status !== 'cancelled');
  }

  answer(request: Asked): GoogleAnswer {
    const [, calendarId, id] = /^\/calendar\/v3\/calendars\/([^/]+)\/events(?:\/([^/]+))?$/.exec(request.path) ?? [];
    if (calendarId !== 'primary') return notFound();
    if (id === undefined) return request.method === 'POST' ? this.#insert(request) : this.#list(request.query);
    if (request.method === 'PATCH') return this.#patch(id, request);
    if (request.method === 'DELETE') return this.#delete(id);
    return request.method === 'GET' && this.#events.has(id) ? this.#good(this.#events.get(id)!) : notFound();
  }

  #list(query: URLSearchParams): GoogleAnswer {
    const [min, max] = ['timeMin', 'timeMax'].map((name) => Date.parse(query.get(name) ?? ''));
    if (Number.isNaN(min) || Number.isNaN(max) || !(min! < max!))
      return googleError(400, 'timeRangeEmpty', 'Bad range');
    const from = Number(query.get('pageToken')?.replace('page-', '') ?? 0);
    const size = Math.min(Number(query.get('maxResults') ?? 250), this.pageSize);
    // Days are those of the calendar; a day around them is enough for a stub.
    const found = this.shown().filter(({ start, end }) => at(end) + DAY > min! && at(start) - DAY < max!);
    const few = query.get('maxAttendees') === '1';
    const items = found.slice(from, from + size).map(({ attendees, ...event }) => ({
      ...event,
      ...(attendees ? { attendees: few ? attendees.filter(({ self }) => self) : attendees } : {}),
    }));
    const next = from + size < found.length ? { nextPageToken: `page-${from + size}` } : {};
    return this.#good({ kind: 'calendar#events', timeZone: this.timeZone, items, ...next });
  }

  #insert({ body, query }: Asked): GoogleAnswer {
    const event = JSON.parse(body) as GoogleEvent;
    if (!/^[0-9a-v]{5,1024}$/.test(event.id)) return googleError(400, 'invalid', 'Invalid resource id value.');
    if (this.#events.has(event.id)) return googleError(409, 'duplicate', 'The requested identifier already exists.');
    return this.#keep({ ...event, status: event.status ?? 'confirmed', sequence: event.sequence ?? 0 }, query);
  }

  #patch(id: string, { body, query }: Asked): GoogleAnswer {
    const before = this.#events.get(id);
    if (before === undefined) return notFound();
    const changes = JSON.parse(body) as Partial<GoogleEvent>;
    if ((changes.sequence ?? before.sequence) < before.sequence) {
      return googleError(400, 'invalid', 'Invalid sequence value.');
    }
    const isMoved = changes.start !== undefined && at(changes.start) !== at(before.start);
    return this.#keep({ ...before, sequence: before.sequence + (isMoved ? 1 : 0), ...changes, id }, query);
  }

  #keep(event: GoogleEvent, query: URLSearchParams): GoogleAnswer {
    // Without the parameter Google writes to nobody either; asking for it is what would.
    const writes = query.get('sendUpdates') === 'all' || query.get('sendNotifications') === 'true';
    this.#events.set(event.id, event);
    const to = event.attendees?.[0]?.email ?? '';
    const said = `${event.start.dateTime ?? event.start.date}${writes ? ', invited' : ''}`;
    this.effects.add({ service: 'google', key: event.id, to, text: said });
    return this.#good(event);
  }

  #delete(id: string): GoogleAnswer {
    const event = this.#events.get(id);
    if (event === undefined) return notFound();
    if (event.status === 'cancelled') return googleError(410, 'deleted', 'Resource has been deleted');
    this.#events.set(id, { ...event, status: 'cancelled' });
    this.effects.add({ service: 'google', key: id, to: '', text: 'deleted' });
    return { status: 204, body: null };
  }

  #good(resource: object): GoogleAnswer {
    this.#etag += 1;
    return { status: 200, body: { etag: `"${this.#etag}"`, ...resource } };
  }
}

const DAY = 86_400_000;

const at = ({ date, dateTime }: { date?: string; dateTime?: string }): number => Date.parse(dateTime ?? date ?? '');
