import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, found } from './dependencies.ts';

type EscalationOperations = Pick<
  OperationHandlers,
  'listEscalations' | 'getEscalation' | 'assignEscalation' | 'resolveEscalation' | 'listOutbox' | 'getOutboxMessage'
>;

/** The escalation queue and the outbox: both live in the store alone. */
export function escalationOperations({ store }: OperationDependencies): EscalationOperations {
  const now = (): string => new Date().toISOString();
  return {
    listEscalations: ({ workspace }, { limit, ...filter }) => store.escalations.list(workspace, { ...filter, limit }),
    getEscalation: async ({ workspace }, { id }) => found(await store.escalations.get(workspace, id), 'escalation', id),
    assignEscalation: async ({ workspace, actor }, { id, owner }) =>
      found(await store.escalations.assign(workspace, id, { owner, actor, at: now() }), 'escalation', id),
    resolveEscalation: async ({ workspace, actor }, { id, note }) =>
      found(await store.escalations.resolve(workspace, id, { actor, note, at: now() }), 'escalation', id),
    getOutboxMessage: async ({ workspace }, { id }) => found(await store.outbox.get(workspace, id), 'message', id),
    listOutbox: ({ workspace }, { limit, cursor }) => store.outbox.list(workspace, { limit, cursor }),
  };
}
