import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, found } from './dependencies.ts';

type EffectOperations = Pick<OperationHandlers, 'listEffects' | 'getEffect' | 'resolveEffect'>;

/** The effect ledger, which lives in the store alone. */
export function effectOperations({ store }: OperationDependencies): EffectOperations {
  return {
    listEffects: ({ workspace }, { limit, ...filter }) => store.effects.list(workspace, { ...filter, limit }),
    getEffect: async ({ workspace }, { id }) => found(await store.effects.get(workspace, id), 'effect', id),
    resolveEffect: async ({ workspace, actor }, { id, ...said }) =>
      found(await store.effects.resolve(workspace, id, { ...said, actor, at: new Date().toISOString() }), 'effect', id),
  };
}
