import { z } from 'zod';
import {
  type ChannelName,
  type DeliveryChannel,
  DeliveryError,
  type OutgoingMessage,
} from '../../domain/ports/channels.ts';
import type { Dialler } from '../dialler.ts';
import { type HttpAnswer, jsonOf, post, PostFailed } from './http-post.ts';
import { effectKey, failedAnswer, failedPost } from './outcomes.ts';
import { signedHeaders } from './webhook-signature.ts';

interface Dependencies {
  dialler: Dialler;
  now: () => number;
  timeoutMs: number;
}

export interface GatewaySettings {
  url: string;
  /** `whsec_…`; while keys change, the new one and the old. */
  keys: readonly string[];
}

/** What a gateway may say: nothing, or an object, with its own id for the message where it has one. */
const accepted = z.object({ id: z.union([z.string().max(200), z.number()]).optional() });

/**
 * A service of the user's own for SMS, WhatsApp, calls or whatever else: it takes the message as signed JSON with an
 * `Idempotency-Key`, and takes the same key twice for once. docs/channels.md has the contract.
 */
export function createGatewayChannel(
  name: ChannelName & ('sms' | 'whatsapp' | 'phone'),
  settings: GatewaySettings,
  dependencies: Dependencies,
): DeliveryChannel {
  const service = `The ${name} gateway`;
  return {
    name,
    repeatable: true,
    addressOf: ({ phone }) => phone,
    async send(message, signal) {
      const body = JSON.stringify({ type: 'message', channel: name, ...content(message) });
      const answer = await postSigned({ ...settings, message, body, signal, service, needsBody: true }, dependencies);
      return { result: { status: answer.status, ...idOf(answer, service) } };
    },
  };
}

/**
 * A webhook per Standard Webhooks: the message's body is the payload, its address the URL. Any 2xx is success, whatever
 * the answer says; receivers tell repeats by `webhook-id`.
 */
export function createWebhookChannel(
  settings: Pick<GatewaySettings, 'keys'>,
  dependencies: Dependencies,
): DeliveryChannel {
  return {
    name: 'webhook',
    repeatable: true,
    addressOf: () => null,
    async send(message, signal) {
      const url = message.to.address;
      if (!isHttpUrl(url))
        throw new DeliveryError('refused', 'A webhook needs an http or https URL without credentials');
      if (jsonOf(message.body) === undefined)
        throw new DeliveryError('refused', 'The payload of a webhook must be JSON');
      const { keys } = settings;
      const request = { url, keys, message, body: message.body, signal, service: 'The webhook', needsBody: false };
      const answer = await postSigned(request, dependencies);
      return { result: { status: answer.status } };
    },
  };
}

interface SignedPost {
  url: string;
  keys: readonly string[];
  message: OutgoingMessage;
  body: string;
  signal: AbortSignal;
  /** For errors. */
  service: string;
  /** Whether success takes more than the status. */
  needsBody: boolean;
}

/** @throws DeliveryError unless the answer is a 2xx */
async function postSigned(
  { url, keys, message, body, signal, service, needsBody }: SignedPost,
  { dialler, now, timeoutMs }: Dependencies,
): Promise<HttpAnswer> {
  const key = effectKey(message);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'idempotency-key': key,
    ...signedHeaders(key, body, keys, now()),
  };
  const answer = await post(dialler, { url, headers, body, timeoutMs, signal }).catch((error: unknown) => {
    // The status has said it all; of what it goes on to say a webhook reads nothing.
    if (error instanceof PostFailed && isSuccess(error.status) && !needsBody)
      return { status: error.status, headers: {}, body: '' };
    throw failedPost(error, service);
  });
  if (isSuccess(answer.status)) return answer;
  throw failedAnswer(answer, service, { repeatable: true, now: now() });
}

const isSuccess = (status: number | null): status is number => status !== null && status >= 200 && status < 300;

/** The gateway's contract. */
function content(message: OutgoingMessage): Record<string, unknown> {
  return {
    key: effectKey(message),
    workspace: message.workspace,
    contactId: message.contactId,
    to: message.to,
    subject: message.subject,
    body: message.body,
    language: message.language,
    purpose: message.purpose,
    ...(message.unsubscribeUrl === undefined ? {} : { unsubscribeUrl: message.unsubscribeUrl }),
  };
}

function idOf(answer: HttpAnswer, service: string): { id?: string | number } {
  if (answer.body.trim() === '') return {};
  const told = accepted.safeParse(jsonOf(answer.body));
  if (!told.success)
    throw new DeliveryError('unknown', `${service} answered in no known form (status ${answer.status})`);
  return told.data.id === undefined ? {} : { id: told.data.id };
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
