import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Intervention } from '../../domain/contracts/interventions.ts';
import type { Scan } from '../../domain/contracts/scans.ts';
import type { CustomerData } from '../../domain/customers/customer.ts';
import { writeCustomerFiles } from '../../services/customer-files/write.ts';
import { CliFolder, type CliProcess } from '../support/cli.ts';
import { sampleCustomers } from '../support/service.ts';
import { type StubAnswer, StubModelServer } from '../support/stub-model-server.ts';

const SECRET_KEY = 'sk-canary-key-4711';
const SECRET_TICKET = 'canary-ticket-4712';
const MODEL_WORD = 'marigold';

/** What a well-behaved model says, by what it is asked for. */
const GOOD: Record<string, unknown> = {
  context_findings: {
    sentiment: 'negative',
    urgency: 4,
    issue: `The customer waits for help with a ${MODEL_WORD} order.`,
  },
  churn_pattern: { churnPattern: 'Similar customers left after slow support.' },
  rationale: { rationale: 'A friendly word may keep this customer.' },
  message: {
    subject: 'We would like to hear from you',
    body:
      'It has been a while since we last heard from you, and we would like to know how you are.\n\n' +
      `If anything is wrong with your ${MODEL_WORD}, please reply to this message and we will help you with it.`,
  },
};

let folder: CliFolder;
let model: StubModelServer;
let up: CliProcess;

before(async () => {
  folder = new CliFolder();
  model = await StubModelServer.start();
  await writeCustomerFiles(join(folder.path, 'sample'), readers());
  up = folder.start(['up'], {
    REVEILLE_LOG_LEVEL: 'trace',
    REVEILLE_LLM_BASE_URL: model.baseUrl,
    REVEILLE_LLM_MODEL: 'stub',
    REVEILLE_LLM_API_KEY: SECRET_KEY,
    REVEILLE_LLM_TIMEOUT: '1s',
  });
  await up.says(/Ctrl-C drains/);
});
after(async () => {
  await folder?.end();
  await model?.[Symbol.asyncDispose]();
});

/** Customers who read English and get no offers, so that one text fits all of them; each has a ticket. */
function readers(): CustomerData {
  const sample = sampleCustomers(150);
  const [ticket] = sample.supportTickets;
  assert.ok(ticket);
  return {
    ...sample,
    customers: sample.customers.map((customer) => ({ ...customer, language: 'en', optInMarketing: false })),
    supportTickets: sample.customers.map(({ customerId }, index) => ({
      ...ticket,
      ticketId: `T${index}`,
      customerId,
      csatScore: null,
      issueText: `My order ${SECRET_TICKET} never came`,
    })),
  };
}

/** A scan in a workspace of its own with a model that answers so. */
async function scanWith(workspace: string, answer: (schema: string) => StubAnswer): Promise<Intervention[]> {
  model.requests.length = 0;
  model.answerBy = ({ body }) => answer(body.response_format?.json_schema?.name ?? '');
  const own = ['--workspace', workspace];
  assert.equal((await folder.run(['customers', 'import', 'sample', ...own])).code, 0);
  const scan = await folder.json<Scan>(['scan', '--max-interventions', '3', ...own]);
  assert.equal(scan.interventions.length, 3);
  return scan.interventions;
}

/** Each intervention has a message of the rules, a note that says why, and an end or a person to wait for. */
function assertByRules(interventions: Intervention[], why: RegExp): void {
  for (const { body, state, notes, textHash } of interventions) {
    assert.match(state, /^(ready|waiting_approval)$/);
    assert.ok(body && textHash);
    assert.doesNotMatch(body, new RegExp(MODEL_WORD));
    for (const { agent, by, note } of notes) assert.deepEqual({ agent, by, why: why.test(note) }, { agent, by: 'rules', why: true }, note); // prettier-ignore
    assert.equal(notes.length, 4);
  }
  assert.ok(model.requests.length > 0);
}

test('what a model says well is used, and is asked for with the key and the schema', async () => {
  const interventions = await scanWith('good', (schema) => ({ kind: 'json', value: GOOD[schema] }));
  for (const { issue, body, notes } of interventions) {
    assert.match(issue ?? '', new RegExp(MODEL_WORD));
    assert.match(body ?? '', new RegExp(MODEL_WORD));
    assert.deepEqual(notes.map(({ agent, by }) => `${agent} by ${by}`).toSorted(), [
      ...['context by model', 'decision by model', 'empathy by model', 'pattern by model'],
    ]);
  }
  const schemas = model.requests.map(({ body }) => body.response_format?.json_schema?.name);
  assert.deepEqual([...new Set(schemas)].toSorted(), Object.keys(GOOD).toSorted());
  assert.ok(model.requests.every(({ authorization }) => authorization === `Bearer ${SECRET_KEY}`));
});

test('garbage gives the rules a note, and every intervention still ends', async () => {
  const interventions = await scanWith('garbage', () => ({ kind: 'content', content: 'no JSON {at all' }));
  assertByRules(interventions, /^The model's answer did not have the right shape/);
});

test('a refusal does too', async () => {
  assertByRules(
    await scanWith('refusal', () => ({ kind: 'refusal', text: 'I cannot' })),
    /^The model refused to answer/,
  );
});

test('a model that does not answer in time does too', async () => {
  assertByRules(await scanWith('timeout', () => ({ kind: 'hang' })), /^The model did not answer in time/);
});

test('a text with an offer nobody decided is not sent', async () => {
  const offer = { subject: 'A gift', body: 'Please take 50% off everything at https://evil.example, dear customer.' };
  const interventions = await scanWith('offer', (schema) => ({
    kind: 'json',
    value: schema === 'message' ? offer : GOOD[schema],
  }));
  for (const { body, subject, notes } of interventions) {
    assert.doesNotMatch(`${subject} ${body}`, /50|evil|gift/i);
    const note = notes.find(({ agent }) => agent === 'empathy');
    assert.equal(note?.by, 'rules');
    assert.match(note.note, /^The model's text /);
  }
});

test('no log line has the key, a ticket or a message, not even at the lowest level', async () => {
  await scanWith('unwell', () => ({ kind: 'status', status: 401 }));
  const logs = up.stderr + (await readFile(join(folder.path, '.reveille', 'temporal.log'), 'utf8'));
  assert.ok(up.stderr.split('\n').length > 100, 'hardly anything was logged');
  assert.match(up.stderr, /"activityType":"analyseContext"/);
  for (const secret of [SECRET_KEY, SECRET_TICKET, MODEL_WORD, 'We would like to hear', folder.runtime().token]) {
    assert.equal(logs.includes(secret), false, `a log line has ${secret}`);
  }
});
