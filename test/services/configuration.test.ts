import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { ReveilleError } from '../../domain/errors.ts';
import { readConfiguration, VARIABLES } from '../../services/configuration.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'reveille-configuration-'));
const HOME = '/home/someone';
const BOT_TOKEN = '123456789:AAcanary-token-of-a-bot';
const LINK_KEY = 'canary-of-links-with-32-characters';
const KEYS = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

function refusal(env: NodeJS.ProcessEnv, cwd = folder()): ReveilleError {
  try {
    readConfiguration(env, cwd);
  } catch (error) {
    assert.ok(error instanceof ReveilleError);
    assert.equal(error.code, 'invalid_input');
    return error;
  }
  assert.fail('was accepted');
}

test('nothing set gives the documented defaults', () => {
  const cwd = folder();
  assert.deepEqual(readConfiguration({ HOME }, cwd), {
    dataDir: cwd,
    workspace: 'default',
    databaseUrl: null,
    temporal: { address: null, namespace: 'default', apiKey: null, tls: null, metadata: {} },
    port: 3000,
    host: '127.0.0.1',
    rateLimit: 6_000,
    logLevel: 'info',
    cacheDir: '/home/someone/.cache/reveille',
    timezone: 'UTC',
    llm: null,
    escalationOwner: 'operations',
    shutdownGraceMs: 10_000,
    runRetentionMs: 7_776_000_000,
    minIntervalMs: 10_000,
    channels: { smtp: null, telegram: null, gateways: {}, webhookKeys: [] },
    booking: { calendars: {}, representatives: {}, google: null, zoom: null },
    sendPolicy: { quietHours: { start: 21 * 60, end: 8 * 60 }, cap: { messages: 2, windowMs: 604_800_000 } },
    links: null,
    fault: null,
    allowPrivateHosts: [],
    production: false,
    secrets: [],
  });
});

