import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { analyseContext } from '../../agents/context.ts';
import { decide } from '../../agents/decision.ts';
import { writeMessage } from '../../agents/empathy.ts';
import { FESTIVALS } from '../../agents/festivals.ts';
import { checkMessage, numbersOf } from '../../agents/message-checks.ts';
import { composeTemplate, MESSAGE_TEXTS } from '../../agents/messages/compose.ts';
import { MESSAGE_LANGUAGES } from '../../agents/messages/message-texts.ts';
import { findPattern } from '../../agents/pattern.ts';
import { SITUATIONS } from '../../agents/situation.ts';
import {
  contextFindings,
  decision as decisionSchema,
  type InterventionCase,
  message,
  patternFindings,
} from '../../domain/agents.ts';
import type { LanguageModel } from '../../domain/ports/language-model.ts';
import { type CaseOptions, customerCase, DAY_MS, NOW } from '../support/customer-case.ts';

const SCRIPTS = {
  en: /\p{Script=Latin}/u,
  hi: /\p{Script=Devanagari}/u,
  ta: /\p{Script=Tamil}/u,
  te: /\p{Script=Telugu}/u,
  bn: /\p{Script=Bengali}/u,
};

const FORMS = [
  { discountPercent: 0, serviceOnly: true },
  { discountPercent: 0, serviceOnly: false },
  { discountPercent: 8, serviceOnly: false },
  { discountPercent: 12.5, serviceOnly: false },
];

for (const language of MESSAGE_LANGUAGES) {
  for (const situation of SITUATIONS) {
    test(`every ${language} text for ${situation} passes the checks in its own script with no slot left`, () => {
      for (const channel of ['email', 'telegram', 'phone', 'sms', 'in_app', 'whatsapp'] as const) {
        for (const decision of FORMS) {
          for (const name of ['Priya', 'प्रिया', null]) {
            for (const festival of [null, ...FESTIVALS]) {
              const { discountPercent } = decision;
              const parts = { language, channel, name, sender: null, festival, discountPercent };
              const written = message.parse(composeTemplate(situation, decision, parts));
              assert.deepEqual(checkMessage(written, { language, decision, channel }), [], written.body);
              assert.match(written.body, SCRIPTS[language]);
              assert.match(written.subject, SCRIPTS[language]);
              const offered = decision.discountPercent > 0;
              assert.equal(numbersOf(written.body).includes(decision.discountPercent), offered, written.body);
              if (name !== null && channel !== 'sms') assert.ok(written.body.includes(name));
              assert.doesNotMatch(written.body, / {2}|\n{3}|[ ,] *,|^\s|\s$/);
            }
          }
        }
      }
    });
  }
}

test('no two situations and no two languages share a body', () => {
  const bodies = MESSAGE_LANGUAGES.flatMap((language) =>
    SITUATIONS.flatMap((situation) => {
      const { plain, offer, service, sms, callNote } = MESSAGE_TEXTS[language].situations[situation];
      return [plain.body, offer.body, service?.body, sms.plain, sms.offer, callNote.plain, callNote.offer];
    }),
  ).filter((body) => body !== undefined);
  assert.equal(new Set(bodies).size, bodies.length);
});

async function run(kase: InterventionCase, model: LanguageModel | null = null, options: { sender?: string } = {}) {
  const context = await analyseContext(kase, model);
  const pattern = await findPattern(kase, context.result, { similar: [], resolvedTickets: [] }, model);
  const decision = await decide(kase, context.result, pattern.result, model);
  const written = await writeMessage(kase, context.result, decision.result, model, options);
  return { context, pattern, decision, written };
}

const written = async (options: CaseOptions, sender?: string) =>
  (await run(customerCase(options), null, sender === undefined ? {} : { sender })).written;

test('the message is in the language of the customer, region or case aside', async () => {
  for (const [tag, language] of [
    ['hi', 'hi'],
    ['ta-IN', 'ta'],
    ['TE', 'te'],
    ['bn_BD', 'bn'],
    ['en-GB', 'en'],
  ] as const) {
    const { result, note } = await written({ customer: { language: tag } });
    assert.equal(result.language, language);
    assert.equal(note.note, `The ${language} template was used.`);
  }
});

test('an unknown or unsupported language becomes English, and the note says so', async () => {
  const note = async (language: string | null) => {
    const { result, note: said } = await written({ customer: { language } });
    assert.equal(result.language, 'en');
    return said.note;
  };
  const used = 'The en template was used';
  assert.equal(await note('fr'), `${used}; there are no texts in "fr", so English was used.`);
  assert.equal(await note(null), `${used}; the customer's language is not known, so English was used.`);
  assert.equal(await note('<script>'), `${used}; there are no texts in the customer's language, so English was used.`);
});

test('a customer without a usable first name gets the form without one', async () => {
  const first = async (firstName: string | null) => {
    const { result, note } = await written({ customer: { firstName } });
    return [result.body.split('\n')[0], note.note.includes('first name cannot stand')];
  };
  assert.deepEqual(await first('Priya'), ['Dear Priya,', false]);
  assert.deepEqual(await first("Mary-Jane O'Neil"), ["Dear Mary-Jane O'Neil,", false]);
  assert.deepEqual(await first(null), ['Dear customer,', false]);
  assert.deepEqual(await first('  '), ['Dear customer,', false]);
  for (const name of [
    'evil.com',
    '{discount}',
    '<b>x</b>',
    'Free',
    '50% off',
    'a\nBcc: x',
    'x'.repeat(41),
    '+91 98765 43210',
  ]) {
    assert.deepEqual(await first(name), ['Dear customer,', true], name);
  }
});

