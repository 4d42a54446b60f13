import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { slug } from '../../domain/contracts/names.ts';
import { SCOPES, type Scope } from '../../domain/contracts/tokens.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { fieldErrors } from '../../domain/parse.ts';
import type { TokenStore } from '../../domain/ports/access-store.ts';
import { hashOfSecret } from '../token-secret.ts';
import type { Caller } from './routes.ts';

/** What a token lets its bearer do. */
export interface Access {
  tokenId: string;
  /** Whose actions the bearer's are noted as. */
  actor: string;
  scopes: readonly Scope[];
  /** null: every one. */
  workspace: string | null;
  /** The workspace of a request that names none; null: it has to. */
  otherwise: string | null;
}

/** The token that a service makes for itself at each start, for callers of the same user on the same machine. */
export interface RuntimeToken {
  secret: string;
  actor: string;
  /** Of requests that name none. */
  workspace: string;
}

export type Authenticate = (secret: string | undefined) => Promise<Access>;

const UNAUTHORIZED = 'Send a token as "Authorization: Bearer TOKEN"; `reveille tokens create` makes one';

/** Finds out whose a secret is. The function throws ReveilleError `unauthorized`. */
export function authentication(tokens: Pick<TokenStore, 'find'>, runtime: RuntimeToken): Authenticate {
  const own = Buffer.from(hashOfSecret(runtime.secret));
  return async (secret) => {
    if (!secret) throw new ReveilleError('unauthorized', UNAUTHORIZED);
    const hash = hashOfSecret(secret);
    if (timingSafeEqual(Buffer.from(hash), own)) {
      const { actor, workspace } = runtime;
      return { tokenId: 'runtime', actor, scopes: SCOPES, workspace: null, otherwise: workspace };
    }
    const token = await tokens.find(hash, new Date().toISOString());
    if (!token) throw new ReveilleError('unauthorized', UNAUTHORIZED);
    const { tokenId, name, scopes, workspace } = token;
    return { tokenId, actor: name, scopes, workspace, otherwise: workspace };
  };
}

/** The secret of the Authorization header (RFC 6750, scheme in any case). */
export const bearerOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];

/** @throws ReveilleError `forbidden` */
export function requireScope({ scopes }: Access, scope: Scope): void {
  if (!scopes.includes(scope)) throw new ReveilleError('forbidden', `The token lacks the scope "${scope}"`);
}

/**
 * The workspace a request is about.
 * @throws ReveilleError `invalid_input` naming the place where it is named, `forbidden` for one that is not the token's
 */
export function workspaceOf(access: Access, named: unknown, where = 'X-Workspace'): string {
  if (named === undefined) {
    if (access.otherwise !== null) return access.otherwise;
    throw invalidInput([{ path: where, message: 'must name a workspace: the token is for all of them' }]);
  }
  const parsed = slug.safeParse(named);
  if (!parsed.success) throw invalidInput(fieldErrors(parsed.error).map(({ message }) => ({ path: where, message })));
  if (access.workspace === null || access.workspace === parsed.data) return parsed.data;
  throw new ReveilleError('forbidden', 'The token is for another workspace');
}

/** Who calls, as the operations want to know it. */
export const callerOf = (access: Access, workspace: string, correlationId: string): Caller => ({
  workspace,
  actor: access.actor,
  correlationId,
  everyWorkspace: access.workspace === null,
});
