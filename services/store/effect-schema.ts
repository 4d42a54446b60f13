import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Purpose } from '../../domain/contracts/contacts.ts';
import type { EffectState } from '../../domain/contracts/effects.ts';
import { instant, json, safeText } from './columns.ts';

/** What is done to the outside world, written down before it happens. */
export const effects = pgTable(
  'effects',
  {
    workspace: safeText('workspace').notNull(),
    effectId: safeText('effect_id').notNull(),
    key: safeText('key').notNull(),
    kind: safeText('kind').notNull(),
    channel: safeText('channel').notNull(),
    contactId: safeText('contact_id'),
    purpose: safeText('purpose').$type<Purpose>(),
    subject: safeText('subject'),
    state: safeText('state').$type<EffectState>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Of the newest attempt; 0 before the first. */
    fence: integer('fence').notNull().default(0),
    /** Until when nobody else may attempt it; null unless attempting. */
    leaseUntil: instant('lease_until'),
    /** Whether the other side takes the same key twice for once. */
    repeatable: boolean('repeatable').notNull().default(false),
    /** An attempt was lost: though planned again, it may have been done. */
    mayBeDone: boolean('may_be_done').notNull().default(false),
    /** Called off while somebody was at it, or before: it is not tried again. */
    cancelReason: safeText('cancel_reason'),
    cancelledBy: safeText('cancelled_by'),
    plannedAt: instant('planned_at').notNull(),
    attemptedAt: instant('attempted_at'),
    endedAt: instant('ended_at'),
    result: json('result').$type<Record<string, unknown>>(),
    error: safeText('error'),
    resolvedBy: safeText('resolved_by'),
    note: safeText('note'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.effectId] }),
    uniqueIndex('effects_key').on(table.workspace, table.key),
    index('effects_newest').on(table.workspace, table.plannedAt, table.effectId),
    index('effects_in_state').on(table.workspace, table.state, table.plannedAt, table.effectId),
    index('effects_of_contact').on(table.workspace, table.contactId, table.attemptedAt),
    index('effects_to_call_off')
      .on(table.workspace, table.contactId)
      .where(sql`state in ('planned', 'attempting')`),
    index('effects_leases')
      .on(table.leaseUntil)
      .where(sql`state = 'attempting'`),
  ],
);
