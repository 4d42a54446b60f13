import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOLLOW_UP_TYPES, followUpPayload } from '../../domain/contracts/follow-ups.ts';
import { channel } from '../../domain/contracts/interventions.ts';
import { ReveilleError } from '../../domain/errors.ts';
import {
  FOLLOW_UP_TEXTS,
  channelsOf,
  checkFollowUp,
  composeFollowUp,
  composeWritten,
  defaultTemplate,
  purposeOf,
} from '../../domain/follow-ups/messages.ts';
import { variablesOf } from '../../domain/follow-ups/templates.ts';
import { TEXT_LANGUAGES, type WrittenType } from '../../domain/follow-ups/texts/follow-up-texts.ts';

const ASHA = { contactId: 'C1', name: 'Asha Rao', language: 'en' };
const NOBODY = { contactId: 'C2', name: null, language: null };
const WRITTEN = FOLLOW_UP_TYPES.filter((type): type is WrittenType => type !== 'agent');
const EMAIL = { channel: 'email', sender: null } as const;

const payload = (value: unknown) => followUpPayload.parse(value);
const paths = (type: string, value: unknown, contact = ASHA): string[] =>
  checkFollowUp(type, payload(value), contact).map(({ path, message }) => `${path} ${message}`);

test('every type, in every language, on every channel, is a whole text in the script of its language', () => {
  const scripts = {
    en: /\p{Script=Latin}/u,
    hi: /\p{Script=Devanagari}/u,
    ta: /\p{Script=Tamil}/u,
    te: /\p{Script=Telugu}/u,
    bn: /\p{Script=Bengali}/u,
  };
  const bodies = new Set<string>();
  for (const language of TEXT_LANGUAGES) {
    for (const [type, by] of WRITTEN.flatMap((written) => channel.options.map((name) => [written, name] as const))) {
      const message = composeFollowUp(type, {}, { ...NOBODY, language }, { channel: by, sender: null });
      assert.equal(message.language, language);
      for (const text of [message.subject, message.body]) {
        const letters = text.match(/\p{L}/gu) ?? [];
        assert.ok(letters.length > 5 && letters.every((letter) => scripts[language].test(letter)), text);
        assert.doesNotMatch(text, /[{}<>]|undefined|null/);
        assert.equal(text, text.normalize('NFC').trim());
      }
      assert.doesNotMatch(message.subject, /[\r\n]/);
      if (by === 'sms') assert.ok(message.body.length <= 320, `${language} ${type} ${message.body.length}`);
      bodies.add(message.body);
    }
  }
  // A letter, a short form and a note for the caller of each type.
  assert.equal(bodies.size, TEXT_LANGUAGES.length * WRITTEN.length * 3);
});

test('a letter names the contact as a person would, or does without', () => {
  const start = (name: string | null, language: string): string =>
    composeFollowUp('check_in', {}, { contactId: 'C1', name, language }, EMAIL).body.split('\n')[0] ?? '';
  assert.equal(start('Asha Rao', 'en'), 'Dear Asha Rao,');
  assert.equal(start(' आशा राव ', 'hi-IN'), 'नमस्ते आशा राव जी,');
  assert.equal(start('Mary-Jane O’Neil Jr.', 'en'), 'Dear Mary-Jane O’Neil Jr.,');
  for (const name of [
    null,
    '',
    '{{sender}}',
    'www.example.com now',
    'A\nBcc: x',
    '12345',
    'one two three four five six',
  ]) {
    assert.equal(start(name, 'en'), 'Dear customer,', String(name));
  }
});

test('it is signed by the configured sender, else in the words of the language', () => {
  const body = (sender: string | null) => composeFollowUp('nurture', {}, ASHA, { channel: 'email', sender }).body;
  assert.match(body(null), /\n\nKind regards,\nCustomer care$/);
  assert.match(body('Priya {{name}}'), /\nPriya \{\{name\}\}$/);
});