test('the sender signs, unless its name would break the checks', async () => {
  assert.match((await written({}, 'Sunrise Retail')).result.body, /Kind regards,\nSunrise Retail$/);
  assert.match((await written({ customer: { language: 'ta' } })).result.body, /அன்புடன்,\nவாடிக்கையாளர் சேவை$/);
  const { result, note } = await written({}, 'sunrise.example');
  assert.match(result.body, /Kind regards,\nCustomer care$/);
  assert.match(note.note, /the sender's name cannot stand in a message/);
});

test('a first channel of phone gets a note for the call', async () => {
  const { result } = await written({ customer: { email: null }, scores: { riskLevel: 'high', churnRisk: 0.75 } });
  assert.match(result.body, /^Call note: Priya\n\nPlease call the customer/);
});

test('a festival is wished for where it fits, and never beside an apology or in a service message', async () => {
  const diwali = Date.parse('2026-11-06T10:00:00Z');
  const options = (more: CaseOptions): CaseOptions => ({ now: diwali, ...more });
  const wished = async (more: CaseOptions) => (await written(options(more))).result.body.includes('Diwali');
  assert.equal(await wished({}), true);
  assert.equal(await wished({ now: diwali - 30 * DAY_MS }), false);
  assert.equal(await wished({ customer: { optInMarketing: false } }), false);
  assert.equal(await wished({ tickets: [{ csatScore: 1 }] }), false);
  assert.equal(await wished({ orders: [{ orderedAt: diwali - DAY_MS, deliveryDelayDays: 3 }] }), false);
  assert.equal(await wished({ nps: [{ score: 0 }] }), false);
  assert.match((await written(options({ customer: { language: 'te' } }))).result.body, /దీపావళి శుభాకాంక్షలు/);
});

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom('evil.com', '{name}', 'Get 50% off', 'Priya', '\u202eayirP', ''),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary);
const instant = maybe(fc.integer({ min: NOW - 900 * DAY_MS, max: NOW + 30 * DAY_MS }));
const anyCase: fc.Arbitrary<CaseOptions> = fc.record({
  customer: fc.record({
    firstName: maybe(oddText),
    email: maybe(oddText),
    phone: maybe(oddText),
    country: maybe(fc.oneof(oddText, fc.constantFrom('India', 'UAE', 'UK'))),
    segment: maybe(fc.oneof(oddText, fc.constantFrom('VIP', 'Loyal'))),
    lifetimeValue: fc.double({ min: 0, max: 20_000, noNaN: true }),
    lastActiveAt: instant,
    optInMarketing: fc.boolean(),
    language: maybe(fc.oneof(oddText, fc.constantFrom(...MESSAGE_LANGUAGES))),
  }),
  tickets: fc.array(
    fc.record({
      category: maybe(oddText),
      status: maybe(fc.constantFrom('open', 'closed')),
      sentimentScore: maybe(fc.double({ min: -1, max: 1, noNaN: true })),
      csatScore: maybe(fc.integer({ min: 1, max: 5 })),
      issueText: maybe(oddText),
    }),
    { maxLength: 3 },
  ),
  orders: fc.array(
    fc.record({
      orderedAt: instant,
      totalAmount: maybe(fc.double({ min: 0, max: 500, noNaN: true })),
      paymentStatus: maybe(fc.constantFrom('failed', 'success')),
      deliveryDelayDays: maybe(fc.integer({ min: -3, max: 9 })),
    }),
    { maxLength: 3 },
  ),
  nps: fc.array(fc.record({ score: fc.integer({ min: 0, max: 10 }), feedback: maybe(oddText) }), { maxLength: 2 }),
  scores: fc.record({
    health: fc.double({ min: 0, max: 1, noNaN: true }),
    churnRisk: fc.double({ min: 0, max: 1, noNaN: true }),
    riskLevel: fc.constantFrom('critical', 'high', 'medium', 'low'),
  }),
  now: fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse('2031-01-01') }),
  escalatedRecently: fc.boolean(),
});

test('any customer gets a valid message with no link and no number but the decided discount', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (options) => {
      const { context, pattern, decision, written: message_ } = await run(customerCase(options));
      contextFindings.parse(context.result);
      patternFindings.parse(pattern.result);
      const decided = decisionSchema.parse(decision.result);
      const text = message.parse(message_.result);
      const channel = decided.channels[0] ?? 'in_app';
      assert.deepEqual(checkMessage(text, { language: text.language, decision: decided, channel }), []);
      const allowed = decided.serviceOnly ? [] : [decided.discountPercent];
      for (const number of numbersOf(`${text.subject}\n${text.body}`)) assert.ok(allowed.includes(number));
      for (const { note } of [context, pattern, decision, message_]) {
        assert.match(note.note, /^[A-Z][\x20-\x7e]{1,250}\.$/);
      }
    }),
    { numRuns: 400 },
  );
});

test('the same case gives the same message', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (options) => {
      assert.deepEqual(await run(customerCase(options)), await run(customerCase(options)));
    }),
    { numRuns: 30 },
  );
});
