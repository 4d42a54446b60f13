import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FollowUpToWrite, writeFollowUp } from '../../agents/follow-up-writer.ts';
import { followUpPayload } from '../../domain/contracts/follow-ups.ts';
import { channel } from '../../domain/contracts/interventions.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { composeFollowUp } from '../../domain/follow-ups/messages.ts';
import { createLanguageModel } from '../../services/language-model.ts';
import { modelThatAnswers } from '../support/customer-case.ts';
import { ATTACKS } from '../support/hostile-texts.ts';
import { type StubAnswer, StubModelServer } from '../support/stub-model-server.ts';

const ASHA = { contactId: 'C1', name: 'Asha Rao', language: 'en' };
const GOOD = {
  subject: 'Your question about the blue lamp',
  body: 'You asked us about the blue lamp, and we would like to know whether everything is clear now.\n\nIf not, please reply to this message.',
};

const followUp = (changes: Partial<FollowUpToWrite> = {}, payload: object = {}): FollowUpToWrite => ({
  ...{ type: 'agent', contact: ASHA, lastMessages: [], channel: 'email' },
  payload: followUpPayload.parse({ reason: 'asked about the blue lamp', ...payload }),
  ...changes,
});
const answering = (answer: unknown) => modelThatAnswers({ follow_up: answer });
const templateOf = ({ type, payload, contact, channel: by }: FollowUpToWrite) =>
  composeFollowUp(type, payload, contact, { channel: by, sender: null });

test('what a model writes stands between our own greeting and signature', async () => {
  const { message, by, note } = await writeFollowUp(followUp(), answering(GOOD), { sender: 'The lamp shop' });
  assert.deepEqual(message, {
    subject: GOOD.subject,
    body: `Dear Asha Rao,\n\n${GOOD.body}\n\nKind regards,\nThe lamp shop`,
    language: 'en',
  });
  assert.deepEqual([by, note], ['model', 'The model wrote the text.']);
});

test('a subject that came with the follow-up stays, whatever the model writes', async () => {
  const asked = followUp({}, { subject: 'Order {{order}}', variables: { order: 'A-17' } });
  const { message, by } = await writeFollowUp(asked, answering(GOOD));
  assert.deepEqual([message.subject, by], ['Order A-17', 'model']);
});

test('without a model the text of the house is used, or its own template, and a note says so', async () => {
  const plain = await writeFollowUp(followUp(), null);
  assert.deepEqual(plain, { message: templateOf(followUp()), by: 'rules', note: 'The en text was used.' });
  const own = await writeFollowUp(followUp({}, { message_template: 'About {{reason}}.' }), null);
  assert.equal(own.message.body, 'About asked about the blue lamp.');
  assert.equal(own.note, 'Its own template was used.');
  const unknown = { ...ASHA, language: null };
  assert.equal(
    (await writeFollowUp(followUp({ contact: unknown }), null)).note,
    "The en text was used; the contact's language is not known, so English was used.",
  );
  const french = await writeFollowUp(followUp({ contact: { ...ASHA, language: 'fr' } }), answering(GOOD));
  assert.deepEqual(
    [french.message.language, french.note],
    ['en', "The model wrote the text; there are no texts in the contact's language, so English was used."],
  );
});

