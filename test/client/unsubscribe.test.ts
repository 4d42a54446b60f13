import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { ContactService } from '../../domain/ports/contact-service.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { createLinks, type Unsubscription } from '../../services/links.ts';
import { UNSUBSCRIBE_TEXTS } from '../../domain/contacts/unsubscribe-texts.ts';
import { TEXT_LANGUAGES } from '../../domain/follow-ups/texts/follow-up-texts.ts';
import { request, type StoreApi, startStoreApi, startTestApi } from '../support/api.ts';

const LINKS = { publicUrl: 'https://example.com/reveille', key: 'a-key-for-tests-of-32-characters' };
const links = createLinks(LINKS);
const AT = '2026-01-31T09:00:00.000Z';
let service: StoreApi;

before(async () => {
  service = await startStoreApi({ links: LINKS });
});
after(() => service.stop());

/** A contact of that id, and the path of their link. */
async function linkOf(contactId: string, more: Partial<Unsubscription> & { language?: string } = {}): Promise<string> {
  const { language = null, ...rest } = more;
  await service.store.contacts.put('default', contactId, { email: `${contactId}@example.com`, language }, AT);
  return pathOf({ workspace: 'default', contactId, channel: 'email', purpose: 'promotion', ...rest });
}

const pathOf = (of: Unsubscription): string => new URL(links.unsubscribeUrl(of)).pathname.replace('/reveille', '');

const optOutsOf = async (contactId: string) =>
  ((await service.store.contacts.get('default', contactId))?.optOuts ?? []).map(({ channel, purpose, actor }) => ({
    ...{ channel, purpose, actor },
  }));
const STOPPED = [{ channel: 'email', purpose: 'promotion', actor: 'unsubscribe link' }];

const get = (path: string, api = service.api) => request(api, path, { token: null });
const post = (path: string, body?: string, type?: string, api = service.api) =>
  request(api, path, {
    ...{ method: 'POST', token: null },
    ...(body === undefined ? {} : { body, headers: { 'content-type': type ?? '' } }),
  });

test('the link asks, names what would stop, and changes nothing however often it is followed', async () => {
  const path = await linkOf('C1');
  for (let times = 0; times < 3; times += 1) {
    const answer = await get(path);
    assert.equal(answer.status, 200);
    assert.equal(answer.type, 'text/html; charset=utf-8');
    for (const words of ['Stop these messages?', 'Offers and other promotion', 'Email', '<button>Unsubscribe<']) {
      assert.ok(answer.text.includes(words), words);
    }
    assert.doesNotMatch(answer.text, /C1|example\.com/);
  }
  await request(service.api, path, { method: 'HEAD', token: null });
  assert.deepEqual(await optOutsOf('C1'), []);
});

const bodies: [what: string, body?: string, type?: string][] = [
  ['one click of a mail program', 'List-Unsubscribe=One-Click', 'application/x-www-form-urlencoded'],
  [
    'one click as multipart',
    '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    'multipart/form-data; boundary=b',
  ],
  ['a post without a body'],
  ['a post of something else', '{"a":', 'application/json'],
];
for (const [index, [what, body, type]] of bodies.entries()) {
  test(`${what} opts out, says so without a redirect, and is harmless again`, async () => {
    const contactId = `P${index}`;
    const path = await linkOf(contactId);
    for (let times = 0; times < 2; times += 1) {
      const answer = await post(path, body, type);
      assert.equal(answer.status, 200);
      assert.match(answer.text, /You are unsubscribed/);
      assert.deepEqual(await optOutsOf(contactId), STOPPED);
    }
    const later = await get(path);
    assert.match(later.text, /You are unsubscribed/);
    assert.doesNotMatch(later.text, /<button/);
  });
}

test('the link works again after the contact has opted in again', async () => {
  const path = await linkOf('AGAIN');
  await post(path);
  await service.store.contacts.optIn('default', 'AGAIN', { channel: null, purpose: null, at: AT, actor: 'shop' });
  assert.match((await get(path)).text, /<button/);
  await post(path);
  assert.deepEqual(await optOutsOf('AGAIN'), STOPPED);
});

test('a link for everything stops everything; one for less is then done already', async () => {
  const path = await linkOf('ALL', { channel: null, purpose: null });
  assert.match((await get(path)).text, /All messages.*Any way/s);
  await post(path);
  assert.deepEqual(await optOutsOf('ALL'), [{ channel: null, purpose: null, actor: 'unsubscribe link' }]);
  assert.match((await get(await linkOf('ALL'))).text, /You are unsubscribed/);
});

