import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatEvaluation } from '../../client/cli/customers-output.ts';
import { evaluation } from '../../domain/contracts/evaluation.ts';
import { areaUnderRoc } from '../../domain/customers/auc.ts';
import { evaluate, type ScoredOutcome } from '../../domain/customers/evaluation.ts';

const near = (actual: number, expected: number, within = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) < within, `${actual} is not ${expected}`);
const outcome = (churnRisk: number, isChurn: boolean | null): ScoredOutcome => ({
  churnRisk,
  health: 1 - churnRisk,
  isChurn,
});

describe('the area under the ROC curve', () => {
  it('counts pairs in order, ties half', () => {
    // Pairs: .9 beats .8, .5, .1; .5 loses to .8, ties .5, beats .1: 4.5 of 6.
    near(areaUnderRoc([0.9, 0.5], [0.8, 0.5, 0.1]).value, 0.75);
  });

  it('has the interval of DeLong, worked out by hand', () => {
    // Shares of the negatives below: 1 and .5, variance .125; of the positives above: .5, .75, 1, variance .0625.
    const standardError = Math.sqrt(0.125 / 2 + 0.0625 / 3);
    const { low, high } = areaUnderRoc([0.9, 0.5], [0.8, 0.5, 0.1]);
    near(low, 0.75 - 1.959963984540054 * standardError);
    assert.equal(high, 1);
  });

  it('is what counting every pair gives, and its mirror image lies on the other side of a half', () => {
    const values = fc.array(fc.nat(8), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, values, (positives, negatives) => {
        let wins = 0;
        for (const p of positives) for (const n of negatives) wins += p > n ? 1 : p === n ? 0.5 : 0;
        const { value, low, high } = areaUnderRoc(positives, negatives);
        near(value, wins / positives.length / negatives.length);
        assert.ok(low >= 0 && low <= value + 1e-9 && high >= value - 1e-9 && high <= 1);
        const mirrored = areaUnderRoc(negatives, positives);
        near(mirrored.value, 1 - value);
        near(mirrored.low, 1 - high);
        near(mirrored.high, 1 - low);
      }),
    );
  });

  it('claims little of classes that are few and fully apart', () => {
    assert.deepEqual(areaUnderRoc([0.9], [0.1, 0.2]), { value: 1, low: 0, high: 1 });
    const two = areaUnderRoc([0.9, 0.8], [0.1, 0.2]);
    assert.equal(two.value, 1);
    near(two.low, Math.sqrt(0.025));
    assert.ok(areaUnderRoc([1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0, 0]).low > 0.5);
  });
});

describe('an evaluation', () => {
  const rows = [
    outcome(0.95, true),
    outcome(0.85, false),
    outcome(0.65, true),
    outcome(0.62, false),
    outcome(0.55, false),
    outcome(0.45, true),
    outcome(0.35, false),
    outcome(0.25, false),
    outcome(0.15, false),
    outcome(1, false),
    outcome(0.9, null),
  ];

  it('has every figure as worked out by hand, over the customers with a label', () => {
    const result = evaluate(rows, 0.6);
    assert.equal(result.labelled, 10);
    // .95 beats all but 1 (6 of 7); .65 beats .62, .55, .35, .25, .15 (5); .45 beats three: 14 of 21.
    near(result.auc.risk.value, 14 / 21);
    near(result.auc.health.value, 7 / 21);
    assert.equal(result.lift10, 0);
    near(result.precision!, 2 / 5);
    near(result.recall, 2 / 3);
    assert.equal(result.threshold, 0.6);
    assert.deepEqual(
      result.calibration.map(({ bin, n }) => [bin, n]),
      [
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 1],
        [5, 1],
        [6, 2],
        [8, 1],
        [9, 2],
      ],
    );
    const sixth = result.calibration.find(({ bin }) => bin === 6)!;
    near(sixth.predicted, 0.635);
    near(sixth.observed, 0.5);
    assert.deepEqual(evaluation.parse(result), result);
  });

  it('correlates risk with the label', () => {
    // Risks 1, 0 with labels 1, 0 twice over: in full agreement.
    near(evaluate([outcome(1, true), outcome(0, false), outcome(1, true), outcome(0, false)], 0.5).correlation!, 1);
  });

  it('lifts by the share of tied customers that fits in the tenth', () => {
    const tied = Array.from({ length: 20 }, (_, index) => outcome(0.5, index < 5));
    near(evaluate(tied, 0.6).lift10, 1);
    const sorted = Array.from({ length: 20 }, (_, index) => outcome(1 - index / 20, index < 4));
    near(evaluate(sorted, 0.6).lift10, 5);
  });

  it('says no better than chance when the interval covers a half, also where all risks are equal', () => {
    const chance = evaluate(rows, 0.6);
    assert.match(chance.verdict, /no better than chance/);
    const equal = evaluate([outcome(0.5, true), outcome(0.5, false), outcome(0.5, true), outcome(0.5, false)], 0.6);
    assert.match(equal.verdict, /no better than chance/);
    assert.equal(equal.correlation, null);
    assert.equal(equal.precision, null);
    assert.equal(equal.recall, 0);
  });

  it('says better or worse than chance when it does not', () => {
    const split = (churnersAbove: boolean): ScoredOutcome[] =>
      Array.from({ length: 40 }, (_, index) => outcome(index / 40, index >= 20 === churnersAbove));
    assert.match(evaluate(split(true), 0.6).verdict, /better than chance/);
    assert.doesNotMatch(evaluate(split(true), 0.6).verdict, /no better/);
    assert.match(evaluate(split(false), 0.6).verdict, /worse than chance/);
  });

  it('refuses what cannot be measured, in plain words', () => {
    assert.throws(() => evaluate([], 0.6), { code: 'invalid_input', message: /No customer has a churn label/ });
    assert.throws(() => evaluate([outcome(0.5, null)], 0.6), { code: 'invalid_input' });
    assert.throws(() => evaluate([outcome(0.5, true)], 0.6), { message: /All 1 labelled customers left/ });
    assert.throws(() => evaluate([outcome(0.5, false), outcome(0.1, false)], 0.6), { message: /stayed/ });
  });

  it('never holds anything but finite numbers or null, and is told in words', () => {
    const anyOutcome = fc.record({
      health: fc.double({ min: 0, max: 1, noNaN: true }),
      churnRisk: fc.double({ min: 0, max: 1, noNaN: true }),
      isChurn: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(anyOutcome, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (some, threshold) => {
          const full = [...some, outcome(0.3, true), outcome(0.3, false)];
          const result = evaluate(full, threshold);
          assert.deepEqual(evaluation.parse(result), result);
          assert.doesNotMatch(JSON.stringify(result) + formatEvaluation(result), /NaN|Infinity|undefined/);
        },
      ),
    );
  });
});
