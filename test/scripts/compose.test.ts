import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { createProgram } from '../../client/cli/program.ts';
import { parseDuration } from '../../domain/contracts/time-values.ts';
import { readConfiguration, VARIABLES as SETTINGS } from '../../services/configuration.ts';
import { dockerfile } from '../support/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  image: string;
  build?: string;
  command?: string[];
  restart: string;
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
  init?: boolean;
  read_only?: boolean;
  deploy?: { replicas: number };
}

const TEXT = read('docker-compose.yml');
const COMPOSE = parse(TEXT, { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, unknown>;
};
const SERVICES = Object.entries(COMPOSE.services);
const OURS = SERVICES.filter(([, service]) => service.build !== undefined);
const isJob = (service: Service): boolean => service.restart.startsWith('on-failure');

/** `[name, '?' or '-', message or default]` of each variable the file takes from its environment. */
const VARIABLES = [...TEXT.matchAll(/\$\{(\w+)(?::([?-])([^}]*))?\}/g)].map(
  ([, name = '', kind = '', rest = '']) => [name, kind, rest] as const,
);
const filledIn = (value: string | number): string =>
  String(value).replace(/\$\{\w+:([?-])([^}]*)\}/g, (_, kind: string, rest: string) => (kind === '?' ? 'given' : rest));

test('docker-compose.yml keeps to the Compose Specification', () => {
  const schema = JSON.parse(read('test/support/compose-spec/schema.json')) as object;
  const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  assert.ok(validate(COMPOSE), JSON.stringify(validate.errors, null, 2));
  assert.equal(validate({ services: { worker: { imagine: 'reveille' } } }), false);
});

test('there are Postgres, Temporal with its Web UI, two workers and the API', () => {
  assert.deepEqual(Object.keys(COMPOSE.services), [
    'postgres',
    'temporal-schema',
    'temporal',
    'temporal-namespace',
    'temporal-ui',
    'worker',
    'api',
  ]);
  assert.equal(COMPOSE.services['worker']?.deploy?.replicas, 2);
});