test('every variable reaches its key', () => {
  const configuration = readConfiguration(
    {
      REVEILLE_DATA_DIR: '/srv/data',
      REVEILLE_WORKSPACE: 'acme',
      DATABASE_URL: 'postgres://someone:pass%21word@db:5432/reveille',
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_NAMESPACE: 'production',
      TEMPORAL_API_KEY: 'key-of-temporal',
      TEMPORAL_GRPC_META_X_TEAM: 'retention',
      REVEILLE_PORT: '8080',
      REVEILLE_HOST: '0.0.0.0',
      REVEILLE_RATE_LIMIT: '120',
      REVEILLE_LOG_LEVEL: 'debug',
      REVEILLE_CACHE_DIR: '/var/cache/reveille',
      REVEILLE_TIMEZONE: 'Asia/Kolkata',
      REVEILLE_LLM_BASE_URL: 'http://model/v1',
      REVEILLE_LLM_MODEL: 'small',
      REVEILLE_LLM_API_KEY: 'key-of-model',
      REVEILLE_LLM_TIMEOUT: '45s',
      REVEILLE_ESCALATION_OWNER: 'retention team',
      REVEILLE_SHUTDOWN_GRACE: '1m',
      REVEILLE_RUN_RETENTION: '1d',
      REVEILLE_MIN_INTERVAL: '1m',
      REVEILLE_ALLOW_PRIVATE_HOSTS: 'hooks.internal:8443, 10.20.0.0/16',
      REVEILLE_SMTP_HOST: 'mail.example.com',
      REVEILLE_SMTP_PORT: '2525',
      REVEILLE_SMTP_SECURITY: 'none',
      REVEILLE_SMTP_USER: 'reveille',
      REVEILLE_SMTP_PASSWORD: 'password-of-mail',
      REVEILLE_SMTP_FROM: '"Reveille, Retention" <hello@example.com>',
      REVEILLE_TELEGRAM_BOT_TOKEN: BOT_TOKEN,
      REVEILLE_TELEGRAM_API_URL: 'http://bot-api:8081',
      REVEILLE_GATEWAY_SMS_URL: 'https://gateway/sms',
      REVEILLE_GATEWAY_WHATSAPP_URL: 'https://gateway/whatsapp',
      REVEILLE_GATEWAY_PHONE_URL: 'https://gateway/calls',
      REVEILLE_GATEWAY_KEYS: `${KEYS[0]},${KEYS[1]}`,
      REVEILLE_WEBHOOK_KEYS: KEYS[2],
      REVEILLE_GOOGLE_CLIENT_ID: 'id-at-google',
      REVEILLE_GOOGLE_CLIENT_SECRET: 'secret-of-google',
      REVEILLE_GOOGLE_API_URL: 'http://google:1/api/',
      REVEILLE_GOOGLE_TOKEN_URL: 'http://google:1/token',
      REVEILLE_GOOGLE_AUTH_URL: 'http://google:1/auth',
      ZOOM_ACCOUNT_ID: 'account-at-zoom',
      ZOOM_CLIENT_ID: 'id-at-zoom',
      ZOOM_CLIENT_SECRET: 'secret-of-zoom',
      REVEILLE_ZOOM_USER: 'host@example.com',
      REVEILLE_ZOOM_API_URL: 'http://zoom:2/v2/',
      REVEILLE_ZOOM_TOKEN_URL: 'http://zoom:2/token',
      REVEILLE_QUIET_HOURS: '12:30-14:00',
      REVEILLE_PROMOTION_CAP: '3/36h',
      REVEILLE_PUBLIC_URL: 'https://example.com/reveille/',
      REVEILLE_LINK_KEY: LINK_KEY,
      NODE_ENV: 'production',
    },
    folder(),
  );
  assert.deepEqual(configuration, {
    dataDir: '/srv/data',
    workspace: 'acme',
    databaseUrl: 'postgres://someone:pass%21word@db:5432/reveille',
    temporal: {
      address: 'temporal:7233',
      namespace: 'production',
      apiKey: 'key-of-temporal',
      tls: true,
      metadata: { 'x-team': 'retention' },
    },
    port: 8080,
    host: '0.0.0.0',
    rateLimit: 120,
    logLevel: 'debug',
    cacheDir: '/var/cache/reveille',
    timezone: 'Asia/Kolkata',
    llm: { baseUrl: 'http://model/v1', model: 'small', apiKey: 'key-of-model', timeoutMs: 45_000 },
    escalationOwner: 'retention team',
    shutdownGraceMs: 60_000,
    runRetentionMs: 86_400_000,
    minIntervalMs: 60_000,
    channels: {
      smtp: {
        host: 'mail.example.com',
        port: 2525,
        security: 'none',
        user: 'reveille',
        password: 'password-of-mail',
        from: { name: 'Reveille, Retention', address: 'hello@example.com' },
      },
      telegram: { botToken: BOT_TOKEN, apiUrl: 'http://bot-api:8081' },
      gateways: {
        sms: { url: 'https://gateway/sms', keys: KEYS.slice(0, 2) },
        whatsapp: { url: 'https://gateway/whatsapp', keys: KEYS.slice(0, 2) },
        phone: { url: 'https://gateway/calls', keys: KEYS.slice(0, 2) },
      },
      webhookKeys: [KEYS[2]],
    },
    booking: {
      ...{ calendars: {}, representatives: {} },
      google: {
        ...{ clientId: 'id-at-google', clientSecret: 'secret-of-google', apiUrl: 'http://google:1/api' },
        ...{ tokenUrl: 'http://google:1/token', authUrl: 'http://google:1/auth' },
      },
      zoom: {
        ...{ accountId: 'account-at-zoom', clientId: 'id-at-zoom', clientSecret: 'secret-of-zoom' },
        ...{ user: 'host@example.com', apiUrl: 'http://zoom:2/v2', tokenUrl: 'http://zoom:2/token' },
      },
    },
    sendPolicy: { quietHours: { start: 750, end: 840 }, cap: { messages: 3, windowMs: 129_600_000 } },
    links: { publicUrl: 'https://example.com/reveille', key: LINK_KEY },
    fault: null,
    allowPrivateHosts: ['hooks.internal:8443', '10.20.0.0/16'],
    production: true,
    secrets: [
      'key-of-temporal',
      'key-of-model',
      'pass%21word',
      'pass!word',
      LINK_KEY,
      'password-of-mail',
      BOT_TOKEN,
      ...KEYS,
      ...KEYS.map((key) => key.slice('whsec_'.length)),
      ...['secret-of-google', 'secret-of-zoom'],
    ],
  });
});

