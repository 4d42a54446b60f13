import { Webhook } from 'standardwebhooks';

/** `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks, "Signature scheme"). */
export function isSigningKey(key: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(key)) return false;
  const bytes = Buffer.from(key.slice('whsec_'.length), 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === key.slice('whsec_'.length);
}

/**
 * Headers of a request signed per Standard Webhooks: one signature for each key, so that a receiver accepts it before
 * and after a change of keys. `id` is the same for every attempt, `at` is this attempt's.
 */
export function signedHeaders(id: string, body: string, keys: readonly string[], at: number): Record<string, string> {
  const time = new Date(at);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': keys.map((key) => new Webhook(key).sign(id, time, body)).join(' '),
  };
}
