export interface RiskThresholds {
  riskThreshold: number;
  healthThreshold: number;
}

/** At risk: churn risk at or above its threshold, or health below its own. */
export function isAtRisk(
  score: { churnRisk: number; health: number },
  { riskThreshold, healthThreshold }: RiskThresholds,
): boolean {
  return score.churnRisk >= riskThreshold || score.health < healthThreshold;
}

export interface Ranked {
  customerId: string;
  churnRisk: number;
  lifetimeValue: number;
}

/** Sorts the worst first: churn risk, then lifetime value, both falling, then id by its characters. */
export function worstFirst(a: Ranked, b: Ranked): number {
  if (a.churnRisk !== b.churnRisk) return b.churnRisk - a.churnRisk;
  if (a.lifetimeValue !== b.lifetimeValue) return b.lifetimeValue - a.lifetimeValue;
  if (a.customerId === b.customerId) return 0;
  return a.customerId < b.customerId ? -1 : 1;
}

/** Keeps the `limit` worst of however many are offered, in memory for `limit` of them. */
export class WorstFirst<Item extends Ranked> {
  readonly #limit: number;
  #kept: Item[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(item: Item): void {
    const last = this.#kept.at(-1);
    if (this.#kept.length >= this.#limit && (!last || worstFirst(item, last) >= 0)) return;
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (worstFirst(this.#kept[middle]!, item) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#kept.splice(low, 0, item);
    if (this.#kept.length > this.#limit) this.#kept.pop();
  }

  /** What was kept, worst first. */
  items(): Item[] {
    return [...this.#kept];
  }
}
