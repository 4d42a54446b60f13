import { z } from 'zod';
import { followUp } from './follow-ups.ts';
import { channel } from './interventions.ts';
import { DEFAULT_WORKSPACE, identifier, slug } from './names.ts';
import { instant, instantOut } from './time-values.ts';

/** `promotion` needs consent and is capped; `service` is what the person asked for or has to know. */
export const PURPOSES = ['promotion', 'service'] as const;
export const purpose = z.enum(PURPOSES);
export type Purpose = z.infer<typeof purpose>;

const actor = z.string().trim().min(1).max(200);

/** An opt-out: of one channel or all (null), for one purpose or all (null). */
export const optOut = z.object({
  channel: channel.nullable(),
  purpose: purpose.nullable(),
  at: instantOut,
  actor: z.string(),
});
export type OptOut = z.infer<typeof optOut>;

/** A message to or from a contact. */
export const contactMessage = z.object({
  messageId: z.string(),
  direction: z.enum(['out', 'in']),
  channel: z.string(),
  purpose: purpose.nullable(),
  subject: z.string().nullable(),
  at: instantOut,
});
export type ContactMessage = z.infer<typeof contactMessage>;

/** The contact object (contracts.md). `lastMessages`: the newest ten; `pending`: follow-ups to come, soonest first. */
export const contact = z.object({
  contactId: identifier,
  name: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  telegram: z.string().nullable(),
  timezone: z.string(),
  language: z.string().nullable(),
  consent: z.object({ marketing: z.boolean(), optOuts: z.array(optOut) }),
  lastMessages: z.array(contactMessage),
  pending: z.array(followUp),
});
export type Contact = z.infer<typeof contact>;

/** What is known of a person; absent fields stay, null takes away. */
export const contactDetails = z.strictObject({
  name: z.string().trim().min(1).max(200).nullable().optional(),
  email: z.email().max(254).nullable().optional(),
  /** E.164. */
  phone: z
    .string()
    .regex(/^\+[1-9]\d{5,14}$/, 'must be a number such as +919812345678')
    .nullable()
    .optional(),
  /** Telegram's chat id, or a public name with its @. */
  telegram: z
    .string()
    .regex(/^(-?\d{1,20}|@\w{5,32})$/, 'must be a chat id or @name')
    .nullable()
    .optional(),
  timezone: z.string().max(100).nullable().optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en or hi')
    .nullable()
    .optional(),
  marketing: z.boolean().optional(),
});
export type ContactDetails = z.output<typeof contactDetails>;

/** Input of the `contact` workflow. */
export const contactInput = z.strictObject({
  workspace: slug.default(DEFAULT_WORKSPACE),
  contactId: identifier,
});

/**
 * A reply. `messageId`: of the reply, so that the same one twice is once. `from` and `headers`, where the caller has them, tell
 * own and automatic mails from a person's.
 */
export const recordReplyMessage = z.strictObject({
  messageId: z.string().trim().min(1).max(500),
  at: instant.optional(),
  channel,
  from: z.string().max(500).optional(),
  headers: z.record(z.string().max(200), z.string().max(10_000)).optional(),
});
export type RecordReplyMessage = z.output<typeof recordReplyMessage>;

/** What the signal `clientReplied` may say; it needs no argument. */
export const clientRepliedSignal = recordReplyMessage.partial();

/** Answer of the `state` query of a contact: what its workflow is at. `nextAt`: when the next follow-up is tried. */
export interface ContactDoing {
  workspace: string;
  contactId: string;
  pending: number;
  nextAt: string | null;
  /** The follow-up whose message is being sent. */
  sending: string | null;
}

/** `ignored`: why it does not count as a reply; null when it does. */
export const replyNoted = z.object({ cancelled: z.number().int(), ignored: z.string().nullable() });
export type ReplyNoted = z.infer<typeof replyNoted>;

export const optMessage = z.strictObject({ channel: channel.optional(), purpose: purpose.optional(), actor });
export type OptMessage = z.output<typeof optMessage>;

/** What holds after an opt-out or opt-in. */
export const optOutcome = z.object({ marketing: z.boolean(), optOuts: z.array(optOut) });
export type OptOutcome = z.infer<typeof optOutcome>;

/** May this message go now, by the first of these channels that can take it. `messageId`: the same again is the same answer's question. */
export const requestSendMessage = z.strictObject({
  messageId: identifier,
  channels: z.array(channel).min(1),
  purpose,
  actor,
  /** When the message was planned: a reply since then makes it needless. */
  plannedAt: instant.optional(),
});
export type RequestSendMessage = z.output<typeof requestSendMessage>;

/** Why a message may not go, or not yet. */
export const SEND_REASONS = [
  'allowed',
  'opted_out',
  'no_consent',
  'no_address',
  'replied',
  'quiet_hours',
  'cap',
  'hold_out',
] as const;
export type SendReason = (typeof SEND_REASONS)[number];

export const sendDecision = z.object({
  decision: z.enum(['now', 'later', 'never']),
  /** For `later`: the first instant at which it may go, as things stand. */
  at: instantOut.nullable(),
  channel: channel.nullable(),
  reason: z.enum(SEND_REASONS),
  /** The reason in a sentence, with the facts. */
  detail: z.string(),
});
export type SendDecision = z.infer<typeof sendDecision>;
