import assert from 'node:assert/strict';
import test from 'node:test';
import { checkMessage, type MessageRules, numbersOf } from '../../agents/message-checks.ts';
import { NO_OFFER } from '../support/customer-case.ts';

const english: MessageRules = { language: 'en', decision: NO_OFFER, channel: 'email' };
const tenPercent: MessageRules = { ...english, decision: { discountPercent: 10, serviceOnly: false } };
const service: MessageRules = { ...english, decision: { discountPercent: 0, serviceOnly: true } };

const SENTENCE = 'We are sorry for the trouble that you had with us, and we would like to help you.';
const check = (body: string, rules: MessageRules = english, subject = 'About your last order with us'): string[] =>
  checkMessage({ subject, body: `${SENTENCE} ${body}` }, rules);

const LINK = 'contains a link or address that is not listed';
const PLACEHOLDER = 'has a placeholder or markup left in it';
const PERCENTAGE = 'names a percentage that was not decided';
const OFFER = 'makes an offer that was not decided';

test('a plain message passes', () => {
  assert.deepEqual(check('Please reply to this message, and feel free to call us on Monday at 5.'), []);
  assert.deepEqual(check('Your order 1234 left us on 3 May.'), []);
});

for (const text of [
  'Visit https://evil.example/x today.',
  'Visit evil.com today.',
  'Visit www.evil today.',
  'Visit EVIL．com today.',
  'Visit evil。com today.',
  'Visit ev\u200dil.com today.',
  'Visit bücher.example today.',
  'Visit कंपनी.भारत today.',
  'Visit evil[.]com today.',
  'Visit evil (dot) com today.',
  'Visit evil dot com today.',
  'Visit hxxps://evil today.',
  'Visit t.me/evil today.',
  'Visit 10.0.0.1 today.',
  'Write to a@b.example today.',
  'Write to @evil_support today.',
  'Call +91 98765 43210 today.',
  'Call ९८७६५४३२१० today.',
  'mailto:someone please.',
]) {
  test(`an unlisted link or address is caught: ${JSON.stringify(text)}`, () => {
    assert.ok(check(text).includes(LINK), JSON.stringify(check(text)));
  });
}

test('a listed link may stand, exactly as listed and nowhere else', () => {
  const listed = { ...english, links: ['https://shop.example/help'] };
  assert.deepEqual(check('Please see https://shop.example/help for more.', listed), []);
  assert.deepEqual(check('Please see https://shop.example/help/../evil for more.', listed), [LINK]);
  assert.deepEqual(check('Please see https://shop.example/help@evil.com for more.', listed), [LINK]);
});

for (const text of [
  '{name}',
  '{{ name }}',
  '[NAME]',
  '[Your Name]',
  '<<x>>',
  '<b>now</b>',
  '%s',
  '%(name)s',
  '__x__',
]) {
  test(`a placeholder or markup is caught: ${text}`, () => {
    assert.ok(check(`Dear ${text} please.`).includes(PLACEHOLDER));
  });
}

for (const word of ['undefined', 'NaN', 'XXXX', 'FIRST_NAME', 'Lorem ipsum']) {
  test(`a filler word is caught: ${word}`, () => assert.deepEqual(check(`Dear ${word} please.`), [PLACEHOLDER]));
}

for (const text of [
  '25% for you',
  '25 % for you',
  '２５％ for you',
  '২৫% for you',
  '25 per cent',
  'twenty percent',
  '10-25%',
]) {
  test(`a percentage that was not decided is caught: ${text}`, () => {
    assert.ok(check(text).includes(PERCENTAGE));
    assert.ok(check(text, tenPercent).includes(PERCENTAGE));
  });
}

test('the decided percentage may stand in any script, and only where something was decided', () => {
  for (const text of ['a discount of 10%', 'a discount of १०%', 'a discount of 10 percent', 'a discount of 10.0%']) {
    assert.deepEqual(check(text, tenPercent), []);
    assert.ok(check(text).includes(PERCENTAGE));
    assert.ok(check(text, { ...english, decision: { discountPercent: 10, serviceOnly: true } }).includes(PERCENTAGE));
  }
});

for (const text of ['$5', '₹ 500', '500 rupees', 'Rs. 500', '5 USD', '৳ 20', '€9']) {
  test(`a price is caught: ${text}`, () =>
    assert.ok(check(`You get ${text} now.`, tenPercent).includes('names a price')));
}

for (const text of [
  'You get a free month.',
  'Here is a coupon for you.',
  'We have approved a full refund.',
  'You get a gift.',
  'Everything is half price.',
  'Buy one and get another.',
  'There is a bonus for you.',
  'आपको मुफ़्त उपहार मिलेगा।',
  'உங்களுக்கு இலவச பரிசு.',
  'మీకు ఉచిత బహుమతి.',
  'আপনার জন্য বিনামূল্যে উপহার।',
]) {
  test(`an offer that no rule decides is caught: ${text}`, () => assert.ok(check(text, tenPercent).includes(OFFER)));
}

test('the word for a discount is caught where none was decided, in every language', () => {
  for (const word of ['discount', 'छूट', 'தள்ளுபடி', 'తగ్గింపు', 'ছাড়', 'ছাড়']) {
    assert.ok(check(`${word} !`).includes(OFFER), word);
    assert.ok(!check(`${word} !`, tenPercent).includes(OFFER), word);
  }
  // "Without" and "let go" are no discount.
  assert.ok(!check('এছাড়া ছাড়া').includes(OFFER));
});