test('everything published is on 127.0.0.1, and Postgres is neither published nor on a network with a way out', () => {
  const published = SERVICES.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${filledIn(port)}`));
  assert.deepEqual(published, [
    'temporal 127.0.0.1:7233:7233',
    'temporal-ui 127.0.0.1:8233:8080',
    'api 127.0.0.1:3000:3000',
  ]);
  assert.deepEqual(COMPOSE.services['postgres']?.networks, ['database']);
  assert.equal(COMPOSE.networks['database']?.internal, true);
});

test('no password is written down, and no service has another one than its own', () => {
  const secret = /PASSWORD|PWD|SECRET|TOKEN|API_KEY/;
  for (const [name, { environment = {} }] of SERVICES) {
    for (const [variable, value] of Object.entries(environment)) {
      if (secret.test(variable)) assert.match(String(value), /^\$\{\w+:(\?.+|-)\}$/, `${name} ${variable}`);
      const password = /:\/\/[^:/]+:(.*)@/.exec(String(value))?.[1];
      if (password !== undefined) assert.match(password, /^\$\{\w+:\?[^}]+\}$/, `${name} ${variable}`);
    }
  }
  const superuser = SERVICES.filter(([, service]) => JSON.stringify(service).includes('{POSTGRES_PASSWORD:'));
  assert.deepEqual(
    superuser.map(([name]) => name),
    ['postgres'],
  );
});

test('images have exact versions, ours that of the package, and the image has the Node of the tests', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
  for (const [name, { image, build }] of SERVICES) {
    if (build === undefined) assert.match(image, /^[\w/]+(-\w+)?:\d+\.\d+(\.\d+)?(-[\w.-]+)?$/, name);
    else assert.equal(image, `reveille:${version}`);
  }
  const bases = dockerfile().filter(([instruction]) => instruction === 'FROM');
  const node = `node:${lock.packages['node_modules/node']?.version}-bookworm-slim`;
  assert.deepEqual(
    bases.map(([, rest]) => rest.split(' ')[0]).filter((base) => base !== 'dependencies'),
    [node, node],
  );
});

test('every service tells its health or is done once, and whoever needs one waits for that', () => {
  const checked = dockerfile().some(([instruction]) => instruction === 'HEALTHCHECK');
  const healthy = new Set(
    SERVICES.filter(([, { healthcheck, build }]) => healthcheck ?? (build && checked)).map(([name]) => name),
  );
  for (const [name, service] of SERVICES) {
    assert.notEqual(healthy.has(name), isJob(service), `${name} is either a job or has a health check`);
    if (!isJob(service)) assert.equal(service.restart, 'unless-stopped', name);
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      const other = COMPOSE.services[needed];
      assert.ok(other, `${name} needs ${needed}`);
      assert.equal(
        condition,
        isJob(other) ? 'service_completed_successfully' : 'service_healthy',
        `${name}: ${needed}`,
      );
    }
  }
});

test('files and volumes that services mount exist', () => {
  for (const [name, { volumes = [] }] of SERVICES) {
    for (const volume of volumes) {
      const [source = '', , mode] = volume.split(':');
      if (!source.startsWith('./')) assert.ok(source in COMPOSE.volumes, `${name}: ${volume}`);
      else assert.ok(existsSync(join(ROOT, source)) && mode === 'ro', `${name}: ${volume}`);
    }
  }
});

test('the commands of our services exist, and their environment is one that Reveille accepts', () => {
  const commands = createProgram().commands.map((command) => command.name());
  for (const [name, { command = [], environment = {} }] of OURS) {
    assert.ok(commands.includes(command[0] ?? ''), `${name}: ${command.join(' ')}`);
    const values = Object.entries(environment).map(([variable, value]) => [variable, filledIn(value)]);
    const configuration = readConfiguration(Object.fromEntries(values) as NodeJS.ProcessEnv, tmpdir());
    assert.equal(configuration.production, true);
    assert.equal(configuration.dataDir, '/data');
    assert.equal(configuration.temporal.address, 'temporal:7233');
  }
});

test('every setting of Reveille reaches its services, or is one that the containers settle', () => {
  // FAULT is refused in production, which the containers are.
  const settled = ['TEMPORAL_API_KEY', 'REVEILLE_CACHE_DIR', 'REVEILLE_HOST', 'FAULT'];
  for (const [name, { environment = {} }] of OURS) {
    assert.deepEqual(
      Object.keys(SETTINGS).filter((variable) => !(variable in environment) && !settled.includes(variable)),
      [],
      `${name}: add to x-environment`,
    );
  }
});

test('our services get longer to stop than they take, cannot write but to /data and /tmp, and pass signals on', () => {
  for (const [name, service] of OURS) {
    const grace = parseDuration(String(service.environment?.['REVEILLE_SHUTDOWN_GRACE'])) ?? Infinity;
    assert.ok((parseDuration(service.stop_grace_period ?? '') ?? 0) > grace + 5_000, name);
    assert.deepEqual([service.init, service.read_only], [true, true], name);
    assert.deepEqual(service.volumes, ['reveille-data:/data'], name);
  }
});

test('every variable the file takes is in an .env example, and every one of docker/.env.example is taken', () => {
  const ours = parseEnv(read('docker/.env.example').replace(/^# ([A-Z_]+=)/gm, '$1'));
  const app = parseEnv(read('.env.example').replace(/^# ([A-Z_]+=)/gm, '$1'));
  for (const [name, kind, rest] of VARIABLES) {
    assert.ok(name in ours || name in app, `${name} is documented nowhere`);
    if (kind === '?') assert.deepEqual([ours[name], rest], ['', 'see docker/.env.example'], name);
    else if (name in ours) assert.equal(rest, ours[name], name);
    else assert.equal(rest, '', `${name}: its default is Reveille's own`);
  }
  const taken = new Set(VARIABLES.map(([name]) => name));
  assert.deepEqual(
    Object.keys(ours).filter((name) => !taken.has(name)),
    [],
  );
  // The same .env is read by the CLI in this folder, which refuses variables it does not know.
  assert.doesNotThrow(() => readConfiguration(ours, tmpdir()));
});

test("Temporal has the dynamic configuration of our own development server, and its jobs' scripts are sound", () => {
  const flags = [
    ...read('services/temporal/server/dev-server.ts').matchAll(/'--dynamic-config-value', '([^=]+)=(.*?)'/g),
  ];
  const file = parse(read('docker/temporal-dynamic-config.yaml')) as Record<string, { value: unknown }[]>;
  assert.ok(flags.length > 0);
  assert.deepEqual(
    Object.entries(file).map(([key, [entry]]) => [key, String(entry?.value)]),
    flags.map(([, key, value]) => [key, value]),
  );
  for (const script of ['create-databases', 'temporal-schema', 'temporal-namespace']) {
    const { status, stderr } = spawnSync('sh', ['-n', join(ROOT, 'docker', `${script}.sh`)], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    // Postgres reads one that is not executable into its own script, whose options would then be ours.
    assert.ok(statSync(join(ROOT, 'docker', `${script}.sh`)).mode & 0o100, script);
  }
});
