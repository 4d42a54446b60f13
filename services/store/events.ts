import { and, asc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Event, EventType } from '../../domain/contracts/events.ts';
import type { EventStore } from '../../domain/ports/access-store.ts';
import { eventSequences, events } from './access-schema.ts';
import { insertRows, oneOf } from './bulk.ts';
import { type Connection, type Database, deleteInBatches } from './connection.ts';

export interface NewEvent {
  type: EventType;
  at: string;
  /** The object that the type speaks of, as the API gives it. */
  data: object;
  /** What may be told once only: another event of the same key is left out. */
  key?: string | undefined;
}

/** The last `seq` with `count` more. The workspace's others wait for this transaction, so `seq` is the order of commits. */
function reserving(transaction: Database, workspace: string, count: number) {
  return transaction
    .insert(eventSequences)
    .values({ workspace, last: count })
    .onConflictDoUpdate({
      target: eventSequences.workspace,
      set: { last: sql`${eventSequences.last} + ${count}` },
    })
    .returning({ last: eventSequences.last });
}

async function reserve(transaction: Database, workspace: string, count: number): Promise<number> {
  const [sequence] = await reserving(transaction, workspace, count);
  return sequence!.last;
}

/** Reserves the next `seq` and appends an event under it, in one statement. */
async function appendOne(transaction: Database, workspace: string, { type, at, data, key }: NewEvent): Promise<void> {
  const sequence = transaction.$with('sequence').as(reserving(transaction, workspace, 1));
  const seq = sql`(select last from sequence)`;
  await transaction
    .with(sequence)
    .insert(events)
    .values({ workspace, seq, type, at, data: { ...data }, key: key ?? null });
}

/** Those whose key the workspace does not have, each key once. Call it while holding the sequence. */
async function untold(transaction: Database, workspace: string, given: readonly NewEvent[]): Promise<NewEvent[]> {
  const keys = given.flatMap(({ key }) => (key === undefined ? [] : [key]));
  const told = await transaction
    .select({ key: events.key })
    .from(events)
    .where(and(eq(events.workspace, workspace), sql`${events.key} = ${oneOf(keys)}`));
  const known = new Set(told.map(({ key }) => key));
  return given.filter(({ key }) => {
    if (key === undefined) return true;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/**
 * Appends events in the transaction of the change that they tell. Let it be the transaction's last step: all of the
 * workspace's events wait for its end.
 */
export async function appendEvents(
  transaction: Database,
  workspace: string,
  given: readonly NewEvent[],
): Promise<void> {
  if (given.length === 0) return;
  let fresh = given;
  if (given.some(({ key }) => key !== undefined)) {
    await reserve(transaction, workspace, 0);
    fresh = await untold(transaction, workspace, given);
    if (fresh.length === 0) return;
  }
  if (fresh.length === 1) return appendOne(transaction, workspace, fresh[0]!);
  let seq = (await reserve(transaction, workspace, fresh.length)) - fresh.length;
  await insertRows(
    transaction,
    events,
    fresh.map(({ type, at, data, key }) => ({ workspace, seq: ++seq, type, at, data: { ...data }, key: key ?? null })),
  );
}

/** What the WebSocket sends, in the order in which it was committed. */
export function eventStore(connection: Connection): EventStore {
  return {
    async after(workspace, seq, limit): Promise<Event[]> {
      return connection.run((database) =>
        database
          .select({
            seq: events.seq,
            type: events.type,
            workspace: events.workspace,
            at: events.at,
            data: events.data,
          })
          .from(events)
          .where(and(eq(events.workspace, workspace), gt(events.seq, seq)))
          .orderBy(asc(events.seq))
          .limit(limit),
      );
    },
    async last(workspace) {
      const [sequence] = await connection.run((database) =>
        database.select().from(eventSequences).where(eq(eventSequences.workspace, workspace)),
      );
      return sequence?.last ?? 0;
    },
    append: (workspace, event) =>
      connection.transaction((transaction) => appendEvents(transaction, workspace, [event])),
    dropBefore: (instant) => deleteInBatches(connection, events, lt(events.at, instant)),
  };
}
