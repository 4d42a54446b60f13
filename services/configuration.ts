import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { DEFAULT_WORKSPACE, slug } from '../domain/contracts/names.ts';
import { duration } from '../domain/contracts/time-values.ts';
import { timeZone } from '../domain/contracts/time-zone.ts';
import { type FieldError, invalidInput } from '../domain/errors.ts';
import { fieldErrors } from '../domain/parse.ts';
import { FAILPOINTS, type Fault, parseFault } from '../domain/ports/failpoints.ts';
import {
  BOOKING_VARIABLES,
  type BookingConfiguration,
  bookingConfiguration,
  bookingSettings,
  unknownNames,
} from './calendars/settings.ts';
import {
  CHANNEL_VARIABLES,
  type ChannelConfiguration,
  channelConfiguration,
  channelSettings,
} from './notifications/settings.ts';
import {
  SENDING_VARIABLES,
  type SendingConfiguration,
  sendingConfiguration,
  sendingSettings,
} from './sending-settings.ts';
import type { TemporalTarget } from './temporal/connection.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const text = z.string().trim().min(1, 'must not be empty');
const fault = text.transform((value, context) => {
  const parsed = parseFault(value);
  if (parsed !== null) return parsed;
  const points = FAILPOINTS.join(', ');
  context.addIssue({ code: 'custom', message: `must be <point>:<nth>, nth from 1, with a point out of ${points}` });
  return z.NEVER;
});

/** Everything that can be set, as `reveille.yaml` names it. */
const settings = z.strictObject({
  dataDir: text.default('.'),
  workspace: slug.default(DEFAULT_WORKSPACE),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// or postgresql:// URL' })
    .nullable()
    .default(null),
  temporal: z
    .strictObject({
      address: text
        .regex(/^\S+:\d{1,5}$/, 'must be host:port')
        .nullable()
        .default(null),
      namespace: text.default('default'),
      apiKey: text.nullable().default(null),
    })
    .prefault({}),
  port: z.coerce.number('must be a port from 0 to 65535').int().min(0).max(65_535).default(3_000),
  host: text.regex(/^[\w.:-]+$/, 'must be an address or a host name').default('127.0.0.1'),
  rateLimit: z.coerce.number('must be requests a minute').int().min(1).max(10_000_000).default(6_000),
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  cacheDir: text.nullable().default(null),
  timezone: text.pipe(timeZone).default('UTC'),
  llm: z
    .strictObject({
      baseUrl: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
      model: text.optional(),
      apiKey: text.nullable().default(null),
      timeout: duration.prefault('30s'),
    })
    .superRefine((llm, context) => {
      const [here, missing] = llm.baseUrl ? ['baseUrl', 'model'] : ['model', 'baseUrl'];
      if (!llm.baseUrl !== !llm.model) {
        context.addIssue({ code: 'custom', path: [missing], message: `must be set together with ${here}` });
      }
    })
    .prefault({}),
  escalationOwner: text.max(200).default('operations'),
  shutdownGrace: duration.prefault('10s'),
  runRetention: duration.prefault('90d'),
  minInterval: duration.prefault('10s'),
  fault: fault.nullable().default(null),
  ...channelSettings,
  ...bookingSettings,
  ...sendingSettings,
});

/** Which environment variable sets which key. The variables `@temporalio/envconfig` reads by itself are not here. */
export const VARIABLES: Readonly<Record<string, string>> = {
  REVEILLE_DATA_DIR: 'dataDir',
  REVEILLE_WORKSPACE: 'workspace',
  DATABASE_URL: 'databaseUrl',
  TEMPORAL_ADDRESS: 'temporal.address',
  TEMPORAL_NAMESPACE: 'temporal.namespace',
  TEMPORAL_API_KEY: 'temporal.apiKey',
  REVEILLE_PORT: 'port',
  REVEILLE_HOST: 'host',
  REVEILLE_RATE_LIMIT: 'rateLimit',
  REVEILLE_LOG_LEVEL: 'logLevel',
  REVEILLE_CACHE_DIR: 'cacheDir',
  REVEILLE_TIMEZONE: 'timezone',
  REVEILLE_LLM_BASE_URL: 'llm.baseUrl',
  REVEILLE_LLM_MODEL: 'llm.model',
  REVEILLE_LLM_API_KEY: 'llm.apiKey',
  REVEILLE_LLM_TIMEOUT: 'llm.timeout',
  REVEILLE_ESCALATION_OWNER: 'escalationOwner',
  REVEILLE_SHUTDOWN_GRACE: 'shutdownGrace',
  REVEILLE_RUN_RETENTION: 'runRetention',
  REVEILLE_MIN_INTERVAL: 'minInterval',
  ...CHANNEL_VARIABLES,
  ...SENDING_VARIABLES,
  ...BOOKING_VARIABLES,
  FAULT: 'fault',
};

