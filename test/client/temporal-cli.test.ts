import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeRuntime } from '../../client/runtime-file.ts';
import { type TestService, sampleCustomers, startTestService } from '../support/service.ts';
import { type TestTemporal, devServer, temporalCli } from '../support/temporal.ts';
import { bookingConfiguration } from '../workflows/suite/booking-desk.ts';

const PAGE = new URL('../../docs/temporal-cli.md', import.meta.url);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND_TIMEOUT_MS = 60_000;

interface Example {
  line: number;
  script: string;
  /** What it must print, each line somewhere; it then has to fail. null: it has to succeed. */
  failsWith: string[] | null;
}

/** The bash blocks of the page, in order, each with the text that "It fails with:" announces, if any. */
function examplesOf(page: string): Example[] {
  const blocks = page.matchAll(/^```bash\n(.*?)^```\n(?:\nIt fails with:\n\n```text\n(.*?)^```\n)?/gms);
  return [...blocks].map((match) => ({
    line: page.slice(0, match.index).split('\n').length,
    script: match[1] ?? '',
    failsWith: match[2]?.trim().split('\n') ?? null,
  }));
}

const examples = examplesOf(await readFile(PAGE, 'utf8'));

let temporal: TestTemporal;
let service: TestService;
let path: string;

before(async () => {
  temporal = await devServer();
  const sample = sampleCustomers(400);
  // The page's edit is an English text, so everyone reads English here.
  const customers = sample.customers.map((customer) => ({ ...customer, language: 'en' }));
  // The page's slots are at 09:00 UTC, on whatever day it is.
  const { calendars, ...booking } = bookingConfiguration();
  const configuration = { booking: { ...booking, calendars: { sales: calendars['one']! } } };
  service = await startTestService(temporal.target, { customers: { ...sample, customers }, configuration });
  await writeRuntime(service.dataDir, {
    pid: process.pid,
    api: 'http://127.0.0.1:1',
    token: 'none',
    temporal: temporal.address,
    namespace: temporal.namespace,
    webUi: null,
  });
  await symlink(await absoluteCli(), join(service.dataDir, 'temporal'));
  path = [service.dataDir, dirname(process.execPath), process.env['PATH']].join(delimiter);
  await service.operations.putContact(service.caller, {
    ...{ id: 'asha', name: 'Asha', email: 'asha@example.com', marketing: true },
  });
  await service.run('customerScan', [{ maxInterventions: 60 }], 'customer-scan/default/manual/before');
  await waitForListed();
});

after(async () => {
  await service?.stop();
  await temporal?.stop();
});

/** `temporal` as a path, also where it was found on the PATH. */
async function absoluteCli(): Promise<string> {
  const cli = await temporalCli();
  if (cli.includes('/')) return cli;
  return (await run('command -v temporal', { PATH: process.env['PATH'] ?? '' })).output.trim();
}

/** What the server lists lags a moment behind what runs. */
async function waitForListed(): Promise<void> {
  const waiting = await service.operations.listApprovals(service.caller, { limit: 500 });
  const query = 'WorkflowType = "intervention" AND ExecutionStatus = "Running"';
  const deadline = Date.now() + 20_000;
  while ((await temporal.client.workflow.count(query)).count < waiting.items.length) {
    assert.ok(Date.now() < deadline, 'the server does not list all running interventions');
    await sleep(100);
  }
}

function run(script: string, env: NodeJS.ProcessEnv): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: service.dataDir, env, timeout: COMMAND_TIMEOUT_MS };
    execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) =>
      resolve({ ok: error === null, output: `${stdout}${stderr}` }),
    );
  });
}

