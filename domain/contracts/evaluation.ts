import { z } from 'zod';

/** An area under the ROC curve with its 95 % interval. */
export const aucEstimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
export type AucEstimate = z.infer<typeof aucEstimate>;

/** Customers whose risk lies from `bin` tenths to the next tenth (the last bin holds 1 too). Empty bins are left out. */
export const calibrationBin = z.object({
  bin: z.number().int().min(0).max(9),
  /** Mean churn risk in the bin. */
  predicted: z.number(),
  /** Share of the bin that left. */
  observed: z.number(),
  n: z.number().int(),
});
export type CalibrationBin = z.infer<typeof calibrationBin>;

/** The evaluation object (contracts.md): how well risk and health predict the labels. */
export const evaluation = z.object({
  /** Customers whose label is known; nothing else enters the figures. */
  labelled: z.number().int(),
  auc: z.object({ risk: aucEstimate, health: aucEstimate }),
  /** Between risk and label; null when all risks are equal. */
  correlation: z.number().nullable(),
  /** Share that left among the tenth at highest risk, over the share among all. */
  lift10: z.number(),
  calibration: z.array(calibrationBin),
  /** Of those at or above the threshold, the share that left; null when there are none. */
  precision: z.number().nullable(),
  /** Of those that left, the share at or above the threshold. */
  recall: z.number(),
  threshold: z.number(),
  /** One sentence: better, no better, or worse than chance. */
  verdict: z.string(),
});
export type Evaluation = z.infer<typeof evaluation>;
