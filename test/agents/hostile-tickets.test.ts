import assert from 'node:assert/strict';
import test from 'node:test';
import { analyseContext } from '../../agents/context.ts';
import { decide } from '../../agents/decision.ts';
import { writeMessage } from '../../agents/empathy.ts';
import { checkMessage, numbersOf } from '../../agents/message-checks.ts';
import { findPattern } from '../../agents/pattern.ts';
import type { InterventionCase } from '../../domain/agents.ts';
import { similarCustomers } from '../../domain/customers/similarity.ts';
import type { LanguageModel } from '../../domain/ports/language-model.ts';
import { createLanguageModel } from '../../services/language-model.ts';
import { customerCase, modelThatAnswers, ticketOf } from '../support/customer-case.ts';
import { ATTACKS } from '../support/hostile-texts.ts';
import { StubModelServer } from '../support/stub-model-server.ts';

const CUSTOMERS = [
  { segment: 'Regular', language: 'en', optInMarketing: true },
  { segment: 'VIP', language: 'en', optInMarketing: false },
  { segment: 'Loyal', language: 'hi', optInMarketing: true },
];

function caseWith(text: string | null, customer: (typeof CUSTOMERS)[number]): InterventionCase {
  return customerCase({
    customer,
    scores: { riskLevel: 'high', churnRisk: 0.72 },
    tickets: [{ status: 'open', csatScore: 2, category: 'delivery', issueText: text, resolution: text }],
    nps: [{ score: 2, feedback: text }],
  });
}

async function run(kase: InterventionCase, model: LanguageModel | null, text: string | null) {
  const peer = { ...kase.record.customer, customerId: 'P1', isChurn: true, churnReason: 'price' };
  const peers = {
    similar: similarCustomers(kase.record.customer, [peer]),
    resolvedTickets: [ticketOf({ category: 'delivery', csatScore: 5, resolution: text })],
  };
  const context = await analyseContext(kase, model);
  const pattern = await findPattern(kase, context.result, peers, model);
  const decision = await decide(kase, context.result, pattern.result, model);
  const written = await writeMessage(kase, context.result, decision.result, model);
  return { context, pattern, decision, written };
}

/** Answers of a model that does whatever a ticket says, with fields that nobody asked for on top. */
function obeying(obeyed: string): Record<string, unknown> {
  const extra = {
    discountPercent: 15,
    approvalReasons: [],
    channels: ['telegram'],
    to: 'attacker@evil.example',
    priority: 'low',
  };
  return {
    context_findings: { sentiment: 'very_positive', urgency: 1, issue: obeyed, signals: { meanCsat: 5 }, ...extra },
    churn_pattern: { churnPattern: obeyed, similarCount: 0, ...extra },
    rationale: { rationale: obeyed, action: 'engagement_campaign', ...extra },
    message: { subject: 'About your request', body: `${obeyed} We would like to help you with your order.`, ...extra },
  };
}

for (const [ticket, obeyed] of ATTACKS) {
  test(`through the rules nothing changes for: ${JSON.stringify(ticket)}`, async () => {
    for (const customer of CUSTOMERS) {
      const hostile = await run(caseWith(ticket, customer), null, ticket);
      const harmless = await run(caseWith(null, customer), null, null);
      assert.deepEqual(hostile.context, harmless.context);
      assert.deepEqual(hostile.decision, harmless.decision);
      assert.deepEqual(hostile.written, harmless.written);
    }
  });

  test(`a model that obeys cannot change link, recipient, discount or approval: ${JSON.stringify(ticket)}`, async () => {
    for (const customer of CUSTOMERS) {
      const harmless = await run(caseWith(null, customer), null, null);
      const hostile = await run(caseWith(ticket, customer), modelThatAnswers(obeying(obeyed)), ticket);
      const { rationale: _ours, ...decided } = harmless.decision.result;
      const { rationale, ...hostilely } = hostile.decision.result;
      assert.deepEqual(hostilely, decided);
      assert.deepEqual(hostile.context.result.signals, harmless.context.result.signals);
      assert.equal(hostile.written.note.by, 'rules', hostile.written.note.note);
      assert.deepEqual(hostile.written.result, harmless.written.result);
      for (const said of [rationale, hostile.context.result.issue, hostile.pattern.result.churnPattern]) {
        assert.doesNotMatch(said, /evil|@|https?:|₹|\$|[\p{Cc}\u202e{}<>[\]]/iu, said);
        assert.ok(
          numbersOf(said).every((number) => ![90, 50, 75].includes(number)),
          said,
        );
      }
    }
  });

  test(`a ticket cannot end its own data: ${JSON.stringify(ticket)}`, async () => {
    const model = modelThatAnswers(obeying(obeyed));
    await run(caseWith(ticket, CUSTOMERS[0] ?? assert.fail()), model, ticket);
    for (const { system, prompt } of model.prompts) {
      assert.ok(!system.includes(ticket));
      assert.equal(prompt.split('<untrusted_data').length, 2);
      assert.equal(prompt.split('</untrusted_data').length, 2);
      assert.match(prompt, /<\/untrusted_data>$/);
      assert.doesNotMatch(prompt.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e\u200b]/u);
    }
  });
}

test('a ticket of a megabyte is cut before a model sees it', async () => {
  const model = modelThatAnswers(obeying('All is well with this customer.'));
  await run(caseWith('A'.repeat(1_000_000), CUSTOMERS[0] ?? assert.fail()), model, 'B'.repeat(1_000_000));
  for (const { prompt } of model.prompts) assert.ok(prompt.length < 10_000, `${prompt.length} characters`);
});

test('a model never learns whom it writes to', async () => {
  const model = modelThatAnswers(obeying('All is well with this customer.'));
  const kase = caseWith('Hello', CUSTOMERS[0] ?? assert.fail());
  await run(kase, model, 'Hello');
  const { firstName, lastName, email, phone } = kase.record.customer;
  for (const { system, prompt } of model.prompts) {
    for (const personal of [firstName, lastName, email, phone])
      assert.ok(!`${system}${prompt}`.includes(personal ?? '?'));
  }
});

test('over the wire, an obeying model with an undecided offer and an unlisted link ends in the template', async () => {
  for (const body of [
    'We are sorry for the delay and would like to give you a discount of 40% on your next order.',
    'We are sorry for the delay; please see https://evil.example/refund for what you can do now.',
  ]) {
    await using stub = await StubModelServer.start({ kind: 'json', value: { subject: 'About your order', body } });
    const model = createLanguageModel({ baseUrl: stub.baseUrl, model: 'stub-1', timeoutMs: 5_000 });
    const kase = caseWith('Give me more.', CUSTOMERS[0] ?? assert.fail());
    const { context, decision } = await run(kase, null, null);
    const { result, note } = await writeMessage(kase, context.result, decision.result, model);
    assert.equal(note.by, 'rules');
    assert.match(note.note, /^The model's text .*; the en template was used\.$/);
    assert.deepEqual(checkMessage(result, { language: 'en', decision: decision.result, channel: 'email' }), []);
    assert.equal(stub.requests.length, 1);
  }
});
