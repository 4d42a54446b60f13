import { z } from 'zod';
import {
  type ContextFindings,
  decision as decisionSchema,
  type Decision,
  type InterventionCase,
  type Noted,
  type PatternFindings,
} from '../domain/agents.ts';
import type { Action, Channel, Priority, RiskLevel } from '../domain/contracts/interventions.ts';
import type { LanguageModel } from '../domain/ports/language-model.ts';
import { askModel, noteOf } from './ask-model.ts';
import { plainTextProblems } from './message-checks.ts';
import { signalsOf } from './signals.ts';
import { LOW_CSAT } from './situation.ts';
import { UNTRUSTED_RULE, untrustedData } from './untrusted.ts';

const HIGH_VALUE = 5_000;
const HIGH_RISK = 0.6;
const LOW_HEALTH = 0.4;
const DISCOUNT_WITHOUT_APPROVAL = 10;
const ACTIVE_MS = 7 * 86_400_000;

/** Percent by action and risk level; what a risk of losing the customer is worth (customers.md: 0 to 15). */
const DISCOUNTS: Record<Action, Record<RiskLevel, number>> = {
  immediate_personal_outreach: { critical: 15, high: 15, medium: 10, low: 5 },
  retention_offer_premium: { critical: 15, high: 12, medium: 10, low: 5 },
  retention_offer_standard: { critical: 12, high: 10, medium: 8, low: 5 },
  engagement_campaign: { critical: 10, high: 5, medium: 5, low: 0 },
};

/**
 * What to do for the customer, by the rules of customers.md alone: they see no text that anyone wrote. A model may
 * only write the rationale.
 */
export async function decide(
  kase: InterventionCase,
  context: ContextFindings,
  pattern: PatternFindings,
  model: LanguageModel | null,
  options: { /** The installation sends WhatsApp to those who opted in. */ whatsapp?: boolean } = {},
): Promise<Noted<Decision>> {
  const decided = decideByRules(kase, options.whatsapp ?? false);
  if (model === null) return noted(decided, 'rules', 'Decided by rules.');
  const asked = await askModel(
    model,
    { schema: wording, schemaName: 'rationale', system: SYSTEM, prompt: promptOf(kase, context, pattern, decided) },
    (answer) => plainTextProblems(answer.rationale, decided.discountPercent),
  );
  if (asked.by === 'rules') {
    return noted(decided, 'rules', noteOf(asked.why, 'the rationale is that of the rules'));
  }
  return noted({ ...decided, ...asked.result }, 'model', 'Decided by rules; the model wrote the rationale only.');
}

const wording = decisionSchema.pick({ rationale: true }).extend({ rationale: z.string().trim().min(1).max(500) });

const noted = (result: Decision, by: 'rules' | 'model', note: string): Noted<Decision> => ({
  result,
  note: { agent: 'decision', by, note },
});

function decideByRules(kase: InterventionCase, whatsapp: boolean): Decision {
  const action = actionOf(kase);
  const serviceOnly = !kase.record.customer.optInMarketing;
  if (kase.escalatedRecently) {
    const rationale = 'Escalated within the last 7 days, so a colleague has it in hand and nothing more is sent.';
    return {
      action,
      priority: 'handled',
      channels: [],
      discountPercent: 0,
      serviceOnly,
      approvalReasons: [],
      rationale,
    };
  }
  const discountPercent = serviceOnly ? 0 : DISCOUNTS[action][kase.scores.riskLevel];
  const approvalReasons = approvalReasonsOf(kase, discountPercent);
  const priority = priorityOf(kase.scores.riskLevel, approvalReasons.length > 0);
  const channels = channelsOf(kase, priority, whatsapp && !serviceOnly);
  const decided = { action, priority, channels, discountPercent, serviceOnly, approvalReasons };
  return { ...decided, rationale: rationaleOf(kase, decided) };
}

