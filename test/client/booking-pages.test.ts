import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApiServer } from '../../client/api/server.ts';
import { BOOKING_PAGE_TEXTS } from '../../domain/bookings/page-texts.ts';
import type { Booking } from '../../domain/contracts/bookings.ts';
import { TEXT_LANGUAGES } from '../../domain/follow-ups/texts/follow-up-texts.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
import { createLinks } from '../../services/links.ts';
import { type Answer, request, startTestApi } from '../support/api.ts';
import { type TestService, startTestStack } from '../support/service.ts';
import { until } from '../workflows/suite/desk.ts';
import { bookingConfiguration, openBookings, representative } from '../workflows/suite/booking-desk.ts';

const LINKS = { publicUrl: 'https://example.com/reveille', key: 'a-key-for-tests-of-32-characters' };
const links = createLinks(LINKS);
const LIMIT = { timeout: 60_000 };
const FORM = 'application/x-www-form-urlencoded';
const CHANGES = ['cancel', 'reschedule'] as const;

let service: TestService;
let api: ApiServer;
const all: Made[] = [];

before(async () => {
  const mia = { ...representative(null), name: 'Mia <i>Berg</i>' };
  const booking = bookingConfiguration({ representatives: { mia } }, { representative: 'mia' });
  service = await startTestStack({ customers: null, configuration: { booking, links: LINKS } });
  api = await startTestApi(service.operations, service.store, { links: LINKS });
});
after(async () => {
  await api?.close();
  await Promise.all(all.map(settled));
  await service?.stop();
});

interface Made {
  desk: ReturnType<typeof openBookings>;
  booking: Booking;
  /** Paths of the links in its mail. */
  paths: Record<(typeof CHANGES)[number], string>;
}

const pathOf = (url: string): string => new URL(url).pathname.replace('/reveille', '');

/** A booking in a workspace of its own. The slots of all of them are the same. */
async function made(more: object = {}): Promise<Made> {
  const desk = openBookings(service);
  const slot = (await desk.slots('one', 3)).at(-1)!;
  const booking = await desk.book(slot, { timezone: 'Asia/Kolkata', ...more });
  const [mail] = await desk.outbox((items) => items.length > 0);
  const linkTo = (change: string): string =>
    pathOf(new RegExp(`https://example\\.com/reveille/bookings/${change}/\\S+`).exec(mail?.body ?? '')?.[0] ?? 'x:');
  const one = { desk, booking, paths: { cancel: linkTo('cancel'), reschedule: linkTo('reschedule') } };
  await settled(one);
  all.push(one);
  return one;
}

/** Waits until nothing is under way for it: its reminders are made by a workflow of the worker that is to stop. */
const settled = ({ desk, booking: { bookingId } }: Made): Promise<true> =>
  until(async () => {
    const { state, sequence } = await desk.row(bookingId);
    if (state === 'cancelled') return (await desk.described(bookingId)) === 'COMPLETED';
    const { doing } = await desk.status(bookingId);
    return doing === 'waiting for the meeting' || (sequence === 0 && doing === 'moving it');
  });

const rowOf = ({ desk, booking }: Made): Promise<BookingRow> => desk.row(booking.bookingId);
const get = (path: string): Promise<Answer> => request(api, path, { token: null });
const post = (path: string, body?: string | Record<string, string>, type = FORM): Promise<Answer> => {
  const text = typeof body === 'object' ? new URLSearchParams(body).toString() : body;
  const sent = text === undefined ? {} : { body: text, headers: { 'content-type': type } };
  return request(api, path, { method: 'POST', token: null, ...sent });
};
/** Ids of the slots that a page offers. */
const offeredBy = ({ text }: Answer): string[] =>
  [...text.matchAll(/<input type="radio" name="slotId" value="([^"]+)"/g)].map(([, id]) => id ?? '');

