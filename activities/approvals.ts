import { checkMessage } from '../agents/message-checks.ts';
import type { EditMessage, InterventionState } from '../domain/contracts/interventions.ts';
import { ReveilleError, invalidInput } from '../domain/errors.ts';
import type { Store } from '../domain/ports/store.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { MAY_HAVE_GONE, messageKey } from './hand-over.ts';
import { type InterventionStep, rowOf } from './interventions.ts';
import { textHash } from './text-hash.ts';

/** Activities of `intervention` from the wait for a person to its end. */
export function approvalActivities({ store, escalationOwner }: ActivityDependencies) {
  return {
    /** Replaces the text when it passes the checks. @throws `InvalidInput` with what is wrong; nothing changes then */
    async editMessage(edit: InterventionStep & EditMessage): Promise<{ textHash: string }> {
      const { workspace, interventionId, actor, body } = edit;
      const row = await rowOf(store, workspace, interventionId);
      if (!row.decision) throw new ReveilleError('conflict', 'There is no decided message to edit');
      const language = row.language ?? 'en';
      const subject = edit.subject ?? row.subject ?? '';
      const channel = row.decision.channels[0] ?? 'email';
      const problems = checkMessage({ subject, body }, { language, decision: row.decision, channel });
      if (problems.length > 0) throw invalidInput(problems.map((problem) => ({ path: 'body', message: problem })));
      const hash = textHash(subject, body);
      const note = { agent: 'empathy', by: 'rules', note: `Edited by ${actor}.` } as const;
      await store.interventions.update(workspace, interventionId, { subject, body, textHash: hash, note });
      return { textHash: hash };
    },

    /** Opens the escalation halfway, notes the end of the time, and tells the owner each time, once. */
    async escalate(step: InterventionStep & { deadline: string; what: 'halfway' | 'expired' }): Promise<void> {
      const { workspace, interventionId, deadline, what, at } = step;
      const row = await rowOf(store, workspace, interventionId);
      const words =
        what === 'halfway'
          ? `Half of the time to approve has passed; it ends at ${deadline}`
          : 'Nobody answered before the deadline, so the message was not sent';
      const escalation = await store.escalations.open(workspace, {
        interventionId,
        customerId: row.customerId,
        owner: escalationOwner,
        openedAt: at,
        deadline,
        what: words,
      });
      if (what === 'expired') {
        await store.escalations.note(workspace, escalation.escalationId, { at, actor: 'deadline', what: words });
      }
      await store.outbox.put(workspace, {
        messageId: `${interventionId}-${what}`,
        kind: 'escalation',
        interventionId,
        customerId: row.customerId,
        contactId: null,
        channel: 'notification',
        to: escalation.owner,
        subject: `Approval for ${row.customerId}: ${what === 'halfway' ? 'half of the time has passed' : 'expired'}`,
        body: `${words}. Show it with: reveille approvals show ${interventionId}`,
        reason: 'No notification channel is configured',
        createdAt: at,
      });
    },

    /**
     * Up to 0.2.0 the end of every message, and still that of interventions which began to hand over then: puts the approved
     * text in the outbox, once, and ends the intervention. One that has ended meanwhile stays as it is,
     * and a customer who is no longer there is not written to.
     */
    async handOver(
      step: InterventionStep & { textHash: string | null },
    ): Promise<{ state: InterventionState; stateReason: string }> {
      const { workspace, interventionId, at } = step;
      const row = await rowOf(store, workspace, interventionId);
      if (row.endedAt !== null) return { state: row.state, stateReason: row.stateReason ?? '' };
      if (row.textHash !== step.textHash || row.subject === null || row.body === null) {
        throw new ReveilleError('conflict', 'The message is not the text that was approved');
      }
      const end = async (state: InterventionState, stateReason: string) => {
        await store.interventions.update(workspace, interventionId, { state, stateReason, endedAt: at });
        return { state, stateReason };
      };
      const record = await store.customers.record(workspace, row.customerId);
      if (!record) return end('suppressed', 'The customer is no longer in the workspace, so it was not sent');
      const channel = row.channels[0] ?? 'email';
      const phone = channel === 'phone' || channel === 'sms' || channel === 'whatsapp';
      await store.outbox.put(workspace, {
        messageId: interventionId,
        kind: 'intervention',
        interventionId,
        customerId: row.customerId,
        contactId: row.customerId,
        channel,
        to: phone ? record.customer.phone : record.customer.email,
        subject: row.subject,
        body: row.body,
        reason: 'No channel is configured to send it',
        createdAt: at,
      });
      return end('ready', 'In the outbox: no channel is configured to send it');
    },

    /**
     * Writes the final state (or `approved`, on the way to it), and resolves its escalation unless somebody should still
     * look. A message that waited is called off with it; should that come too late, the row says what was done.
     * @returns the row as it then is; null for an intervention that was never opened
     */
    async closeIntervention(
      step: InterventionStep & { state: InterventionState; reason: string; actor: string },
    ): Promise<{ state: InterventionState; stateReason: string } | null> {
      const { workspace, interventionId, state, reason, actor, at } = step;
      if (!(await store.interventions.get(workspace, interventionId))) return null;
      const changes = state === 'approved' ? { state, stateReason: reason } : await endOf(store, step);
      const row = await store.interventions.update(workspace, interventionId, changes);
      if (row.state !== 'expired' && row.state !== 'failed') {
        const escalation = await store.escalations.ofIntervention(workspace, interventionId);
        if (escalation)
          await store.escalations.resolve(workspace, escalation.escalationId, { actor, note: reason, at });
      }
      return { state: row.state, stateReason: row.stateReason ?? '' };
    },
  };
}

/** The end that was asked for, unless the message has gone, or may have. */
async function endOf(
  store: Store,
  { workspace, interventionId, state, reason, at }: InterventionStep & { state: InterventionState; reason: string },
): Promise<{ state: InterventionState; stateReason: string; endedAt: string }> {
  const effect = await store.effects.cancel(workspace, messageKey(interventionId), at, reason);
  if (effect?.state === 'done') {
    const gone = effect.result?.['outbox'] === true ? 'ready' : 'sent';
    return { state: gone, stateReason: `It was too late: ${reason}`, endedAt: at };
  }
  if (effect?.state === 'unknown' || effect?.state === 'attempting') {
    return { state: 'failed', stateReason: `${reason}. ${MAY_HAVE_GONE}`, endedAt: at };
  }
  return { state, stateReason: reason, endedAt: at };
}