function actionOf({ record: { customer } }: InterventionCase): Action {
  if (customer.segment === 'VIP') return 'immediate_personal_outreach';
  if (customer.lifetimeValue > HIGH_VALUE) return 'retention_offer_premium';
  return customer.segment === 'Loyal' ? 'retention_offer_standard' : 'engagement_campaign';
}

function approvalReasonsOf(kase: InterventionCase, discountPercent: number): Decision['approvalReasons'] {
  const { customer } = kase.record;
  const { health, churnRisk } = kase.scores;
  // Counted anew, not taken from the context agent's findings.
  const { meanCsat } = signalsOf(kase.record, kase.now);
  const reasons: Decision['approvalReasons'] = [];
  if (discountPercent > DISCOUNT_WITHOUT_APPROVAL) reasons.push('discount');
  if (customer.segment === 'VIP' && (churnRisk >= HIGH_RISK || health < LOW_HEALTH)) reasons.push('vip');
  if (meanCsat !== null && meanCsat < LOW_CSAT) reasons.push('low_csat');
  if (customer.lifetimeValue > HIGH_VALUE && churnRisk >= HIGH_RISK) reasons.push('high_value');
  return reasons;
}

function priorityOf(riskLevel: RiskLevel, needsPerson: boolean): Priority {
  return needsPerson && riskLevel !== 'critical' ? 'high' : riskLevel;
}

/** In the order they are tried. Who has neither address nor number finds the message in the app. */
function channelsOf({ record: { customer }, now }: InterventionCase, priority: Priority, whatsapp: boolean): Channel[] {
  const channels: Channel[] = [];
  const hasPhone = (customer.phone ?? '').trim() !== '';
  if ((customer.email ?? '').includes('@')) channels.push('email');
  if (hasPhone && (priority === 'critical' || priority === 'high')) channels.push('phone', 'sms');
  if (customer.lastActiveAt !== null && now - customer.lastActiveAt <= ACTIVE_MS) channels.push('in_app');
  if (hasPhone && whatsapp) channels.push('whatsapp');
  return channels.length === 0 ? ['in_app'] : channels;
}

const REASON_WORDS: Record<Decision['approvalReasons'][number], string> = {
  discount: `the discount is above ${DISCOUNT_WITHOUT_APPROVAL} %`,
  vip: 'a VIP is at risk',
  low_csat: 'support was rated low',
  high_value: 'a customer of high value is at risk',
};

function rationaleOf(kase: InterventionCase, decided: Omit<Decision, 'rationale'>): string {
  const { riskLevel, churnRisk, health } = kase.scores;
  const { segment } = kase.record.customer;
  // Only the segments the rules know are named; any other is somebody's free text.
  const who = segment !== null && ['VIP', 'Loyal', 'Regular', 'Occasional'].includes(segment) ? segment : 'A';
  const clauses = [
    `${who} customer at ${riskLevel} risk (risk ${churnRisk.toFixed(2)}, health ${health.toFixed(2)})`,
    decided.serviceOnly
      ? 'without marketing opt-in, so a service message only'
      : decided.discountPercent > 0
        ? `a discount of ${decided.discountPercent} %`
        : 'no discount',
  ];
  if (decided.approvalReasons.length > 0) {
    clauses.push(
      `a person must approve since ${decided.approvalReasons.map((reason) => REASON_WORDS[reason]).join(', ')}`,
    );
  }
  return noteOf(...clauses);
}

const SYSTEM = [
  'You explain a decision that rules have taken about one customer, in one plain English sentence for a colleague.',
  'You cannot change the decision. Name no discount but the one decided; no links, prices or promises.',
  UNTRUSTED_RULE,
].join(' ');

function promptOf(
  kase: InterventionCase,
  context: ContextFindings,
  pattern: PatternFindings,
  { rationale, ...decided }: Decision,
): string {
  return [
    `Decided: ${JSON.stringify(decided)}. Because: ${rationale} Scores: ${JSON.stringify(kase.scores)}.`,
    untrustedData({ issue: context.issue, pattern: pattern.churnPattern }),
  ].join('\n');
}
