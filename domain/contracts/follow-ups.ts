import { z } from 'zod';
import { channel } from './interventions.ts';
import { identifier } from './names.ts';
import { instant, instantOut, parseDuration } from './time-values.ts';

/** Types with a template of their own; `agent` has the message written by a model; any other needs `message_template`. */
export const FOLLOW_UP_TYPES = ['follow_up', 'reminder', 'check_in', 'nurture', 'agent'] as const;
export const followUpType = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a word such as follow_up');

export const FOLLOW_UP_STATES = ['pending', 'processing', 'executed', 'cancelled', 'failed'] as const;
export const followUpState = z.enum(FOLLOW_UP_STATES);
export type FollowUpState = z.infer<typeof followUpState>;

/** What a follow-up says and how; names as the seed's clients write them. Unknown names are kept, for whoever reads them. */
export const followUpPayload = z.looseObject({
  /** Text with `{{variable}}`s; that of the type when absent. */
  message_template: z.string().min(1).max(5_000).optional(),
  subject: z.string().trim().min(1).max(200).optional(),
  reason: z.string().max(2_000).optional(),
  /** Where it goes; the contact's best when absent. */
  channel: channel.optional(),
  /** `service` for reminders, else `promotion`, when absent. */
  purpose: z.enum(['promotion', 'service']).optional(),
  language: z.string().max(20).optional(),
  /** A service message that is of no use later goes at its moment, quiet hours or not. */
  atFixedMoment: z.boolean().optional(),
  /** It is due whatever they reply, as a reminder of a meeting is. */
  keepOnReply: z.boolean().optional(),
  variables: z.record(z.string().regex(/^\w{1,40}$/), z.union([z.string().max(1_000), z.number()])).optional(),
});
export type FollowUpPayload = z.output<typeof followUpPayload>;

/** The follow-up object (contracts.md). */
export const followUp = z.object({
  followUpId: identifier,
  contactId: identifier,
  type: z.string(),
  scheduledFor: instantOut,
  payload: z.record(z.string(), z.unknown()),
  state: followUpState,
  reason: z.string().nullable(),
  actor: z.string(),
  executedAt: instantOut.nullable(),
  latenessMs: z.number().int().nullable(),
});
export type FollowUp = z.infer<typeof followUp>;

const actor = z.string().trim().min(1).max(200);
const reason = z.string().trim().min(1).max(500);

/** An instant, or how long from now: `2h`, or milliseconds. */
export const when = z
  .union([z.string(), z.number().int().min(0)])
  .transform((value, context): { at: string } | { inMs: number } => {
    const inMs = typeof value === 'number' ? value : parseDuration(value);
    if (inMs !== undefined) return { inMs };
    const parsed = instant.safeParse(value);
    if (parsed.success) return { at: parsed.data };
    const message = 'must be an instant such as 2026-01-31T09:00:00Z, or a delay such as "2h" or in milliseconds';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** When it was asked for, where workers were away since: then what lay ahead counts, however late it is heard. */
const askedAt = instant.optional();

export const scheduleFollowUpMessage = z.strictObject({
  followUpId: identifier.optional(),
  type: followUpType,
  scheduledFor: when,
  payload: followUpPayload.default({}),
  actor,
  askedAt,
});
export type ScheduleFollowUpMessage = z.output<typeof scheduleFollowUpMessage>;

export const cancelFollowUpMessage = z.strictObject({ followUpId: identifier, reason, actor });
export type CancelFollowUpMessage = z.output<typeof cancelFollowUpMessage>;

export const cancelFollowUpsMessage = z.strictObject({ reason, actor });
export type CancelFollowUpsMessage = z.output<typeof cancelFollowUpsMessage>;

/** The same as a signal, which cannot be refused: what cannot be read of it has words of ours instead. */
export const cancelFollowUpsSignal = z
  .object({ reason: reason.catch('no reason given'), actor: actor.catch('signal') })
  .catch({ reason: 'no reason given', actor: 'signal' });

export const rescheduleFollowUpMessage = z.strictObject({ followUpId: identifier, scheduledFor: when, actor, askedAt });
export type RescheduleFollowUpMessage = z.output<typeof rescheduleFollowUpMessage>;

export const cancelledCount = z.object({ cancelled: z.number().int() });
export type CancelledCount = z.infer<typeof cancelledCount>;

/** A message as it is sent. `language` null: nobody said which. */
export interface FollowUpMessage {
  subject: string;
  body: string;
  language: string | null;
}

/** Most that one bulk call may schedule. */
export const MOST_IN_BULK = 10_000;

/** One of a bulk call; the caller is its actor. */
export const bulkFollowUp = scheduleFollowUpMessage
  .omit({ actor: true, askedAt: true })
  .extend({ contactId: identifier });
export type BulkFollowUp = z.output<typeof bulkFollowUp>;

/** Signal of the `contact` workflow: the store has follow-ups that it may not know. */
export const FOLLOW_UPS_SCHEDULED = 'followUpsScheduled';
