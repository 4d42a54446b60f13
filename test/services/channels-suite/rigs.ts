import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { ChannelName, DeliveryChannel } from '../../../domain/ports/channels.ts';
import { createDialler } from '../../../services/dialler.ts';
import { createChannels, type ChannelDependencies } from '../../../services/notifications/channels.ts';
import type { ChannelConfiguration } from '../../../services/notifications/settings.ts';
import { AcceptedEffects } from '../../support/accepted-effects.ts';
import { type HttpBehaviour, type HttpProtocol, StubHttpService } from '../../support/stub-http-service.ts';
import { type MailBehaviour, StubMailServer } from '../../support/stub-mail-server.ts';
import type { Fault, Rig } from './suite.ts';

const MEGABYTES_10 = 10 * 1024 * 1024;
const NOTHING: ChannelConfiguration = { smtp: null, telegram: null, gateways: {}, webhookKeys: [] };

export const newEffects = (): AcceptedEffects =>
  new AcceptedEffects(join(mkdtempSync(join(tmpdir(), 'reveille-effects-')), 'accepted.jsonl'));

/** One channel as the service makes it from its configuration. */
export function oneChannel(
  name: ChannelName,
  configuration: Partial<ChannelConfiguration>,
  dependencies: Partial<ChannelDependencies> = {},
): { channel: DeliveryChannel } & AsyncDisposable {
  const dialler = createDialler();
  const channels = createChannels(
    { ...NOTHING, ...configuration },
    { dialler, logger: { info: () => undefined }, timeoutMs: 15_000, ...dependencies },
  );
  const channel = channels.get(name);
  if (!channel) throw new Error(`${name} is not configured`);
  return { channel, [Symbol.asyncDispose]: () => dialler[Symbol.asyncDispose]() };
}

const HTTP_FAULTS: Record<Exclude<Fault, 'down'>, HttpBehaviour> = {
  refused: { kind: 'status', status: 403, body: '{"ok":false,"error_code":403,"description":"Forbidden: blocked"}' },
  later: { kind: 'status', status: 429, body: '{"error":"slow down"}' },
  'later, with the time to wait': { kind: 'status', status: 503, headers: { 'retry-after': '7' } },
  'no answer, not accepted': { kind: 'hang', accepts: false },
  'no answer, accepted': { kind: 'hang', accepts: true },
  'cut off after accepting': { kind: 'reset', accepts: true },
  'garbage for an answer': { kind: 'garbage', accepts: true },
  'an answer of 10 MB': { kind: 'huge', bytes: MEGABYTES_10, accepts: true },
  'a slow drip for an answer': { kind: 'drip', everyMs: 20, accepts: true },
};

/** A channel over HTTP, with the service it talks to. */
export async function httpRig(
  protocol: HttpProtocol,
  make: (url: string) => { channel: DeliveryChannel } & AsyncDisposable,
  address: (url: string) => string,
  secrets: readonly string[],
): Promise<Rig & { stub: StubHttpService }> {
  const stub = await StubHttpService.start(protocol, newEffects());
  const made = make(stub.url);
  return {
    stub,
    channel: made.channel,
    address: address(stub.url),
    effects: () => stub.effects.all(),
    cause: async (fault) => {
      if (fault === 'down') await stub[Symbol.asyncDispose]();
      else stub.script(HTTP_FAULTS[fault]);
    },
    reached: () => until(() => stub.requests.length > 0),
    secrets,
    [Symbol.asyncDispose]: async () => {
      await made[Symbol.asyncDispose]();
      await stub[Symbol.asyncDispose]().catch(() => undefined);
    },
  };
}

const MAIL_FAULTS: Record<Exclude<Fault, 'down' | 'later, with the time to wait'>, MailBehaviour> = {
  refused: { kind: 'reply', to: 'RCPT', code: 550, text: '5.1.1 <canary-address@example.com>: no such user' },
  later: { kind: 'reply', to: 'RCPT', code: 451, text: '4.7.1 Greylisted' },
  'no answer, not accepted': { kind: 'silent' },
  'no answer, accepted': { kind: 'hang', accepts: true },
  'cut off after accepting': { kind: 'cut', accepts: true },
  'garbage for an answer': { kind: 'garbage' },
  'an answer of 10 MB': { kind: 'huge', bytes: MEGABYTES_10 },
  'a slow drip for an answer': { kind: 'drip', everyMs: 20 },
};

const LOGIN = { user: 'reveille', password: 'canary-password-18d2' };

/** Mail, with a real SMTP server behind it. */
export async function mailRig(timeoutMs = 15_000): Promise<Rig & { stub: StubMailServer }> {
  const stub = await StubMailServer.start(newEffects());
  const made = oneChannel('email', { smtp: smtpAt(stub.port) }, { timeoutMs });
  return {
    stub,
    channel: made.channel,
    address: 'canary-address@example.com',
    effects: () => stub.effects.all(),
    cause: async (fault) => {
      if (fault === 'down') await stub[Symbol.asyncDispose]();
      else if (fault !== 'later, with the time to wait') stub.script(MAIL_FAULTS[fault]);
    },
    reached: () => until(() => stub.effects.all().length > 0),
    secrets: [LOGIN.password],
    [Symbol.asyncDispose]: async () => {
      await made[Symbol.asyncDispose]();
      await stub[Symbol.asyncDispose]();
    },
  };
}

export const smtpAt = (port: number): NonNullable<ChannelConfiguration['smtp']> => ({
  host: '127.0.0.1',
  port,
  security: 'none',
  user: null,
  password: null,
  from: { name: 'Reveille', address: 'hello@example.com' },
});

/** A channel whose effect is a row, or a line. */
export function ownRig(name: ChannelName & ('in_app' | 'phone' | 'log')): Rig {
  const effects = newEffects();
  const seen = new Set<string>();
  let away = false;
  const keep = async (message: { workspace: string; key: string; to: { address: string }; body: string }) => {
    if (away) throw new Error('canary-address at postgres://user:secret@db is away');
    const key = `${message.workspace}/${message.key}`;
    if (!seen.has(key)) effects.add({ service: name, key, to: message.to.address, text: message.body });
    seen.add(key);
    return { id: key };
  };
  const made = oneChannel(name, {}, { keepInApp: keep, keepCall: keep });
  return {
    channel: made.channel,
    address: name === 'phone' ? '+919812345678' : 'c1',
    effects: () => effects.all(),
    cause: () => void (away = true),
    reached: () => Promise.resolve(),
    secrets: [],
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}

/** Polls, since the service is told by nobody; bounded by the test's own time. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await after(5);
}
