import type { AucEstimate, CalibrationBin, Evaluation } from '../contracts/evaluation.ts';
import { ReveilleError } from '../errors.ts';
import { areaUnderRoc } from './auc.ts';

/** A scored customer with what became of them; `isChurn` null is not known, and does not count. */
export interface ScoredOutcome {
  health: number;
  churnRisk: number;
  isChurn: boolean | null;
}

interface Labelled {
  health: number;
  churnRisk: number;
  isChurn: boolean;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Pearson's correlation with the label as 0 and 1 (point-biserial); null when the risks do not differ. */
function correlationWithLabel(rows: readonly Labelled[]): number | null {
  if (rows.every((row) => row.churnRisk === rows[0]!.churnRisk)) return null;
  const meanRisk = mean(rows.map((row) => row.churnRisk));
  const meanLabel = mean(rows.map((row) => Number(row.isChurn)));
  let both = 0;
  let risk = 0;
  let label = 0;
  for (const row of rows) {
    const fromRisk = row.churnRisk - meanRisk;
    const fromLabel = Number(row.isChurn) - meanLabel;
    both += fromRisk * fromLabel;
    risk += fromRisk ** 2;
    label += fromLabel ** 2;
  }
  return both / Math.sqrt(risk * label);
}

/** Customers tied at the edge of the tenth count with the share of them that fits, so that row order does not matter. */
function liftOfTopTenth(rows: readonly Labelled[]): number {
  const size = Math.ceil(rows.length / 10);
  const edge = rows.map((row) => row.churnRisk).sort((a, b) => b - a)[size - 1]!;
  const above = rows.filter((row) => row.churnRisk > edge);
  const tied = rows.filter((row) => row.churnRisk === edge);
  const churned = (some: readonly Labelled[]): number => some.filter((row) => row.isChurn).length;
  const inTop = churned(above) + churned(tied) * ((size - above.length) / tied.length);
  return inTop / size / (churned(rows) / rows.length);
}

function calibrationBins(rows: readonly Labelled[]): CalibrationBin[] {
  const bins = Map.groupBy(rows, (row) => Math.min(9, Math.floor(row.churnRisk * 10)));
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([bin, members]) => ({
      bin,
      predicted: mean(members.map((row) => row.churnRisk)),
      observed: mean(members.map((row) => Number(row.isChurn))),
      n: members.length,
    }));
}

function verdictOn(risk: AucEstimate): string {
  const interval = `AUC ${risk.value.toFixed(2)}, 95 % interval ${risk.low.toFixed(2)} to ${risk.high.toFixed(2)}`;
  if (risk.low > 0.5) return `Churn risk tells who leaves better than chance (${interval}).`;
  if (risk.high < 0.5) return `Churn risk is worse than chance here: those who left had the lower risk (${interval}).`;
  return `Churn risk is no better than chance at telling who leaves (${interval}, which covers 0.5).`;
}

function unfitLabels(message: string): ReveilleError {
  return new ReveilleError('invalid_input', message, { errors: [{ path: 'churn_labels', message }] });
}

/**
 * How well churn risk (and health) predict who left, over the customers whose label is known. `threshold` is the churn
 * risk from which on a customer counts as predicted to leave. The AUC of health is that of health itself, so a useful
 * health score lies below .5.
 * @throws ReveilleError `invalid_input` when no label is known, or all are the same: then nothing can be measured.
 */
export function evaluate(scored: readonly ScoredOutcome[], threshold: number): Evaluation {
  const rows = scored.filter((row): row is Labelled => row.isChurn !== null);
  const left = rows.filter((row) => row.isChurn);
  const stayed = rows.filter((row) => !row.isChurn);
  if (rows.length === 0) {
    throw unfitLabels('No customer has a churn label (is_churn), so there is nothing to evaluate.');
  }
  if (left.length === 0 || stayed.length === 0) {
    const same = left.length === 0 ? 'stayed' : 'left';
    throw unfitLabels(
      `All ${rows.length} labelled customers ${same}; evaluating needs some who left and some who stayed.`,
    );
  }
  const flagged = rows.filter((row) => row.churnRisk >= threshold);
  const caught = flagged.filter((row) => row.isChurn).length;
  const aucOf = (of: (row: Labelled) => number): AucEstimate => areaUnderRoc(left.map(of), stayed.map(of));
  const risk = aucOf((row) => row.churnRisk);
  return {
    labelled: rows.length,
    auc: { risk, health: aucOf((row) => row.health) },
    correlation: correlationWithLabel(rows),
    lift10: liftOfTopTenth(rows),
    calibration: calibrationBins(rows),
    precision: flagged.length > 0 ? caught / flagged.length : null,
    recall: caught / left.length,
    threshold,
    verdict: verdictOn(risk),
  };
}
