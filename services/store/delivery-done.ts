import { sql } from 'drizzle-orm';
import type { DeliveryEnd, DeliveryOf } from '../../domain/ports/delivery-store.ts';
import { eventSequences, events } from './access-schema.ts';
import type { Database } from './connection.ts';
import { contactMessages, scheduledActions } from './contact-schema.ts';
import { hasKey } from './effect-rows.ts';
import { effects } from './effect-schema.ts';
import { contactLock, executedFollowUp, holdsContact, isFollowUp, isNotOver } from './follow-up-rows.ts';
import { type Run, Statement, given } from './statements.ts';

const workspace = given('workspace', effects.workspace);
const at = given('at', effects.endedAt);

/**
 * What ends a message that went, whole. It sees the rows as they were before it held the contact; yet where another has
 * changed one since, Postgres goes on to the newest and looks at the conditions again. Where it finds nothing, nothing is done.
 */
const done = new Statement<{ ended: number }>(
  'finish_done',
  sql`with held as materialized (${holdsContact}),
  ended as (
    update ${effects}
    set state = 'done', ended_at = ${at}, lease_until = null, result = ${given('result', effects.result)}, error = null
    where ${hasKey(workspace, given('key', effects.key))} and ${effects.fence} = ${given('fence', effects.fence)}
      and ${effects.state} in ('attempting', 'planned', 'unknown') and exists (select from held)
    returning ${effects.kind}, ${effects.key}, ${effects.contactId}, ${effects.channel}, ${effects.purpose},
      ${effects.subject}, ${effects.resolvedBy}
  ), noted as (
    insert into ${contactMessages} (workspace, contact_id, direction, message_id, channel, purpose, subject, at)
    select ${workspace}, contact_id, 'out', key, channel, purpose, subject, ${at}
    from ended where kind = 'message' and contact_id is not null
    on conflict do nothing
  ), executed as (
    update ${scheduledActions}
    set status = 'executed', executed_at = ${at}, ended_at = ${at}, processing_since = null,
      reason = ${given('reason', scheduledActions.reason)}, ended_by = (select resolved_by from ended)
    where ${isFollowUp(workspace, given('followUpId', scheduledActions.followUpId))} and ${isNotOver}
      and exists (select from ended)
    returning ${executedFollowUp} as data
  ), sequence as (
    insert into ${eventSequences} (workspace, last) select ${workspace}, 1 from executed
    on conflict (workspace) do update set last = ${eventSequences.last} + 1
    returning last
  ), told as (
    insert into ${events} (workspace, seq, type, at, data)
    select ${workspace}, last, 'follow_up.executed', ${at}, data from executed, sequence
  )
  select 1 as ended from ended`,
);

/**
 * Ends the attempt of this fence as done, with its follow-up.
 * @returns false, and nothing is done, where that is not the common case: look then step by step
 */
export async function finishDone(
  run: Run,
  database: Database,
  workspace: string,
  { key, contactId, followUpId }: DeliveryOf,
  fence: number,
  { at, result, reason }: DeliveryEnd,
): Promise<boolean> {
  const which = { workspace, key, followUpId, fence, contactLock: contactLock(workspace, contactId) };
  const ended = await run(database, done, { ...which, at, result: result ?? null, reason: reason ?? null });
  return ended.length > 0;
}