test(
  'following the links shows the meeting on the invitee’s clock, and changes nothing however often',
  LIMIT,
  async () => {
    const one = await made({ topic: 'Viewing of the flat' });
    const before = await rowOf(one);
    const day = { dateStyle: 'full', timeZone: 'Asia/Kolkata' } as const;
    const date = new Intl.DateTimeFormat('en-GB', day).format(Date.parse(one.booking.start));
    for (const change of [...CHANGES, ...CHANGES]) {
      const answer = await get(one.paths[change]);
      assert.equal(answer.status, 200);
      assert.equal(answer.type, 'text/html; charset=utf-8');
      for (const words of ['Viewing of the flat', date, 'India Standard Time', 'Mia &lt;i&gt;Berg&lt;/i&gt;']) {
        assert.ok(answer.text.includes(words), words);
      }
      assert.doesNotMatch(answer.text, /Asha|asha@|<i>/, 'who it is for is told to nobody');
      assert.equal((await request(api, one.paths[change], { method: 'HEAD', token: null })).status, 200);
    }
    assert.deepEqual(await rowOf(one), before);
    const cancelPage = (await get(one.paths.cancel)).text;
    assert.match(cancelPage, /<button>Cancel the meeting</);
    const [, moveLink = ''] = /<a href="([^"]+)"/.exec(cancelPage) ?? [];
    assert.equal(new URL(moveLink, `${api.url}${one.paths.cancel}`).pathname, one.paths.reschedule);
  },
);

test('the button cancels, by the workflow, with the reason as one short line; again is harmless', LIMIT, async () => {
  const one = await made();
  const reason = `no\ntime\u202e ${'x'.repeat(300)}`;
  for (let times = 0; times < 2; times += 1) {
    const answer = await post(one.paths.cancel, { reason });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /The meeting has been cancelled</);
    const { state, stateReason, sequence } = await rowOf(one);
    assert.deepEqual([state, stateReason, sequence], ['cancelled', `no time ${'x'.repeat(191)}…`, 1]);
  }
  const mails = await one.desk.outbox((items) => items.length > 1);
  assert.equal(mails.length, 2);
  const later = await get(one.paths.cancel);
  assert.deepEqual(
    [later.status, /cancelled already/.test(later.text), /<button/.test(later.text)],
    [200, true, false],
  );
  for (const gone of [await get(one.paths.reschedule), await post(one.paths.reschedule, { slotId: 'one-x' })]) {
    assert.equal(gone.status, 410);
    assert.match(gone.text, /cancelled already/);
  }
});

for (const [what, body, type] of [
  ['a post without a body'],
  [
    'a form as multipart',
    '--b\r\nContent-Disposition: form-data; name="reason"\r\n\r\nx\r\n--b--\r\n',
    'multipart/form-data; boundary=b',
  ],
  ['something else', '{"reason":', 'application/json'],
  ['bytes that are no text', '%ff%00reason=%', FORM],
] as const) {
  test(`${what} cancels as well, but chooses no time`, LIMIT, async () => {
    const one = await made();
    const moved = await post(one.paths.reschedule, body, type);
    assert.equal(moved.status, 422);
    assert.match(moved.text, /Please choose one of these times/);
    assert.ok(offeredBy(moved).length > 0);
    assert.equal((await post(one.paths.cancel, body, type)).status, 200);
    const { state, stateReason } = await rowOf(one);
    assert.deepEqual([state, stateReason], ['cancelled', 'Cancelled by the invitee']);
  });
}

test('one of the free times moves it, once however often it is pressed', LIMIT, async () => {
  const one = await made();
  const asked = await get(one.paths.reschedule);
  const offered = offeredBy(asked);
  assert.ok(offered.length > 10 && offered.length <= 20, String(offered.length));
  assert.ok(!offered.includes(one.booking.slotId));
  assert.ok((asked.text.match(/<legend>/g) ?? []).length > 10, 'grouped by day');
  const form = { slotId: offered[3]! };
  const answers = await Promise.all([post(one.paths.reschedule, form), post(one.paths.reschedule, form)]);
  for (const answer of [...answers, await post(one.paths.reschedule, form)]) {
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /The meeting has been moved/);
  }
  const { slotId, sequence, state, start } = await rowOf(one);
  assert.deepEqual([slotId, sequence, state], [form.slotId, 1, 'confirmed']);
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Asia/Kolkata' });
  assert.ok(answers[0].text.includes(time.format(Date.parse(start))));
  const mails = await one.desk.outbox((items) => items.length > 1);
  assert.equal(mails.length, 2);
});

