import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeliveryError } from '../../domain/ports/channels.ts';
import { createDialler } from '../../services/dialler.ts';
import { createChannels } from '../../services/notifications/channels.ts';
import { retryAfterMs } from '../../services/notifications/outcomes.ts';
import { isSigningKey, signedHeaders } from '../../services/notifications/webhook-signature.ts';
import { createLogger } from '../../services/logging.ts';
import { StubHttpService } from '../support/stub-http-service.ts';
import { gatewayProtocol, isSigned, telegramProtocol } from '../support/stub-services.ts';
import { newEffects, oneChannel } from './channels-suite/rigs.ts';
import { BODY, messageTo } from './channels-suite/suite.ts';

const TOKEN = '123456789:AAcanary-token-of-a-bot';
const [OLD, NEW] = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [string, string];
const never = new AbortController().signal;
const AT = Date.parse('2026-11-06T08:49:37Z');

const failureOf = async (sending: Promise<unknown>): Promise<DeliveryError> => {
  const error = await sending.then(
    () => assert.fail('it was sent'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof DeliveryError);
  return error;
};

test('Retry-After is seconds or a date in each of its three spellings, never below zero, at most a day', () => {
  assert.equal(retryAfterMs('120', AT), 120_000);
  for (const date of ['Fri, 06 Nov 2026 08:50:37 GMT', 'Friday, 06-Nov-26 08:50:37 GMT', 'Fri Nov  6 08:50:37 2026']) {
    assert.equal(retryAfterMs(date, AT), 60_000, date);
  }
  assert.equal(retryAfterMs('Fri, 06 Nov 2026 08:00:00 GMT', AT), 0);
  assert.equal(retryAfterMs('999999999', AT), 86_400_000);
  for (const nothing of [undefined, '', 'soon', '-5', '1.5', '1e3', '2026-11-06T08:50:37Z']) {
    assert.equal(retryAfterMs(nothing, AT), null, nothing);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const wait = retryAfterMs(text, AT);
      return wait === null || (wait >= 0 && wait <= 86_400_000);
    }),
  );
});

