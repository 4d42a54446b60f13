import { bigint, index, integer, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import type { EventType } from '../../domain/contracts/events.ts';
import type { Scope } from '../../domain/contracts/tokens.ts';
import { instant, json, safeText } from './columns.ts';

export const tokens = pgTable(
  'tokens',
  {
    tokenId: safeText('token_id').primaryKey(),
    name: safeText('name').notNull(),
    /** null: every workspace. */
    workspace: safeText('workspace'),
    scopes: json('scopes').$type<Scope[]>().notNull(),
    hash: safeText('hash').notNull(),
    createdAt: instant('created_at').notNull(),
    createdBy: safeText('created_by').notNull(),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    uniqueIndex('tokens_hash').on(table.hash),
    index('tokens_newest').on(table.createdAt, table.tokenId),
    index('tokens_of_workspace').on(table.workspace, table.createdAt, table.tokenId),
  ],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    workspace: safeText('workspace').notNull(),
    key: safeText('key').notNull(),
    fingerprint: safeText('fingerprint').notNull(),
    begunAt: instant('begun_at').notNull(),
    /** null while in flight. */
    status: integer('status'),
    /** JSON as text: an answer is given again with its keys in the same order. */
    body: safeText('body'),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.key] }), index('idempotency_keys_age').on(table.begunAt)],
);

export const events = pgTable(
  'events',
  {
    workspace: safeText('workspace').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    type: safeText('type').$type<EventType>().notNull(),
    at: instant('at').notNull(),
    data: json('data').$type<Record<string, unknown>>().notNull(),
    /** What may be told once only; null where whoever appends sees to that. */
    key: safeText('key'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.seq] }),
    uniqueIndex('events_key').on(table.workspace, table.key),
    index('events_age').using('brin', table.at),
  ],
);

/** The last `seq` of each workspace; whoever appends holds its row until the transaction ends. */
export const eventSequences = pgTable('event_sequences', {
  workspace: safeText('workspace').primaryKey(),
  last: bigint('last', { mode: 'number' }).notNull(),
});
