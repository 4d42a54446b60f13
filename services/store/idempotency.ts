import { type SQL, and, eq, isNull, lt } from 'drizzle-orm';
import type { IdempotencyStore } from '../../domain/ports/access-store.ts';
import { idempotencyKeys } from './access-schema.ts';
import { type Connection, type Database, deleteInBatches } from './connection.ts';

type Request = Parameters<IdempotencyStore['begin']>[2];
type Begun = Awaited<ReturnType<IdempotencyStore['begin']>>;

const isKey = (workspace: string, key: string): SQL | undefined =>
  and(eq(idempotencyKeys.workspace, workspace), eq(idempotencyKeys.key, key));

async function beginOnce(
  transaction: Database,
  workspace: string,
  key: string,
  { fingerprint, at, staleBefore }: Request,
): Promise<Begun> {
  for (;;) {
    const [taken] = await transaction
      .insert(idempotencyKeys)
      .values({ workspace, key, fingerprint, begunAt: at })
      .onConflictDoNothing()
      .returning();
    if (taken) return { outcome: 'begun' };
    const [known] = await transaction.select().from(idempotencyKeys).where(isKey(workspace, key)).for('update');
    // Released since it was in the way.
    if (!known) continue;
    if (known.fingerprint !== fingerprint) return { outcome: 'mismatch' };
    const { status, body } = known;
    if (status !== null) return { outcome: 'replay', answer: { status, body: JSON.parse(body ?? 'null') as unknown } };
    if (Date.parse(known.begunAt) >= Date.parse(staleBefore)) return { outcome: 'in_flight' };
    await transaction.update(idempotencyKeys).set({ begunAt: at }).where(isKey(workspace, key));
    return { outcome: 'begun' };
  }
}

/** Answers that can be given again, by `Idempotency-Key`. */
export function idempotencyStore(connection: Connection): IdempotencyStore {
  const inFlight = (workspace: string, key: string): SQL | undefined =>
    and(isKey(workspace, key), isNull(idempotencyKeys.status));
  return {
    begin: (workspace, key, request) =>
      connection.transaction((transaction) => beginOnce(transaction, workspace, key, request)),
    async finish(workspace, key, { status, body }) {
      await connection.run((database) =>
        database
          .update(idempotencyKeys)
          .set({ status, body: JSON.stringify(body ?? null) })
          .where(inFlight(workspace, key)),
      );
    },
    async release(workspace, key) {
      await connection.run((database) => database.delete(idempotencyKeys).where(inFlight(workspace, key)));
    },
    dropBefore: (instant) => deleteInBatches(connection, idempotencyKeys, lt(idempotencyKeys.begunAt, instant)),
  };
}