test('all wrong values are told at once, by variable, and none is shown', () => {
  const error = refusal({
    REVEILLE_PORT: 'secret-port',
    DATABASE_URL: 'mysql://user:secret-password@host/db',
    REVEILLE_TIMEZONE: 'secret/zone',
    REVEILLE_LOG_LEVEL: 'secret-level',
    REVEILLE_SHUTDOWN_GRACE: 'secret-while',
    REVEILLE_WORKSPACE: 'Secret Workspace',
    TEMPORAL_ADDRESS: 'secret-host',
    TEMPORAL_TLS_CLIENT_CERT_PATH: '/secret/cert.pem',
    TEMPORAL_TLS_CLIENT_KEY_PATH: '/secret/key.pem',
    REVEILLE_LLM_MODEL: 'secret-model',
  });
  assert.deepEqual(error.errors.map((field) => field.path).toSorted(), [
    'DATABASE_URL',
    'REVEILLE_LLM_BASE_URL',
    'REVEILLE_LOG_LEVEL',
    'REVEILLE_PORT',
    'REVEILLE_SHUTDOWN_GRACE',
    'REVEILLE_TIMEZONE',
    'REVEILLE_WORKSPACE',
    'TEMPORAL_*',
    'TEMPORAL_ADDRESS',
  ]);
  assert.doesNotMatch(JSON.stringify(error.errors) + error.message, /secret/i);
});

test('a model without its address and an address without its model are refused', () => {
  assert.deepEqual(refusal({ REVEILLE_LLM_MODEL: 'small' }).errors, [
    { path: 'REVEILLE_LLM_BASE_URL', message: 'must be set together with model' },
  ]);
  assert.deepEqual(refusal({ REVEILLE_LLM_BASE_URL: 'http://model/v1' }).errors, [
    { path: 'REVEILLE_LLM_MODEL', message: 'must be set together with baseUrl' },
  ]);
});

test('mail that lacks a part, a wrong key, sender or host is refused by variable, and shown to nobody', () => {
  const error = refusal({
    REVEILLE_SMTP_HOST: 'secret host',
    REVEILLE_SMTP_FROM: 'secret',
    REVEILLE_SMTP_PASSWORD: 'secret',
    REVEILLE_SMTP_SECURITY: 'secret',
    REVEILLE_TELEGRAM_BOT_TOKEN: 'secret',
    REVEILLE_GATEWAY_KEYS: 'whsec_secret',
    REVEILLE_WEBHOOK_KEYS: KEYS.join(','),
    REVEILLE_ALLOW_PRIVATE_HOSTS: '10.0.0.0/secret',
  });
  assert.deepEqual(error.errors.map(({ path }) => path).toSorted(), [
    'REVEILLE_ALLOW_PRIVATE_HOSTS',
    'REVEILLE_GATEWAY_KEYS',
    'REVEILLE_SMTP_FROM',
    'REVEILLE_SMTP_HOST',
    'REVEILLE_SMTP_SECURITY',
    'REVEILLE_TELEGRAM_BOT_TOKEN',
    'REVEILLE_WEBHOOK_KEYS',
  ]);
  assert.doesNotMatch(JSON.stringify(error.errors) + error.message, /secret/i);
  const incomplete = { REVEILLE_SMTP_HOST: 'mail', REVEILLE_SMTP_USER: 'u', REVEILLE_GATEWAY_SMS_URL: 'https://g' };
  assert.deepEqual(
    refusal(incomplete).errors.map(({ path }) => path),
    ['REVEILLE_SMTP_FROM', 'REVEILLE_SMTP_PASSWORD', 'REVEILLE_GATEWAY_KEYS'],
  );
  assert.deepEqual(
    refusal({ REVEILLE_SMTP_PASSWORD: 'p' }).errors.map(({ path }) => path),
    ['REVEILLE_SMTP_HOST', 'REVEILLE_SMTP_USER'],
  );
});

