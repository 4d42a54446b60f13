import { createDialler } from '../../services/dialler.ts';
import { gatewayProtocol, telegramProtocol, webhookProtocol } from '../support/stub-services.ts';
import { httpRig, mailRig, oneChannel, ownRig } from './channels-suite/rigs.ts';
import { channelSuite, type Expected, type Fault } from './channels-suite/suite.ts';

const TOKEN = '123456789:AAcanary-token-of-a-bot';
const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const refused: Expected = { outcome: 'refused', effects: 0 };
const later: Expected = { outcome: 'later', effects: 0 };
const unknown: Expected = { outcome: 'unknown', effects: 1 };

/** What any service behind HTTP may do. */
const overHttp: Record<Fault, Expected> = {
  down: later,
  refused,
  later: { ...later, retryAfterMs: null },
  'later, with the time to wait': { ...later, retryAfterMs: 7_000 },
  'no answer, not accepted': { ...unknown, effects: 0 },
  'no answer, accepted': unknown,
  'cut off after accepting': unknown,
  'garbage for an answer': unknown,
  'an answer of 10 MB': unknown,
  'a slow drip for an answer': unknown,
};

channelSuite({
  name: 'telegram',
  open: (timeoutMs) =>
    httpRig(
      telegramProtocol(TOKEN),
      (apiUrl) => oneChannel('telegram', { telegram: { botToken: TOKEN, apiUrl } }, { timeoutMs }),
      () => '4242424242',
      [TOKEN, 'canary-token'],
    ),
  faults: overHttp,
  stopped: unknown,
});

channelSuite({
  name: 'gateway',
  open: (timeoutMs) =>
    httpRig(
      gatewayProtocol([KEY]),
      (url) =>
        oneChannel('sms', { gateways: { sms: { url: `${url}/sms?token=canary-token`, keys: [KEY] } } }, { timeoutMs }),
      () => '+919812345678',
      [KEY.slice(6), 'canary-token'],
    ),
  faults: overHttp,
  stopped: unknown,
});

// Its success is the status alone, so what comes after a good one does not matter.
const delivered: Expected = { outcome: 'delivered', effects: 1 };
channelSuite({
  name: 'webhook',
  open: (timeoutMs) =>
    httpRig(
      webhookProtocol([KEY]),
      (url) => {
        const dialler = createDialler({ allowPrivateHosts: [new URL(url).host] });
        const made = oneChannel('webhook', { webhookKeys: [KEY] }, { dialler, timeoutMs });
        return { channel: made.channel, [Symbol.asyncDispose]: () => dialler[Symbol.asyncDispose]() };
      },
      (url) => `${url}/hook/canary-address`,
      [KEY.slice(6)],
    ),
  faults: {
    ...overHttp,
    'garbage for an answer': delivered,
    'an answer of 10 MB': delivered,
    'a slow drip for an answer': delivered,
  },
  stopped: unknown,
});

channelSuite({
  name: 'email',
  open: (timeoutMs) => mailRig(timeoutMs),
  faults: {
    down: later,
    refused,
    later: { ...later, retryAfterMs: null },
    'no answer, not accepted': later,
    'no answer, accepted': unknown,
    'cut off after accepting': unknown,
    'garbage for an answer': unknown,
    'an answer of 10 MB': unknown,
    'a slow drip for an answer': unknown,
  },
  stopped: unknown,
});

for (const name of ['in_app', 'phone'] as const) {
  channelSuite({ name, open: async () => ownRig(name), faults: { down: later } });
}
