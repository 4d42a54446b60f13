import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Operations } from '../../client/api/routes.ts';
import type { ApiOptions } from '../../client/api/server.ts';
import { BOOKING_PAGE_TEXTS } from '../../domain/bookings/page-texts.ts';
import { type ErrorCode, ReveilleError } from '../../domain/errors.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
import { createLinks } from '../../services/links.ts';
import { type Answer, LEAKS, type StoreApi, request, startStoreApi, startTestApi } from '../support/api.ts';

const LINKS = { publicUrl: 'https://example.com', key: 'a-key-for-tests-of-32-characters' };
const links = createLinks(LINKS);
const HOUR = 3_600_000;
const CHANGES = ['cancel', 'reschedule'] as const;
const OTHER_SLOT = 'one-20270101T090000Z';

let service: StoreApi;
let row: BookingRow;

before(async () => {
  service = await startStoreApi();
  const [start, end] = [26, 27].map((hours) => new Date(Date.now() + hours * HOUR).toISOString()) as [string, string];
  const answer = await service.store.bookings.hold(
    'default',
    {
      ...{ bookingId: 'B1', slotId: 'one-1', start, end, calendar: 'one', resource: 'calendar/one', apartMs: 0 },
      ...{ timezone: 'Europe/Berlin', inviteeTimezone: null, language: 'hi', topic: 'Demo', contactId: null },
      ...{ invitee: { email: 'asha@example.com', name: 'Asha Rao' }, createdBy: 'tester' },
      ...{ createdAt: new Date().toISOString(), holdUntil: end },
    },
    () => null,
  );
  assert.ok('held' in answer);
  row = (await service.store.bookings.confirm('default', 'B1', start))!;
});
after(() => service.stop());

type Given = Partial<Parameters<typeof startTestApi>[2]> & {
  /** What the store has of the booking, each time that it is asked. */
  rows?: (() => Partial<BookingRow>)[];
  operations?: Partial<Operations>;
};

/** What a link answers while the store has those rows and the operations do as they are given. */
async function answersOf(
  { rows = [() => ({})], operations = {}, ...options }: Given,
  ask: (send: (change: (typeof CHANGES)[number], method: string, body?: string) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  let asked = 0;
  const get = async (): Promise<BookingRow> => ({ ...row, ...rows[Math.min(asked++, rows.length - 1)]!() });
  const store: ApiOptions['store'] = { ...service.store, bookings: { ...service.store.bookings, get } };
  const quiet: Partial<Operations> = {
    listSlots: async () => ({ items: [], nextCursor: null }),
    rescheduleBooking: () => assert.fail('it was not to be moved'),
    cancelBooking: () => assert.fail('it was not to be cancelled'),
  };
  const api = await startTestApi({ ...service.operations, ...quiet, ...operations }, store, {
    links: LINKS,
    ...options,
  });
  const urls = links.bookingUrls({ workspace: 'default', bookingId: 'B1', until: row.end });
  try {
    await ask((change, method, body) => {
      const { pathname } = new URL(urls[change]);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return request(api, pathname, { method, token: null, ...(body === undefined ? {} : { body, headers }) });
    });
  } finally {
    await api.close();
  }
}

const fails = (code: ErrorCode) => async (): Promise<never> => {
  throw new ReveilleError(code, 'select from postgres: grpc at node_modules');
};
const failsNow = (): never => {
  throw new ReveilleError('unavailable', 'select from postgres: grpc at node_modules');
};
const move = `slotId=${OTHER_SLOT}`;
const { notYet, isOver, cancel, move: moving } = BOOKING_PAGE_TEXTS.hi;

function assertPage(answer: Answer, status: number, words: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.type, 'text/html; charset=utf-8');
  assert.ok(answer.text.includes(words), answer.text);
  assert.doesNotMatch(answer.text, LEAKS);
  assert.equal(answer.headers.has('retry-after'), status === 429 || status >= 500);
}

test('of a meeting that is over, every link says so with 410 and does nothing', async () => {
  const over: Partial<BookingRow>[] = [
    { state: 'completed', endedAt: row.createdAt },
    { state: 'failed', endedAt: row.createdAt },
    { end: row.createdAt },
  ];
  for (const changed of over) {
    await answersOf({ rows: [() => changed] }, async (send) => {
      for (const change of CHANGES) {
        assertPage(await send(change, 'GET'), 410, isOver);
        assertPage(await send(change, 'POST', move), 410, isOver);
      }
    });
  }
});

