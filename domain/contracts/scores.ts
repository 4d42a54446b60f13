import { z } from 'zod';
import { identifier } from './names.ts';
import { riskLevel } from './interventions.ts';

/** One customer's score as `customers score --json` prints it; factors are points that sum up to health. */
export const score = z.object({
  customerId: identifier,
  health: z.number(),
  churnRisk: z.number(),
  riskLevel,
  factors: z.object({
    segment: z.number(),
    lifetimeValuePercentile: z.number(),
    loyaltyTier: z.number(),
    valueWithinSegment: z.number(),
    recency: z.number(),
    orderFrequency: z.number(),
    averageOrderValue: z.number(),
    support: z.number(),
    nps: z.number(),
    tenure: z.number(),
  }),
});
