import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { SendDecision } from '../../domain/contracts/contacts.ts';
import type { DeliveryPlan } from '../../domain/ports/delivery-store.ts';
import type { Database } from './connection.ts';
import { scheduledActions, sendDecisions } from './contact-schema.ts';
import type { Beginning } from './delivery-begin.ts';
import { effects } from './effect-schema.ts';
import { isFollowUp } from './follow-up-rows.ts';
import { type Run, Statement, given } from './statements.ts';

const workspace = given('workspace', effects.workspace);
const contactId = given('contactId', effects.contactId);
const at = given('at', effects.attemptedAt);

/** Nothing of it is done where there is an effect of that key. */
const goAtOnce = new Statement<{ gone: number }>(
  'go_at_once',
  sql`with planned as (
    insert into ${effects} (workspace, effect_id, key, kind, channel, contact_id, purpose, subject,
      state, attempts, fence, lease_until, repeatable, planned_at, attempted_at)
    values (${workspace}, ${given('effectId', effects.effectId)}, ${given('key', effects.key)}, 'message',
      ${given('channel', effects.channel)}, ${contactId}, ${given('purpose', effects.purpose)},
      ${given('subject', effects.subject)}, 'attempting', 1, 1, ${given('leaseUntil', effects.leaseUntil)},
      ${given('repeatable', effects.repeatable)}, ${at}, ${at})
    on conflict do nothing
    returning 1
  ), taken as (
    update ${scheduledActions}
    set status = 'processing', processing_since = coalesce(${scheduledActions.processingSince}, ${at})
    where ${isFollowUp(workspace, given('followUpId', scheduledActions.followUpId))} and exists (select from planned)
  ), decided as (
    insert into ${sendDecisions} as kept
      (workspace, contact_id, message_id, decision, at, channel, reason, detail, decided_at)
    select ${workspace}, ${contactId}, ${given('messageId', sendDecisions.messageId)},
      ${given('decision', sendDecisions.decision)}, ${given('until', sendDecisions.at)},
      ${given('way', sendDecisions.channel)}, ${given('reason', sendDecisions.reason)},
      ${given('detail', sendDecisions.detail)}, ${at}
    from planned
    on conflict (workspace, contact_id, message_id) do update
    set decision = excluded.decision, at = excluded.at, channel = excluded.channel, reason = excluded.reason,
      detail = excluded.detail, decided_at = excluded.decided_at
    where kept.decided_at <= excluded.decided_at
  )
  select 1 as gone from planned`,
);

/**
 * What `go` and `keepDecision` do for a message that nobody has tried, in one statement.
 * @returns false, and nothing is done, when its effect was planned since it was found
 */
export async function goForTheFirstTime(
  run: Run,
  transaction: Database,
  message: Beginning,
  {
    decision: { at: until, channel: way, ...decision },
    effect,
  }: { decision: SendDecision; effect: NonNullable<DeliveryPlan['effect']> },
): Promise<boolean> {
  const { workspace, key, contactId, messageId, purpose, followUpId, at, leaseMs } = message;
  const leaseUntil = new Date(Date.parse(at) + leaseMs).toISOString();
  const attempt = { ...effect, effectId: randomUUID(), key, purpose, leaseUntil };
  const answer = { ...decision, until, way, messageId };
  const gone = await run(transaction, goAtOnce, { ...attempt, ...answer, workspace, contactId, followUpId, at });
  return gone.length > 0;
}
