import { and, eq, sql } from 'drizzle-orm';
import type { LeaseStore } from '../../domain/ports/schedule-store.ts';
import type { Connection } from './connection.ts';
import { leases } from './schedule-schema.ts';

/** Who does what only one process may do at a time. */
export function leaseStore(connection: Connection): LeaseStore {
  return {
    async acquire(name, holder, at, forMs) {
      const expiresAt = new Date(Date.parse(at) + forMs).toISOString();
      const taken = await connection.run((database) =>
        database
          .insert(leases)
          .values({ name, holder, expiresAt })
          .onConflictDoUpdate({
            target: leases.name,
            set: { holder, expiresAt },
            setWhere: sql`${leases.holder} = ${holder} or ${leases.expiresAt} <= ${sql.param(at, leases.expiresAt)}`,
          })
          .returning(),
      );
      return taken.length > 0;
    },
    async release(name, holder) {
      await connection.run((database) =>
        database.delete(leases).where(and(eq(leases.name, name), eq(leases.holder, holder))),
      );
    },
  };
}