test('signatures are those of the Standard Webhooks test vector', () => {
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  assert.deepEqual(signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', [key], 1_614_265_330_999), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  assert.ok(isSigningKey(key));
  for (const wrong of ['whsec_', 'whsec_c2hvcnQ=', key.slice(6), `${key}!`, `whsec_${'A'.repeat(200)}`]) {
    assert.equal(isSigningKey(wrong), false, wrong);
  }
});

test('while keys change, whoever has either takes the request, and whoever has neither does not', async () => {
  for (const [known, taken] of [
    [OLD, true],
    [NEW, true],
    [`whsec_${'A'.repeat(44)}`, false],
  ] as const) {
    await using stub = await StubHttpService.start(gatewayProtocol([known]), newEffects());
    await using made = oneChannel('sms', { gateways: { sms: { url: stub.url, keys: [NEW, OLD] } } });
    const sending = made.channel.send(messageTo('+919812345678'), never);
    if (taken) assert.equal((await sending).result['id'], 'gw-default/follow-up/F1/message');
    else assert.equal((await failureOf(sending)).outcome, 'later');
    const [request] = stub.requests;
    assert.ok(request);
    assert.equal(isSigned({ ...request, body: `${request.body} ` }, [NEW, OLD]), false);
  }
});

test('a gateway gets the whole message as its contract says', async () => {
  await using stub = await StubHttpService.start(gatewayProtocol([NEW]), newEffects());
  await using made = oneChannel('whatsapp', { gateways: { whatsapp: { url: `${stub.url}/wa`, keys: [NEW] } } });
  await made.channel.send({ ...messageTo('+919812345678'), unsubscribeUrl: 'https://u.example/1' }, never);
  const [request] = stub.requests;
  assert.deepEqual(
    [request?.method, request?.path, request?.headers['content-type']],
    ['POST', '/wa', 'application/json'],
  );
  assert.equal(request?.headers['idempotency-key'], 'default/follow-up/F1/message');
  assert.deepEqual(JSON.parse(request?.body ?? ''), {
    type: 'message',
    channel: 'whatsapp',
    key: 'default/follow-up/F1/message',
    workspace: 'default',
    contactId: 'c1',
    to: { name: 'Asha Rao', address: '+919812345678' },
    subject: 'Your order',
    body: BODY,
    language: 'en',
    purpose: 'service',
    unsubscribeUrl: 'https://u.example/1',
  });
});

test('a status means the same to every service, but a failed one may have sent where it knows no keys', async () => {
  const outcomes: [number, gateway: string, telegram: string][] = [
    [301, 'refused', 'refused'],
    [400, 'refused', 'refused'],
    [401, 'later', 'later'],
    [404, 'refused', 'later'],
    [408, 'later', 'later'],
    [409, 'later', 'later'],
    [422, 'refused', 'refused'],
    [429, 'later', 'later'],
    [500, 'later', 'unknown'],
    [502, 'later', 'unknown'],
    [503, 'later', 'later'],
    [504, 'later', 'unknown'],
  ];
  await using gateway = await StubHttpService.start(gatewayProtocol([NEW]), newEffects());
  await using telegram = await StubHttpService.start(telegramProtocol(TOKEN), newEffects());
  await using sms = oneChannel('sms', { gateways: { sms: { url: gateway.url, keys: [NEW] } } });
  await using bot = oneChannel('telegram', { telegram: { botToken: TOKEN, apiUrl: telegram.url } });
  for (const [status, ofGateway, ofTelegram] of outcomes) {
    for (const stub of [gateway, telegram])
      stub.script({ kind: 'status', status, headers: { location: 'http://127.0.0.1:9/' } });
    const said = await Promise.all([sms, bot].map(({ channel }) => failureOf(channel.send(messageTo('4242'), never))));
    assert.deepEqual(
      said.map(({ outcome }) => outcome),
      [ofGateway, ofTelegram],
      String(status),
    );
  }
});

test('Telegram says in its answer how long to wait, and a wrong token is our fault', async () => {
  await using stub = await StubHttpService.start(telegramProtocol(TOKEN), newEffects());
  await using made = oneChannel('telegram', { telegram: { botToken: TOKEN, apiUrl: `${stub.url}/` } });
  const body =
    '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 14","parameters":{"retry_after":14}}';
  stub.script({ kind: 'status', status: 429, body, headers: { 'retry-after': '1' } });
  const busy = await failureOf(made.channel.send(messageTo('4242'), never));
  assert.deepEqual([busy.outcome, busy.retryAfterMs], ['later', 14_000]);
  await using other = oneChannel('telegram', {
    telegram: { botToken: '1:AAcanary-of-another-bot-entirely', apiUrl: stub.url },
  });
  const unknownBot = await failureOf(other.channel.send(messageTo('4242'), never));
  assert.equal(unknownBot.outcome, 'later');
  assert.equal((await failureOf(made.channel.send(messageTo('not-a-chat'), never))).outcome, 'refused');
});

test('stopped or out of time before there is a connection, it has not happened', { timeout: 10_000 }, async () => {
  await using dialler = createDialler({ lookup: () => new Promise(() => undefined) });
  const gateways = { sms: { url: 'http://gateway.example/', keys: [NEW] } };
  await using made = oneChannel('sms', { gateways }, { dialler, timeoutMs: 5_000 });
  const stop = new AbortController();
  const sending = failureOf(made.channel.send(messageTo('+919812345678'), stop.signal));
  stop.abort();
  assert.equal((await sending).outcome, 'later');
  await using hurried = oneChannel('sms', { gateways }, { dialler, timeoutMs: 50 });
  assert.equal((await failureOf(hurried.channel.send(messageTo('+919812345678'), never))).outcome, 'later');
});

test('a webhook to a private address, another scheme or with credentials is refused, and so is a payload that is no JSON', async () => {
  await using stub = await StubHttpService.start(gatewayProtocol([NEW]), newEffects());
  // The host of the gateway is allowed for the gateway, and for nothing that a user names.
  const gateways = { sms: { url: stub.url, keys: [NEW] } };
  await using made = oneChannel('webhook', { webhookKeys: [NEW], gateways });
  for (const url of [
    `${stub.url}/`,
    'http://169.254.169.254/',
    'file:///etc/passwd',
    'http://u:p@example.com/',
    'nothing',
  ]) {
    assert.equal(
      (await failureOf(made.channel.send({ ...messageTo(url), body: '{}' }, never))).outcome,
      'refused',
      url,
    );
  }
  const notJson = { ...messageTo('https://example.com/'), body: 'hello' };
  assert.equal((await failureOf(made.channel.send(notJson, never))).outcome, 'refused');
  assert.equal(stub.requests.length, 0);
});

test('channels that are not configured are absent', async () => {
  await using dialler = createDialler();
  const nothing = { smtp: null, telegram: null, gateways: {}, webhookKeys: [] };
  const names = (channels: ReturnType<typeof createChannels>) => [...channels.keys()].toSorted();
  const logger = { info: () => undefined };
  assert.deepEqual(names(createChannels(nothing, { dialler, logger })), ['log']);
  const keep = async () => ({ id: 'x' });
  const gateways = { phone: { url: 'https://gateway.example/', keys: [NEW] } };
  const channels = createChannels({ ...nothing, gateways }, { dialler, logger, keepCall: keep, keepInApp: keep });
  assert.deepEqual(names(channels), ['in_app', 'log', 'phone']);
  const contact = { contactId: 'c1', email: 'a@example.com', phone: '+9198', telegram: null };
  assert.deepEqual(
    [...channels.values()].map((channel) => channel.addressOf(contact)),
    ['c1', 'c1', '+9198'],
  );
});

test('the log has a line for each message, and nothing of what it says or where it goes', async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  await using made = oneChannel('log', {}, { logger });
  await made.channel.send(messageTo('canary-address'), never);
  const [line, ...more] = lines;
  assert.equal(more.length, 0);
  assert.doesNotMatch(line ?? '', /canary|redacted|Asha|order/);
  assert.match(line ?? '', /"effectKey":"follow-up\/F1\/message"/);
  assert.equal((await failureOf(made.channel.send(messageTo('x'), AbortSignal.abort()))).outcome, 'later');
  assert.equal(lines.length, 1);
});

test('of an answer of 10 MB no more is taken than an answer may hold', async () => {
  await using stub = await StubHttpService.start(gatewayProtocol([NEW]), newEffects());
  await using made = oneChannel('sms', { gateways: { sms: { url: stub.url, keys: [NEW] } } });
  stub.script({ kind: 'huge', bytes: 100 * 1024 * 1024, accepts: true });
  assert.equal((await failureOf(made.channel.send(messageTo('+919812345678'), never))).outcome, 'unknown');
  assert.ok(stub.bytesWritten < 10 * 1024 * 1024, `${stub.bytesWritten}`);
});
