import { invalidInput } from '../../domain/errors.ts';
import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, found } from './dependencies.ts';

type RunOperations = Pick<OperationHandlers, 'listRuns' | 'getRun'>;

/** The run ledger. */
export function runOperations({ store }: OperationDependencies): RunOperations {
  return {
    async listRuns({ workspace }, filter) {
      const { from, to } = filter;
      if (from !== undefined && to !== undefined && from >= to) {
        throw invalidInput([{ path: 'from', message: 'must be before to' }]);
      }
      return store.runs.list(workspace, filter);
    },
    getRun: async ({ workspace }, { id }) => found(await store.runs.get(workspace, id), 'run', id),
  };
}
