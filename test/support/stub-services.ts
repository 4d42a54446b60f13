import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpProtocol, HttpRequest } from './stub-http-service.ts';

/**
 * Telegram's Bot API, `sendMessage` (core.telegram.org/bots/api): the token in the path, errors as
 * `{ok: false, error_code, description, parameters?}`, no idempotency key.
 */
export function telegramProtocol(botToken: string): HttpProtocol {
  let lastId = 0;
  const wrong = (status: number, description: string) => ({
    status,
    answer: { ok: false, error_code: status, description },
  });
  return {
    name: 'telegram',
    idempotent: false,
    read({ method, path, headers, body }) {
      if (path !== `/bot${botToken}/sendMessage`) return wrong(404, 'Not Found');
      if (method !== 'POST' || headers['content-type'] !== 'application/json') return wrong(400, 'Bad Request');
      const { chat_id: chat, text } = JSON.parse(body) as { chat_id?: unknown; text?: unknown };
      if (typeof chat !== 'string' || !/^(-?\d+|@\w{5,})$/.test(chat)) return wrong(400, 'Bad Request: chat not found');
      if (typeof text !== 'string' || text === '') return wrong(400, 'Bad Request: message text is empty');
      if (text.length > 4_096) return wrong(400, 'Bad Request: message is too long');
      lastId += 1;
      const sent = { message_id: lastId, date: 0, chat: { id: Number(chat) || 1, type: 'private' }, text };
      return { key: null, to: chat, text, answer: { ok: true, result: sent } };
    },
  };
}

/** A gateway by our own contract: signed, idempotent by `Idempotency-Key`. */
export function gatewayProtocol(keys: readonly string[]): HttpProtocol {
  return {
    name: 'gateway',
    idempotent: true,
    read(request) {
      if (!isSigned(request, keys)) return { status: 401, answer: { error: 'signature' } };
      const message = JSON.parse(request.body) as { to: { address: string }; body: string };
      const key = String(request.headers['idempotency-key']);
      return { key, to: message.to.address, text: message.body, answer: { id: `gw-${key}` } };
    },
  };
}

/** A receiver of webhooks, which tells repeats by `webhook-id`. */
export function webhookProtocol(keys: readonly string[]): HttpProtocol {
  return {
    name: 'webhook',
    idempotent: true,
    read(request) {
      if (!isSigned(request, keys)) return { status: 401, answer: {} };
      return { key: String(request.headers['webhook-id']), to: request.path, text: request.body, answer: {} };
    },
  };
}

/**
 * Whether one of the signatures is of one of the keys: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, the key
 * being what stands after `whsec_` in base64 (github.com/standard-webhooks, spec).
 */
export function isSigned({ headers, body }: HttpRequest, keys: readonly string[]): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    String(headers[`webhook-${name}`]),
  );
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) return false;
  return keys.some((key) => {
    const secret = Buffer.from(key.replace('whsec_', ''), 'base64');
    const expected = Buffer.from(
      `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
    );
    return signatures!.split(' ').some((one) => {
      const given = Buffer.from(one);
      return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
    });
  });
}