test('texts are in the language asked for, else in the one of the contact, else in English', () => {
  const language = (value: unknown, contact: typeof NOBODY | typeof ASHA) =>
    composeFollowUp('follow_up', payload(value), contact, EMAIL).language;
  assert.equal(language({ language: 'ta' }, ASHA), 'ta');
  assert.equal(language({}, { ...ASHA, language: 'bn-BD' }), 'bn');
  assert.equal(language({}, { ...ASHA, language: 'fr' }), 'en');
  assert.equal(language({}, NOBODY), 'en');
  assert.deepEqual(paths('follow_up', { language: 'fr' }), [
    'payload.language must be one of en, hi, ta, te, bn, in which there are texts, or come with message_template',
  ]);
  assert.deepEqual(paths('follow_up', { language: 'fr', message_template: 'Bonjour' }), []);
  assert.equal(paths('agent', { language: 'fr', reason: 'r' }).length, 1);
  assert.deepEqual(paths('agent', { language: 'fr', reason: 'r', message_template: 'Bonjour' }), []);
  assert.deepEqual(paths('agent', { language: 'en\nX: y', reason: 'r' }), [
    'payload.language must be a language such as en or hi',
  ]);
});

test('an own template says what it says, with what is known of the contact and the variables that came with it', () => {
  const own = payload({
    message_template: '{{first_name}} ({{name}}, {{contact_id}}, {{language}}): {{reason}} {{item}} {{n}} – {{sender}}',
    subject: 'About {{item}}',
    reason: 'no answer',
    variables: { item: 'the {{name}} book', n: 2, sender: 'Ravi' },
  });
  assert.deepEqual(checkFollowUp('parcel', own, ASHA), []);
  assert.deepEqual(composeFollowUp('parcel', own, ASHA, EMAIL), {
    subject: 'About the {{name}} book',
    body: 'Asha (Asha Rao, C1, en): no answer the {{name}} book 2 – Ravi',
    language: 'en',
  });
  const plain = composeFollowUp('parcel', payload({ message_template: 'வணக்கம்' }), { ...ASHA, language: 'ta' }, EMAIL);
  assert.deepEqual(plain, { subject: 'உங்களுக்கு ஒரு செய்தி', body: 'வணக்கம்', language: 'ta' });
});

test('a type of its own needs a template, and the written ones and the agent do not', () => {
  assert.deepEqual(paths('parcel', {}), [
    'payload.message_template is needed for type parcel: only follow_up, reminder, check_in, nurture and agent have a text of their own',
  ]);
  assert.equal(paths('constructor', {}).length, 1);
  for (const type of FOLLOW_UP_TYPES) assert.deepEqual(paths(type, { reason: 'no answer' }, { ...ASHA }), []);
  assert.equal(
    composeFollowUp('agent', { reason: 'no answer' }, ASHA, EMAIL).body,
    composeFollowUp('follow_up', {}, ASHA, EMAIL).body,
  );
});

test('an agent needs to know what to write about, also where it has a template to fall back on', () => {
  const message = 'payload.reason is needed for type agent: what is to be written about';
  for (const value of [{}, { reason: '' }, { reason: ' \n' }, { message_template: 'Hello' }]) {
    assert.deepEqual(paths('agent', value), [message]);
    assert.throws(() => composeFollowUp('agent', payload(value), ASHA, EMAIL), /payload\.reason/);
  }
  assert.deepEqual(paths('agent', { reason: 'the parcel came late' }), []);
  assert.deepEqual(paths('follow_up', { reason: '' }), []);
});

