import { z } from 'zod';
import { effect, effectState, resolveEffect } from '../../../domain/contracts/effects.ts';
import { type Route, byId, list, page, route } from './route.ts';

/** The effect ledger: what was done to the outside world, and what may have been. */
export const effectRoutes = {
  listEffects: route(
    'GET',
    '/api/effects',
    'Effects, newest first',
    z.strictObject({ ...list, state: effectState.optional() }),
    page(effect),
  ),
  getEffect: route('GET', '/api/effects/:id', 'One effect', byId, effect),
  resolveEffect: route(
    'POST',
    '/api/effects/:id/resolve',
    'Say of an effect whose outcome is unknown whether it was done',
    resolveEffect.extend(byId.shape),
    effect,
  ),
} as const satisfies Record<string, Route>;