/** What a process needs to know to run. Times are milliseconds, folders absolute paths. */
export interface Configuration extends SendingConfiguration {
  /** Holds `.reveille/` and `data/memory/`. */
  dataDir: string;
  workspace: string;
  /** null: the embedded store. */
  databaseUrl: string | null;
  /** `address` null: a server of our own. */
  temporal: Omit<TemporalTarget, 'address'> & { address: string | null };
  port: number;
  /** Address that the HTTP service listens on. */
  host: string;
  /** HTTP requests a minute for each token. */
  rateLimit: number;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Where downloaded and built servers are kept, shared by all data folders. */
  cacheDir: string;
  /** IANA zone of contacts that name none. */
  timezone: string;
  /** null: agents decide by their rules. */
  llm: { baseUrl: string; model: string; apiKey: string | null; timeoutMs: number } | null;
  escalationOwner: string;
  shutdownGraceMs: number;
  /** How long runs that have ended stay in the ledger. */
  runRetentionMs: number;
  /** Schedules that come more often are refused. */
  minIntervalMs: number;
  channels: ChannelConfiguration;
  booking: BookingConfiguration;
  /** Where the process is to die, for tests of crashes; never in production. */
  fault: Fault | null;
  /** Hosts, `host:port` and CIDR ranges that connections may go to though they are not public. */
  allowPrivateHosts: readonly string[];
  /** True in NODE_ENV=production: nothing is built at start. */
  production: boolean;
  /** Values that must never be shown. */
  secrets: readonly string[];
}

/**
 * Reads the configuration from `env`, from `.env` in `cwd`, and from `reveille.yaml` in the data folder or `cwd`; the
 * first that has a value wins.
 * @throws ReveilleError `invalid_input` naming every wrong variable or key at once, never a value.
 */
export function readConfiguration(env: NodeJS.ProcessEnv, cwd: string): Configuration {
  const errors: FieldError[] = [];
  const variables = presentVariables(env, cwd, errors);
  const raw = readYaml(variables, cwd, errors);
  const fromYaml = structuredClone(raw);
  overlay(raw, variables);
  const parsed = settings.safeParse(raw);
  if (!parsed.success) {
    errors.push(
      ...fieldErrors(parsed.error).map((error) => ({ ...error, path: sourceOf(error.path, fromYaml, variables) })),
    );
  }
  const production = variables['NODE_ENV'] === 'production';
  if (production && parsed.success && parsed.data.fault) {
    errors.push({ path: sourceOf('fault', fromYaml, variables), message: 'is for tests, and refused in production' });
  }
  if (parsed.success) {
    errors.push(...unknownNames(parsed.data).map(({ path, message }) => ({ path: `reveille.yaml ${path}`, message })));
  }
  const temporal = readTemporal(variables, errors);
  if (!parsed.success || errors.length > 0) throw invalidInput(errors, 'Configuration');

  const { llm, cacheDir, dataDir, shutdownGrace, runRetention, minInterval, ...others } = parsed.data;
  const { smtp, telegram, gateway, webhook, quietHours, promotionCap, links, ...more } = others;
  const { calendars, representatives, google, zoom, ...rest } = more;
  const { secrets, ...channels } = channelConfiguration({ smtp, telegram, gateway, webhook });
  const { secrets: bookingSecrets, ...booking } = bookingConfiguration({ calendars, representatives, google, zoom });
  const password = rest.databaseUrl && new URL(rest.databaseUrl).password;
  return {
    ...rest,
    dataDir: resolve(cwd, dataDir),
    cacheDir: cacheDir ? resolve(cwd, cacheDir) : defaultCacheDir(variables),
    temporal: { ...temporal, ...rest.temporal },
    llm:
      llm.baseUrl && llm.model
        ? { baseUrl: llm.baseUrl, model: llm.model, apiKey: llm.apiKey, timeoutMs: llm.timeout }
        : null,
    shutdownGraceMs: shutdownGrace,
    runRetentionMs: runRetention,
    minIntervalMs: minInterval,
    channels,
    booking,
    ...sendingConfiguration({ quietHours, promotionCap, links }),
    production,
    secrets: [
      ...[rest.temporal.apiKey, llm.apiKey, password, password && decodeURIComponent(password), links.key],
      ...secrets,
      ...bookingSecrets,
    ].filter((secret): secret is string => Boolean(secret)),
  };
}

