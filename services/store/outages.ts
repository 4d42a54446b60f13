import { type SQL, and, asc, gt, isNull, lt, or } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { OutageStore, Span } from '../../domain/ports/schedule-store.ts';
import { type Connection, type Database, holdLock } from './connection.ts';
import { outages, temporalContact } from './schedule-schema.ts';

const SERVER = 'temporal';

/** Spans that share an instant with `span`; the end of a span is no part of it. */
export function overlapping(since: PgColumn, until: PgColumn, span: Span): SQL | undefined {
  return and(or(isNull(until), gt(until, span.since)), span.until === null ? undefined : lt(since, span.until));
}

async function lastReached(transaction: Database): Promise<string | null> {
  await holdLock(transaction, 'outages');
  const [contact] = await transaction.select().from(temporalContact);
  return contact?.reachedAt ?? null;
}

async function noteReached(transaction: Database, at: string, gapMs: number): Promise<void> {
  const before = await lastReached(transaction);
  if (before !== null && Date.parse(at) <= Date.parse(before)) return;
  const ended = await transaction.update(outages).set({ until: at }).where(isNull(outages.until)).returning();
  if (ended.length === 0 && before !== null && Date.parse(at) - Date.parse(before) > gapMs) {
    await transaction.insert(outages).values({ since: before, until: at }).onConflictDoNothing();
  }
  await transaction
    .insert(temporalContact)
    .values({ server: SERVER, reachedAt: at })
    .onConflictDoUpdate({ target: temporalContact.server, set: { reachedAt: at } });
}

/** An outage is as long as nobody saw the server: from its last answer on. */
async function noteFailed(transaction: Database, at: string): Promise<void> {
  const since = (await lastReached(transaction)) ?? at;
  if ((await transaction.$count(outages, isNull(outages.until))) > 0) return;
  await transaction
    .insert(outages)
    .values({ since })
    .onConflictDoUpdate({ target: outages.since, set: { until: null } });
}

/** When the Temporal server could not be reached, as far as anyone looked. */
export function outageStore(connection: Connection): OutageStore {
  return {
    reached: (at, gapMs) => connection.transaction((transaction) => noteReached(transaction, at, gapMs)),
    failed: (at) => connection.transaction((transaction) => noteFailed(transaction, at)),
    between: (span) =>
      connection.run(async (database) =>
        database
          .select()
          .from(outages)
          .where(overlapping(outages.since, outages.until, span))
          .orderBy(asc(outages.since)),
      ),
  };
}
