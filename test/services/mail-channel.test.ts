import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeliveryError, type OutgoingMessage } from '../../domain/ports/channels.ts';
import { createDialler } from '../../services/dialler.ts';
import { createEmailChannel, type SmtpSettings } from '../../services/notifications/email.ts';
import { composeMail, parseSender } from '../../services/notifications/mail.ts';
import { StubHttpService } from '../support/stub-http-service.ts';
import { type MailBehaviour, type MailServerOptions, StubMailServer } from '../support/stub-mail-server.ts';
import { gatewayProtocol, telegramProtocol } from '../support/stub-services.ts';
import { mailRig, newEffects, oneChannel, smtpAt } from './channels-suite/rigs.ts';
import { messageTo } from './channels-suite/suite.ts';

const FROM = { name: 'Reveille', address: 'hello@example.com' };
const message = (more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  ...messageTo('asha@example.com'),
  ...more,
});
const never = new AbortController().signal;

const failureOf = async (sending: Promise<unknown>): Promise<DeliveryError> => {
  const error = await sending.then(
    () => assert.fail('it was sent'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof DeliveryError);
  return error;
};

/** Sends over a server of these options with these settings, and says what became of it. */
async function over(
  options: MailServerOptions,
  settings: Partial<SmtpSettings>,
  tls?: { rejectUnauthorized: boolean },
) {
  await using stub = await StubMailServer.start(newEffects(), options);
  await using dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'] });
  const given = { dialler, timeoutMs: 2_000, ...(tls ? { tls } : {}) };
  const channel = createEmailChannel({ ...smtpAt(stub.port), ...settings }, given);
  const error = await channel.send(message(), never).then(
    () => null,
    (caught: unknown) => caught as DeliveryError,
  );
  return { outcome: error?.outcome ?? 'sent', error, mails: stub.mails.length };
}

test('a mail has sender, recipient, subject, text and language, in any script', async () => {
  await using rig = await mailRig();
  const to = { name: 'Aśa, "Rao"', address: 'asha@example.com' };
  await rig.channel.send(message({ to, subject: 'आपका ऑर्डर', body: 'नमस्ते\n.\nline\n', language: 'hi' }), never);
  const [mail] = rig.stub.mails;
  assert.deepEqual(mail?.from, { ...FROM });
  assert.deepEqual(mail?.to, [to]);
  assert.deepEqual([mail?.subject, mail?.text?.trimEnd()], ['आपका ऑर्डर', 'नमस्ते\n.\nline']);
  assert.deepEqual(mail?.headers.find(({ key }) => key === 'content-language')?.value, 'hi');
});

test('a promotion can be left by one click (RFC 8058); a service message has no such header', async () => {
  await using rig = await mailRig();
  const unsubscribeUrl = `https://reveille.example.com/unsubscribe/${'t0ken-'.repeat(40)}`;
  await rig.channel.send(message({ purpose: 'promotion', unsubscribeUrl }), never);
  await rig.channel.send(message({ key: 'other' }), never);
  const [promotion, service] = rig.stub.mails.map(({ headers }) =>
    Object.fromEntries(headers.filter(({ key }) => key.startsWith('list-')).map(({ key, value }) => [key, value])),
  );
  assert.deepEqual(promotion, {
    'list-unsubscribe': `<${unsubscribeUrl}>`,
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
  });
  assert.deepEqual(service, {});
});

test('a promotion ends with its link in its own language, also where its text has none; a service mail does not', async () => {
  await using rig = await mailRig();
  const unsubscribeUrl = 'https://reveille.example.com/unsubscribe/t0ken';
  const sent: Partial<OutgoingMessage>[] = [
    { purpose: 'promotion', unsubscribeUrl, body: 'Hello\n\n', language: 'en' },
    { purpose: 'promotion', unsubscribeUrl, body: 'नमस्ते', language: 'hi-IN' },
    { purpose: 'promotion', unsubscribeUrl, body: 'Bonjour', language: 'fr' },
    { purpose: 'promotion', unsubscribeUrl, body: 'Hello', language: null },
    { purpose: 'promotion', body: 'Hello', language: 'en' },
    { purpose: 'service', unsubscribeUrl, body: 'Hello', language: 'en' },
  ];
  for (const [index, more] of sent.entries()) await rig.channel.send(message({ ...more, key: `k${index}` }), never);
  assert.deepEqual(
    rig.stub.mails.map(({ text }) => text?.trimEnd()),
    [
      `Hello\n\nYou no longer want such mails? ${unsubscribeUrl}`,
      `नमस्ते\n\nऐसे ईमेल नहीं चाहिए? ${unsubscribeUrl}`,
      `Bonjour\n\nYou no longer want such mails? ${unsubscribeUrl}`,
      `Hello\n\nYou no longer want such mails? ${unsubscribeUrl}`,
      'Hello',
      'Hello',
    ],
  );
  assert.ok(rig.stub.mails.at(-1)?.headers.every(({ key }) => !key.startsWith('list-')));
});

test('what other channels send is the text as it is, with or without a link', async () => {
  const unsubscribeUrl = 'https://reveille.example.com/unsubscribe/t0ken';
  const promotion = (key: string, address: string): OutgoingMessage => ({
    ...message({ key, purpose: 'promotion', unsubscribeUrl, body: 'Hello' }),
    ...{ to: { name: null, address } },
  });
  const token = '123456789:AAcanary-token-of-a-bot';
  const keys = [`whsec_${Buffer.alloc(32, 7).toString('base64')}`];
  await using telegram = await StubHttpService.start(telegramProtocol(token), newEffects());
  await using gateway = await StubHttpService.start(gatewayProtocol(keys), newEffects());
  await using bot = oneChannel('telegram', { telegram: { botToken: token, apiUrl: telegram.url } });
  await using sms = oneChannel('sms', { gateways: { sms: { url: gateway.url, keys } } });
  await bot.channel.send(promotion('t', '42'), never);
  await sms.channel.send(promotion('s', '+919812345678'), never);
  assert.deepEqual(
    [...telegram.effects.all(), ...gateway.effects.all()].map(({ text }) => text),
    ['Hello', 'Hello'],
  );
});

test('the Message-ID is of the key, at the domain of the sender, and tells nothing', async () => {
  const ids = await Promise.all(
    [{}, {}, { key: 'other' }, { workspace: 'other' }].map(
      async (more) => (await composeMail(message(more), FROM)).messageId,
    ),
  );
  assert.match(ids[0] ?? '', /^<[0-9a-f]{32}@example\.com>$/);
  assert.deepEqual([ids[0] === ids[1], new Set(ids).size], [true, 3]);
});

test('line breaks and other controls in what becomes a header are refused, wherever they are', async () => {
  const wheres: ((text: string) => Partial<OutgoingMessage>)[] = [
    (subject) => ({ subject }),
    (language) => ({ language }),
    (name) => ({ to: { name, address: 'asha@example.com' } }),
    (address) => ({ to: { name: null, address: `asha@example.com${address}` } }),
    (path) => ({ purpose: 'promotion', unsubscribeUrl: `https://example.com/${path}` }),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...wheres),
      fc.constantFrom('\r\n', '\n', '\r', '\0', '\u2028', '\u0085', '\t'),
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }),
      async (where, control, before, after) => {
        const error = await failureOf(composeMail(message(where(before + control + after)), FROM));
        assert.equal(error.outcome, 'refused');
      },
    ),
    { numRuns: 200 },
  );
});

