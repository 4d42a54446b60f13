import type { AucEstimate } from '../contracts/evaluation.ts';

/** The standard normal's 97.5 % quantile. */
const Z_95 = 1.959963984540054;

/** Ranks from 1; equals share the mean of the ranks they take up. */
function midranks(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end += 1;
    for (let place = start; place < end; place += 1) ranks[order[place]!] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

/** Unbiased variance of `values` around their mean. */
function sampleVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

/**
 * The chance that one of `positives` lies above one of `negatives`, ties counted half, with a 95 % interval.
 *
 * Interval: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988) 837–845, worked out from midranks as in Sun & Xu, IEEE
 * Signal Processing Letters 21 (2014) 1389–1393, cut at 0 and 1. Where it cannot be had it is wide rather than narrow:
 * with one value in a class it is all of 0 to 1; with classes fully apart, whose variance DeLong puts at 0, the near end
 * is .025^(1/k), k the smaller class, since k independent pairs in a row say no more.
 *
 * Both lists must hold something.
 */
export function areaUnderRoc(positives: readonly number[], negatives: readonly number[]): AucEstimate {
  const m = positives.length;
  const n = negatives.length;
  const all = midranks([...positives, ...negatives]);
  const positiveRanks = midranks(positives);
  const negativeRanks = midranks(negatives);
  // Share of the other class that each value lies above (for a negative: below).
  const above = positives.map((_, index) => (all[index]! - positiveRanks[index]!) / n);
  const below = negatives.map((_, index) => 1 - (all[m + index]! - negativeRanks[index]!) / m);
  const value = above.reduce((sum, share) => sum + share, 0) / m;
  const smaller = Math.min(m, n);
  if (smaller < 2) return { value, low: 0, high: 1 };
  const surest = 0.025 ** (1 / smaller);
  if (above.every((share) => share === 1)) return { value: 1, low: surest, high: 1 };
  if (above.every((share) => share === 0)) return { value: 0, low: 0, high: 1 - surest };
  const margin = Z_95 * Math.sqrt(sampleVariance(above) / m + sampleVariance(below) / n);
  return { value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}
