import type { InterventionState } from './interventions.ts';
import type { ExclusionReason } from './scans.ts';

/** Signal by which an intervention tells the scan that opened it what it decided. */
export const INTERVENTION_DECIDED = 'interventionDecided';

export interface InterventionDecided {
  customerId: string;
  interventionId: string;
  state: InterventionState;
  /** Set when the customer turned out to be excluded, so that nothing was opened. */
  excluded: ExclusionReason | null;
}