test('a service message invites nobody to buy', () => {
  assert.deepEqual(check('Shop now in our new collection.', service), ['promotes without consent']);
  assert.deepEqual(check('Shop now in our new collection.'), []);
});

test('control and hidden characters are caught', () => {
  assert.deepEqual(check('line\nbreak\r\nis fine'), []);
  assert.deepEqual(check('a\u0000b'), ['contains control characters']);
  assert.deepEqual(check('a\u001bb'), ['contains control characters']);
  assert.deepEqual(check('x', english, 'About\nBcc your order'), ['contains control characters']);
  for (const hidden of ['\u202e', '\u200b', '\ufeff', '\u{e0041}', '\ud800']) {
    assert.ok(check(`a${hidden}b`).includes('contains hidden characters'), JSON.stringify(hidden));
  }
});

test('the length is that of the channel', () => {
  const long = (length: number, channel: MessageRules['channel']) =>
    checkMessage(
      { subject: 'About your order', body: 'We see you. '.repeat(400).slice(0, length) },
      { ...english, channel },
    );
  assert.deepEqual(long(320, 'sms'), []);
  assert.deepEqual(long(321, 'sms'), ['is longer than the 320 characters of sms']);
  assert.deepEqual(long(3_000, 'email'), []);
  assert.deepEqual(long(3_001, 'email'), ['is longer than the 3000 characters of email']);
  assert.deepEqual(long(1_501, 'in_app'), ['is longer than the 1500 characters of in_app']);
  assert.deepEqual(checkMessage({ subject: ' ', body: 'Hi' }, english), [
    'has no subject',
    'is shorter than 20 characters',
  ]);
  assert.deepEqual(check('x', english, 'a'.repeat(151)), ['has a subject longer than 150 characters']);
});

const TEXTS = {
  en: { subject: 'About your order', body: 'We are sorry for the delay of your order, and we would like to help you.' },
  hi: { subject: 'आपके ऑर्डर के बारे में', body: 'आपके ऑर्डर में देरी के लिए हम आपसे क्षमा चाहते हैं और आपकी मदद करेंगे।' },
  ta: { subject: 'உங்கள் ஆர்டர் பற்றி', body: 'உங்கள் ஆர்டர் தாமதமானதற்கு வருந்துகிறோம்; உங்களுக்கு உதவ விரும்புகிறோம்.' },
  te: { subject: 'మీ ఆర్డర్ గురించి', body: 'మీ ఆర్డర్ ఆలస్యమైనందుకు చింతిస్తున్నాము; మీకు సహాయం చేయాలనుకుంటున్నాము.' },
  bn: { subject: 'আপনার অর্ডার সম্পর্কে', body: 'আপনার অর্ডারে দেরির জন্য আমরা দুঃখিত এবং আপনাকে সাহায্য করতে চাই।' },
};

test('each language passes as itself and as no other', () => {
  for (const [written, message] of Object.entries(TEXTS)) {
    for (const language of Object.keys(TEXTS)) {
      const problems = checkMessage(message, { ...english, language });
      assert.equal(problems.length === 0, written === language, `${written} as ${language}: ${problems.join(', ')}`);
    }
  }
});

test('another language in the same script is told apart', () => {
  const problems = (subject: string, body: string, language: string) =>
    checkMessage({ subject, body }, { ...english, language });
  const french = 'Nous regrettons vivement le retard de votre commande et nous souhaitons vous aider rapidement.';
  assert.deepEqual(problems('Votre commande', french, 'en'), ['is not written in English']);
  const marathi = 'तुमच्या ऑर्डरला उशीर झाल्याबद्दल आम्ही दिलगीर आहोत आणि तुम्हाला मदत करू इच्छितो कृपया कळवा.';
  assert.deepEqual(problems('तुमची ऑर्डर', marathi, 'hi'), ['is not written in Hindi']);
  const assamese = 'আপোনাৰ অৰ্ডাৰ পলম হোৱাৰ বাবে আমি দুঃখিত আৰু আপোনাক সহায় কৰিব বিচাৰো।';
  assert.deepEqual(problems('আপোনাৰ অৰ্ডাৰ', assamese, 'bn'), ['is not written in Bengali']);
});

test('a name in Latin letters does not make a message another language', () => {
  const body = `நமது Venkataraghavan, Sunrise Retail: ${TEXTS.ta.body}`;
  assert.deepEqual(checkMessage({ ...TEXTS.ta, body }, { ...english, language: 'ta' }), []);
});

test('letters that only look Latin are caught', () => {
  assert.deepEqual(check('Please r\u0435ply to us.'), ['mixes letters of different scripts in one word']);
});

test('a language without rules here is taken as a person wrote it', () => {
  assert.deepEqual(
    checkMessage(
      { subject: 'Votre commande', body: 'Nous sommes désolés de ce retard.' },
      { ...english, language: 'fr' },
    ),
    [],
  );
});

test('numbers are read in any digits', () => assert.deepEqual(numbersOf('12, १५, ২০ and ௧௦.5'), [12, 15, 20, 10.5]));
