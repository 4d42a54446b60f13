import { z } from 'zod';
import { type Meeting, MeetingError, type MeetingPlan, type MeetingService } from '../domain/ports/meetings.ts';
import { allowEntryOfUrl } from './address-rules.ts';
import type { ZoomSettings } from './calendars/settings.ts';
import { type HttpAnswer, type HttpRequest, jsonOf, send } from './notifications/http-post.ts';
import { type ZoomDependencies, failedAnswer, notReached, saysGone } from './zoom/failures.ts';
import { createZoomTokens } from './zoom/tokens.ts';

/** The longest that Zoom takes, in UTF-16 code units to be safe. */
const TOPIC_LENGTH = 200;
/** The most that Zoom gives. */
const PAGE_SIZE = 300;
/** Three hundred meetings with the longest topics and agendas there are, in any writing. */
const PAGE_BYTES = 2 * 1024 * 1024;
/** 15,000 meetings. A list that goes on is none. */
const MAX_PAGES = 50;
/** Stands before the marker. Lists cut the agenda off after 250 characters, so that it comes first. */
const MARK = /\bReveille ([\w-]+)/g;

const meeting = z
  .object({
    id: z.union([z.int().positive(), z.string().regex(/^\d{1,20}$/)]),
    // Goes into mails.
    join_url: z.url({ protocol: /^https$/ }).max(2_000),
  })
  .transform(({ id, join_url: joinUrl }): Meeting => ({ meetingId: String(id), joinUrl }));
const page = z.object({
  meetings: z.array(z.looseObject({ agenda: z.string().nullish() })).max(PAGE_SIZE),
  next_page_token: z.string().max(2_000).default(''),
});
const created = z.object({ created_at: z.iso.datetime() }).transform(({ created_at: at }) => Date.parse(at));
const user = z.object({ id: z.string() });

/**
 * Zoom's meetings, by version 2 of its API (developers.zoom.us/docs/api/meetings), as a server-to-server application.
 * Zoom knows no idempotency key: `create` whose answer was lost is `unknown`, and `find` tells by the agenda what
 * became of it. A meeting may be moved and removed again and again. The hosts of the settings are allowed by that.
 */
export function createZoom(settings: ZoomSettings, dependencies: ZoomDependencies): MeetingService {
  const { now } = dependencies;
  const ask = createAsking(settings, dependencies);
  const host = `/users/${encodeURIComponent(settings.user)}`;
  const pathOf = (id: string): string => `/meetings/${encodeURIComponent(id)}`;
  return {
    name: 'zoom',

    async create(plan, signal) {
      const answer = await ask({ method: 'POST', path: `${host}/meetings`, body: bodyOf(plan), signal });
      const made = meeting.safeParse(answer.status === 201 ? jsonOf(answer.body) : undefined);
      if (!made.success) throw failedAnswer(answer, { changes: true, now: now() });
      return made.data;
    },

    // Zoom's list can be asked for the days around the start, but one of two meetings with the marker may have been
    // moved away from it. So all are read; a host has seldom more than a page of them.
    async find(marker, _start, signal) {
      const found: Found[] = [];
      let next = '';
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const answer = await ask({ method: 'GET', path: `${host}/meetings?${listQuery(next)}`, signal });
        const read = pageOf(answer, marker);
        if (read === null) throw failedAnswer(answer, { changes: false, now: now() });
        found.push(...read.found);
        next = read.next;
        if (next === '') return oldestFirst(found);
      }
      throw new MeetingError('later', `Zoom lists more than ${MAX_PAGES} pages of meetings`);
    },

    async move(id, to, signal) {
      const answer = await ask({ method: 'PATCH', path: pathOf(id), body: timeOf(to), signal });
      if (answer.status === 204) return true;
      if (saysGone(answer)) return false;
      throw failedAnswer(answer, { changes: true, now: now() });
    },

    async remove(id, signal) {
      // Zoom writes to nobody: that is ours.
      const path = `${pathOf(id)}?schedule_for_reminder=false`;
      const answer = await ask({ method: 'DELETE', path, signal });
      if (answer.status !== 204 && !saysGone(answer)) throw failedAnswer(answer, { changes: true, now: now() });
    },

    async check(signal) {
      try {
        const answer = await ask({ method: 'GET', path: host, signal });
        const known = user.safeParse(answer.status === 200 ? jsonOf(answer.body) : undefined);
        if (!known.success) throw failedAnswer(answer, { changes: false, now: now() });
        return { ok: true, detail: 'Zoom answers and takes our credentials' };
      } catch (error) {
        return { ok: false, detail: error instanceof MeetingError ? error.message : 'Zoom could not be asked' };
      }
    },
  };
}