test('a time that somebody else has got meanwhile is told, and the others are shown', LIMIT, async () => {
  const one = await made();
  const asked = await get(one.paths.reschedule);
  const slotId = offeredBy(asked)[2]!;
  const other = openBookings(service);
  const slot = (await other.slots('one', 14)).find(({ id }) => id === slotId)!;
  await other.book(slot);
  const answer = await post(one.paths.reschedule, { slotId });
  assert.equal(answer.status, 409);
  assert.match(answer.text, /role="alert">Somebody else has just taken that time/);
  assert.ok(offeredBy(answer).length > 10 && !offeredBy(answer).includes(slotId));
  assert.equal((await rowOf(one)).slotId, one.booking.slotId);
});

test('what is no slot of its calendar moves nothing', LIMIT, async () => {
  const one = await made();
  const foreign = (await one.desk.slots('two', 3))[0]!.id;
  const past = 'one-20200101T000000Z';
  for (const slotId of [foreign, past, 'one-21270101T000000Z', 'nonsense', '', "'><script>", 'x'.repeat(3_000)]) {
    const answer = await post(one.paths.reschedule, { slotId });
    assert.equal(answer.status, 422, slotId);
    assert.match(answer.text, /Please choose one of these times/);
    assert.doesNotMatch(answer.text, /<script/);
  }
  const { slotId, sequence, movingTo } = await rowOf(one);
  assert.deepEqual([slotId, sequence, movingTo], [one.booking.slotId, 0, null]);
});

test(
  'links that have expired are 410 and tell nothing; forged and foreign ones are 404; nothing changes',
  LIMIT,
  async () => {
    const [one, other] = [await made({ topic: 'Secret matter' }), await made()];
    const { bookingId } = one.booking;
    const { workspace } = one.desk;
    const until = one.booking.end;
    for (const change of CHANGES) {
      const linkFor = (of: object) => pathOf(links.bookingUrls({ workspace, bookingId, until, ...of })[change]);
      const path = one.paths[change];
      const another = change === 'cancel' ? 'reschedule' : 'cancel';
      const expired = linkFor({ until: new Date(Date.now() - 1_000).toISOString() });
      const wrong: [path: string, status: number][] = [
        [expired, 410],
        [`${path}x`, 404],
        [path.replace(`/${change}/`, `/${change}/A`), 404],
        [path.replace(`/${change}/`, `/${another}/`), 404],
        [`/bookings/${change}/${path.split('.')[1]}`, 404],
        [
          pathOf(links.unsubscribeUrl({ workspace, contactId: bookingId, channel: null, purpose: null })).replace(
            'unsubscribe',
            `bookings/${change}`,
          ),
          404,
        ],
        [linkFor({ bookingId: 'NOBODY' }), 404],
        [linkFor({ workspace: other.desk.workspace }), 404],
        [`/bookings/${change}/${'a'.repeat(5_000)}`, 404],
      ];
      for (const [bad, status] of wrong) {
        for (const answer of [await get(bad), await post(bad, { slotId: one.booking.slotId })]) {
          assert.equal(answer.status, status, bad);
          assert.match(answer.text, status === 410 ? /This link has expired/ : /This link is not valid/);
          assert.doesNotMatch(answer.text, /Secret|Berg|Asha/);
        }
      }
    }
    await post(other.paths.cancel);
    assert.deepEqual([(await rowOf(one)).state, (await rowOf(other)).state], ['confirmed', 'cancelled']);
  },
);

test('what people wrote is text on the page, and no more', LIMIT, async () => {
  const one = await made({
    topic: '</dd><script>alert("1")</script> & \u202eon',
    invitee: { email: 'e@example.com', name: '<b>E</b>' },
  });
  for (const change of CHANGES) {
    const { text } = await get(one.paths[change]);
    assert.ok(text.includes('&lt;/dd&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; on</dd>'));
    assert.doesNotMatch(text, /<script|<b>|\u202e/);
  }
});

test('the pages speak the invitee’s language where there are texts, else English', LIMIT, async () => {
  for (const language of [...TEXT_LANGUAGES, 'fr']) {
    const { cancel, move } = BOOKING_PAGE_TEXTS[language as 'en'] ?? BOOKING_PAGE_TEXTS.en;
    const one = await made({ language });
    const shown = `<html lang="${language === 'fr' ? 'en' : language}">`;
    for (const [answer, heading] of [
      [await get(one.paths.reschedule), move.choose],
      [await get(one.paths.cancel), cancel.question],
      [await post(one.paths.cancel), cancel.done],
    ] as const) {
      assert.ok(answer.text.includes(shown) && answer.text.includes(`<h1>${heading}</h1>`), heading);
    }
  }
});
