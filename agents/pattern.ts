import { z } from 'zod';
import {
  type ContextFindings,
  type InterventionCase,
  type Noted,
  type PatternFindings,
  patternFindings,
} from '../domain/agents.ts';
import type { CustomerRecord, SupportTicket } from '../domain/customers/customer.ts';
import type { SimilarCustomer } from '../domain/customers/similarity.ts';
import type { LanguageModel } from '../domain/ports/language-model.ts';
import { askModel, noteOf } from './ask-model.ts';
import { plainTextProblems } from './message-checks.ts';
import { mean } from './signals.ts';
import { type Situation, situationOf } from './situation.ts';
import { cut, UNTRUSTED_RULE, untrustedData } from './untrusted.ts';

const SHOWN_CUSTOMERS = 10;
const SHOWN_RESOLUTIONS = 5;

/**
 * What happened to customers like this one (`similar`, best first), and what resolved issues like theirs
 * (`resolvedTickets` of those customers). Everything is counted; a model may only put the pattern into a sentence.
 */
export async function findPattern(
  kase: InterventionCase,
  context: ContextFindings,
  peers: { similar: readonly SimilarCustomer[]; resolvedTickets: readonly SupportTicket[] },
  model: LanguageModel | null,
): Promise<Noted<PatternFindings>> {
  const found = findByRules(kase.record, context, peers);
  if (model === null) {
    return noted(found, 'rules', `Worked out by rules from ${peers.similar.length} similar customers.`);
  }
  const asked = await askModel(
    model,
    { schema: wording, schemaName: 'churn_pattern', system: SYSTEM, prompt: promptOf(context, found) },
    (answer) => plainTextProblems(answer.churnPattern),
  );
  if (asked.by === 'rules') return noted(found, 'rules', noteOf(asked.why, 'the rules were used'));
  return noted({ ...found, ...asked.result }, 'model', 'The model put the counted pattern into words.');
}

const wording = patternFindings.pick({ churnPattern: true }).extend({
  churnPattern: z.string().trim().min(1).max(300),
});

const noted = (result: PatternFindings, by: 'rules' | 'model', note: string): Noted<PatternFindings> => ({
  result,
  note: { agent: 'pattern', by, note },
});

function findByRules(
  record: CustomerRecord,
  context: ContextFindings,
  { similar, resolvedTickets }: { similar: readonly SimilarCustomer[]; resolvedTickets: readonly SupportTicket[] },
): PatternFindings {
  const labelled = similar.filter(({ churned }) => churned !== null);
  const left = labelled.filter(({ churned }) => churned === true);
  return {
    similarCount: similar.length,
    similarCustomers: similar
      .slice(0, SHOWN_CUSTOMERS)
      .map(({ customerId, similarity, churned }) => ({ customerId, similarity, churned })),
    churnShare: labelled.length === 0 ? null : left.length / labelled.length,
    whatResolved: whatResolved(resolvedTickets, categoriesOf(record, situationOf(context))),
    churnPattern: patternSentence(similar.length, labelled.length, left),
  };
}

/** Ticket categories like the customer's own; without tickets, like their situation; null means any. */
function categoriesOf(record: CustomerRecord, situation: Situation): ReadonlySet<string> | null {
  const own = record.supportTickets.flatMap(({ category }) => (category === null ? [] : [category]));
  if (own.length > 0) return new Set(own);
  if (situation === 'late_delivery') return new Set(['delivery']);
  if (situation === 'payment_failure') return new Set(['payment', 'refund']);
  return null;
}

function whatResolved(
  tickets: readonly SupportTicket[],
  categories: ReadonlySet<string> | null,
): PatternFindings['whatResolved'] {
  const groups = new Map<string, { category: string; resolution: string | null; scores: number[] }>();
  for (const { category, resolution, csatScore } of tickets) {
    if (category === null || csatScore === null || (categories !== null && !categories.has(category))) continue;
    const shown = { category: cut(category, 60) ?? '', resolution: cut(resolution, 200) };
    const key = JSON.stringify(shown);
    const group = groups.get(key) ?? { ...shown, scores: [] };
    group.scores.push(csatScore);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ scores, ...group }) => ({ ...group, meanCsat: mean(scores) ?? 0, count: scores.length }))
    .sort((a, b) => b.meanCsat - a.meanCsat || b.count - a.count || (a.category < b.category ? -1 : 1))
    .slice(0, SHOWN_RESOLUTIONS)
    .map(({ count: _count, ...group }) => group);
}

function patternSentence(similarCount: number, labelled: number, left: readonly SimilarCustomer[]): string {
  if (similarCount === 0) return 'No similar customers are known.';
  if (labelled === 0) return `Of ${similarCount} similar customers it is not known who left.`;
  const share = `${left.length} of ${labelled} similar customers left`;
  const reason = commonest(left.flatMap(({ churnReason }) => (churnReason === null ? [] : [churnReason])));
  return reason === null ? `${share}.` : `${share}, most often over ${reason}.`;
}

function commonest(reasons: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [first] = [...counts].sort(([a, many], [b, fewer]) => fewer - many || (a < b ? -1 : 1));
  return first === undefined ? null : cut(first[0].replaceAll('_', ' '), 60) || null;
}

const SYSTEM = [
  'You put a counted pattern of customers who left into one plain English sentence for a colleague.',
  'Use only the numbers given; no links, prices, percentages or promises.',
  UNTRUSTED_RULE,
].join(' ');

function promptOf(context: ContextFindings, found: PatternFindings): string {
  const { similarCount, churnShare, churnPattern, whatResolved: resolved } = found;
  return [
    `Counted: ${JSON.stringify({ similarCount, churnShare })}. Signals: ${JSON.stringify(context.signals)}.`,
    untrustedData({ issue: context.issue, pattern: churnPattern, whatResolved: resolved }),
  ].join('\n');
}
