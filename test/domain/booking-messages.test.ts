import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BOOKING_TEXTS,
  type BookingFacts,
  composeBookingMail,
  reminderPayload,
} from '../../domain/bookings/messages.ts';
import { oneLine } from '../../domain/bookings/one-line.ts';
import { BOOKING_PAGE_TEXTS } from '../../domain/bookings/page-texts.ts';
import { BOOKING_MAILS, BOOKING_REMINDERS } from '../../domain/bookings/texts/booking-texts.ts';
import { type FollowUpMessage, followUpPayload } from '../../domain/contracts/follow-ups.ts';
import { checkFollowUp, composeFollowUp } from '../../domain/follow-ups/messages.ts';
import { variablesOf } from '../../domain/follow-ups/templates.ts';
import { TEXT_LANGUAGES, type TextLanguage } from '../../domain/follow-ups/texts/follow-up-texts.ts';

const SCRIPTS = {
  en: /\p{Script=Latin}/u,
  hi: /\p{Script=Devanagari}/u,
  ta: /\p{Script=Tamil}/u,
  te: /\p{Script=Telugu}/u,
  bn: /\p{Script=Bengali}/u,
};

const FACTS: BookingFacts = {
  topic: 'A first look',
  name: 'Asha Rao',
  hostName: 'Priya Nair',
  start: '2027-03-15T13:00:00.000Z',
  end: '2027-03-15T13:30:00.000Z',
  timezone: 'America/New_York',
  joinUrl: 'https://zoom.example/j/1?pwd=a{{name}}',
  location: 'Room 4',
  linkFollows: false,
  rescheduleUrl: 'https://reveille.example/b/move?t=1',
  cancelUrl: 'https://reveille.example/b/cancel?t=1',
  reason: null,
};

const NOTHING = { hostName: null, joinUrl: null, location: null, rescheduleUrl: null, cancelUrl: null } as const;
/** What every language says by itself: nothing in it is of people. */
const BARE: BookingFacts = { ...FACTS, ...NOTHING, topic: 'Meeting', name: '', linkFollows: true };

const CONTACT = { contactId: 'C1', name: 'Somebody Else', language: 'en' };

/** A reminder as it is sent. */
function reminder(which: 'day' | 'hour', facts: BookingFacts, language: string | null, contact = CONTACT) {
  const payload = reminderPayload(which, facts, language);
  assert.deepEqual(followUpPayload.parse(payload), payload);
  assert.deepEqual(checkFollowUp('reminder', payload, contact), []);
  return composeFollowUp('reminder', payload, contact, { channel: 'email', sender: null });
}

const letters = (facts: BookingFacts, language: string | null): FollowUpMessage[] => [
  ...BOOKING_MAILS.map((kind) => composeBookingMail(kind, facts, language)),
  ...BOOKING_REMINDERS.map((which) => reminder(which, facts, language)),
];

function isIn(language: TextLanguage, text: string): void {
  const found = text.match(/\p{L}/gu) ?? [];
  assert.ok(found.length > 1 && found.every((letter) => SCRIPTS[language].test(letter)), text);
  assert.doesNotMatch(text, /[{}<>]|undefined|null|false|(?!\n)\p{Cc}/u);
  assert.equal(text, text.normalize('NFC').trim());
}

test('every letter, in every language, is a whole text in the script of its language', () => {
  const said = new Set<string>();
  for (const language of TEXT_LANGUAGES) {
    for (const facts of [BARE, { ...BARE, timezone: 'Asia/Kolkata' }, { ...BARE, topic: ' ' }]) {
      for (const message of letters(facts, language)) {
        assert.equal(message.language, language);
        isIn(language, message.subject);
        isIn(language, message.body);
        assert.doesNotMatch(message.subject, /\n/);
        said.add(`${message.subject}\n${message.body}`);
      }
    }
  }
  // In two zones; a topic that nobody named has the language's own word.
  assert.equal(said.size, TEXT_LANGUAGES.length * 5 * 2);
});

test('every language has every text, and names in each what belongs there', () => {
  const details = { topic: 'topic', time: 'time', host: 'host', link: 'join_url', place: 'place', reason: 'reason' };
  for (const language of TEXT_LANGUAGES) {
    const texts = BOOKING_TEXTS[language];
    for (const { subject, intro } of Object.values(texts.letters)) {
      assert.deepEqual(variablesOf(subject), ['short_topic']);
      assert.deepEqual(variablesOf(intro), []);
      // Even with the longest topic.
      assert.ok(subject.length - '{{short_topic}}'.length + 120 <= 200, subject);
    }
    for (const [name, variable] of Object.entries(details)) {
      assert.deepEqual(variablesOf(texts.details[name as keyof typeof details]), [variable]);
    }
    assert.deepEqual(variablesOf(texts.reschedule), ['reschedule_url']);
    assert.deepEqual(variablesOf(texts.cancel), ['cancel_url']);
  }
});

