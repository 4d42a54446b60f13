import { randomUUID } from 'node:crypto';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Effect } from '../../domain/contracts/effects.ts';
import type { EffectStore, PlannedEffect } from '../../domain/ports/effect-store.ts';
import type { Connection, Database } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { sentSince } from './delivery-facts.ts';
import { effectAttempts } from './effect-attempts.ts';
import { callOff, effectOf, hasKey, isEffect, toEffect } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { settleEffect } from './effect-settling.ts';

async function plan(database: Database, workspace: string, given: PlannedEffect): Promise<Effect> {
  const [row] = await database
    .insert(effects)
    .values({ ...given, workspace, effectId: randomUUID(), state: 'planned' })
    .onConflictDoNothing()
    .returning();
  return toEffect(row ?? (await effectOf(database, hasKey(workspace, given.key)))!);
}

/** The effect ledger; each change is one statement on its row, so that of two who meet one wins. */
export function effectStore(connection: Connection): EffectStore {
  const newest = new NewestFirst(effects, 'plannedAt', 'effectId');
  return {
    ...effectAttempts(connection),
    plan: (workspace, given) => connection.run((database) => plan(database, workspace, given)),
    cancel: (workspace, key, at, reason) =>
      connection.run(async (database) => {
        const [called] = await callOff(database, hasKey(workspace, key), { reason, actor: null, at });
        const row = called ?? (await effectOf(database, hasKey(workspace, key)));
        return row && toEffect(row);
      }),
    async get(workspace, effectId) {
      const row = await connection.run((database) => effectOf(database, isEffect(workspace, effectId)));
      return row && toEffect(row);
    },
    async list(workspace, { state, ...options }) {
      const filter = and(eq(effects.workspace, workspace), state && eq(effects.state, state));
      return newest.list(connection, options, filter, toEffect);
    },
    resolve: (workspace, effectId, by) =>
      connection.transaction((transaction) => settleEffect(transaction, workspace, effectId, by)),
    async sentSince(workspace, contactId, purpose, since) {
      const sent = await connection.run((database) =>
        database
          .select({ at: sql<string>`${effects.attemptedAt}`.mapWith(effects.attemptedAt) })
          .from(effects)
          .where(sentSince(workspace, contactId, purpose, since))
          .orderBy(asc(effects.attemptedAt)),
      );
      return sent.map(({ at }) => at);
    },
  };
}