interface Asked {
  method: HttpRequest['method'];
  path: string;
  body?: object;
  signal: AbortSignal;
}

/** Asks the API with a token, and once more with a new one where Zoom does not take it. Any answer is given back. */
function createAsking(settings: ZoomSettings, dependencies: ZoomDependencies): (asked: Asked) => Promise<HttpAnswer> {
  const { apiUrl, tokenUrl } = settings;
  const { timeoutMs } = dependencies;
  const dialler = dependencies.dialler.allowing([allowEntryOfUrl(apiUrl), allowEntryOfUrl(tokenUrl)]);
  const tokens = createZoomTokens(settings, { ...dependencies, dialler });

  const askWith = (token: string, { method, path, body, signal }: Asked): Promise<HttpAnswer> => {
    const asked: HttpRequest = {
      ...{ method, url: `${apiUrl}${path}`, timeoutMs, signal, maxBytes: PAGE_BYTES },
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    };
    if (body !== undefined) {
      asked.headers['content-type'] = 'application/json';
      asked.body = JSON.stringify(body);
    }
    return send(dialler, asked).catch((error: unknown) => {
      throw notReached(error, { changes: method !== 'GET' });
    });
  };

  return async (asked) => {
    const token = await tokens.get(asked.signal);
    const answer = await askWith(token, asked);
    if (answer.status !== 401) return answer;
    // Nothing has happened then, so that asking again is asking once.
    tokens.drop(token);
    const renewed = await tokens.get(asked.signal);
    const again = await askWith(renewed, asked);
    if (again.status === 401) tokens.drop(renewed);
    return again;
  };
}

/** Type 2: at one time, once. Whoever has the link may come in, since nobody may be there to let people in. */
function bodyOf(plan: MeetingPlan): object {
  return {
    type: 2,
    topic: plan.topic.slice(0, TOPIC_LENGTH).replace(/[\uD800-\uDBFF]$/, ''),
    agenda: `Reveille ${plan.marker}`,
    ...timeOf(plan),
    settings: { join_before_host: true, waiting_room: false },
  };
}

/** In UTC, which is exact where clocks are put back and where Zoom does not know the zone; `timezone` is for showing. */
function timeOf({ start, durationMinutes, timezone }: Pick<MeetingPlan, 'start' | 'durationMinutes' | 'timezone'>) {
  return { start_time: `${new Date(start).toISOString().slice(0, 19)}Z`, duration: durationMinutes, timezone };
}

const listQuery = (next: string): string =>
  new URLSearchParams({
    // Those of the past that have not expired, those that are on, and those to come.
    type: 'scheduled',
    page_size: String(PAGE_SIZE),
    ...(next === '' ? {} : { next_page_token: next }),
  }).toString();

interface Found {
  createdAt: number;
  meeting: Meeting;
}

/** What a page of the list has of the marker; null when it is no such page. */
function pageOf(answer: HttpAnswer, marker: string): { found: Found[]; next: string } | null {
  const read = page.safeParse(answer.status === 200 ? jsonOf(answer.body) : undefined);
  if (!read.success) return null;
  const marked = read.data.meetings.filter(({ agenda }) => marksIn(agenda ?? '').includes(marker));
  const found = marked.flatMap((each) => {
    const [at, what] = [created.safeParse(each), meeting.safeParse(each)];
    return at.success && what.success ? [{ createdAt: at.data, meeting: what.data }] : [];
  });
  // One that cannot be read is there all the same: it must not look as if there were none.
  return found.length < marked.length ? null : { found, next: read.data.next_page_token };
}

const marksIn = (agenda: string): string[] => [...agenda.matchAll(MARK)].map(([, mark]) => mark!);

/** Each once: a meeting can slip from one page to the next while they are read. */
function oldestFirst(found: readonly Found[]): Meeting[] {
  const byId = new Map(found.map((each) => [each.meeting.meetingId, each]));
  return [...byId.values()].toSorted((one, other) => one.createdAt - other.createdAt).map((each) => each.meeting);
}
