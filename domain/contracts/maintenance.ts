import { z } from 'zod';
import { slug } from './names.ts';
import type { RunResult } from './runs.ts';

/** Input of `maintenance`: one workspace; every one when absent, or when it is the system's own. */
export const maintenanceInput = z.strictObject({ workspace: slug.optional() });

/** Result of `maintenance`; null where that part was left out or failed. */
export interface MaintenanceOutcome extends Required<Omit<RunResult, 'tokensUsed'>> {
  schedules: { checked: number; renewed: number } | null;
  dropped: { runs: number; events: number; answers: number } | null;
}
