import { z } from 'zod';
import { intervention } from './interventions.ts';
import { DEFAULT_WORKSPACE, identifier, slug } from './names.ts';
import { instant, instantOut } from './time-values.ts';

/** Keeps a scan's history under 4,096 events: each intervention costs it about six. */
export const MAX_INTERVENTIONS = 500;

/** Input of the `customerScan` workflow. `asOf`: the moment customers are scored at; the run's start when absent. */
export const customerScanInput = z.strictObject({
  workspace: slug.default(DEFAULT_WORKSPACE),
  riskThreshold: z.number().min(0).max(1).default(0.6),
  healthThreshold: z.number().min(0).max(1).default(0.4),
  maxInterventions: z.number().int().min(0).max(MAX_INTERVENTIONS).default(10),
  minLifetimeValue: z.number().min(0).default(0),
  segments: z.array(z.string().min(1)).default([]),
  asOf: instant.optional(),
  dryRun: z.boolean().default(false),
});
export type CustomerScanInput = z.infer<typeof customerScanInput>;

/** Why an at-risk customer was left out; the first that applies, in this order. */
export const EXCLUSION_REASONS = ['open', 'escalated', 'cool_off', 'opted_out', 'hold_out'] as const;
export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

export const exclusionCounts = z.partialRecord(z.enum(EXCLUSION_REASONS), z.number().int());
export type ExclusionCounts = z.infer<typeof exclusionCounts>;

/** Running totals over all scans of a workspace that were not dry runs. */
export const scanTotals = z.object({
  scans: z.number().int(),
  interventions: z.number().int(),
  averageInterventions: z.number(),
});
export type ScanTotals = z.infer<typeof scanTotals>;

/** The scan object (contracts.md). A dry run has no number and counts in no total. */
export const scan = z.object({
  scanId: identifier,
  number: z.number().int().nullable(),
  startedAt: instantOut,
  elapsedMs: z.number().nullable(),
  customersScanned: z.number().int(),
  atRisk: z.number().int(),
  excluded: exclusionCounts,
  interventions: z.array(intervention),
  totals: scanTotals,
  nextScanAt: instantOut.nullable(),
  workflowId: z.string(),
  webUi: z.string().nullable(),
});
export type Scan = z.infer<typeof scan>;

/** Answer of the `progress` query of a `customerScan`. */
export interface ScanProgress {
  scanId: string;
  phase: 'scoring' | 'intervening' | 'finishing' | 'done';
  customersScanned: number;
  atRisk: number;
  excluded: ExclusionCounts;
  chosen: number;
  decided: number;
}