test('where Temporal is away it is 503, and says in their language that nothing has changed yet', async () => {
  for (const code of ['unavailable', 'internal'] as const) {
    const operations = { rescheduleBooking: fails(code), cancelBooking: fails(code) };
    await answersOf({ operations }, async (send) => {
      for (const change of CHANGES) assertPage(await send(change, 'POST', move), 503, notYet.advice);
    });
  }
});

test('where the store is away it is 503, and says whether anything may have changed', async () => {
  await answersOf({ rows: [failsNow] }, async (send) => {
    for (const change of CHANGES) {
      assertPage(await send(change, 'GET'), 503, 'Nothing has changed.');
      assertPage(await send(change, 'POST', move), 503, 'Nothing has changed.');
    }
  });
  for (const change of CHANGES) {
    const operations = { rescheduleBooking: fails('unavailable'), cancelBooking: fails('unavailable') };
    await answersOf({ rows: [() => ({}), failsNow], operations }, async (send) => {
      assertPage(await send(change, 'POST', move), 503, 'We cannot say yet whether it was done.');
    });
  }
  await answersOf({ operations: { listSlots: fails('unavailable') } }, async (send) => {
    assertPage(await send('reschedule', 'GET'), 503, 'Nothing has changed.');
  });
});

test('what was done although the answer was lost is told as done', async () => {
  const operations = { rescheduleBooking: fails('unavailable'), cancelBooking: fails('conflict') };
  await answersOf({ operations, rows: [() => ({}), () => ({ slotId: OTHER_SLOT })] }, async (send) => {
    assertPage(await send('reschedule', 'POST', move), 200, moving.done);
  });
  await answersOf({ operations, rows: [() => ({}), () => ({ state: 'cancelled' })] }, async (send) => {
    assertPage(await send('cancel', 'POST'), 200, cancel.done);
  });
});

test('a calendar without free times, or that is no more, says that the meeting stays as it is', async () => {
  for (const listSlots of [async () => ({ items: [], nextCursor: null }), fails('not_found')]) {
    const operations = { listSlots, rescheduleBooking: fails('conflict') };
    await answersOf({ operations }, async (send) => {
      assertPage(await send('reschedule', 'GET'), 200, moving.noTimes);
      assertPage(await send('reschedule', 'POST', move), 409, moving.noTimes);
    });
  }
});

test('every answer may load, run, keep, frame and tell nothing; its own style is allowed by its hash', async () => {
  const cancelBooking = async () => row;
  await answersOf({ operations: { cancelBooking } }, async (send) => {
    const answers = [await send('cancel', 'GET'), await send('reschedule', 'GET'), await send('cancel', 'POST')];
    for (const answer of [...answers, await send('reschedule', 'POST', '')]) {
      const style = /<style>([^]*?)<\/style>/.exec(answer.text)?.[1] ?? '';
      const hash = createHash('sha256').update(style).digest('base64');
      assert.equal(
        answer.headers.get('content-security-policy'),
        `default-src 'none';style-src 'sha256-${hash}';form-action 'self';base-uri 'none';frame-ancestors 'none'`,
      );
      const headers = ['cache-control', 'x-robots-tag', 'referrer-policy', 'x-content-type-options'];
      assert.deepEqual(
        headers.map((name) => answer.headers.get(name)),
        ['no-store', 'noindex', 'no-referrer', 'nosniff'],
      );
      assert.doesNotMatch(answer.text, /<script|<img|<link|style=|https?:|asha/i);
    }
  });
});

test('too many requests, bodies that are too large and links nobody configured are refused as pages', async () => {
  await answersOf({ rateLimit: 3 }, async (send) => {
    assertPage(await send('cancel', 'POST', 'x'.repeat(20_000)), 413, 'Nothing has changed.');
    for (const status of [200, 200]) assert.equal((await send('cancel', 'GET')).status, status);
    for (const change of CHANGES) assertPage(await send(change, 'POST', move), 429, 'Nothing has changed.');
  });
  await answersOf({ links: null }, async (send) => {
    for (const change of CHANGES) assertPage(await send(change, 'POST', move), 404, 'This link is not valid');
  });
});

test('they are no part of the documented API', async () => {
  const document = await request(service.api, '/openapi.json', { token: null });
  assert.doesNotMatch(document.text, /\/bookings\/(?:cancel|reschedule)/);
});
