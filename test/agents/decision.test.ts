import assert from 'node:assert/strict';
import test from 'node:test';
import { analyseContext } from '../../agents/context.ts';
import { decide } from '../../agents/decision.ts';
import { findPattern } from '../../agents/pattern.ts';
import { decision as decisionSchema, type Decision } from '../../domain/agents.ts';
import { type CaseOptions, customerCase, DAY_MS, NOW } from '../support/customer-case.ts';

async function decided(options: CaseOptions, installation: { whatsapp?: boolean } = {}): Promise<Decision> {
  const kase = customerCase(options);
  const { result: context } = await analyseContext(kase, null);
  const { result: pattern } = await findPattern(kase, context, { similar: [], resolvedTickets: [] }, null);
  const { result, note } = await decide(kase, context, pattern, null, installation);
  assert.deepEqual(note, { agent: 'decision', by: 'rules', note: 'Decided by rules.' });
  return decisionSchema.parse(result);
}

const critical = { churnRisk: 0.85, riskLevel: 'critical' } as const;
const high = { churnRisk: 0.75, riskLevel: 'high' } as const;
const medium = { churnRisk: 0.6, riskLevel: 'medium' } as const;
const low = { churnRisk: 0.59, riskLevel: 'low' } as const;

test('the action goes by VIP, then lifetime value, then Loyal', async () => {
  const actionOf = async (segment: string | null, lifetimeValue: number) =>
    (await decided({ customer: { segment, lifetimeValue } })).action;
  assert.equal(await actionOf('VIP', 9_000), 'immediate_personal_outreach');
  assert.equal(await actionOf('Loyal', 5_000.01), 'retention_offer_premium');
  assert.equal(await actionOf('Loyal', 5_000), 'retention_offer_standard');
  assert.equal(await actionOf('Regular', 5_000), 'engagement_campaign');
  assert.equal(await actionOf(null, 10), 'engagement_campaign');
});

const vip = { segment: 'VIP', lifetimeValue: 1_000 };
const rich = { segment: 'Regular', lifetimeValue: 5_000.01 };
const tickets = (...scores: number[]) => scores.map((csatScore) => ({ csatScore }));

/** What needs a person, and what just does not. */
const approvals: [string, CaseOptions, Decision['approvalReasons']][] = [
  ['a VIP at risk .6', { customer: vip, scores: { ...medium, health: 0.4 } }, ['vip']],
  ['a VIP just below risk .6 with health .4', { customer: vip, scores: { ...low, health: 0.4 } }, []],
  ['a VIP of health below .4', { customer: vip, scores: { ...low, health: 0.399 } }, ['vip']],
  ['a regular of health below .4', { scores: { ...low, health: 0.2 } }, []],
  ['support rated just below 2.5', { tickets: tickets(2, 3, 2.4), scores: low }, ['low_csat']],
  ['support rated 2.5', { tickets: tickets(2, 3), scores: low }, []],
  ['value above 5,000 at risk .6', { customer: rich, scores: medium }, ['high_value']],
  ['value of 5,000 at risk .6', { customer: { ...rich, lifetimeValue: 5_000 }, scores: medium }, []],
  ['value above 5,000 below risk .6', { customer: rich, scores: low }, []],
  ['a discount of 10', { customer: { segment: 'Loyal' }, scores: high }, []],
  ['a discount of 12', { customer: { segment: 'Loyal' }, scores: critical }, ['discount']],
  [
    'all at once',
    { customer: { segment: 'VIP', lifetimeValue: 6_000 }, tickets: tickets(1), scores: critical },
    ['discount', 'vip', 'low_csat', 'high_value'],
  ],
];

for (const [what, options, reasons] of approvals) {
  test(`${what} needs ${reasons.join(', ') || 'nobody'}`, async () => {
    assert.deepEqual((await decided(options)).approvalReasons, reasons);
  });
}

test('the priority is the risk level, and at least high where a person is needed', async () => {
  for (const scores of [critical, high, medium, low]) {
    assert.equal((await decided({ scores })).priority, scores.riskLevel);
    const needed = scores === critical ? 'critical' : 'high';
    assert.equal((await decided({ scores, tickets: tickets(1) })).priority, needed);
  }
});

test('email comes first, phone and SMS for high and critical, the app for those active within 7 days', async () => {
  assert.deepEqual((await decided({ scores: low })).channels, ['email']);
  assert.deepEqual((await decided({ scores: medium })).channels, ['email']);
  assert.deepEqual((await decided({ scores: high })).channels, ['email', 'phone', 'sms']);
  assert.deepEqual((await decided({ scores: critical })).channels, ['email', 'phone', 'sms']);
  assert.deepEqual((await decided({ scores: low, tickets: tickets(1) })).channels, ['email', 'phone', 'sms']);
  const active = (lastActiveAt: number) => decided({ scores: low, customer: { lastActiveAt } });
  assert.deepEqual((await active(NOW - 7 * DAY_MS)).channels, ['email', 'in_app']);
  assert.deepEqual((await active(NOW - 7 * DAY_MS - 1)).channels, ['email']);
});

test('without an email the next channel leads, and the app is there for those with nothing else', async () => {
  const noEmail = { email: null };
  assert.deepEqual((await decided({ customer: noEmail, scores: high })).channels, ['phone', 'sms']);
  assert.deepEqual((await decided({ customer: noEmail, scores: low })).channels, ['in_app']);
  assert.deepEqual((await decided({ customer: { ...noEmail, phone: ' ' }, scores: high })).channels, ['in_app']);
});

test('WhatsApp is used only where the installation wants it, with a phone and marketing opt-in', async () => {
  const whatsapp = { whatsapp: true };
  assert.deepEqual((await decided({}, whatsapp)).channels, ['email', 'whatsapp']);
  assert.deepEqual((await decided({})).channels, ['email']);
  assert.deepEqual((await decided({ customer: { optInMarketing: false } }, whatsapp)).channels, ['email']);
  assert.deepEqual((await decided({ customer: { phone: null } }, whatsapp)).channels, ['email']);
});

test('without marketing opt-in there is a service message only and no discount', async () => {
  for (const segment of ['VIP', 'Loyal', 'Regular']) {
    const { serviceOnly, discountPercent, approvalReasons } = await decided({
      customer: { segment, lifetimeValue: 9_000, optInMarketing: false },
      scores: critical,
    });
    assert.deepEqual({ serviceOnly, discountPercent }, { serviceOnly: true, discountPercent: 0 });
    assert.ok(!approvalReasons.includes('discount'));
  }
});

test('who was escalated within 7 days is handled and not contacted again', async () => {
  const decision = await decided({ customer: { segment: 'VIP' }, scores: critical, escalatedRecently: true });
  assert.equal(decision.priority, 'handled');
  assert.deepEqual(decision.channels, []);
  assert.equal(decision.discountPercent, 0);
  assert.deepEqual(decision.approvalReasons, []);
});

test('the approval does not rest on what another agent found', async () => {
  const kase = customerCase({ tickets: tickets(1), scores: low });
  const { result: context } = await analyseContext(kase, null);
  const { result: pattern } = await findPattern(kase, context, { similar: [], resolvedTickets: [] }, null);
  const softened = { ...context, signals: { ...context.signals, meanCsat: 5 } };
  assert.deepEqual((await decide(kase, softened, pattern, null)).result.approvalReasons, ['low_csat']);
});
