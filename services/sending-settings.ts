import { z } from 'zod';
import { DEFAULT_SEND_POLICY, type SendPolicy } from '../domain/contacts/policy.ts';
import { formatQuietHours, parseQuietHours } from '../domain/contacts/quiet-hours.ts';
import { formatDuration, LONGEST_MS, parseDuration } from '../domain/contracts/time-values.ts';

/** Shorter ones can be guessed by trying. */
const MIN_KEY_LENGTH = 32;

const quietHours = z.string('must be times such as "21:00-08:00", or none').transform((text, context) => {
  try {
    if (text.trim() !== '') return text.trim() === 'none' ? null : parseQuietHours(text);
  } catch {
    // Told below, without the value.
  }
  context.addIssue({
    code: 'custom',
    message: 'must be two different times such as 21:00-08:00 (midnight is 00:00), or none',
  });
  return z.NEVER;
});

/** `2/7d`: so many messages within that time. */
const promotionCap = z.string('must be messages and a time such as 2/7d').transform((text, context) => {
  const [, messages, window = ''] = /^(\d{1,4})\/(\w+)$/.exec(text) ?? [];
  const windowMs = parseDuration(window) ?? 0;
  if (messages !== undefined && windowMs > 0 && windowMs <= LONGEST_MS) return { messages: Number(messages), windowMs };
  context.addIssue({ code: 'custom', message: 'must be messages and a time such as 2/7d; 0/7d for no promotion' });
  return z.NEVER;
});

const publicUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .refine((url) => {
    const parts = URL.parse(url);
    return parts === null || parts.search + parts.hash + parts.username + parts.password === '';
  }, 'must have neither query, fragment nor credentials')
  .transform((url) => url.replace(/\/+$/, ''));

/** Keys of the configuration that say when people may be written to, and how links to this service are made. */
export const sendingSettings = {
  quietHours: quietHours.prefault(formatQuietHours(DEFAULT_SEND_POLICY.quietHours)),
  promotionCap: promotionCap.prefault(
    `${DEFAULT_SEND_POLICY.cap.messages}/${formatDuration(DEFAULT_SEND_POLICY.cap.windowMs)}`,
  ),
  links: z
    .strictObject({
      publicUrl: publicUrl.optional(),
      key: z.string().trim().min(MIN_KEY_LENGTH, `must have ${MIN_KEY_LENGTH} characters or more`).optional(),
    })
    .superRefine((links, context) => {
      const [here, missing] = links.publicUrl ? ['publicUrl', 'key'] : ['key', 'publicUrl'];
      if (!links.publicUrl !== !links.key) {
        context.addIssue({ code: 'custom', path: [missing], message: `must be set together with ${here}` });
      }
    })
    .prefault({}),
};

/** Which environment variable sets which key. */
export const SENDING_VARIABLES: Readonly<Record<string, string>> = {
  REVEILLE_QUIET_HOURS: 'quietHours',
  REVEILLE_PROMOTION_CAP: 'promotionCap',
  REVEILLE_PUBLIC_URL: 'links.publicUrl',
  REVEILLE_LINK_KEY: 'links.key',
};

/** What signed links are made of. */
export interface LinkSettings {
  /** Where people reach this service, without a slash at its end. */
  publicUrl: string;
  /** Secret; 32 characters or more. */
  key: string;
}

export interface SendingConfiguration {
  /** What all senders are held to. */
  sendPolicy: SendPolicy;
  /** null: messages have no links to this service. */
  links: LinkSettings | null;
}

type Settings = z.output<z.ZodObject<typeof sendingSettings>>;

export function sendingConfiguration({ quietHours, promotionCap, links }: Settings): SendingConfiguration {
  return {
    sendPolicy: { quietHours, cap: promotionCap },
    links: links.publicUrl && links.key ? { publicUrl: links.publicUrl, key: links.key } : null,
  };
}
