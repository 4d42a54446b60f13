import type { HttpRequest } from './stub-http-service.ts';

/** The longest agenda that a list shows. */
const LISTED_AGENDA = 250;
const DAY_MS = 86_400_000;

export interface ZoomReply {
  status: number;
  headers?: Record<string, string>;
  /** Absent: an answer without a body. */
  body?: object;
}

/** A meeting as it stands with Zoom. */
export interface StandingMeeting {
  id: number;
  topic: string;
  agenda: string;
  /** In UTC. */
  start: string;
  duration: number;
  timezone: string;
  joinUrl: string;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface ZoomAccountOptions {
  now?: () => number;
  /** How long a token lives, in seconds; Zoom's hour when absent. */
  tokenSeconds?: number;
  /** So long after it was made a meeting is in no list. */
  listDelayMs?: number;
  /** At most so many on a page, whatever was asked for. */
  pageSize?: number;
  /** Meetings that the user may make or change in a day; Zoom's hundred when absent. */
  dailyLimit?: number;
}

/** Of the account and its one user. */
export const ZOOM_ACCOUNT = {
  accountId: 'stub-account',
  clientId: 'stub-client',
  clientSecret: 'canary-secret-of-zoom',
  user: 'host@example.com',
} as const;

const failing = (status: number, code: number, message: string): ZoomReply => ({ status, body: { code, message } });
const invalid = (field: string): ZoomReply => ({
  status: 400,
  body: { code: 300, message: 'Validation Failed.', errors: [{ field, message: 'Invalid field.' }] },
});

/**
 * What Zoom knows and answers (developers.zoom.us/docs/api/meetings, /docs/internal-apps/s2s-oauth), so far as we ask it:
 * tokens, and meetings of one user at one time. Start times are known in UTC only.
 */
export class StubZoomAccount {
  listDelayMs: number;
  readonly #options: Required<Omit<ZoomAccountOptions, 'listDelayMs'>>;
  readonly #tokens = new Map<string, number>();
  readonly #meetings = new Map<number, StandingMeeting>();
  readonly #did: (what: 'created' | 'moved' | 'deleted', meeting: StandingMeeting) => void;
  #lastId = 90_000_000_000;
  #tokensMade = 0;
  #changes: { day: number; count: number } = { day: -1, count: 0 };

  constructor(options: ZoomAccountOptions, did: (what: 'created' | 'moved' | 'deleted', of: StandingMeeting) => void) {
    const { now = Date.now, tokenSeconds = 3_600, listDelayMs = 0, pageSize = 300, dailyLimit = 100 } = options;
    this.#options = { now, tokenSeconds, pageSize, dailyLimit };
    this.listDelayMs = listDelayMs;
    this.#did = did;
  }

