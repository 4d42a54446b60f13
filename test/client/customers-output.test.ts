import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatEvaluation, formatScores } from '../../client/cli/customers-output.ts';
import { evaluate } from '../../domain/customers/evaluation.ts';
import { generateCustomers } from '../../domain/customers/generator.ts';
import { scoreAll } from '../../domain/customers/health-score.ts';

const AS_OF = Date.parse('2026-03-01T12:00:00Z');
const scores = scoreAll(generateCustomers({ count: 200, seed: 5, asOf: AS_OF }), AS_OF);

describe('scores for a terminal', () => {
  it('show the worst 20, the worst first, with their factors, and sum up all', () => {
    const lines = formatScores(scores).split('\n');
    const rows = lines.filter((line) => /^C\d+/.test(line));
    assert.equal(rows.length, 20);
    const worst = scores.toSorted((a, b) => b.churnRisk - a.churnRisk)[0]!;
    assert.match(rows[0]!, new RegExp(`^${worst.customerId} +${worst.riskLevel} +${worst.churnRisk.toFixed(3)}`));
    assert.equal(rows[0]!.split(/ +/).length, 14);
    assert.ok(lines.every((line) => line.length <= 120));
    assert.match(lines.join('\n'), /the worst 20 of 200/);
    const atRisk = scores.filter((score) => score.churnRisk >= 0.6 || score.health < 0.4).length;
    assert.match(lines.join('\n'), new RegExp(`200 customers: mean health 0\\.\\d{6}, .*\nAt risk: ${atRisk} `));
  });

  it('are few or none without a word too many', () => {
    assert.equal(formatScores([]), 'No customers to score.');
    assert.match(formatScores(scores.slice(0, 1)), /\n1 customer: /);
    assert.doesNotMatch(formatScores(scores.slice(0, 1)), /the worst/);
  });
});

describe('an evaluation for a terminal', () => {
  it('says its verdict first, and each figure with what it means', () => {
    const outcomes = [0.9, 0.8, 0.3, 0.2].map((churnRisk, index) => ({
      churnRisk,
      health: 1 - churnRisk,
      isChurn: index % 2 === 0,
    }));
    const text = formatEvaluation(evaluate(outcomes, 0.85));
    assert.match(text, /^Churn risk is no better than chance/);
    assert.match(text, /AUC of churn risk +0\.750 \(95 % interval 0\.\d{3} to 1\.000\)/);
    assert.match(
      text,
      /At risk ≥ 0\.85 +100\.0 % of them left \(precision\); 50\.0 % of those who left are among them/,
    );
    assert.match(text, /0\.9 to 1\.0 +90\.0 % +100\.0 % +1/);
    assert.match(formatEvaluation(evaluate(outcomes, 0.99)), /At risk ≥ 0\.99 +nobody is; 0\.0 % of those who left/);
  });
});
