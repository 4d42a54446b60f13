import type { AucEstimate, Evaluation } from '../../domain/contracts/evaluation.ts';
import { isAtRisk, worstFirst } from '../../domain/customers/at-risk.ts';
import type { Score } from '../../domain/customers/health-score.ts';

const MAX_ROWS = 20;
/** The scan's defaults (domain/contracts/scans.ts). */
const THRESHOLDS = { riskThreshold: 0.6, healthThreshold: 0.4 };

const FACTOR_HEADERS: readonly (readonly [keyof Score['factors'], string])[] = [
  ['segment', 'segm'],
  ['lifetimeValuePercentile', 'ltv%'],
  ['loyaltyTier', 'tier'],
  ['valueWithinSegment', 'value'],
  ['recency', 'recent'],
  ['orderFrequency', 'orders'],
  ['averageOrderValue', 'basket'],
  ['support', 'csat'],
  ['nps', 'nps'],
  ['tenure', 'tenure'],
];

/** Rows under each other in columns: the first `textColumns` to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[], textColumns: number): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < textColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** The worst 20 customers with their ten factors, and a summary of all, for a terminal. */
export function formatScores(scores: readonly Score[]): string {
  if (scores.length === 0) return 'No customers to score.';
  const worst = scores
    .map((score) => ({ ...score, lifetimeValue: 0 }))
    .sort(worstFirst)
    .slice(0, MAX_ROWS);
  const rows = worst.map((score) => [
    score.customerId,
    score.riskLevel,
    score.churnRisk.toFixed(3),
    score.health.toFixed(3),
    ...FACTOR_HEADERS.map(([factor]) => score.factors[factor].toFixed(3)),
  ]);
  const header = ['customer', 'level', 'risk', 'health', ...FACTOR_HEADERS.map(([, name]) => name)];
  const mean = (of: (score: Score) => number): string =>
    (scores.reduce((sum, score) => sum + of(score), 0) / scores.length).toFixed(6);
  const { riskThreshold, healthThreshold } = THRESHOLDS;
  const byRisk = scores.filter((score) => score.churnRisk >= riskThreshold).length;
  const byHealth = scores.filter((score) => score.health < healthThreshold).length;
  const atRisk = scores.filter((score) => isAtRisk(score, THRESHOLDS)).length;
  return [
    ...table([header, ...rows], 2),
    ...(scores.length > MAX_ROWS ? [`… the worst ${MAX_ROWS} of ${scores.length}; --json prints all`] : []),
    '',
    `${plural(scores.length, 'customer', 'customers')}: mean health ${mean((score) => score.health)}, ` +
      `mean churn risk ${mean((score) => score.churnRisk)}`,
    `At risk: ${atRisk} (${byRisk} with risk ≥ ${riskThreshold}, ${byHealth} with health < ${healthThreshold})`,
  ].join('\n');
}

function interval({ value, low, high }: AucEstimate): string {
  return `${value.toFixed(3)} (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** The evaluation in words, the verdict first, for a terminal. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { labelled, auc, correlation, lift10, calibration, precision, recall, threshold, verdict } = evaluation;
  const bins = calibration.map(({ bin, predicted, observed, n }) => [
    `  ${(bin / 10).toFixed(1)} to ${((bin + 1) / 10).toFixed(1)}`,
    percent(predicted),
    percent(observed),
    String(n),
  ]);
  return [
    verdict,
    '',
    `Labelled customers   ${labelled}`,
    `AUC of churn risk    ${interval(auc.risk)}; 0.5 is chance, 1 is perfect`,
    `AUC of health        ${interval(auc.health)}; 0.5 is chance, 0 is perfect`,
    `Correlation          ${correlation === null ? 'none: all risks are equal' : correlation.toFixed(3)}`,
    `Lift of the top 10 % ${lift10.toFixed(2)} times the average share who left`,
    `At risk ≥ ${threshold}        ` +
      (precision === null ? 'nobody is' : `${percent(precision)} of them left (precision)`) +
      `; ${percent(recall)} of those who left are among them (recall)`,
    '',
    'Calibration: mean risk against the share who left',
    ...table([['  churn risk', 'risk', 'left', 'customers'], ...bins], 1),
  ].join('\n');
}