/** Variables that have a value (empty is unset), `.env` below the environment. */
function presentVariables(env: NodeJS.ProcessEnv, cwd: string, errors: FieldError[]): Record<string, string> {
  const file = join(cwd, '.env');
  const all = { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...definedOnly(env) };
  for (const name of Object.keys(all)) {
    // A misspelt variable that is silently ignored may be the one that was to protect something.
    if (name.startsWith('REVEILLE_') && !Object.hasOwn(VARIABLES, name)) {
      errors.push({ path: name, message: 'is not a known variable' });
    }
  }
  return definedOnly(all);
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

function readYaml(variables: Record<string, string>, cwd: string, errors: FieldError[]): Record<string, unknown> {
  const folders = [resolve(cwd, variables['REVEILLE_DATA_DIR'] ?? '.'), cwd];
  const file = folders.map((folder) => join(folder, 'reveille.yaml')).find((path) => existsSync(path));
  if (!file) return {};
  try {
    const parsed: unknown = parseYaml(readFileSync(file, 'utf8')) ?? {};
    if (isRecord(parsed)) return parsed;
    errors.push({ path: 'reveille.yaml', message: 'must hold keys and values' });
  } catch {
    // The parser's own message quotes the text, which may hold a secret.
    errors.push({ path: 'reveille.yaml', message: 'is not valid YAML' });
  }
  return {};
}

function overlay(target: Record<string, unknown>, variables: Record<string, string>): void {
  for (const [name, key] of Object.entries(VARIABLES)) {
    const value = variables[name];
    if (value === undefined) continue;
    const [first, second] = key.split('.') as [string, string?];
    if (second === undefined) target[first] = value;
    else target[first] = { ...(isRecord(target[first]) ? target[first] : {}), [second]: value };
  }
}

/** How a reader would name the place of a wrong value: the variable, or the key in the file. */
function sourceOf(path: string, yaml: Record<string, unknown>, variables: Record<string, string>): string {
  const name = Object.keys(VARIABLES).find((variable) => VARIABLES[variable] === path);
  if (name === undefined) return `reveille.yaml ${path}`;
  const written = path.split('.').reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), yaml);
  return name in variables || written === undefined ? name : `reveille.yaml ${path}`;
}

/** TLS, headers and profile as every Temporal SDK and its CLI read them. */
function readTemporal(
  variables: Record<string, string>,
  errors: FieldError[],
): Pick<TemporalTarget, 'tls' | 'metadata'> {
  try {
    // The user's default profile may be another system's server: a file counts only where it is asked for by name.
    const disableFile = !variables['TEMPORAL_CONFIG_FILE'] && !variables['TEMPORAL_PROFILE'];
    const { connectionOptions } = toClientOptions(loadClientConfigProfile({ overrideEnvVars: variables, disableFile }));
    return { tls: connectionOptions.tls ?? null, metadata: stringValues(connectionOptions.metadata) };
  } catch {
    errors.push({ path: 'TEMPORAL_*', message: 'names a configuration file, certificate or key that cannot be read' });
    return { tls: null, metadata: {} };
  }
}

function stringValues(metadata: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, String(value)]));
}

function defaultCacheDir(variables: Record<string, string>): string {
  const base = variables['XDG_CACHE_HOME'] ?? join(variables['HOME'] ?? homedir(), '.cache');
  return resolve(base, 'reveille');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
