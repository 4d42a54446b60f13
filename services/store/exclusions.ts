import { and, eq, gt, isNull, notInArray, sql } from 'drizzle-orm';
import { EXCLUSION_REASONS, type ExclusionReason } from '../../domain/contracts/scans.ts';
import { quietSince } from '../../domain/interventions/quiet-time.ts';
import { anyOf } from './bulk.ts';
import type { Database } from './connection.ts';
import { escalations, interventions } from './schema.ts';

/**
 * For those of `customerIds` that must be left out at `now`, the first reason that applies: an intervention without an
 * end, an escalation younger than 7 days, or an intervention that ended within 7 days other than failed or cancelled.
 */
export async function exclusionsOf(
  database: Database,
  workspace: string,
  customerIds: readonly string[],
  now: string,
): Promise<Map<string, ExclusionReason>> {
  const since = quietSince(now);
  const intervened = and(
    eq(interventions.workspace, workspace),
    sql`${interventions.customerId} in ${anyOf(customerIds)}`,
  );
  const reason = (word: ExclusionReason) => sql<ExclusionReason>`${sql.raw(`'${word}'`)}`.as('reason');
  const found = await database
    .select({ customerId: interventions.customerId, reason: reason('open') })
    .from(interventions)
    .where(and(intervened, isNull(interventions.endedAt)))
    .union(
      database
        .select({ customerId: escalations.customerId, reason: reason('escalated') })
        .from(escalations)
        .where(
          and(
            eq(escalations.workspace, workspace),
            sql`${escalations.customerId} in ${anyOf(customerIds)}`,
            gt(escalations.openedAt, since),
          ),
        ),
    )
    .union(
      database
        .select({ customerId: interventions.customerId, reason: reason('cool_off') })
        .from(interventions)
        .where(
          and(intervened, gt(interventions.endedAt, since), notInArray(interventions.state, ['failed', 'cancelled'])),
        ),
    );
  const rank = (row: { reason: ExclusionReason }): number => EXCLUSION_REASONS.indexOf(row.reason);
  // The last of a customer stays in the map, so the first reason comes last.
  return new Map(found.toSorted((a, b) => rank(b) - rank(a)).map((row) => [row.customerId, row.reason]));
}
