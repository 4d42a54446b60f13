import { and, eq, gt, isNull, notInArray, or, sql } from 'drizzle-orm';
import { EXCLUSION_REASONS, type ExclusionReason } from '../../domain/contracts/scans.ts';
import { quietSince } from '../../domain/interventions/quiet-time.ts';
import { anyOf } from './bulk.ts';
import type { Database } from './connection.ts';
import { contactOptOuts } from './contact-schema.ts';
import { effects } from './effect-schema.ts';
import { escalations, interventions } from './schema.ts';

/** Its message is in the ledger as sent, or nobody knows. */
const mayHaveGone = sql`exists (
  select from ${effects} where ${effects.workspace} = ${interventions.workspace}
    and ${effects.key} = 'intervention/' || ${interventions.interventionId} || '/message'
    and ${effects.state} in ('attempting', 'unknown', 'done'))`;

/**
 * For those of `customerIds` that must be left out at `now`, the first reason that applies: an intervention without an
 * end, an escalation younger than 7 days, an intervention that ended within 7 days other than failed or cancelled (though
 * also a failed one whose message may have gone), or an
 * opt-out of promotion or everything on all channels. A missing opt-in for marketing is none of these.
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
          and(
            intervened,
            gt(interventions.endedAt, since),
            or(notInArray(interventions.state, ['failed', 'cancelled']), mayHaveGone),
          ),
        ),
    )
    .union(
      database
        .select({ customerId: contactOptOuts.contactId, reason: reason('opted_out') })
        .from(contactOptOuts)
        .where(
          and(
            eq(contactOptOuts.workspace, workspace),
            sql`${contactOptOuts.contactId} in ${anyOf(customerIds)}`,
            isNull(contactOptOuts.channel),
            or(isNull(contactOptOuts.purpose), eq(contactOptOuts.purpose, 'promotion')),
            isNull(contactOptOuts.takenBackAt),
          ),
        ),
    );
  const rank = (row: { reason: ExclusionReason }): number => EXCLUSION_REASONS.indexOf(row.reason);
  // The last of a customer stays in the map, so the first reason comes last.
  return new Map(found.toSorted((a, b) => rank(b) - rank(a)).map((row) => [row.customerId, row.reason]));
}