test('an address that is two, or a command, is refused', async () => {
  for (const address of [
    'a@x.com,b@x.com',
    'a@x.com b@x.com',
    '<a@x.com>',
    'a@b@x.com',
    'x',
    '',
    'a@x.com> SIZE=1',
    'g:a@x.com;',
  ]) {
    const error = await failureOf(composeMail(message({ to: { name: null, address } }), FROM));
    assert.equal(error.outcome, 'refused', address);
  }
});

test('text that looks like a file or a URL stays text', async () => {
  await using rig = await mailRig();
  const body = 'file:///etc/passwd\nhttps://example.com/\ncid:x data:text/plain,hello';
  await rig.channel.send(message({ body }), never);
  assert.deepEqual([rig.stub.mails[0]?.text?.trimEnd(), rig.stub.mails[0]?.attachments.length], [body, 0]);
});

const replies: [MailBehaviour, 'refused' | 'later', string][] = [
  [{ kind: 'reply', to: 'MAIL', code: 553, text: '5.1.8 sender' }, 'refused', '(553 5.1.8 to MAIL FROM)'],
  [
    { kind: 'reply', to: 'MAIL', code: 530, text: '5.7.0 Authentication required' },
    'later',
    '(530 5.7.0 to MAIL FROM)',
  ],
  [
    { kind: 'reply', to: 'RCPT', code: 550, text: '5.1.1 <asha@example.com> unknown' },
    'refused',
    '(550 5.1.1 to RCPT TO)',
  ],
  [{ kind: 'reply', to: 'RCPT', code: 450, text: '4.2.1 busy' }, 'later', '(450 4.2.1 to RCPT TO)'],
  [{ kind: 'reply', to: 'DATA', code: 554, text: '5.7.1 spam' }, 'refused', '(554 5.7.1 to DATA)'],
  [{ kind: 'reply', to: 'DATA', code: 452, text: '4.3.1 full' }, 'later', '(452 4.3.1 to DATA)'],
  [{ kind: 'reply', to: 'DATA', code: 421, text: '4.3.2 going down' }, 'later', '(421 4.3.2 to DATA)'],
];
for (const [behaviour, outcome, shown] of replies) {
  test(`a reply ${shown} is ${outcome}, and of its words only the codes are told`, async () => {
    await using rig = await mailRig();
    rig.stub.script(behaviour);
    const error = await failureOf(rig.channel.send(message(), never));
    assert.deepEqual(
      [error.outcome, error.message.includes(shown), rig.effects().length],
      [outcome, true, 0],
      error.message,
    );
    assert.doesNotMatch(error.message, /asha|spam|unknown/);
  });
}