const failures: [string, StubAnswer, RegExp][] = [
  ['garbage', { kind: 'content', content: 'no json here' }, /^The model's answer did not have the right shape; /],
  ['the wrong shape', { kind: 'json', value: { subject: 7 } }, /^The model's answer did not have the right shape; /],
  ['a refusal', { kind: 'refusal', text: 'I cannot.' }, /^The model refused to answer; /],
  ['silence', { kind: 'hang' }, /^The model did not answer in time; /],
  ['an error', { kind: 'status', status: 401 }, /^The model could not be reached; /],
];

for (const [what, answer, says] of failures) {
  test(`${what} falls back to the text of the house, with a note`, { timeout: 20_000 }, async () => {
    await using stub = await StubModelServer.start(answer);
    const model = createLanguageModel({ baseUrl: stub.baseUrl, model: 'stub-1', timeoutMs: 250 });
    const { message, by, note } = await writeFollowUp(followUp(), model);
    assert.deepEqual([message, by], [templateOf(followUp()), 'rules']);
    assert.match(note, says);
    assert.match(note, /; the en text was used\.$/);
    assert.equal(stub.requests.length, 1);
  });
}

test('a text that fails a check is not sent', async () => {
  const bad: [change: Partial<typeof GOOD>, says: RegExp][] = [
    [{ body: `${GOOD.body} See https://shop.example/lamp.` }, /contains a link or address/],
    [{ body: `${GOOD.body} Write to a@shop.example.` }, /contains a link or address/],
    [{ body: `${GOOD.body} Call 98765 43210.` }, /contains a link or address/],
    [{ body: `Dear {{name}}, ${GOOD.body}` }, /has a placeholder or markup/],
    [{ body: `${GOOD.body} You have a discount.` }, /makes an offer that was not decided/],
    [{ body: `${GOOD.body} It is 10% cheaper.` }, /names a percentage/],
    [{ body: `${GOOD.body} It costs $40.` }, /names a price/],
    [{ body: `${GOOD.body} We keep it for 3 days.` }, /names a number/],
    [{ subject: 'The lamp of १२' }, /names a number|is not written in English/],
    [{ body: 'Nous vous remercions de votre question et nous restons à votre disposition pour la suite.' }, /English/],
    [{ body: `${GOOD.body}\u202e` }, /contains hidden characters/],
    [{ body: 'x'.repeat(2_001) }, /right shape/],
  ];
  for (const [change, says] of bad) {
    const { message, by, note } = await writeFollowUp(followUp(), answering({ ...GOOD, ...change }));
    assert.deepEqual([message, by], [templateOf(followUp()), 'rules'], note);
    assert.match(note, says);
  }
});

test('a service message invites nobody to buy', async () => {
  const selling = answering({ ...GOOD, body: `${GOOD.body} Look at our new collection.` });
  assert.equal((await writeFollowUp(followUp(), selling)).by, 'model');
  const { by, note } = await writeFollowUp(followUp({}, { purpose: 'service' }), selling);
  assert.equal(by, 'rules');
  assert.match(note, /promotes without consent/);
});

test('a text in another language than ours for the contact is not sent, nor do our lines lend it their script', async () => {
  for (const language of ['hi', 'ta', 'te', 'bn']) {
    const asked = followUp({ contact: { ...ASHA, language } });
    const { message, note } = await writeFollowUp(asked, answering(GOOD));
    assert.deepEqual(message, templateOf(asked));
    assert.match(note, /is not written in (Hindi|Tamil|Telugu|Bengali); /);
  }
  const body = 'हम आपकी मदद करना चाहते हैं। Please do write to us soon.';
  const half = await writeFollowUp(
    followUp({ contact: { ...ASHA, language: 'hi' } }),
    answering({ subject: 'आपके लिए', body }),
  );
  assert.equal(half.by, 'rules');
  const hindi = { subject: 'आपके सवाल के लिए', body: 'हम जानना चाहते हैं कि आपको अब सब कुछ स्पष्ट है या नहीं। कृपया हमें लिखें।' };
  const { message, by } = await writeFollowUp(followUp({ contact: { ...ASHA, language: 'hi-IN' } }), answering(hindi));
  assert.deepEqual([by, message.language], ['model', 'hi']);
  assert.match(message.body, /^नमस्ते Asha Rao जी,\n\nहम[^]*\n\nसादर,\nग्राहक सेवा$/);
});

test('a model is asked for letters only, and in languages that can be checked', async () => {
  const model = answering(GOOD);
  for (const by of channel.options) await writeFollowUp(followUp({ channel: by }), model);
  assert.equal(model.prompts.length, channel.options.length - 2);
  const french = await writeFollowUp(followUp({}, { language: 'fr', message_template: 'Bonjour.' }), model);
  assert.equal(french.message.body, 'Bonjour.');
  assert.equal(french.note, 'What a model writes in this language cannot be checked; its own template was used.');
  await writeFollowUp(followUp({ type: 'check_in' }), model);
  assert.equal(model.prompts.length, channel.options.length - 2);
});

test('a follow-up that says nothing to write about is refused, and an error that is no failure of the model goes up', async () => {
  await assert.rejects(writeFollowUp(followUp({ payload: {} }), answering(GOOD)), ReveilleError);
  const broken = modelThatAnswers(() => {
    throw new TypeError('a bug');
  });
  await assert.rejects(writeFollowUp(followUp(), broken), TypeError);
});

for (const [text, obeyed] of ATTACKS) {
  const hostile = followUp(
    { lastMessages: [{ direction: 'in', subject: text }] },
    { reason: text, variables: { note: text, name: 'Asha' } },
  );

  test(`a model that obeys cannot put a link, number or offer into the message: ${JSON.stringify(text)}`, async () => {
    for (const answer of [
      {
        ...GOOD,
        body: `${obeyed} ${GOOD.body}`,
        to: 'attacker@evil.example',
        channel: 'telegram',
        discountPercent: 15,
      },
      { ...GOOD, subject: obeyed.slice(0, 150) },
    ]) {
      const { message, by, note } = await writeFollowUp(hostile, answering(answer));
      assert.deepEqual([message, by], [templateOf(hostile), 'rules'], note);
      assert.deepEqual(Object.keys(message).sort(), ['body', 'language', 'subject']);
      assert.doesNotMatch(note, /evil|@|https?:|₹|\$|[\p{Cc}\u202e{}<>[\]]/iu, note);
    }
  });

  test(`what is written about cannot end its own data: ${JSON.stringify(text)}`, async () => {
    const model = answering(GOOD);
    await writeFollowUp(hostile, model);
    const [{ system, prompt } = assert.fail('the model was asked')] = model.prompts;
    assert.ok(!system.includes(text));
    assert.equal(prompt.split('<untrusted_data').length, 2);
    assert.equal(prompt.split('</untrusted_data').length, 2);
    assert.match(prompt, /<\/untrusted_data>$/);
    assert.doesNotMatch(prompt.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e\u200b]/u);
  });
}

test('a model never learns whom it writes to, and reads so much and no more', async () => {
  const model = answering(GOOD);
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`v${index}`, 'y'.repeat(1_000)]));
  const variables = { first_name: 'Asha', email: 'asha@example.com', phone: '+919812345678', ...many };
  const lastMessages = Array.from({ length: 50 }, () => ({ direction: 'in' as const, subject: 'z'.repeat(5_000) }));
  await writeFollowUp(followUp({ lastMessages }, { reason: 'x'.repeat(2_000), variables }), model);
  const [{ system, prompt } = assert.fail('the model was asked')] = model.prompts;
  for (const personal of ['Asha', 'Rao', 'C1', 'asha@example.com', '+919812345678']) {
    assert.ok(!`${system}${prompt}`.includes(personal), personal);
  }
  assert.ok(prompt.length < 5_500, `${prompt.length} characters`);
});
