import { type SQL, and, eq, gt } from 'drizzle-orm';
import type { Escalation } from '../../domain/contracts/interventions.ts';
import type { EscalationStore } from '../../domain/ports/store.ts';
import type { Connection, Database } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { escalations } from './schema.ts';

type StoredEscalation = typeof escalations.$inferSelect;
type Entry = Escalation['history'][number];

/** Who opened it, in its history: no person did. */
const OPENED_BY = 'reveille';

function toEscalation({ workspace: _workspace, ...escalation }: StoredEscalation): Escalation {
  return escalation;
}

/** An intervention has at most one escalation, which goes by the intervention's id. */
const isEscalation = (workspace: string, escalationId: string): SQL | undefined =>
  and(eq(escalations.workspace, workspace), eq(escalations.escalationId, escalationId));

async function find(database: Database, workspace: string, escalationId: string): Promise<Escalation | null> {
  const [row] = await database.select().from(escalations).where(isEscalation(workspace, escalationId));
  return row ? toEscalation(row) : null;
}

function withEntry(history: readonly Entry[], entry: Entry): Entry[] {
  const at = new Date(entry.at).toISOString();
  if (history.some((other) => other.at === at && other.what === entry.what)) return [...history];
  return [...history, { at, actor: entry.actor, what: entry.what }];
}

/** What people are asked to look at, with its owner and history. */
export function escalationStore(connection: Connection): EscalationStore {
  const newest = new NewestFirst(escalations, 'openedAt', 'escalationId');

  /** `change` of the escalation as it stands, one at a time; null when there is none. */
  const change = (
    workspace: string,
    escalationId: string,
    changed: (before: Escalation) => Partial<Pick<Escalation, 'owner' | 'state' | 'history'>>,
  ): Promise<Escalation | null> =>
    connection.transaction(async (transaction) => {
      const found = isEscalation(workspace, escalationId);
      const [row] = await transaction.select().from(escalations).where(found).for('update');
      if (!row) return null;
      const before = toEscalation(row);
      const changes = changed(before);
      if (Object.keys(changes).length > 0) await transaction.update(escalations).set(changes).where(found);
      return { ...before, ...changes };
    });

  return {
    open: (workspace, { what, ...escalation }) =>
      connection.transaction(async (transaction) => {
        const { interventionId: escalationId, openedAt } = escalation;
        const history = withEntry([], { at: openedAt, actor: OPENED_BY, what });
        const [row] = await transaction
          .insert(escalations)
          .values({ ...escalation, workspace, escalationId, state: 'open', history })
          .onConflictDoNothing()
          .returning();
        return row ? toEscalation(row) : (await find(transaction, workspace, escalationId))!;
      }),
    note: (workspace, escalationId, entry) =>
      change(workspace, escalationId, ({ history }) => ({ history: withEntry(history, entry) })),
    assign: (workspace, escalationId, { owner, actor, at }) =>
      change(workspace, escalationId, ({ history }) => ({
        owner,
        history: withEntry(history, { at, actor, what: `assigned to ${owner}` }),
      })),
    resolve: (workspace, escalationId, { actor, note, at }) =>
      change(workspace, escalationId, ({ state, history }) => {
        if (state === 'resolved') return {};
        const what = note ? `resolved: ${note}` : 'resolved';
        return { state: 'resolved', history: withEntry(history, { at, actor, what }) };
      }),
    get: (workspace, escalationId) => connection.run((database) => find(database, workspace, escalationId)),
    ofIntervention: (workspace, interventionId) =>
      connection.run((database) => find(database, workspace, interventionId)),
    async anySince(workspace, customerId, since) {
      const younger = and(
        eq(escalations.workspace, workspace),
        eq(escalations.customerId, customerId),
        gt(escalations.openedAt, since),
      );
      return (await connection.run((database) => database.$count(escalations, younger))) > 0;
    },
    async list(workspace, { state, ...options }) {
      return newest.list(
        connection,
        options,
        and(eq(escalations.workspace, workspace), state && eq(escalations.state, state)),
        toEscalation,
      );
    },
  };
}