test('the port of mail follows from its security, and its security from the port', () => {
  const smtp = (more: NodeJS.ProcessEnv) => {
    const env = { REVEILLE_SMTP_HOST: 'mail', REVEILLE_SMTP_FROM: 'hello@example.com', ...more };
    const { smtp } = readConfiguration(env, folder()).channels;
    return [smtp?.port, smtp?.security];
  };
  assert.deepEqual(smtp({}), [587, 'starttls']);
  assert.deepEqual(smtp({ REVEILLE_SMTP_PORT: '465' }), [465, 'tls']);
  assert.deepEqual(smtp({ REVEILLE_SMTP_SECURITY: 'tls' }), [465, 'tls']);
});

test('quiet hours may be none, a cap zero, and neither is taken for anything else', () => {
  const policy = (env: NodeJS.ProcessEnv) => readConfiguration(env, folder()).sendPolicy;
  assert.equal(policy({ REVEILLE_QUIET_HOURS: 'none' }).quietHours, null);
  assert.deepEqual(policy({ REVEILLE_PROMOTION_CAP: '0/1d' }).cap, { messages: 0, windowMs: 86_400_000 });
  for (const wrong of ['21:00', '21:00-21:00', '9pm-8am', '24:00-08:00', ' ', 'secret']) {
    const [error] = refusal({ REVEILLE_QUIET_HOURS: wrong }).errors;
    assert.equal(error?.path, 'REVEILLE_QUIET_HOURS', wrong);
  }
  for (const wrong of ['2', '2/', '/7d', '-1/7d', '2.5/7d', '2/0d', '2/7w', '2 / 7d', 'none', '2/99999d', 'secret']) {
    const error = refusal({ REVEILLE_PROMOTION_CAP: wrong });
    assert.deepEqual(
      error.errors.map(({ path }) => path),
      ['REVEILLE_PROMOTION_CAP'],
      wrong,
    );
    assert.doesNotMatch(error.message, /secret/);
  }
});

test('links need both their address and a key that cannot be guessed', () => {
  const url = 'https://example.com';
  assert.deepEqual(refusal({ REVEILLE_PUBLIC_URL: url }).errors, [
    { path: 'REVEILLE_LINK_KEY', message: 'must be set together with publicUrl' },
  ]);
  assert.deepEqual(refusal({ REVEILLE_LINK_KEY: LINK_KEY }).errors, [
    { path: 'REVEILLE_PUBLIC_URL', message: 'must be set together with key' },
  ]);
  const short = refusal({ REVEILLE_PUBLIC_URL: url, REVEILLE_LINK_KEY: 'secret-that-is-short' });
  assert.deepEqual(short.errors, [{ path: 'REVEILLE_LINK_KEY', message: 'must have 32 characters or more' }]);
  for (const wrong of [
    'example.com',
    'ftp://example.com',
    `${url}/?a=1`,
    `${url}/#a`,
    'https://a:secret@example.com',
  ]) {
    const error = refusal({ REVEILLE_PUBLIC_URL: wrong, REVEILLE_LINK_KEY: LINK_KEY });
    assert.deepEqual(
      error.errors.map(({ path }) => path),
      ['REVEILLE_PUBLIC_URL'],
      wrong,
    );
    assert.doesNotMatch(error.message, /secret/);
  }
});