test('what somebody else wrote stands between our salutation and closing, as it was written', () => {
  const written = { subject: 'A question', body: 'Is {{name}} all right?' };
  assert.deepEqual(composeWritten(written, {}, ASHA, 'The shop'), {
    subject: 'A question',
    body: 'Dear Asha Rao,\n\nIs {{name}} all right?\n\nKind regards,\nThe shop',
    language: 'en',
  });
  const hindi = composeWritten(
    written,
    payload({ subject: 'Order of {{name}}', variables: { name: 'X1' } }),
    {
      ...{ ...ASHA, language: 'hi' },
    },
    null,
  );
  assert.equal(hindi.subject, 'Order of X1');
  assert.match(hindi.body, /^नमस्ते,\n\n/);
});

test('what is missing or badly written is told at its field when it is scheduled, all at once', () => {
  const bad = { message_template: 'Hi {{name}}, {{item}} {{when}}', subject: '{{item}} {{' };
  assert.deepEqual(checkFollowUp('reminder', payload(bad), { ...NOBODY }), [
    { path: 'payload.subject', message: 'has a "{{" that is not closed by "}}"' },
    ...['name', 'item', 'when'].map((name) => ({
      path: `payload.variables.${name}`,
      message: 'is used by the template and has no value',
    })),
  ]);
  assert.throws(() => composeFollowUp('reminder', payload(bad), NOBODY, EMAIL), ReveilleError);
});

test('a subject of more than one line is refused, also when a value brings the line', () => {
  const message = 'payload.subject must not contain line breaks or control characters, also once filled in';
  assert.deepEqual(paths('reminder', { subject: 'a\r\nBcc: x@example.com' }), [message]);
  assert.deepEqual(paths('reminder', { subject: 'a {{b}}', variables: { b: 'x\ny' } }), [message]);
  assert.deepEqual(paths('reminder', { subject: 'a {{name}}' }, { ...ASHA, name: 'A\u2028B' }), [message]);
  assert.deepEqual(paths('reminder', { subject: '{{b}}', variables: { b: 'x'.repeat(201) } }), [
    'payload.subject is longer than 200 characters once filled in',
  ]);
});

test('a text that is empty, too long or has control characters once filled in is refused', () => {
  const check = (template: string, b: string) => paths('reminder', { message_template: template, variables: { b } });
  assert.deepEqual(check('{{b}}', ' '), ['payload.message_template is empty once filled in']);
  assert.deepEqual(check('{{b}}'.repeat(6), 'x'.repeat(1_000)), [
    'payload.message_template is longer than 5000 characters once filled in',
  ]);
  for (const bad of ['\u0000', '\u001b[1m', '\ud800']) {
    assert.deepEqual(check('a {{b}}', bad), [
      'payload.message_template must not contain control characters, also once filled in',
    ]);
  }
  assert.deepEqual(check('a\r\n\t{{b}}', 'x\ny'), []);
});

test('reminders are service, all else promotion, unless the payload says otherwise; so is the channel', () => {
  assert.deepEqual(
    [...WRITTEN, 'parcel'].map((type) => purposeOf(type, {})),
    [...['promotion', 'service', 'promotion', 'promotion', 'promotion']],
  );
  assert.equal(purposeOf('reminder', { purpose: 'promotion' }), 'promotion');
  assert.deepEqual(channelsOf('follow_up', { channel: 'sms' }), ['sms']);
  assert.equal(channelsOf('follow_up', {})[0], 'email');
  for (const type of WRITTEN) {
    const wanted = channelsOf(type, {});
    assert.equal(wanted.at(-1), 'in_app');
    assert.ok(!wanted.includes('phone') && new Set(wanted).size === wanted.length);
  }
});

test('a text of ours names nothing but the contact and the sender', () => {
  for (const [language, texts] of Object.entries(FOLLOW_UP_TEXTS)) {
    for (const { subject, body, sms, callNote } of Object.values(texts.types)) {
      assert.deepEqual([subject, body, sms, callNote].flatMap(variablesOf), [], language);
    }
  }
  const { body } = defaultTemplate('reminder', 'te', { channel: 'email', named: true });
  assert.deepEqual(variablesOf(body), ['name', 'sender']);
});
