import type { FollowUp } from '../contracts/follow-ups.ts';
import type { FollowUpRow } from '../ports/contact-store.ts';

/** The contract's object of a row. `latenessMs`: when it was sent, after when it was due. */
export function followUpOf(row: FollowUpRow): FollowUp {
  const { followUpId, contactId, type, scheduledFor, payload, state, reason, actor, executedAt } = row;
  const latenessMs = executedAt === null ? null : Date.parse(executedAt) - Date.parse(scheduledFor);
  return { followUpId, contactId, type, scheduledFor, payload, state, reason, actor, executedAt, latenessMs };
}