test('cut off before the content went out, it has not happened; a slow server gets its time', async () => {
  await using rig = await mailRig();
  rig.stub.script({ kind: 'cut-before-data' }, { kind: 'slow', afterMs: 300 });
  assert.equal((await failureOf(rig.channel.send(message(), never))).outcome, 'later');
  await rig.channel.send(message(), never);
  assert.equal(rig.effects().length, 1);
});

test('a server that was away takes mail again when it is back', async () => {
  const effects = newEffects();
  const first = await StubMailServer.start(effects);
  const { port } = first;
  await using dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'] });
  const channel = createEmailChannel(smtpAt(port), { dialler, timeoutMs: 2_000 });
  await first[Symbol.asyncDispose]();
  assert.equal((await failureOf(channel.send(message(), never))).outcome, 'later');
  await using back = await StubMailServer.start(effects, { port });
  await channel.send(message(), never);
  assert.equal(back.mails.length, 1);
});

test("user and password are given over STARTTLS; wrong ones are our fault, not the message's", async () => {
  const login = { user: 'reveille', password: 'canary-password' };
  const server = { login, startTls: true };
  const trusting = { rejectUnauthorized: false };
  const right = await over(server, { ...login, security: 'starttls' }, trusting);
  assert.deepEqual([right.outcome, right.mails], ['sent', 1]);
  const wrong = await over(server, { ...login, password: 'canary-wrong', security: 'starttls' }, trusting);
  assert.deepEqual([wrong.outcome, wrong.mails], ['later', 0]);
  assert.doesNotMatch(String(wrong.error?.message), /canary/);
});

test('without the security asked for nothing is sent: no STARTTLS, a certificate nobody vouches for, no TLS', async () => {
  for (const [server, security] of [
    [{ startTls: false }, 'starttls'],
    [{ startTls: true }, 'starttls'],
    [{}, 'tls'],
  ] as const) {
    const { outcome, mails } = await over(server, { security });
    assert.deepEqual([outcome, mails], ['later', 0], security);
  }
});

test('a sender is an address, with or without a name', () => {
  assert.deepEqual(parseSender('hello@example.com'), { name: '', address: 'hello@example.com' });
  assert.deepEqual(parseSender('Reveille <hello@example.com>'), { name: 'Reveille', address: 'hello@example.com' });
  assert.deepEqual(parseSender('"A, B" <a@b.c>'), { name: 'A, B', address: 'a@b.c' });
  for (const wrong of ['', 'Reveille', 'a@b, c@d', 'R <a@b> <c@d>', 'R <>'])
    assert.equal(parseSender(wrong), null, wrong);
});