test('a mail says what is known of the meeting, on the reader’s clock, and is signed by the host', () => {
  assert.deepEqual(composeBookingMail('confirmed', FACTS, 'en-GB'), {
    subject: 'Your meeting is confirmed: A first look',
    body: [
      'Dear Asha Rao,',
      'Your meeting is confirmed. These are the details:',
      [
        'Topic: A first look',
        'Time: Monday, 15 March 2027, 09:00–09:30 (Eastern Time)',
        'With: Priya Nair',
        'Link to join: https://zoom.example/j/1?pwd=a{{name}}',
        'Place: Room 4',
      ].join('\n'),
      'To choose another time, please open this link:\nhttps://reveille.example/b/move?t=1',
      'To cancel the meeting, please open this link:\nhttps://reveille.example/b/cancel?t=1',
      'Kind regards,\nPriya Nair',
    ].join('\n\n'),
    language: 'en',
  });
  const elsewhere = composeBookingMail('changed', { ...FACTS, timezone: 'Pacific/Auckland' }, 'en').body;
  assert.match(elsewhere, /\nTime: Tuesday, 16 March 2027, 02:00–02:30 \(New Zealand Time\)\n/);
  const twice = { ...FACTS, start: '2027-11-07T06:00:00Z', end: '2027-11-07T06:30:00Z' };
  assert.match(composeBookingMail('changed', twice, 'en').body, / 01:00–01:30 \(Eastern Standard Time\)\n/);
});

test('what is not known is not said, and a link that is still being made is', () => {
  const { body } = composeBookingMail('confirmed', BARE, null);
  assert.equal(
    body,
    [
      'Dear customer,',
      'Your meeting is confirmed. These are the details:',
      'Topic: Meeting\nTime: Monday, 15 March 2027, 09:00–09:30 (Eastern Time)',
      'You will receive the link to join the meeting in a separate message.',
      'Kind regards,\nCustomer care',
    ].join('\n\n'),
  );
  const both = composeBookingMail('confirmed', { ...FACTS, linkFollows: true }, 'en').body;
  assert.doesNotMatch(both, /separate message/);
  assert.doesNotMatch(composeBookingMail('confirmed', { ...FACTS, joinUrl: null }, 'en').body, /separate|join/);
});

test('of a meeting that is cancelled there are no links any more, but the reason', () => {
  const facts = { ...FACTS, linkFollows: true, reason: 'The host is\nill' };
  assert.equal(
    composeBookingMail('cancelled', facts, 'en').body,
    [
      'Dear Asha Rao,',
      'Your meeting has been cancelled. It will not take place. It was this one:',
      [
        'Topic: A first look',
        'Time: Monday, 15 March 2027, 09:00–09:30 (Eastern Time)',
        'With: Priya Nair',
        'Reason: The host is ill',
      ].join('\n'),
      'Kind regards,\nPriya Nair',
    ].join('\n\n'),
  );
  assert.doesNotMatch(composeBookingMail('changed', facts, 'en').body, /Reason/);
  assert.doesNotMatch(composeBookingMail('cancelled', BARE, 'en').body, /separate message/);
});

test('a reminder is a follow-up whose template holds no word of anybody’s', () => {
  const payload = reminderPayload('hour', FACTS, 'hi-IN');
  assert.equal(payload.purpose, 'service');
  assert.equal(payload.language, 'hi');
  for (const fact of ['A first look', 'Asha', 'Priya', 'https:', '09:00', 'Room']) {
    assert.ok(!payload.message_template?.includes(fact) && !payload.subject?.includes(fact), fact);
  }
  const message = reminder('hour', FACTS, 'hi-IN');
  assert.equal(message.subject, 'आपकी मीटिंग जल्द शुरू होगी: A first look');
  assert.match(message.body, /^नमस्ते Asha Rao जी,\n\n/);
  assert.match(message.body, /सोमवार, 15 मार्च 2027, 09:00–09:30 \(उत्तरी अमेरिकी पूर्वी समय\)/);
  assert.match(message.body, /सादर,\nPriya Nair$/);
  const unsigned = reminderPayload('day', { ...FACTS, hostName: null }, 'en');
  const signed = composeFollowUp('reminder', unsigned, CONTACT, { channel: 'email', sender: 'The shop' });
  assert.match(signed.body, /Kind regards,\nThe shop$/);
});

