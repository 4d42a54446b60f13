import { type SQL, and, eq, sql } from 'drizzle-orm';
import { ReveilleError } from '../../domain/errors.ts';
import type { EffectStore } from '../../domain/ports/effect-store.ts';
import type { Connection, Database } from './connection.ts';
import { atRest, effectOf, hasKey, isTakenBack, noteSent, toEffect } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { Statement, given, statementsOn } from './statements.ts';

type AttemptOptions = Parameters<EffectStore['attempt']>[3];
type Outcome = Awaited<ReturnType<EffectStore['attempt']>>;
type End = Parameters<EffectStore['end']>[3];

export const LOST = 'The attempt was lost: nobody knows how far it came.';

const isPlanned = sql`${effects.state} = 'planned'`;
const isAttempting = sql`${effects.state} = 'attempting'`;
const isOverdue = (at: string): SQL => sql`${isAttempting} and ${effects.leaseUntil} <= ${instant(at)}`;
const instant = (at: string): SQL => sql`${sql.param(at, effects.leaseUntil)}::timestamptz`;
const afterLease = (at: string, leaseMs: number): SQL => instant(new Date(Date.parse(at) + leaseMs).toISOString());

/** Whether a lost attempt may be made again: the other side takes its key twice for once, and nobody called it off. */
const mayRepeat = sql`(${effects.repeatable} and ${effects.cancelReason} is null)`;

/**
 * Takes a planned effect, or one whose lease is over, in one statement: whoever comes second waits for the row, and then
 * finds it taken.
 */
async function taken(
  database: Database,
  workspace: string,
  key: string,
  at: string,
  { leaseMs, repeatable }: AttemptOptions,
) {
  const goes = repeatable ? sql`(${isPlanned} or ${mayRepeat})` : sql`(${isPlanned} and not ${effects.mayBeDone})`;
  const either = (then: SQL, otherwise: SQL): SQL => sql`case when ${goes} then ${then} else ${otherwise} end`;
  const [row] = await database
    .update(effects)
    .set({
      state: either(sql`'attempting'`, sql`'unknown'`),
      fence: either(sql`${effects.fence} + 1`, sql`${effects.fence}`),
      attempts: either(sql`${effects.attempts} + 1`, sql`${effects.attempts}`),
      attemptedAt: either(instant(at), sql`${effects.attemptedAt}`),
      leaseUntil: either(afterLease(at, leaseMs), sql`null`),
      endedAt: either(sql`null`, instant(at)),
      error: either(sql`null`, sql`${LOST}::text`),
      mayBeDone: sql`${effects.mayBeDone} or ${isAttempting}`,
      repeatable,
    })
    .where(and(hasKey(workspace, key), sql`(${isPlanned} or ${isOverdue(at)})`))
    .returning();
  return row ?? null;
}

async function attempt(
  database: Database,
  workspace: string,
  key: string,
  at: string,
  options: AttemptOptions,
): Promise<Outcome> {
  for (;;) {
    const row = await taken(database, workspace, key, at, options);
    if (row?.state === 'attempting') {
      const { fence, attempts, mayBeDone, result: noted } = row;
      return { outcome: 'go', fence, attempts, mayBeDone, noted };
    }
    const found = row ?? (await effectOf(database, hasKey(workspace, key)));
    if (!found) throw new ReveilleError('not_found', 'There is no such effect.');
    // Given back since it was found taken.
    if (found.state === 'planned') continue;
    return { outcome: found.state === 'attempting' ? 'busy' : found.state, effect: toEffect(found) };
  }
}

/** `isAttempting` of one that is found by its key: not as the index of leases says it, which would be gone through from end to end. */
const isBeingAttempted = sql`${effects.state} not in ('planned', 'done', 'failed', 'cancelled', 'unknown')`;

const prolong = new Statement<{ fence: number }>(
  'prolong_lease',
  sql`update ${effects} set lease_until = greatest(${effects.leaseUntil}, ${given('leaseUntil', effects.leaseUntil)})
    where ${hasKey(given('workspace', effects.workspace), given('key', effects.key))}
    and ${effects.fence} = ${given('fence', effects.fence)} and ${isBeingAttempted} and ${effects.leaseUntil} > ${given('at', effects.leaseUntil)}
    returning ${effects.fence}`,
);

/**
 * Ends the attempt of this fence. One that was taken for lost and not made again since may still say that it was done or
 * failed: it knows.
 */
async function end(
  database: Database,
  workspace: string,
  key: string,
  fence: number,
  { state, at, result, error }: End,
): Promise<boolean> {
  const given = sql`${state}::text`;
  const retried = state === 'planned' ? sql`${effects.cancelReason} is null` : sql`false`;
  const knows = state === 'done' || state === 'failed' ? sql`${effects.state} in ('planned', 'unknown')` : sql`false`;
  const [row] = await database
    .update(effects)
    .set({
      state: state === 'planned' ? sql`case when ${retried} then 'planned' else ${atRest} end` : given,
      endedAt: sql`case when ${retried} then null else ${instant(at)} end`,
      leaseUntil: null,
      result: result ?? null,
      error: error ?? null,
    })
    .where(and(hasKey(workspace, key), eq(effects.fence, fence), sql`(${isAttempting} or ${knows})`))
    .returning();
  if (!row) {
    // The same end again, whose answer was lost.
    const found = await effectOf(database, hasKey(workspace, key));
    return found?.fence === fence && found.state === state;
  }
  if (state === 'done') await noteSent(database, row, at);
  return true;
}

/** Lost attempts of every workspace. Rows that somebody holds at this moment are left to them. */
async function expireLeases(database: Database, at: string): Promise<number> {
  const overdue = database
    .select({ row: sql`ctid` })
    .from(effects)
    .where(isOverdue(at))
    .for('update', { skipLocked: true });
  const expired = await database
    .update(effects)
    .set({
      state: sql`case when ${mayRepeat} then 'planned' when ${isTakenBack} then 'cancelled' else 'unknown' end`,
      endedAt: sql`case when ${mayRepeat} then null else ${instant(at)} end`,
      leaseUntil: null,
      mayBeDone: true,
      error: LOST,
    })
    .where(sql`ctid = any (array(${overdue})) and ${isOverdue(at)}`)
    .returning({ key: effects.key });
  return expired.length;
}

/** Who is at an effect: leave, proof and end of an attempt. */
export function effectAttempts(
  connection: Connection,
): Pick<EffectStore, 'attempt' | 'holds' | 'end' | 'expireLeases'> {
  const run = statementsOn(connection);
  return {
    attempt: (workspace, key, at, options) =>
      connection.run((database) => attempt(database, workspace, key, at, options)),
    holds: async (workspace, key, fence, at, leaseMs) => {
      const leaseUntil = new Date(Date.parse(at) + leaseMs).toISOString();
      const held = await connection.run((database) =>
        run(database, prolong, { workspace, key, fence, at, leaseUntil }),
      );
      return held.length > 0;
    },
    // The message sent is noted with the end that says so.
    end: (workspace, key, fence, given) =>
      connection[given.state === 'done' ? 'transaction' : 'run']((database: Database) =>
        end(database, workspace, key, fence, given),
      ),
    expireLeases: (at) => connection.run((database) => expireLeases(database, at)),
  };
}
