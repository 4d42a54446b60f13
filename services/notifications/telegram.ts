import { z } from 'zod';
import { type DeliveryChannel, DeliveryError } from '../../domain/ports/channels.ts';
import type { Dialler } from '../dialler.ts';
import { type HttpAnswer, jsonOf, post } from './http-post.ts';
import { failedAnswer, failedPost } from './outcomes.ts';

export interface TelegramSettings {
  botToken: string;
  /** https://api.telegram.org, or a Bot API server of one's own. */
  apiUrl: string;
}

interface Dependencies {
  dialler: Dialler;
  now: () => number;
  timeoutMs: number;
}

/** core.telegram.org/bots/api, "Making requests". */
const success = z.object({
  ok: z.literal(true),
  result: z.object({ message_id: z.number().int(), chat: z.object({ id: z.number() }) }),
});
const failure = z.object({
  ok: z.literal(false),
  error_code: z.number().int(),
  parameters: z.object({ retry_after: z.number().nonnegative().optional() }).optional(),
});

/**
 * Messages of a bot by the Bot API's `sendMessage`, as plain text. Telegram knows no idempotency key: what was sent and
 * not answered is unknown.
 */
export function createTelegramChannel(
  settings: TelegramSettings,
  { dialler, now, timeoutMs }: Dependencies,
): DeliveryChannel {
  const url = `${settings.apiUrl.replace(/\/+$/, '')}/bot${settings.botToken}/sendMessage`;
  return {
    name: 'telegram',
    repeatable: false,
    addressOf: ({ telegram }) => telegram,
    async send(message, signal) {
      const body = JSON.stringify({ chat_id: message.to.address, text: message.body });
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const answer = await post(dialler, { url, headers, body, timeoutMs, signal }).catch((error: unknown) => {
        throw failedPost(error, 'Telegram');
      });
      const sent = success.safeParse(jsonOf(answer.body));
      if (!sent.success) throw whyNot(answer, now());
      return { result: { messageId: sent.data.result.message_id } };
    },
  };
}

function whyNot(answer: HttpAnswer, now: number): DeliveryError {
  const told = failure.safeParse(jsonOf(answer.body));
  const status = told.success ? told.data.error_code : answer.status;
  if (status === 403) return new DeliveryError('refused', 'The person has blocked the bot or never started it (403)');
  // Telegram's word for a wrong token is "Not Found": the fault is ours, not the message's.
  if (status === 404) return new DeliveryError('later', 'Telegram does not know the bot (404)');
  if (status < 300) return new DeliveryError('unknown', 'Telegram answered in no known form');
  const asked = told.success ? told.data.parameters?.retry_after : undefined;
  const headers = asked === undefined ? answer.headers : { 'retry-after': String(Math.ceil(asked)) };
  return failedAnswer({ ...answer, status, headers }, 'Telegram', { repeatable: false, now });
}