test('forged links, and those of contacts that are gone, are a page of 404 and change nothing', async () => {
  const path = await linkOf('C2');
  const forged = [
    `${path}x`,
    path.slice(0, -1),
    path.replace('/unsubscribe/', '/unsubscribe/A'),
    `/unsubscribe/${path.split('.')[1]}`,
    '/unsubscribe/..%2F..%2Fetc%2Fpasswd',
    `/unsubscribe/${'a'.repeat(5_000)}`,
    pathOf({ workspace: 'default', contactId: 'NOBODY', channel: 'email', purpose: 'promotion' }),
    pathOf({ workspace: 'other', contactId: 'C2', channel: 'email', purpose: 'promotion' }),
  ];
  for (const wrong of forged) {
    for (const answer of [await get(wrong), await post(wrong)]) {
      assert.equal(answer.status, 404, wrong);
      assert.equal(answer.type, 'text/html; charset=utf-8');
      assert.match(answer.text, /This link is not valid/);
    }
  }
  assert.deepEqual(await optOutsOf('C2'), []);
});

test('every answer may load, run, keep, frame and tell nothing; its own style is allowed by its hash', async () => {
  const path = await linkOf('C3');
  for (const answer of [await get(path), await post(path), await get(`${path}x`)]) {
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
    assert.doesNotMatch(answer.text, /<script|<img|<link|https?:/);
  }
});

test('the page speaks the language of the contact where there are texts, else English', async () => {
  for (const language of TEXT_LANGUAGES) {
    const path = await linkOf(`L-${language}`, { language: `${language}-IN` });
    const asked = await get(path);
    assert.match(asked.text, new RegExp(`<html lang="${language}">`));
    assert.ok(asked.text.includes(`<h1>${UNSUBSCRIBE_TEXTS[language].question}</h1>`));
    assert.ok((await post(path)).text.includes(`<h1>${UNSUBSCRIBE_TEXTS[language].done}</h1>`));
  }
  assert.match((await get(await linkOf('L-fr', { language: 'fr' }))).text, /<html lang="en">/);
});

test(
  'with Temporal it is the contact’s workflow that opts out; without an answer of it the store does',
  { timeout: 30_000 },
  async () => {
    const asked: unknown[] = [];
    const answers: (() => Promise<never>)[] = [
      () => Promise.reject(new ReveilleError('unavailable', 'Temporal does not answer')),
      () => new Promise<never>(() => {}),
    ];
    const contacts = {
      update: async (...given: unknown[]) => {
        asked.push(given);
        return (await answers.shift()?.()) ?? { marketing: false, optOuts: [] };
      },
      wake: async () => {},
    } as ContactService;
    const api = await startTestApi(service.operations, service.store, { links: LINKS, contacts });
    try {
      for (const contactId of ['T1', 'T2']) {
        assert.equal((await post(await linkOf(contactId), undefined, undefined, api)).status, 200);
        assert.deepEqual(await optOutsOf(contactId), STOPPED);
      }
      assert.match((await post(await linkOf('T3'), undefined, undefined, api)).text, /You are unsubscribed/);
      assert.deepEqual(await optOutsOf('T3'), [], 'the workflow did it, not the page');
      assert.deepEqual(asked[2], [
        { workspace: 'default', contactId: 'T3' },
        'optOut',
        { channel: 'email', purpose: 'promotion', actor: 'unsubscribe link' },
      ]);
    } finally {
      await api.close();
    }
  },
);

test('while the store is away it is 503, says that nothing was done, and tells nothing of what is inside', async () => {
  const away = async (): Promise<never> => {
    throw new ReveilleError('unavailable', 'select from postgres failed');
  };
  const store = { ...service.store, contacts: { ...service.store.contacts, get: away, optOut: away } };
  const api = await startTestApi(service.operations, store, { links: LINKS });
  try {
    const path = await linkOf('C4');
    for (const answer of [await get(path, api), await post(path, undefined, undefined, api)]) {
      assert.equal(answer.status, 503);
      assert.ok(answer.headers.get('retry-after'));
      assert.match(answer.text, /not unsubscribed yet/);
      assert.doesNotMatch(answer.text, /select|postgres/);
    }
  } finally {
    await api.close();
  }
});

test('too many requests, bodies that are too large and links nobody configured are refused as pages', async () => {
  const few = await startTestApi(service.operations, service.store, { links: LINKS, rateLimit: 3 });
  const unlinked = await startTestApi(service.operations, service.store);
  try {
    const path = await linkOf('C5');
    assert.equal((await post(path, 'x'.repeat(20_000), 'text/plain', few)).status, 413);
    const statuses = [];
    for (let times = 0; times < 4; times += 1) statuses.push((await get(path, few)).status);
    assert.deepEqual(statuses, [200, 200, 429, 429]);
    assert.match((await get(path, few)).text, /Please try again/);
    assert.equal((await post(path, undefined, undefined, unlinked)).status, 404);
    assert.deepEqual(await optOutsOf('C5'), []);
  } finally {
    await few.close();
    await unlinked.close();
  }
});

test('it is no part of the documented API', async () => {
  const document = await get('/openapi.json');
  assert.doesNotMatch(document.text, /unsubscribe/);
});
