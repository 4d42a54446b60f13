import { type SQL, and, asc, eq, lt, sql } from 'drizzle-orm';
import type { FollowUpRow, FollowUpStore } from '../../domain/ports/contact-store.ts';
import { oneOf, rowsOf } from './bulk.ts';
import type { Connection, Database } from './connection.ts';
import { scheduledActions } from './contact-schema.ts';
import { NewestFirst } from './cursor.ts';
import { type CallingOff, callOff, hasKey, toEffect } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { appendEvents } from './events.ts';
import {
  endUnsent,
  followUpEvents,
  contactLock,
  holdContact,
  isFollowUp,
  isNotOver,
  isOf,
  isToTry,
  messageKeyOf,
  messagesToCome,
  toFollowUpRow,
} from './follow-up-rows.ts';
import { forgottenContacts } from './forgotten.ts';
import { paced } from './pace.ts';
import { Statement, given, oneRow, rowOf, statementsOn } from './statements.ts';

const find = new Statement<{ row: Record<string, unknown> | null }>(
  'find_follow_up',
  sql`select ${oneRow(
    scheduledActions,
    isFollowUp(given('workspace', scheduledActions.workspace), given('followUpId', scheduledActions.followUpId)),
  )} as row`,
);

async function findMany(database: Database, workspace: string, followUpIds: readonly string[]): Promise<FollowUpRow[]> {
  const rows = await database
    .select()
    .from(scheduledActions)
    .where(and(eq(scheduledActions.workspace, workspace), sql`${scheduledActions.followUpId} = ${oneOf(followUpIds)}`));
  return rows.map(toFollowUpRow);
}

/** Rows whatever wrote them, in the order of `given`. */
async function scheduleAll(
  database: Database,
  workspace: string,
  given: Parameters<FollowUpStore['schedule']>[1],
): Promise<FollowUpRow[]> {
  if (given.length === 0) return [];
  const due = given.map(({ scheduledFor }) => scheduledFor);
  const nextAts = await paced(database, workspace, due);
  const rows = given.map(({ actor, ...followUp }, index) => ({
    ...followUp,
    workspace,
    nextAt: nextAts[index]!,
    state: 'pending' as const,
    createdBy: actor,
  }));
  await database.insert(scheduledActions).select(rowsOf(scheduledActions, rows)).onConflictDoNothing();
  const ids = given.map(({ followUpId }) => followUpId);
  const byId = new Map((await findMany(database, workspace, ids)).map((row) => [row.followUpId, row]));
  return ids.map((id) => byId.get(id)!);
}

/** Changes one that is `which`; null when it is not. */
async function change(
  database: Database,
  workspace: string,
  followUpId: string,
  which: SQL,
  changes: Parameters<ReturnType<typeof updating>['set']>[0],
): Promise<FollowUpRow | null> {
  const [row] = await updating(database)
    .set(changes)
    .where(and(isFollowUp(workspace, followUpId), which))
    .returning();
  return row ? toFollowUpRow(row) : null;
}

const updating = (database: Database) => database.update(scheduledActions);

/** `work` while the contact of the follow-up is held; null when there is no such follow-up. */
async function whileHeld<Result>(
  transaction: Database,
  workspace: string,
  followUpId: string,
  work: (contactId: string) => Promise<Result>,
): Promise<Result | null> {
  const [row] = await transaction
    .select({ contactId: scheduledActions.contactId })
    .from(scheduledActions)
    .where(isFollowUp(workspace, followUpId));
  if (!row) return null;
  await holdContact(transaction, workspace, row.contactId);
  return work(row.contactId);
}

/** Ends one whose message is certain not to go out any more. @returns it as it is then */
function endOne(
  transaction: Database,
  workspace: string,
  followUpId: string,
  by: CallingOff,
  state: 'cancelled' | 'failed',
): Promise<FollowUpRow | null> {
  return whileHeld(transaction, workspace, followUpId, async (contactId) => {
    await callOff(transaction, hasKey(workspace, messageKeyOf(followUpId)), by);
    const ended = await endUnsent(transaction, workspace, { contactId, followUpId }, by, state);
    await appendEvents(transaction, workspace, followUpEvents(ended, by.at));
    return ended[0] ?? (await findMany(transaction, workspace, [followUpId]))[0] ?? null;
  });
}