  get meetings(): StandingMeeting[] {
    return [...this.#meetings.values()].map((meeting) => ({ ...meeting }));
  }

  /** Changes a meeting, or takes it away, as its host may by hand. */
  byHand(id: string, change: Partial<StandingMeeting> | null): void {
    const meeting = this.#meetings.get(Number(id));
    if (!meeting) throw new Error(`There is no meeting ${id}`);
    if (change === null) this.#meetings.delete(meeting.id);
    else Object.assign(meeting, change);
  }

  revokeTokens(): void {
    this.#tokens.clear();
  }

  token({ method, path, headers }: HttpRequest): ZoomReply {
    const asked = new URL(path, 'http://zoom').searchParams;
    const wrong = (error: string, reason: string): ZoomReply => ({ status: 400, body: { reason, error } });
    const { clientId, clientSecret, accountId } = ZOOM_ACCOUNT;
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    if (method !== 'POST') return { status: 405, body: { reason: 'Method Not Allowed', error: 'invalid_request' } };
    if (headers.authorization !== basic) return wrong('invalid_client', 'Invalid client_id or client_secret');
    if (asked.get('grant_type') !== 'account_credentials') {
      return wrong('unsupported_grant_type', 'unsupported grant type');
    }
    if (asked.get('account_id') !== accountId) return wrong('invalid_request', 'Bad Request');
    this.#tokensMade += 1;
    const token = `canary-token-of-zoom-${this.#tokensMade}`;
    const { now, tokenSeconds } = this.#options;
    this.#tokens.set(token, now() + tokenSeconds * 1_000);
    const scope = 'meeting:write:meeting:admin meeting:read:list_meetings:admin user:read:user:admin';
    return { status: 200, body: { access_token: token, token_type: 'bearer', expires_in: tokenSeconds, scope } };
  }

  answer(request: HttpRequest): ZoomReply {
    const until = this.#tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (until === undefined) return failing(401, 124, 'Invalid access token.');
    if (until <= this.#options.now()) return failing(401, 124, 'Access token is expired.');
    const { pathname, searchParams } = new URL(request.path, 'http://zoom');
    const [, user, ofUser] = /^\/v2\/users\/([^/]+)(\/meetings)?$/.exec(pathname) ?? [];
    const [, id] = /^\/v2\/meetings\/(\d+)$/.exec(pathname) ?? [];
    if (id !== undefined) return this.#one(request, Number(id), searchParams);
    if (user === undefined) return failing(404, 404, 'Unrecognized path.');
    const { user: known } = ZOOM_ACCOUNT;
    const name = decodeURIComponent(user);
    if (name !== known && name !== 'me') return failing(404, 1001, `User does not exist: ${name}.`);
    if (ofUser === undefined) return { status: 200, body: { id: 'KDcuGIm1QgePTO8WbOqwIQ', email: known, type: 2 } };
    return request.method === 'POST' ? this.#create(request) : this.#list(searchParams);
  }

  #create({ body }: HttpRequest): ZoomReply {
    const asked = JSON.parse(body) as Record<string, unknown>;
    const { topic, agenda = '', start_time: start, duration, timezone = 'UTC' } = asked;
    const wrong = wrongField(asked);
    if (wrong !== null) return invalid(wrong);
    const limited = this.#limit();
    if (limited) return limited;
    this.#lastId += 1;
    const id = this.#lastId;
    const meeting = {
      ...{ id, topic: String(topic), agenda: String(agenda), start: String(start) },
      ...{ duration: Number(duration), timezone: String(timezone), createdAt: this.#options.now() },
      joinUrl: `https://us02web.zoom.example/j/${id}?pwd=stub`,
    };
    this.#meetings.set(id, meeting);
    this.#did('created', meeting);
    return { status: 201, body: shown(meeting) };
  }

  #one(request: HttpRequest, id: number, asked: URLSearchParams): ZoomReply {
    const meeting = this.#meetings.get(id);
    if (!meeting) return failing(404, 3001, `Meeting does not exist: ${id}.`);
    if (request.method === 'GET') return { status: 200, body: shown(meeting) };
    if (request.method === 'DELETE') {
      if (!['true', 'false'].includes(asked.get('schedule_for_reminder') ?? 'true')) {
        return invalid('schedule_for_reminder');
      }
      this.#meetings.delete(id);
      this.#did('deleted', meeting);
      return { status: 204 };
    }
    const change = JSON.parse(request.body) as Record<string, unknown>;
    const { start, duration, timezone } = meeting;
    const merged = { topic: meeting.topic, type: 2, start_time: start, duration, timezone, ...change };
    const wrong = wrongField(merged);
    if (wrong !== null) return invalid(wrong);
    const limited = this.#limit();
    if (limited) return limited;
    meeting.start = String(merged.start_time);
    meeting.duration = Number(merged.duration);
    meeting.timezone = String(merged.timezone);
    this.#did('moved', meeting);
    return { status: 204 };
  }

  /** Newest first. */
  #list(asked: URLSearchParams): ZoomReply {
    const { now, pageSize } = this.#options;
    const size = Math.min(Number(asked.get('page_size') ?? 30), pageSize);
    const type = asked.get('type') ?? 'scheduled';
    const token = asked.get('next_page_token') ?? '';
    if (!(size >= 1 && Number(asked.get('page_size') ?? 30) <= 300)) return invalid('page_size');
    if (!['scheduled', 'upcoming'].includes(type)) return invalid('type');
    if (!/^(page-\d+)?$/.test(token)) return failing(400, 300, 'The next page token is invalid or expired.');
    const from = token === '' ? 0 : Number(token.slice('page-'.length));
    const all = this.meetings
      .filter(({ createdAt }) => createdAt + this.listDelayMs <= now())
      .filter(({ start, duration }) => type === 'scheduled' || Date.parse(start) + duration * 60_000 > now())
      .toReversed();
    const meetings = all
      .slice(from, from + size)
      .map((meeting) => ({ ...shown(meeting), agenda: meeting.agenda.slice(0, LISTED_AGENDA) }));
    const more = from + size < all.length ? `page-${from + size}` : '';
    return { status: 200, body: { page_size: size, total_records: all.length, next_page_token: more, meetings } };
  }

  /** Zoom's answer when the user has no more changes today; it names neither the kind of limit nor a time in a header. */
  #limit(): ZoomReply | null {
    const { now, dailyLimit } = this.#options;
    const day = Math.floor(now() / DAY_MS);
    if (this.#changes.day !== day) this.#changes = { day, count: 0 };
    this.#changes.count += 1;
    if (this.#changes.count <= dailyLimit) return null;
    const what = `You have exceeded the daily rate limit (${dailyLimit}) of Meeting Create/Update API requests`;
    const message = `${what} permitted for this particular user. You may resume these requests at GMT 00:00:00.`;
    const headers = { 'x-ratelimit-category': 'Light', 'x-ratelimit-limit': '6000', 'x-ratelimit-remaining': '5893' };
    return { ...failing(429, 429, message), headers };
  }
}

/** The field of a meeting to be made that Zoom would not take. */
function wrongField(meeting: Record<string, unknown>): string | null {
  const { topic, type, agenda = '', start_time: start, duration, timezone = 'UTC' } = meeting;
  if (typeof topic !== 'string' || topic.length > 200 || !topic.isWellFormed()) return 'topic';
  if (type !== 2) return 'type';
  if (typeof agenda !== 'string' || agenda.length > 2_000) return 'agenda';
  if (typeof start !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(start)) return 'start_time';
  if (!Number.isInteger(duration) || Number(duration) < 1) return 'duration';
  return typeof timezone === 'string' && timezone !== '' ? null : 'timezone';
}

/** As Zoom writes a meeting. */
const shown = ({ id, topic, agenda, start, duration, timezone, joinUrl, createdAt }: StandingMeeting) => ({
  ...{ id, uuid: `uuid-${id}==`, host_id: 'KDcuGIm1QgePTO8WbOqwIQ', type: 2, status: 'waiting' },
  ...{ topic, agenda, duration, timezone, start_time: start, join_url: joinUrl },
  created_at: `${new Date(createdAt).toISOString().slice(0, 19)}Z`,
});
