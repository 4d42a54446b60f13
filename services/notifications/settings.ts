import { z } from 'zod';
import type { ChannelName } from '../../domain/ports/channels.ts';
import { isAllowEntry } from '../address-rules.ts';
import type { SmtpSettings } from './email.ts';
import type { GatewaySettings } from './gateway.ts';
import { parseSender } from './mail.ts';
import type { TelegramSettings } from './telegram.ts';
import { isSigningKey } from './webhook-signature.ts';

const GATEWAYS = ['sms', 'whatsapp', 'phone'] as const;

const text = z.string().trim().min(1, 'must not be empty');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
const host = text.regex(/^(?:[\w.-]+|[\da-f:.]+)$/i, 'must be a host name or an address');

/** Several values: a list in reveille.yaml, with commas between in a variable. */
const list = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean)
      : value,
  z.array(text, 'must be a list'),
);
const signingKeys = list
  .refine((keys) => keys.length <= 2, 'must be one key, or two while they change')
  .refine((keys) => keys.every(isSigningKey), 'must be whsec_ and 24 to 64 bytes in base64')
  .default([]);
const sender = text.transform((value, context) => {
  const parsed = parseSender(value);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'must be an address such as Reveille <hello@example.com>' });
  return z.NEVER;
});

/** Keys of the configuration that channels and outbound connections take. */
export const channelSettings = {
  allowPrivateHosts: list
    .refine((entries) => entries.every(isAllowEntry), 'must name hosts, host:port or CIDR ranges')
    .default([]),
  smtp: z
    .strictObject({
      host: host.optional(),
      port: z.coerce.number('must be a port from 1 to 65535').int().min(1).max(65_535).optional(),
      security: z.enum(['tls', 'starttls', 'none'], 'must be tls, starttls or none').optional(),
      user: text.optional(),
      password: text.optional(),
      from: sender.optional(),
    })
    .superRefine((smtp, context) => {
      const missing = (key: string, because: string): void => {
        context.addIssue({ code: 'custom', path: [key], message: `must be set together with ${because}` });
      };
      if (smtp.host && !smtp.from) missing('from', 'host');
      if (!smtp.host && (smtp.from || smtp.port || smtp.security || smtp.user || smtp.password))
        missing('host', 'the rest of smtp');
      if (smtp.user && !smtp.password) missing('password', 'user');
      if (!smtp.user && smtp.password) missing('user', 'password');
    })
    .prefault({}),
  telegram: z
    .strictObject({
      botToken: text.regex(/^\d{1,20}:[\w-]{20,100}$/, 'must be a token as BotFather gives it').optional(),
      apiUrl: httpUrl.default('https://api.telegram.org'),
    })
    .prefault({}),
  gateway: z
    .strictObject({
      smsUrl: httpUrl.optional(),
      whatsappUrl: httpUrl.optional(),
      phoneUrl: httpUrl.optional(),
      keys: signingKeys,
    })
    .superRefine((gateway, context) => {
      if (GATEWAYS.some((name) => gateway[`${name}Url`]) && gateway.keys.length === 0) {
        context.addIssue({ code: 'custom', path: ['keys'], message: 'must be set together with the URL of a gateway' });
      }
    })
    .prefault({}),
  webhook: z.strictObject({ keys: signingKeys }).prefault({}),
};

/** Which environment variable sets which key. */
export const CHANNEL_VARIABLES: Readonly<Record<string, string>> = {
  REVEILLE_ALLOW_PRIVATE_HOSTS: 'allowPrivateHosts',
  REVEILLE_SMTP_HOST: 'smtp.host',
  REVEILLE_SMTP_PORT: 'smtp.port',
  REVEILLE_SMTP_SECURITY: 'smtp.security',
  REVEILLE_SMTP_USER: 'smtp.user',
  REVEILLE_SMTP_PASSWORD: 'smtp.password',
  REVEILLE_SMTP_FROM: 'smtp.from',
  REVEILLE_TELEGRAM_BOT_TOKEN: 'telegram.botToken',
  REVEILLE_TELEGRAM_API_URL: 'telegram.apiUrl',
  REVEILLE_GATEWAY_SMS_URL: 'gateway.smsUrl',
  REVEILLE_GATEWAY_WHATSAPP_URL: 'gateway.whatsappUrl',
  REVEILLE_GATEWAY_PHONE_URL: 'gateway.phoneUrl',
  REVEILLE_GATEWAY_KEYS: 'gateway.keys',
  REVEILLE_WEBHOOK_KEYS: 'webhook.keys',
};

/** What has to be set for each channel that needs anything. */
export const NEEDED_VARIABLES = {
  email: ['REVEILLE_SMTP_HOST', 'REVEILLE_SMTP_FROM'],
  telegram: ['REVEILLE_TELEGRAM_BOT_TOKEN'],
  sms: ['REVEILLE_GATEWAY_SMS_URL', 'REVEILLE_GATEWAY_KEYS'],
  whatsapp: ['REVEILLE_GATEWAY_WHATSAPP_URL', 'REVEILLE_GATEWAY_KEYS'],
  phone: ['REVEILLE_GATEWAY_PHONE_URL', 'REVEILLE_GATEWAY_KEYS'],
  webhook: ['REVEILLE_WEBHOOK_KEYS'],
} as const satisfies Partial<Record<ChannelName, string[]>>;

/** What channels need to know. */
export interface ChannelConfiguration {
  /** null: no mail. */
  smtp: SmtpSettings | null;
  /** null: no Telegram. */
  telegram: TelegramSettings | null;
  gateways: Partial<Record<(typeof GATEWAYS)[number], GatewaySettings>>;
  /** `whsec_…`; empty: no webhooks. */
  webhookKeys: readonly string[];
}

type Settings = Omit<z.output<z.ZodObject<typeof channelSettings>>, 'allowPrivateHosts'>;

/** The channels' part of the configuration, and what of it must never be shown. */
export function channelConfiguration({
  smtp,
  telegram,
  gateway,
  webhook,
}: Settings): ChannelConfiguration & { secrets: string[] } {
  const keys = [...gateway.keys, ...webhook.keys];
  return {
    smtp: smtp.host && smtp.from ? smtpSettings(smtp, smtp.host, smtp.from) : null,
    telegram: telegram.botToken ? { botToken: telegram.botToken, apiUrl: telegram.apiUrl } : null,
    gateways: Object.fromEntries(
      GATEWAYS.flatMap((name) => {
        const url = gateway[`${name}Url`];
        return url ? [[name, { url, keys: gateway.keys }]] : [];
      }),
    ),
    webhookKeys: webhook.keys,
    secrets: [smtp.password, telegram.botToken, ...keys, ...keys.map((key) => key.slice('whsec_'.length))].filter(
      (secret): secret is string => secret !== undefined,
    ),
  };
}

/** 465 is for TLS from the start (RFC 8314), 587 for STARTTLS. */
function smtpSettings(smtp: Settings['smtp'], hostName: string, from: SmtpSettings['from']): SmtpSettings {
  const security = smtp.security ?? (smtp.port === 465 ? 'tls' : 'starttls');
  return {
    host: hostName,
    port: smtp.port ?? (security === 'tls' ? 465 : 587),
    security,
    user: smtp.user ?? null,
    password: smtp.password ?? null,
    from,
  };
}
