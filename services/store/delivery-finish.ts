import { and, eq, sql } from 'drizzle-orm';
import type { DeliveryEnd, DeliveryOf, DeliveryStore } from '../../domain/ports/delivery-store.ts';
import type { Connection, Database } from './connection.ts';
import { finishDone } from './delivery-done.ts';
import { type StoredEffect, atRest, effectOf, hasKey, noteSent } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { appendEvents } from './events.ts';
import { contactLock, keepInStep } from './follow-up-rows.ts';
import type { Run } from './statements.ts';

type Rest = Awaited<ReturnType<DeliveryStore['finish']>>;

const isAttempting = sql`${effects.state} = 'attempting'`;
/** Taken for lost and not made again: whoever made it may still say what became of it. */
const isLost = sql`${effects.state} in ('planned', 'unknown')`;

/** What each end makes of the effect, and whether a lost attempt may still say it. */
const ENDS = {
  done: { state: sql`'done'`, from: sql`(${isAttempting} or ${isLost})` },
  // An attempt before may have sent it: then only a person can tell.
  failed: {
    state: sql`case when ${isAttempting} and ${effects.mayBeDone} then 'unknown' else 'failed' end`,
    from: sql`(${isAttempting} or (${isLost} and ${effects.attempts} = 1))`,
  },
  unknown: { state: sql`'unknown'`, from: isAttempting },
  later: {
    state: sql`case when ${effects.cancelReason} is null then 'planned' else ${atRest} end`,
    from: isAttempting,
  },
  again: {
    state: sql`case when ${effects.cancelReason} is null then 'planned' else 'unknown' end`,
    from: isAttempting,
  },
} as const;

async function endAttempt(
  transaction: Database,
  workspace: string,
  key: string,
  fence: number,
  { state, at, result, reason, mayBeDone = false }: DeliveryEnd,
): Promise<StoredEffect | null> {
  const end = ENDS[state === 'later' && mayBeDone ? 'again' : state];
  const waits = state === 'later' ? sql`${effects.cancelReason} is null` : sql`false`;
  const [row] = await transaction
    .update(effects)
    .set({
      state: end.state,
      endedAt: sql`case when ${waits} then null else ${sql.param(at, effects.endedAt)}::timestamptz end`,
      leaseUntil: null,
      mayBeDone: state === 'unknown' || mayBeDone ? true : sql`${effects.mayBeDone}`,
      result: result ?? null,
      error: state === 'done' ? null : (reason ?? null),
    })
    .where(and(hasKey(workspace, key), eq(effects.fence, fence), end.from))
    .returning();
  return row ?? null;
}

/** How an effect that is no longer attempted came to rest, as `finish` says it. */
const restOf = ({ state }: StoredEffect): Exclude<Rest, null> | null =>
  state === 'planned' ? 'later' : state === 'attempting' ? null : state;

/** Of an end that was already said, whose answer was lost: the same answer. */
async function saidBefore(
  transaction: Database,
  workspace: string,
  key: string,
  fence: number,
  state: DeliveryEnd['state'],
): Promise<Rest> {
  const found = await effectOf(transaction, hasKey(workspace, key));
  if (found?.fence !== fence) return null;
  const rest = restOf(found);
  const isSame =
    rest === state || (state === 'later' && rest === 'cancelled') || (state !== 'done' && rest === 'unknown');
  return isSame && found.resolvedBy === null ? rest : null;
}

/** Hold the contact (`contactLock`). */
async function finishInSteps(
  transaction: Database,
  workspace: string,
  { key, followUpId }: DeliveryOf,
  fence: number,
  end: DeliveryEnd,
): Promise<Rest> {
  const row = await endAttempt(transaction, workspace, key, fence, end);
  if (!row) return saidBefore(transaction, workspace, key, fence, end.state);
  const { at } = end;
  if (row.state === 'done') await noteSent(transaction, row, at);
  if (followUpId !== null) {
    const reason = row.state === 'done' ? (end.reason ?? null) : row.error;
    const nextAt = row.state === 'planned' ? (end.nextAt ?? at) : undefined;
    const events = await keepInStep(transaction, workspace, followUpId, row, { at, reason, nextAt });
    await appendEvents(transaction, workspace, events);
  }
  return restOf(row);
}

/** Ends the attempt of this fence, and brings the follow-up in step. */
export async function finishDelivery(
  connection: Connection,
  run: Run,
  workspace: string,
  delivery: DeliveryOf,
  fence: number,
  end: DeliveryEnd,
): Promise<Rest> {
  if (end.state === 'done') {
    const isDone = await connection.run((database) => finishDone(run, database, workspace, delivery, fence, end));
    if (isDone) return 'done';
  }
  return connection.holding(contactLock(workspace, delivery.contactId), (transaction) =>
    finishInSteps(transaction, workspace, delivery, fence, end),
  );
}
