import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type TestService, startTestService } from '../support/service.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';

const FOLDER = fileURLToPath(new URL('../../client/examples/', import.meta.url));
const TIMEOUT_MS = 60_000;

let temporal: TestTemporal;
let service: TestService;

before(async () => {
  temporal = await devServer();
  service = await startTestService(temporal.target, { customers: null });
  for (const id of ['asha', 'ravi', 'elsewhere']) await contact(id);
});

after(async () => {
  await service?.stop();
  await temporal?.stop();
});

const contact = (id: string, workspace = 'default') =>
  service.operations.putContact({ ...service.caller, workspace }, { id, name: id, email: `${id}@example.com` });

const pendingOf = async (contactId: string, workspace = 'default') =>
  (await service.operations.listFollowUps({ ...service.caller, workspace }, { contactId, state: 'pending' })).items;

/** Runs an example as its page says, with nothing of this process's settings but where the server is. */
function run(example: string, args: readonly string[], address = temporal.address) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: service.dataDir, TEMPORAL_ADDRESS: address };
    const options = { env, timeout: TIMEOUT_MS };
    execFile(process.execPath, [`${FOLDER}${example}.ts`, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

test('a follow-up is scheduled for a contact whose workflow is not open, once for an id', async () => {
  const first = await run('schedule-follow-up', ['asha', '--in', '2h', '--id', 'F1']);
  assert.deepEqual({ code: first.code, stderr: first.stderr }, { code: 0, stderr: '' });
  assert.match(first.stdout, /^Scheduled F1 for asha at \d{4}-\S+Z\n$/);
  const again = await run('schedule-follow-up', ['asha', '--in', '3h', '--id', 'F1']);
  assert.equal(again.stdout, first.stdout);
  const [followUp, ...more] = await pendingOf('asha');
  assert.deepEqual(more, []);
  assert.ok(first.stdout.includes(followUp?.scheduledFor ?? 'nothing'));
});

test('all of a contact are cancelled, with a count and the reason, and none of another', async () => {
  for (const id of ['R1', 'R2']) await run('schedule-follow-up', ['ravi', '--id', id]);
  await run('schedule-follow-up', ['elsewhere', '--id', 'E1']);
  const { code, stdout } = await run('cancel-follow-ups', ['ravi', '--reason', 'The deal is closed']);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'Cancelled 2 of ravi\n' });
  const { state, reason, actor } = await service.operations.getFollowUp(service.caller, { id: 'R2' });
  assert.deepEqual({ state, reason, actor }, { state: 'cancelled', reason: 'The deal is closed', actor: 'example' });
  assert.equal((await pendingOf('elsewhere')).length, 1);
  assert.equal((await run('cancel-follow-ups', ['ravi'])).stdout, 'Cancelled 0 of ravi\n');
});

test(
  'a reply that is signalled cancels what is pending, in the workspace that is named',
  { timeout: TIMEOUT_MS },
  async () => {
    await contact('asha', 'other');
    await run('schedule-follow-up', ['asha', '--workspace', 'other', '--id', 'O1']);
    const before = await pendingOf('asha');
    const { code, stdout } = await run('signal-reply', ['asha', '--workspace', 'other']);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'Told that asha replied: what is pending is cancelled\n' });
    // Nobody answers a signal; its workflow ends when nothing is pending.
    await temporal.client.workflow.getHandle('contact/other/asha').result();
    assert.deepEqual(await pendingOf('asha', 'other'), []);
    assert.deepEqual(await pendingOf('asha'), before);
  },
);

test('wrong use and input are told in one line, with exit code 2', async () => {
  for (const example of ['signal-reply', 'cancel-follow-ups', 'schedule-follow-up']) {
    for (const args of [[], ['asha', 'ravi'], ['asha', '--unknown', 'x']]) {
      const { code, stdout, stderr } = await run(example, args);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, `${example} ${args.join(' ')}`);
      assert.match(stderr, /^Use: CONTACT \[--workspace WORKSPACE\].*\n$/);
    }
    assert.match((await run(example, ['asha@example.com'])).stderr, /^Contact: must be 1 to 64 of .*\n$/);
  }
  const wrong = await run('schedule-follow-up', ['asha', '--in', 'soon']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /scheduledFor: must be an instant .*\n$/);
});

test('what fails is told in one line, with exit code 1', async () => {
  const unknown = await run('schedule-follow-up', ['nobody']);
  assert.deepEqual([unknown.code, unknown.stdout], [1, '']);
  assert.match(unknown.stderr, /^There is no contact nobody.*\n$/);
  const away = await run('signal-reply', ['asha'], '127.0.0.1:1');
  assert.equal(away.code, 1);
  assert.match(away.stderr, /^.+\n$/);
});

test('the examples are short enough to copy', () => {
  for (const file of readdirSync(FOLDER)) {
    const lines = readFileSync(`${FOLDER}${file}`, 'utf8').split('\n').length;
    assert.ok(lines <= 70, `${file} has ${lines} lines`);
  }
});