test('braces, line breaks and marks of direction in what people wrote mean nothing', () => {
  const hostile = '{{cancel_url}} }} {{\r\nBcc: x@example.com\u2028\u202Eend\u0000 \ud800{{';
  const facts = { ...FACTS, topic: hostile, name: hostile, hostName: hostile, location: hostile, reason: hostile };
  const line = '{{cancel_url}} }} {{ Bcc: x@example.com end \uFFFD{{';
  for (const message of letters(facts, 'en')) {
    assert.ok(message.subject.endsWith(`: ${line}`), message.subject);
    assert.match(message.body, /^Dear customer,\n\n/);
    assert.ok(message.body.includes(`\nTopic: ${line}\n`) && message.body.endsWith(`,\n${line}`), message.body);
    assert.doesNotMatch(message.body, /(?!\n)\p{Cc}|\u202E|^Bcc/mu);
  }
});

test('a long topic is cut in a subject, and later in the mail, so that both can be sent in every language', () => {
  for (const language of TEXT_LANGUAGES) {
    for (const { subject, body } of letters({ ...FACTS, topic: 'x'.repeat(300) }, language)) {
      assert.ok(subject.length <= 200 && subject.endsWith(`: ${'x'.repeat(119)}…`), subject);
      assert.ok(body.includes(`: ${'x'.repeat(199)}…\n`));
    }
  }
});

test('whatever people wrote, a mail and a reminder can be sent', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ unit: 'grapheme', maxLength: 400 }),
    fc.string({ unit: fc.constantFrom('{{', '}}', '\n', '\u0301', 'é', 'க்ஷி', '👩‍👩‍👧‍👦', ' ', 'a'), maxLength: 600 }),
  );
  const url = fc.oneof(fc.webUrl(), text, fc.constant(`https://example.com/${'a'.repeat(2_000)}`));
  const anyFacts = fc.record({
    ...{ topic: text, name: text, hostName: fc.option(text), location: fc.option(text), reason: fc.option(text) },
    ...{ joinUrl: fc.option(url), rescheduleUrl: fc.option(url), cancelUrl: fc.option(url), linkFollows: fc.boolean() },
    timezone: fc.constantFrom('America/New_York', 'Asia/Kolkata', 'UTC'),
  });
  fc.assert(
    fc.property(anyFacts, fc.constantFrom(...TEXT_LANGUAGES), (drawn, language) => {
      for (const { subject, body } of letters({ ...FACTS, ...drawn }, language)) {
        assert.ok(subject.length > 0 && subject.length <= 200 && subject.isWellFormed());
        assert.doesNotMatch(subject, /[\p{Cc}\p{Zl}\p{Zp}]/u);
        assert.ok(body.length <= 5_000 && body.isWellFormed());
        assert.doesNotMatch(body, /(?!\n)\p{Cc}|[\p{Zl}\p{Zp}]/u);
      }
    }),
    { numRuns: 300 },
  );
});

test('a link is whole or is not there', () => {
  const body = (joinUrl: string): string => composeBookingMail('confirmed', { ...FACTS, joinUrl }, 'en').body;
  const longest = `https://example.com/${'a'.repeat(980)}`;
  assert.ok(body(longest).includes(`${longest}\n`));
  for (const wrong of [`${longest}a`, 'javascript:alert(1)', 'https://a b', 'https://a\nb', 'https://a\u202Eb', '']) {
    assert.doesNotMatch(body(wrong), /Link to join/);
  }
});

test('a line is cut where a character of its reader ends', () => {
  assert.equal(oneLine('  a \t b\u00A0c  ', 10), 'a b c');
  assert.equal(oneLine('abcdef', 6), 'abcdef');
  assert.equal(oneLine('abcde\u0301', 5), 'abcd\u00E9');
  assert.equal(oneLine('abcdefg', 6), 'abcde…');
  assert.equal(oneLine('abcd efg', 6), 'abcd…');
  assert.equal(oneLine('abc👩‍👩‍👧‍👦', 6), 'abc…');
  assert.equal(oneLine('abcक्षि', 6), 'abc…');
  assert.equal(oneLine(`a${'\u0301'.repeat(50)}`, 6), '…');
  assert.equal(oneLine('श्री\u200dमान', 10), 'श्री\u200dमान');
});

test('pages have all their words in every language, each in its script', () => {
  const leaves = (value: object): string[] =>
    Object.values(value).flatMap((part: unknown) =>
      typeof part === 'object' && part !== null ? leaves(part) : [String(part)],
    );
  const count = leaves(BOOKING_PAGE_TEXTS.en).length;
  for (const language of TEXT_LANGUAGES) {
    const texts = leaves(BOOKING_PAGE_TEXTS[language]);
    assert.equal(texts.length, count);
    assert.equal(new Set(texts).size, count, language);
    for (const text of texts) isIn(language, text);
  }
  assert.deepEqual(Object.keys(BOOKING_PAGE_TEXTS), [...TEXT_LANGUAGES]);
});