/** Hold the contact (`contactLock`). */
async function cancelAll(
  transaction: Database,
  workspace: string,
  contactId: string,
  by: CallingOff,
): Promise<FollowUpRow[]> {
  await callOff(transaction, messagesToCome(workspace, contactId), by);
  const cancelled = await endUnsent(transaction, workspace, { contactId }, by, 'cancelled');
  await appendEvents(transaction, workspace, followUpEvents(cancelled, by.at));
  return cancelled;
}

const staleOnes = (database: Database, workspace: string, before: string, limit: number) =>
  database
    .select({ followUp: scheduledActions, effect: effects })
    .from(scheduledActions)
    .leftJoin(
      effects,
      and(
        eq(effects.workspace, scheduledActions.workspace),
        sql`${effects.key} = 'follow-up/' || ${scheduledActions.followUpId} || '/message'`,
      ),
    )
    .where(
      and(
        eq(scheduledActions.workspace, workspace),
        sql`${scheduledActions.state} = 'processing'`,
        lt(scheduledActions.processingSince, before),
      ),
    )
    .orderBy(asc(scheduledActions.processingSince), asc(scheduledActions.followUpId))
    .limit(limit);

/** Follow-ups; whoever changes the state of one holds its contact. */
export function followUpStore(connection: Connection): FollowUpStore {
  const run = statementsOn(connection);
  const newest = new NewestFirst(scheduledActions, 'createdAt', 'followUpId');
  return {
    schedule: (workspace, given) => connection.run((database) => scheduleAll(database, workspace, given)),
    async get(workspace, followUpId) {
      const [found] = await connection.run((database) => run(database, find, { workspace, followUpId }));
      const row = rowOf(scheduledActions, found!.row);
      return row && toFollowUpRow(row);
    },
    getMany: (workspace, followUpIds) => connection.run((database) => findMany(database, workspace, followUpIds)),
    list: (workspace, { contactId, state, ...options }) => {
      const filter = and(
        eq(scheduledActions.workspace, workspace),
        contactId === undefined ? undefined : eq(scheduledActions.contactId, contactId),
        state && eq(scheduledActions.state, state),
      );
      return newest.list(connection, options, filter, toFollowUpRow);
    },
    async pending(workspace, contactId, limit) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(scheduledActions)
          .where(and(isOf(workspace, contactId), isToTry))
          .orderBy(asc(scheduledActions.nextAt), asc(scheduledActions.followUpId))
          .limit(limit),
      );
      return rows.map(toFollowUpRow);
    },
    reschedule: (workspace, followUpId, scheduledFor) =>
      connection.transaction((transaction) =>
        whileHeld(transaction, workspace, followUpId, async () => {
          const isPending = and(isNotOver, sql`${scheduledActions.state} <> 'processing'`)!;
          const [nextAt] = await paced(transaction, workspace, [scheduledFor]);
          return change(transaction, workspace, followUpId, isPending, { scheduledFor, nextAt: nextAt! });
        }),
      ),
    write: (workspace, followUpId, message) =>
      connection.run((database) =>
        change(database, workspace, followUpId, isNotOver, {
          message: sql`coalesce(${scheduledActions.message}, ${sql.param(message, scheduledActions.message)}::jsonb)`,
        }),
      ),
    cancel: (workspace, followUpId, by) =>
      connection.transaction((transaction) => endOne(transaction, workspace, followUpId, by, 'cancelled')),
    cancelPending: (workspace, contactId, by) =>
      connection.holding(contactLock(workspace, contactId), (transaction) =>
        cancelAll(transaction, workspace, contactId, by),
      ),
    fail: (workspace, followUpId, by) =>
      connection.transaction((transaction) =>
        endOne(transaction, workspace, followUpId, { ...by, actor: null }, 'failed'),
      ),
    async stale(workspace, before, limit) {
      const rows = await connection.run((database) => staleOnes(database, workspace, before, limit));
      return rows.map(({ followUp, effect }) => ({
        followUp: toFollowUpRow(followUp),
        effect: effect && toEffect(effect),
      }));
    },
    forgotten: (before, at, options) =>
      connection.transaction((transaction) => forgottenContacts(transaction, before, at, options)),
  };
}
