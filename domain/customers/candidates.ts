import type { RiskLevel } from '../contracts/interventions.ts';
import type { ExclusionCounts } from '../contracts/scans.ts';
import type { Ranked } from './at-risk.ts';

/** A customer at risk whom nothing excludes. */
export interface Candidate extends Ranked {
  health: number;
  riskLevel: RiskLevel;
}

/** Adds `more` to `counts` in place. */
export function countExclusions(counts: ExclusionCounts, more: ExclusionCounts): void {
  for (const [reason, count] of Object.entries(more) as [keyof ExclusionCounts, number][]) {
    counts[reason] = (counts[reason] ?? 0) + count;
  }
}
