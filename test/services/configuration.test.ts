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
    production: true,
    secrets: ['key-of-temporal', 'key-of-model', 'pass%21word', 'pass!word'],
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
  assert.doesNotThrow(() => readConfiguration({ ...values, REVEILLE_LLM_MODEL: 'm' }, folder()));
});
