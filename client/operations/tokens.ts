import { randomUUID } from 'node:crypto';
import { ReveilleError } from '../../domain/errors.ts';
import type { Caller, OperationHandlers } from '../api/routes.ts';
import { hashOfSecret, newSecret } from '../token-secret.ts';
import { type OperationDependencies, found } from './dependencies.ts';

type TokenOperations = Pick<OperationHandlers, 'createToken' | 'listTokens' | 'revokeToken'>;

/** Tokens: a caller of one workspace sees to those of its own, one of every workspace to all. */
export function tokenOperations({ store }: OperationDependencies): TokenOperations {
  const reach = ({ workspace, everyWorkspace }: Caller): string | null => (everyWorkspace ? null : workspace);
  return {
    async createToken(caller, { name, scopes, workspace }) {
      if (!caller.everyWorkspace && workspace !== caller.workspace) {
        const why = 'Only a token for all workspaces may create one for another workspace, or for all';
        throw new ReveilleError('forbidden', why, { errors: [{ path: 'workspace', message: 'is not yours' }] });
      }
      const secret = newSecret();
      const created = await store.tokens.create({
        tokenId: randomUUID(),
        name,
        workspace,
        scopes: [...new Set(scopes)],
        hash: hashOfSecret(secret),
        createdAt: new Date().toISOString(),
        createdBy: caller.actor,
      });
      return { ...created, token: secret };
    },
    listTokens: (caller, { limit, cursor }) => store.tokens.list(reach(caller), { limit, cursor }),
    revokeToken: async (caller, { id }) =>
      found(await store.tokens.revoke(reach(caller), id, new Date().toISOString()), 'token', id),
  };
}
