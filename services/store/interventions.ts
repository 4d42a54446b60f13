import { type SQL, and, asc, eq, isNull, lt, sql } from 'drizzle-orm';
import type { EventType } from '../../domain/contracts/events.ts';
import type { AgentNote, Intervention, InterventionState } from '../../domain/contracts/interventions.ts';
import type { ExclusionReason } from '../../domain/contracts/scans.ts';
import { nameOf } from '../../domain/customers/customer.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { InterventionChanges, InterventionRow, InterventionStore } from '../../domain/ports/store.ts';
import { type Connection, type Database, holdLock } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { type NewEvent, appendEvents } from './events.ts';
import { exclusionsOf } from './exclusions.ts';
import { isCustomer } from './peers.ts';
import { customers, interventions } from './schema.ts';

type StoredIntervention = typeof interventions.$inferSelect;

/** The contract's object of a row. */
export function toIntervention(row: StoredIntervention): Intervention {
  return {
    interventionId: row.interventionId,
    customerId: row.customerId,
    name: row.name,
    segment: row.segment,
    loyaltyTier: row.loyaltyTier,
    health: row.health,
    churnRisk: row.churnRisk,
    riskLevel: row.riskLevel,
    issue: row.issue,
    sentiment: row.sentiment,
    urgency: row.urgency,
    priority: row.priority,
    action: row.action,
    channels: row.channels ?? [],
    discountPercent: row.discountPercent,
    language: row.language,
    subject: row.subject,
    body: row.body,
    textHash: row.textHash,
    state: row.state,
    stateReason: row.stateReason,
    deadline: row.deadline,
    notes: row.notes,
    workflowId: row.workflowId,
  };
}

function toRow(row: StoredIntervention): InterventionRow {
  const { scanId, runId, openedAt, endedAt, context, pattern, decision } = row;
  return { ...toIntervention(row), scanId, runId, openedAt, endedAt, context, pattern, decision };
}

const isIntervention = (workspace: string, interventionId: string): SQL | undefined =>
  and(eq(interventions.workspace, workspace), eq(interventions.interventionId, interventionId));

type Opening = Parameters<InterventionStore['open']>[1];

/** One at a time for each customer, so that whoever comes second sees the intervention of the first. */
async function openOnce(
  transaction: Database,
  workspace: string,
  { scores, ...opening }: Opening,
): Promise<'opened' | ExclusionReason> {
  const { interventionId, customerId, scanId, openedAt } = opening;
  await holdLock(transaction, 'customer', workspace, customerId);
  const same = await transaction.$count(interventions, isIntervention(workspace, interventionId));
  if (same > 0) return 'opened';
  const reason = (await exclusionsOf(transaction, workspace, [customerId], openedAt)).get(customerId);
  if (reason === 'open' || (reason && scanId !== null)) return reason;
  const [customer] = await transaction.select().from(customers).where(isCustomer(workspace, customerId));
  if (!customer) throw new ReveilleError('not_found', `There is no customer ${customerId}.`);
  const { segment, loyaltyTier, lifetimeValue } = customer;
  const name = nameOf(customer);
  await transaction
    .insert(interventions)
    .values({ ...opening, ...scores, workspace, state: 'deciding', name, segment, loyaltyTier, lifetimeValue });
  return 'opened';
}

const withNote = (notes: readonly AgentNote[], note: AgentNote): AgentNote[] =>
  notes.some(({ agent }) => agent === note.agent)
    ? notes.map((other) => (other.agent === note.agent ? note : other))
    : [...notes, note];

/** What whoever listens is told when an intervention comes into a state. */
const EVENT_OF_STATE: Partial<Record<InterventionState, EventType>> = {
  waiting_approval: 'intervention.waiting_approval',
  approved: 'intervention.approved',
  rejected: 'intervention.rejected',
  expired: 'intervention.expired',
  sent: 'intervention.sent',
  suppressed: 'intervention.suppressed',
};

async function updateUnlessEnded(
  transaction: Database,
  workspace: string,
  interventionId: string,
  { note, ...changes }: InterventionChanges,
): Promise<InterventionRow> {
  const found = isIntervention(workspace, interventionId);
  const [before] = await transaction.select().from(interventions).where(found).for('update');
  if (!before) throw new ReveilleError('not_found', `There is no intervention ${interventionId}.`);
  if (before.endedAt !== null) return toRow(before);
  const notes = note ? withNote(before.notes, note) : before.notes;
  const [after] = await transaction
    .update(interventions)
    .set({ ...changes, notes })
    .where(found)
    .returning();
  if (!after) return toRow(before);
  const type = after.state === before.state ? undefined : EVENT_OF_STATE[after.state];
  if (type) {
    const at = after.endedAt ?? new Date().toISOString();
    await appendEvents(transaction, workspace, [{ type, at, data: toIntervention(after) }]);
  }
  return toRow(after);
}

/**
 * Says of one what became of its message, once that is known: though it ended when nobody knew. @returns what is to be told
 * of it
 */
export async function settleIntervention(
  transaction: Database,
  workspace: string,
  interventionId: string,
  { state, stateReason, at }: { state: 'sent' | 'failed'; stateReason: string; at: string },
): Promise<NewEvent[]> {
  const [row] = await transaction
    .update(interventions)
    .set({
      state,
      stateReason,
      endedAt: sql`coalesce(${interventions.endedAt}, ${sql.param(at, interventions.endedAt)}::timestamptz)`,
    })
    .where(isIntervention(workspace, interventionId))
    .returning();
  const type = row && EVENT_OF_STATE[row.state];
  return type ? [{ type, at, data: toIntervention(row) }] : [];
}

/** What became of each customer's case, from opening to end. */
export function interventionStore(connection: Connection): InterventionStore {
  const newest = new NewestFirst(interventions, 'openedAt', 'interventionId');
  return {
    open: (workspace, opening) => connection.transaction((transaction) => openOnce(transaction, workspace, opening)),
    update: (workspace, interventionId, changes) =>
      connection.transaction((transaction) => updateUnlessEnded(transaction, workspace, interventionId, changes)),
    async get(workspace, interventionId) {
      const [row] = await connection.run((database) =>
        database.select().from(interventions).where(isIntervention(workspace, interventionId)),
      );
      return row ? toRow(row) : null;
    },
    async list(workspace, { state, customerId, scanId, ...options }) {
      return newest.list(
        connection,
        options,
        and(
          eq(interventions.workspace, workspace),
          state && eq(interventions.state, state),
          customerId === undefined ? undefined : eq(interventions.customerId, customerId),
          scanId === undefined ? undefined : eq(interventions.scanId, scanId),
        ),
        toRow,
      );
    },
    async unfinished(workspace, openedBefore, limit) {
      const rows = await connection.run((database) =>
        database
          .select()
          .from(interventions)
          .where(
            and(
              eq(interventions.workspace, workspace),
              isNull(interventions.endedAt),
              lt(interventions.openedAt, openedBefore),
            ),
          )
          .orderBy(asc(interventions.openedAt), asc(interventions.interventionId))
          .limit(limit),
      );
      return rows.map(toRow);
    },
  };
}