/** What a block that exports variables leaves in them. */
function exportedBy(output: string): Record<string, string> {
  return Object.fromEntries(
    [...output.matchAll(/^EXPORTED (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

const used = new Set<string>();

/** An intervention that waits for approval and no example has touched. */
async function waitingIntervention(): Promise<Record<string, string>> {
  const { items } = await service.operations.listApprovals(service.caller, { limit: 500 });
  const next = items.find(({ interventionId }) => !used.has(interventionId));
  assert.ok(next, `all ${items.length} interventions that wait have been used`);
  used.add(next.interventionId);
  return { INTERVENTION_WORKFLOW_ID: next.workflowId ?? '', TEXT_HASH: next.textHash ?? '' };
}

/** Runs a block as it stands, after it only prints what it exported. */
async function runExample({ script }: Example, variables: Record<string, string>) {
  const names = [...script.matchAll(/^export (\w+)=/gm)].map((match) => match[1]);
  const shown = names.map((name) => `echo "EXPORTED ${name}=$${name}"`).join('\n');
  const result = await run(`${script}\n${shown}`, { HOME: service.dataDir, PATH: path, ...variables });
  return { ...result, exported: exportedBy(result.output) };
}

const SET_UP = examples.findIndex(({ script }) => script.includes('export TEMPORAL_ADDRESS='));
const exported: Record<string, string> = {};

test('the page shows how to start, and enough examples to be worth the name', () => {
  assert.equal(SET_UP, 0);
  assert.ok(examples.length >= 20, `only ${examples.length} blocks were found`);
  assert.ok(examples.filter(({ failsWith }) => failsWith).length >= 5);
});

test('the page leaves out no update, signal or query of our workflows', () => {
  const scripts = examples.map(({ script }) => script).join('\n');
  const sources = globSync('workflows/**/*.ts', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'));
  const messages = /\b(define(?:Update|Signal|Query)|update)(?:<.*>)?\('(\w+)'\)/g;
  const named = sources.flatMap((source) => [...source.matchAll(messages)]);
  assert.ok(named.length >= 23, `only ${named.length} messages were found in the workflows`);
  for (const [, kind, name] of named) {
    const option = kind === 'defineQuery' ? '--type' : '--(?:(?:update|signal)-)?name';
    assert.match(scripts, new RegExp(`${option} ${name}\\b`));
  }
});

for (const example of examples) {
  const { line, script, failsWith } = example;
  const first = script.split('\n')[0]?.replace(/ \\$/, ' …');
  const title = failsWith ? `line ${line} fails as the page says: ${first}` : `line ${line} works: ${first}`;
  test(title, { timeout: 2 * COMMAND_TIMEOUT_MS }, async () => {
    const intervention = script.includes('$INTERVENTION_WORKFLOW_ID') ? await waitingIntervention() : {};
    const result = await runExample(example, { ...exported, ...intervention });
    if (failsWith) {
      assert.equal(result.ok, false, `it should fail but printed:\n${result.output}`);
      for (const words of failsWith)
        assert.ok(result.output.includes(words), `"${words}" is not in:\n${result.output}`);
      return;
    }
    assert.ok(result.ok, result.output);
    for (const [name, value] of Object.entries(result.exported)) assert.match(value, /\S/, `${name} is empty`);
    Object.assign(exported, result.exported);
  });
}

test('what the examples did is in the store: approved, rejected, edited, cancelled', async () => {
  const rows = await Promise.all([...used].map((id) => service.operations.getIntervention(service.caller, { id })));
  const reasons = rows.map(({ state, stateReason }) => `${state}: ${stateReason}`);
  for (const expected of [
    /^ready: In the outbox/,
    /^rejected: Rejected by asha: I called them myself$/,
    /^cancelled: Cancelled: They have written to us$/,
    /^cancelled: Cancelled through Temporal$/,
  ]) {
    assert.ok(
      reasons.some((reason) => expected.test(reason)),
      `${expected} is not among:\n${reasons.join('\n')}`,
    );
  }
  assert.ok(rows.some(({ state, subject }) => state === 'waiting_approval' && subject === 'About your last order'));
});

test('what the examples did to follow-ups is in the store, each cancelled for its own reason', async () => {
  const { items } = await service.operations.listFollowUps(service.caller, { contactId: 'asha' });
  const ends = items.map(({ followUpId, state, actor, reason }) => `${followUpId} ${state} by ${actor}: ${reason}`);
  assert.deepEqual(ends.toSorted(), [
    'F1 cancelled by ravi: They called',
    'F2 cancelled by asha: replied',
    'F3 cancelled by ravi: The deal is closed',
    'F4 cancelled by ravi: They moved away',
  ]);
});

test('what the examples did to a booking is in the store: moved, then cancelled, and nobody is reminded of it', async () => {
  const { items } = await service.operations.listBookings(service.caller, {});
  assert.deepEqual(
    items.map(({ bookingId, state, stateReason, slotId }) => [bookingId, state, stateReason, slotId]),
    [['B1', 'cancelled', 'They called', exported['OTHER_SLOT_ID']]],
  );
  const contactId = items[0]?.contactId ?? '';
  const followUps = await service.operations.listFollowUps(service.caller, { contactId });
  assert.ok(followUps.items.length >= 2);
  for (const { state } of followUps.items) assert.equal(state, 'cancelled');
});
