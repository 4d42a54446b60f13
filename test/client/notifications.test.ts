import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CliFolder } from '../support/cli.ts';
import { StubHttpService } from '../support/stub-http-service.ts';
import { StubMailServer } from '../support/stub-mail-server.ts';
import { telegramProtocol, webhookProtocol } from '../support/stub-services.ts';
import { newEffects } from '../services/channels-suite/rigs.ts';

const TOKEN = '123456789:AAcanary-token-of-a-bot';
const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let folder: CliFolder;

before(() => {
  folder = new CliFolder();
});
after(() => folder.end());

const send = (channel: string, to: string, env: NodeJS.ProcessEnv = {}, ...more: string[]) =>
  folder.run(['notifications', 'test', '--channel', channel, '--to', to, ...more], env);

const mailAt = (port: number): NodeJS.ProcessEnv => ({
  ...{ REVEILLE_SMTP_HOST: '127.0.0.1', REVEILLE_SMTP_PORT: String(port), REVEILLE_SMTP_SECURITY: 'none' },
  REVEILLE_SMTP_FROM: 'Reveille <hello@example.com>',
});

test('one test mail is sent, and what the server answered is printed', async () => {
  await using stub = await StubMailServer.start(newEffects());
  const { code, stdout, stderr } = await send('email', 'a@example.com', mailAt(stub.port));
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(
    stdout,
    /^Sent to a@example\.com by email\n {2}messageId <[0-9a-f]{32}@example\.com>\n {2}response 250\b/,
  );
  const [mail, ...others] = stub.mails;
  assert.deepEqual([mail?.subject, others.length], ['Test message', 0]);
  assert.match(mail?.text ?? '', /^This is a test message/);
  assert.ok(mail?.headers.every(({ key }) => !key.startsWith('list-')));

  const told = await send('email', 'a@example.com', mailAt(stub.port), '--json');
  const { channel, to, result } = JSON.parse(told.stdout) as Record<string, unknown>;
  assert.deepEqual(
    [told.code, channel, to, Object.keys(result as object)],
    [0, 'email', 'a@example.com', ['messageId', 'response']],
  );
  assert.equal(stub.mails.length, 2, 'another test is another message');
});

test('what the other side refuses, and a server that is away, exit 1 with the reason and no secret', async () => {
  await using bot = await StubHttpService.start(telegramProtocol(TOKEN), newEffects());
  bot.script({ kind: 'status', status: 403, body: '{"ok":false,"error_code":403,"description":"Forbidden"}' });
  const env = { REVEILLE_TELEGRAM_BOT_TOKEN: TOKEN, REVEILLE_TELEGRAM_API_URL: bot.url };
  const refused = await send('telegram', '4242', env);
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  assert.match(refused.stderr, /^reveille: Not sent: The person has blocked the bot/);
  assert.doesNotMatch(refused.stderr, /canary/);

  const gone = await StubMailServer.start(newEffects());
  const { port } = gone;
  await gone[Symbol.asyncDispose]();
  const away = await send('email', 'a@example.com', mailAt(port));
  assert.deepEqual([away.code, away.stderr], [1, 'reveille: Not sent: The mail server could not be reached\n']);
});

test('what may have gone says so', async () => {
  await using stub = await StubMailServer.start(newEffects());
  stub.script({ kind: 'cut', accepts: true });
  const { code, stderr } = await send('email', 'a@example.com', mailAt(stub.port));
  assert.equal(code, 1);
  assert.match(stderr, /^reveille: Perhaps sent: The connection was lost/);
});

test('a channel that is not configured exits 2 and names what to set', async () => {
  const needed: [channel: string, to: string, variables: string[]][] = [
    ['email', 'a@example.com', ['REVEILLE_SMTP_HOST', 'REVEILLE_SMTP_FROM']],
    ['telegram', '@somebody', ['REVEILLE_TELEGRAM_BOT_TOKEN']],
    ['phone', '+919812345678', ['REVEILLE_GATEWAY_PHONE_URL', 'REVEILLE_GATEWAY_KEYS']],
  ];
  for (const [channel, to, variables] of needed) {
    const { code, stderr } = await send(channel, to);
    assert.equal(code, 2, channel);
    for (const name of variables) assert.ok(stderr.includes(`${name}: must be set for ${channel}`), stderr);
  }
  const problem = await folder.problem(2, ['notifications', 'test', '--channel', 'sms', '--to', '+919812345678']);
  assert.deepEqual(
    problem.errors.map(({ path }) => path),
    ['REVEILLE_GATEWAY_SMS_URL', 'REVEILLE_GATEWAY_KEYS'],
  );
});

test('an address of another kind, and a channel that is none, exit 2', async () => {
  for (const [channel, to] of [
    ['email', 'nobody'],
    ['sms', '12345'],
    ['telegram', 'a@example.com'],
    ['webhook', 'file:///etc/passwd'],
  ] as const) {
    const { code, stderr } = await send(channel, to);
    assert.equal(code, 2, channel);
    assert.match(stderr, /--to: /);
  }
  assert.match((await send('fax', '1')).stderr, /Allowed choices are email, telegram/);
});

test('a webhook is signed, and goes to a private address only where the configuration allows it', async () => {
  await using stub = await StubHttpService.start(webhookProtocol([KEY]), newEffects());
  const env = { REVEILLE_WEBHOOK_KEYS: KEY };
  const refused = await send('webhook', stub.url, env);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^reveille: Not sent: /);
  assert.equal(stub.effects.all().length, 0);
  const { code, stdout } = await send('webhook', stub.url, {
    ...env,
    REVEILLE_ALLOW_PRIVATE_HOSTS: new URL(stub.url).host,
  });
  assert.equal(code, 0);
  assert.match(stdout, /by webhook\n {2}status 2\d\d/);
  assert.equal(stub.effects.all().length, 1);
});