test('a fault names a point and a count, and is refused in production', () => {
  const read = (env: NodeJS.ProcessEnv) => readConfiguration(env, folder()).fault;
  assert.deepEqual(read({ FAULT: 'delivery-after-effect:2' }), { point: 'delivery-after-effect', nth: 2 });
  for (const wrong of ['delivery-after-effect', 'delivery-after-effect:0', 'nowhere:1', 'delivery-after-effect:x']) {
    assert.deepEqual(
      refusal({ FAULT: wrong }).errors.map(({ path }) => path),
      ['FAULT'],
      wrong,
    );
  }
  assert.deepEqual(refusal({ FAULT: 'delivery-after-effect:1', NODE_ENV: 'production' }).errors, [
    { path: 'FAULT', message: 'is for tests, and refused in production' },
  ]);
});

test('a misspelt variable is refused, an empty one counts as unset', () => {
  assert.deepEqual(refusal({ REVEILLE_PROT: '3001' }).errors, [
    { path: 'REVEILLE_PROT', message: 'is not a known variable' },
  ]);
  assert.equal(readConfiguration({ REVEILLE_PORT: '', DATABASE_URL: '' }, folder()).port, 3000);
});

test('reveille.yaml is read from the data folder or the working folder, and the environment wins', () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'reveille.yaml'), 'port: 4000\ntemporal:\n  namespace: ours\nllm:\n  model: small\n');
  const configuration = readConfiguration({ REVEILLE_PORT: '5000', REVEILLE_LLM_BASE_URL: 'http://model/v1' }, cwd);
  assert.equal(configuration.port, 5000);
  assert.equal(configuration.temporal.namespace, 'ours');
  assert.equal(configuration.llm?.model, 'small');
  assert.equal(readConfiguration({ REVEILLE_DATA_DIR: cwd, REVEILLE_LLM_BASE_URL: 'http://m' }, folder()).port, 4000);
});

test('unknown keys and wrong values of reveille.yaml are told by key', () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'reveille.yaml'), 'prot: 1\nport: 70000\nllm: {modle: x}\n');
  assert.deepEqual(
    refusal({}, cwd)
      .errors.map((field) => field.path)
      .toSorted(),
    ['reveille.yaml llm.modle', 'reveille.yaml port', 'reveille.yaml prot'],
  );
  writeFileSync(join(cwd, 'reveille.yaml'), 'llm: {apiKey: "secret');
  const error = refusal({}, cwd);
  assert.deepEqual(error.errors, [{ path: 'reveille.yaml', message: 'is not valid YAML' }]);
});

test('.env in the working folder is read below the environment', () => {
  const cwd = folder();
  writeFileSync(join(cwd, '.env'), 'REVEILLE_PORT=4000\nREVEILLE_WORKSPACE=acme\n');
  const configuration = readConfiguration({ REVEILLE_PORT: '5000' }, cwd);
  assert.deepEqual([configuration.port, configuration.workspace], [5000, 'acme']);
});

test('.env.example documents every variable and no other, and its values are accepted', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const documented = Object.keys(parseEnv(example.replace(/^# ([A-Z_]+=)/gm, '$1')));
  const ours = documented.filter((name) => !name.startsWith('TEMPORAL_TLS'));
  assert.deepEqual(ours.toSorted(), Object.keys(VARIABLES).toSorted());

  const values = parseEnv(example.replace(/^# ([A-Z_]+=.+)/gm, '$1'));
  assert.doesNotThrow(() =>
    readConfiguration({ ...values, REVEILLE_LLM_MODEL: 'm', REVEILLE_LINK_KEY: LINK_KEY }, folder()),
  );
});
