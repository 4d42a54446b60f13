import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { demoGuest } from '../../client/cli/demo-guest.ts';
import type { Scan } from '../../domain/contracts/scans.ts';
import { TASK_QUEUES } from '../../domain/contracts/names.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { processStarted } from '../../services/process-identity.ts';
import { CliFolder } from '../support/cli.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';

const folders: CliFolder[] = [];
const newFolder = (): CliFolder => {
  const folder = new CliFolder();
  folders.push(folder);
  return folder;
};
after(() => Promise.all(folders.map((folder) => folder.end())));

/** Every file below, as paths from there. */
const filesBelow = (path: string): string[] => readdirSync(path, { recursive: true }).map(String).toSorted();

test('the demo does the main job in a folder of its own, says where to look, and leaves nothing running', async () => {
  const folder = newFolder();
  const demo = folder.start(['demo']);
  await demo.says(/Temporal Web UI +http/);
  const [, address] = /Temporal +127\.0\.0\.1:(\d+)/.exec(demo.stdout) ?? [];
  const { code, stdout, stderr } = await demo.ended;
  assert.equal(code, 0, stderr);

  assert.match(stdout, /^1\. Sample: 1000 customers, made up, in .*\n2\. Temporal server, store and worker\n/);
  assert.match(
    stdout,
    /\n {3}API +http:\/\/127\.0\.0\.1:\d+\n(?: {3}.*\n)* {3}Temporal Web UI +http:\/\/127\.0\.0\.1:\d+\n/,
  );
  assert.match(stdout, /\nPROACTIVE SCAN #1\n(.*\n)+Scanned 1000 customers: \d+ at risk/);
  assert.equal([...stdout.matchAll(/^Customer \d+\/10: C\d+ \S/gm)].length, 10);
  assert.match(stdout, /\nScan #1 complete: 10 interventions opened, \d+\.\d s elapsed\n/);
  assert.match(stdout, /\nNext scan at .* UTC \(in /);
  assert.match(
    stdout,
    /\nDone in [\d.]+ s; all is stopped again\.\nTo look around .*REVEILLE_DATA_DIR=\.reveille\/demo/,
  );

  assert.equal(processStarted(demo.pid), null);
  await assert.rejects(fetch(`http://127.0.0.1:${address}`), 'the Temporal server still listens');
  const files = filesBelow(folder.path);
  assert.ok(
    files.every((file) => file === '.reveille' || file.startsWith('.reveille/demo')),
    files[0],
  );
  const memories = files.filter((file) => /^\.reveille\/demo\/data\/memory\/[^/]+\.jsonl$/.test(file));
  assert.equal(memories.length, 10);
  const own = readdirSync(join(folder.path, '.reveille', 'demo', '.reveille'));
  assert.deepEqual(own.filter((name) => /lock|runtime/.test(name)), []); // prettier-ignore
  assert.deepEqual(readdirSync(join(folder.path, '.reveille', 'demo', '.reveille', 'processes')), []);
});

test('a second one at once is refused; told to stop it takes everything down', async () => {
  const folder = newFolder();
  const demo = folder.start(['demo']);
  await demo.says(/3\. Import/);
  const refused = await folder.problem(1, ['demo']);
  assert.equal(refused.code, 'conflict');
  assert.match(refused.detail, new RegExp(`^The demo in .* is held by process ${demo.pid} `));
  const { code, stderr } = await demo.kill('SIGTERM');
  assert.equal(code, 1);
  assert.match(stderr, /reveille: Told to stop before it was done/);
  assert.deepEqual(readdirSync(join(folder.path, '.reveille', 'demo', '.reveille', 'processes')), []);
});

describe('on a Temporal server that is there already', () => {
  let temporal: TestTemporal;
  afterEach(() => temporal.stop());

  const open = 'ExecutionStatus = "Running"';

  test('it uses a workspace of its own and leaves what is there as it was', async () => {
    temporal = await devServer();
    const { client, address } = temporal;
    const others = {
      scheduleId: 'default/others',
      spec: { intervals: [{ every: '1h' }] },
      action: { type: 'startWorkflow' as const, workflowType: 'theirs', taskQueue: 'theirs' },
    };
    await client.schedule.create(others);
    await client.workflow.start('theirs', { workflowId: 'theirs', taskQueue: 'theirs' });

    const folder = newFolder();
    const scan = await folder.json<Scan>(['demo'], { TEMPORAL_ADDRESS: address });
    assert.equal(scan.interventions.length, 10);
    assert.match(scan.workflowId, /^customer-scan\/demo-[0-9a-f]{8}\/customer-scan\//);

    const schedules: string[] = [];
    for await (const { scheduleId } of client.schedule.list()) schedules.push(scheduleId);
    assert.deepEqual(schedules, ['default/others']);
    const running: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query: open })) running.push(workflowId);
    assert.deepEqual(running, ['theirs']);
    // What the first has left, its worker's last poll among it, does not keep a second from running.
    const configuration = readConfiguration({ TEMPORAL_ADDRESS: address }, folder.path);
    await demoGuest(configuration, 'demo-2').refuseToDisturb();
  });

  test('where Reveille is at work it refuses, and says what to do', async () => {
    temporal = await devServer();
    const { client, address } = temporal;
    await client.workflow.start('intervention', { workflowId: 'intervention/default/C1', taskQueue: TASK_QUEUES.main });
    const folder = newFolder();
    const problem = await folder.problem(1, ['demo'], { TEMPORAL_ADDRESS: address });
    assert.equal(problem.code, 'conflict');
    assert.match(
      problem.detail,
      /has open workflows on task queue reveille .*Unset TEMPORAL_ADDRESS, or set TEMPORAL_N/,
    );
    const { status } = await client.workflow.getHandle('intervention/default/C1').describe();
    assert.equal(status.name, 'RUNNING');
    assert.deepEqual(filesBelow(folder.path), []);
  });
});
