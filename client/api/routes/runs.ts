import { z } from 'zod';
import { RUN_CAUSES, RUN_STATES, run } from '../../../domain/contracts/runs.ts';
import { instant } from '../../../domain/contracts/time-values.ts';
import { type Route, byId, list, page, route } from './route.ts';

export const runRoutes = {
  listRuns: route(
    'GET',
    '/api/runs',
    'The run ledger, newest planned instant first',
    z.strictObject({
      ...list,
      /** A name, or the Temporal id of one that Reveille did not make. */
      schedule: z.string().min(1, 'must not be empty').max(1_000).optional(),
      state: z.enum(RUN_STATES).optional(),
      cause: z.enum(RUN_CAUSES).optional(),
      from: instant.optional(),
      to: instant.optional(),
    }),
    page(run),
  ),
  getRun: route('GET', '/api/runs/:id', 'One run, by the run id of Temporal', byId, run),
} as const satisfies Record<string, Route>;
