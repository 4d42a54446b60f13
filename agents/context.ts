import { z } from 'zod';
import { contextFindings, type ContextFindings, type InterventionCase, type Noted } from '../domain/agents.ts';
import type { Sentiment } from '../domain/contracts/interventions.ts';
import type { CustomerRecord } from '../domain/customers/customer.ts';
import type { LanguageModel } from '../domain/ports/language-model.ts';
import { askModel, noteOf } from './ask-model.ts';
import { plainTextProblems } from './message-checks.ts';
import { isOpen, mean, newestTickets, type Signals, signalsOf } from './signals.ts';
import { INACTIVE_DAYS, LOW_CSAT, situationOf } from './situation.ts';
import { cut, UNTRUSTED_RULE, untrustedData } from './untrusted.ts';

/**
 * What troubles the customer, and how badly. The signals are always counted from the rows; a model may judge
 * sentiment, urgency and the issue.
 */
export async function analyseContext(
  kase: InterventionCase,
  model: LanguageModel | null,
): Promise<Noted<ContextFindings>> {
  const ruled = readByRules(kase);
  if (model === null) return noted(ruled, 'rules', rulesNote(kase.record));
  const asked = await askModel(
    model,
    { schema: judgement, schemaName: 'context_findings', system: SYSTEM, prompt: promptOf(kase, ruled.signals) },
    (answer) => plainTextProblems(answer.issue),
  );
  if (asked.by === 'rules') return noted(ruled, 'rules', noteOf(asked.why, 'the rules were used'));
  return noted({ ...asked.result, signals: ruled.signals }, 'model', 'The model judged sentiment, urgency and issue.');
}

const judgement = contextFindings.pick({ sentiment: true, urgency: true, issue: true }).extend({
  issue: z.string().trim().min(1).max(300),
});

const noted = (result: ContextFindings, by: 'rules' | 'model', note: string): Noted<ContextFindings> => ({
  result,
  note: { agent: 'context', by, note },
});

function rulesNote({ orders, supportTickets, npsAnswers }: CustomerRecord): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  const rows = [
    count(orders.length, 'order'),
    count(supportTickets.length, 'ticket'),
    count(npsAnswers.length, 'survey answer'),
  ];
  return `Worked out by rules from ${rows[0]}, ${rows[1]} and ${rows[2]}.`;
}

function readByRules(kase: InterventionCase): ContextFindings {
  const signals = signalsOf(kase.record, kase.now);
  const sentiment = sentimentOf(kase.record, signals);
  return { sentiment, urgency: urgencyOf(kase, sentiment), issue: issueOf(signals, sentiment), signals };
}

/** The mean of what is known: the last three tickets' sentiment, CSAT about 3, NPS about 7, each from −1 to 1. */
function sentimentOf(record: CustomerRecord, signals: Signals): Sentiment {
  const written = newestTickets(record.supportTickets).flatMap(({ sentimentScore }) =>
    sentimentScore === null ? [] : [sentimentScore],
  );
  const nps = signals.latestNps;
  const evidence = [
    mean(written.slice(0, 3)),
    signals.meanCsat === null ? null : (signals.meanCsat - 3) / 2,
    nps === null ? null : nps >= 7 ? (nps - 7) / 3 : (nps - 7) / 7,
  ];
  const score = mean(evidence.filter((value) => value !== null)) ?? 0;
  if (score <= -0.6) return 'very_negative';
  if (score <= -0.2) return 'negative';
  if (score < 0.2) return 'neutral';
  return score < 0.6 ? 'positive' : 'very_positive';
}

/** By risk, one more for a very unhappy customer or one who waits for an answer to something urgent. */
function urgencyOf(kase: InterventionCase, sentiment: Sentiment): number {
  const base = { critical: 5, high: 4, medium: 3, low: 2 }[kase.scores.riskLevel];
  const waiting = kase.record.supportTickets.some(
    (ticket) => isOpen(ticket) && (ticket.priority === 'urgent' || ticket.priority === 'high'),
  );
  return Math.min(5, base + (waiting || sentiment === 'very_negative' ? 1 : 0));
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** One sentence of at most two clauses, the one that a message would answer first. */
function issueOf(signals: Signals, sentiment: Sentiment): string {
  const { daysInactive, spendingTrend, openTickets, meanCsat, latestNps, lateDeliveries, failedPayments } = signals;
  const inactive = daysInactive !== null && daysInactive >= INACTIVE_DAYS && `not active for ${daysInactive} days`;
  const spending =
    spendingTrend !== null &&
    spendingTrend < 1 &&
    `spending of the last 90 days is down by ${Math.round((1 - spendingTrend) * 100)} %`;
  const open = openTickets > 0 && `${plural(openTickets, 'ticket is', 'tickets are')} still open`;
  const support = meanCsat !== null && meanCsat < LOW_CSAT && `support was rated ${meanCsat.toFixed(1)} of 5`;
  const payment = failedPayments > 0 && `${plural(failedPayments, 'payment', 'payments')} failed in the last 180 days`;
  const late =
    lateDeliveries > 0 && `${plural(lateDeliveries, 'delivery was', 'deliveries were')} late in the last 180 days`;
  const detractor = latestNps !== null && latestNps <= 6 && `the latest NPS answer is ${latestNps}`;
  const first = { bad_support: support || open, payment_failure: payment, late_delivery: late }[
    situationOf({ signals, sentiment }) as string
  ];
  const clauses = [first, inactive, spending, support, open, payment, late, detractor]
    .filter((clause) => typeof clause === 'string')
    .filter((clause, index, all) => all.indexOf(clause) === index);
  return clauses.length === 0 ? 'No single cause stands out.' : noteOf(...clauses.slice(0, 2));
}

const SYSTEM = [
  'You judge what troubles one customer of a shop.',
  'Answer with the sentiment, the urgency from 1 (can wait) to 5 (now), and the likely issue in one plain English sentence without links, prices, percentages or promises.',
  UNTRUSTED_RULE,
].join(' ');

function promptOf({ record, scores, now }: InterventionCase, signals: Signals): string {
  const tickets = newestTickets(record.supportTickets).slice(0, 5);
  const answers = record.npsAnswers.toSorted((a, b) => (b.answeredAt ?? 0) - (a.answeredAt ?? 0)).slice(0, 2);
  return [
    `Today is ${new Date(now).toISOString().slice(0, 10)}. Scores: ${JSON.stringify(scores)}.`,
    `Signals counted from the records: ${JSON.stringify(signals)}.`,
    untrustedData({
      tickets: tickets.map((ticket) => ({
        category: cut(ticket.category, 40),
        priority: cut(ticket.priority, 20),
        status: cut(ticket.status, 20),
        csat: ticket.csatScore,
        text: cut(ticket.issueText, 500),
      })),
      surveys: answers.map((answer) => ({ score: answer.score, text: cut(answer.feedback, 300) })),
    }),
  ].join('\n');
}
