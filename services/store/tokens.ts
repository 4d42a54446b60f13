import { and, eq, isNull, lt, or } from 'drizzle-orm';
import type { Token } from '../../domain/contracts/tokens.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { TokenStore } from '../../domain/ports/access-store.ts';
import { tokens } from './access-schema.ts';
import type { Connection } from './connection.ts';
import { NewestFirst } from './cursor.ts';

/** How old the noted use may be: not every call writes. */
const USE_NOTED_MS = 60_000;

function toToken({ hash: _hash, ...token }: typeof tokens.$inferSelect): Token {
  return token;
}

/** Who may call, known by the hash of their token. */
export function tokenStore(connection: Connection): TokenStore {
  const newest = new NewestFirst(tokens, 'createdAt', 'tokenId');
  const inWorkspace = (workspace: string | null) => (workspace === null ? undefined : eq(tokens.workspace, workspace));
  return {
    async create(token) {
      const [created] = await connection.run((database) =>
        database.insert(tokens).values(token).onConflictDoNothing().returning(),
      );
      if (!created) throw new ReveilleError('conflict', 'There is a token of this id or secret already.');
      return toToken(created);
    },
    async find(hash, at) {
      const [token] = await connection.run((database) =>
        database
          .select()
          .from(tokens)
          .where(and(eq(tokens.hash, hash), isNull(tokens.revokedAt))),
      );
      if (!token) return null;
      const stale = new Date(Date.parse(at) - USE_NOTED_MS).toISOString();
      if (token.lastUsedAt !== null && token.lastUsedAt > stale) return toToken(token);
      await connection.run((database) =>
        database
          .update(tokens)
          .set({ lastUsedAt: at })
          .where(and(eq(tokens.tokenId, token.tokenId), or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, at)))),
      );
      return toToken({ ...token, lastUsedAt: new Date(at).toISOString() });
    },
    async list(workspace, options) {
      return newest.list(connection, options, inWorkspace(workspace), toToken);
    },
    async revoke(workspace, tokenId, at) {
      const isToken = and(eq(tokens.tokenId, tokenId), inWorkspace(workspace));
      return connection.transaction(async (transaction) => {
        const [token] = await transaction.select().from(tokens).where(isToken).for('update');
        if (!token || token.revokedAt !== null) return token ? toToken(token) : null;
        const [revoked] = await transaction.update(tokens).set({ revokedAt: at }).where(isToken).returning();
        return toToken(revoked!);
      });
    },
  };
}
