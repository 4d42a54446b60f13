import { type SQL, and, asc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { FollowUpRow, FollowUpStore } from '../../domain/ports/contact-store.ts';
import { oneOf, rowsOf } from './bulk.ts';
import type { Connection, Database } from './connection.ts';
import { scheduledActions } from './contact-schema.ts';
import { NewestFirst } from './cursor.ts';
import { appendEvents } from './events.ts';
import { type StoredFollowUp, cancelAllPending, followUpEvents, isPendingOf, toFollowUpRow } from './follow-up-rows.ts';

const isFollowUp = (workspace: string, followUpId: string): SQL | undefined =>
  and(eq(scheduledActions.workspace, workspace), eq(scheduledActions.followUpId, followUpId));

async function find(database: Database, workspace: string, followUpId: string): Promise<FollowUpRow | null> {
  const [row] = await database.select().from(scheduledActions).where(isFollowUp(workspace, followUpId));
  return row ? toFollowUpRow(row) : null;
}

/** Rows whatever wrote them, in the order of `given`. */
async function scheduleAll(
  database: Database,
  workspace: string,
  given: Parameters<FollowUpStore['schedule']>[1],
): Promise<FollowUpRow[]> {
  if (given.length === 0) return [];
  const rows = given.map(({ actor, ...followUp }) => ({
    ...followUp,
    workspace,
    state: 'pending' as const,
    createdBy: actor,
  }));
  await database.insert(scheduledActions).select(rowsOf(scheduledActions, rows)).onConflictDoNothing();
  const ids = given.map(({ followUpId }) => followUpId);
  const stored = await database
    .select()
    .from(scheduledActions)
    .where(and(eq(scheduledActions.workspace, workspace), sql`${scheduledActions.followUpId} = ${oneOf(ids)}`));
  const byId = new Map(stored.map((row) => [row.followUpId, toFollowUpRow(row)]));
  return ids.map((id) => byId.get(id)!);
}

/** Changes one that is in one of these states; null when it is not. */
async function change(
  database: Database,
  workspace: string,
  followUpId: string,
  states: StoredFollowUp['state'][],
  changes: Parameters<ReturnType<typeof updating>['set']>[0],
): Promise<FollowUpRow | null> {
  const [row] = await updating(database)
    .set(changes)
    .where(and(isFollowUp(workspace, followUpId), inArray(scheduledActions.state, states)))
    .returning();
  return row ? toFollowUpRow(row) : null;
}

const updating = (database: Database) => database.update(scheduledActions);

async function endOnce(
  transaction: Database,
  workspace: string,
  followUpId: string,
  { state, reason, actor, at }: Parameters<FollowUpStore['end']>[2],
): Promise<FollowUpRow | null> {
  const ended = await change(transaction, workspace, followUpId, ['pending', 'processing'], {
    ...{ state, reason, endedBy: actor, endedAt: at, processingSince: null },
    executedAt: state === 'executed' ? at : null,
  });
  if (!ended) return find(transaction, workspace, followUpId);
  await appendEvents(transaction, workspace, followUpEvents([ended], at));
  return ended;
}

/** Follow-ups; each change is one statement on its row, so that of two who meet one wins. */
export function followUpStore(connection: Connection): FollowUpStore {
  const newest = new NewestFirst(scheduledActions, 'createdAt', 'followUpId');
  return {
    schedule: (workspace, given) => connection.run((database) => scheduleAll(database, workspace, given)),
    get: (workspace, followUpId) => connection.run((database) => find(database, workspace, followUpId)),
    list: (workspace, { contactId, state, ...options }) => {
      const filter = and(
        eq(scheduledActions.workspace, workspace),
        contactId === undefined ? undefined : eq(scheduledActions.contactId, contactId),
        state && eq(scheduledActions.state, state),
      );
      return newest.list(connection, options, filter, toFollowUpRow);
    },
    async pending(workspace, contactId) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(scheduledActions)
          .where(isPendingOf(workspace, contactId))
          .orderBy(asc(scheduledActions.scheduledFor), asc(scheduledActions.followUpId)),
      );
      return rows.map(toFollowUpRow);
    },
    reschedule: (workspace, followUpId, scheduledFor) =>
      connection.run((database) => change(database, workspace, followUpId, ['pending'], { scheduledFor })),
    take: (workspace, followUpId, at) =>
      connection.run((database) =>
        change(database, workspace, followUpId, ['pending', 'processing'], {
          state: 'processing',
          processingSince: sql`coalesce(${scheduledActions.processingSince}, ${sql.param(at, scheduledActions.processingSince)})`,
        }),
      ),
    end: (workspace, followUpId, end) =>
      connection.transaction((transaction) => endOnce(transaction, workspace, followUpId, end)),
    cancelPending: (workspace, contactId, by) =>
      connection.transaction(async (transaction) => {
        const cancelled = await cancelAllPending(transaction, workspace, contactId, by);
        await appendEvents(transaction, workspace, followUpEvents(cancelled, by.at));
        return cancelled;
      }),
    async stale(workspace, before, limit) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(scheduledActions)
          .where(
            and(
              eq(scheduledActions.workspace, workspace),
              sql`${scheduledActions.state} = 'processing'`,
              lt(scheduledActions.processingSince, before),
            ),
          )
          .orderBy(asc(scheduledActions.processingSince), asc(scheduledActions.followUpId))
          .limit(limit),
      );
      return rows.map(toFollowUpRow);
    },
  };
}
