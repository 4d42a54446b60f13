import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { textHash } from '../../activities/text-hash.ts';
import { memoryFile } from '../../services/memory-files.ts';
import { approvalCustomers, readyCustomers, together } from '../support/customers.ts';
import { type ActivityBench, openBench } from './bench.ts';

let bench: ActivityBench;
before(async () => {
  bench = await openBench();
});
after(() => bench.close());

/** Everything up to the decision, as the workflow does it. */
async function decided(workspace: string, customerId = 'ASK') {
  const data = together(approvalCustomers('ASK'), readyCustomers('SEND'));
  await bench.dependencies.store.customers.import(workspace, data, { merge: false });
  const interventionId = `${workspace}-${customerId}`;
  const now = new Date().toISOString();
  const step = { workspace, interventionId, at: now, asOf: now };
  const opening = {
    ...step,
    customerId,
    scanId: null,
    workflowId: `intervention/${workspace}/${customerId}`,
    runId: 'r',
  };
  await bench.run('openIntervention', opening);
  for (const agent of ['analyseContext', 'findPattern', 'decideAction', 'writeMessage'] as const) {
    await bench.run(agent, step);
  }
  const { result } = await bench.run('settleDecision', step);
  const row = async () => (await bench.dependencies.store.interventions.get(workspace, interventionId))!;
  const outbox = async () => (await bench.dependencies.store.outbox.list(workspace, { limit: 50 })).items;
  return { step, settled: result, row, outbox, opening };
}

test('the text hash is the SHA-256 of subject, a line feed and body, in UTF-8', () => {
  assert.equal(
    textHash('नमस्ते', 'Hello\nworld'),
    createHash('sha256').update(Buffer.from('नमस्ते\nHello\nworld', 'utf8')).digest('hex'),
  );
  // printf 'a\nb' | sha256sum
  assert.equal(textHash('a', 'b'), '7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78');
});

test('two texts with the same hash are the same text, unless a subject has a line feed', () => {
  const line = fc.string().filter((text) => !text.includes('\n'));
  fc.assert(
    fc.property(line, fc.string(), line, fc.string(), (subject, body, other, text) => {
      assert.equal(textHash(subject, body) === textHash(other, text), subject === other && body === text);
    }),
  );
});

test('each step leaves what it found in the row before the next begins', async () => {
  const { row, settled } = await decided('steps');
  const { context, pattern, decision, subject, body, state, notes, ...rest } = await row();
  assert.ok(context && pattern && decision && subject && body);
  assert.equal(state, 'waiting_approval');
  assert.deepEqual(
    notes.map((note) => note.agent),
    ['context', 'pattern', 'decision', 'empathy'],
  );
  assert.equal(rest.textHash, textHash(subject, body));
  assert.deepEqual(
    [settled.textHash, settled.deadline, settled.priority],
    [rest.textHash, rest.deadline, rest.priority],
  );
});

test('a step out of order is refused and not tried again', async () => {
  const { opening } = await decided('order');
  const now = new Date().toISOString();
  const step = { workspace: 'order', interventionId: 'order-SEND', at: now, asOf: now };
  await bench.run('openIntervention', { ...opening, ...step, customerId: 'SEND' });
  await assert.rejects(bench.run('decideAction', step), { type: 'Conflict', nonRetryable: true });
  await assert.rejects(bench.run('analyseContext', { ...step, interventionId: 'nobody' }), { type: 'NotFound' });
});

test('opened twice it is the same intervention; for a second one the customer is taken', async () => {
  const { opening } = await decided('twice');
  assert.deepEqual((await bench.run('openIntervention', opening)).result, { byModel: false, riskLevel: 'critical' });
  const other = { ...opening, interventionId: 'twice-other' };
  assert.deepEqual((await bench.run('openIntervention', other)).result, { excluded: 'open' });
});

test('a decision settled again keeps its deadline and its one line in memory', async () => {
  const { step, settled } = await decided('again');
  const path = memoryFile(bench.dataDir, 'again', 'ASK');
  const before = readFileSync(path, 'utf8');
  const later = { ...step, at: new Date(Date.now() + 3_600_000).toISOString() };
  const { result } = await bench.run('settleDecision', later);
  assert.deepEqual(result, settled);
  assert.equal(readFileSync(path, 'utf8'), before);
  assert.equal(before.trimEnd().split('\n').length, 1);
});

test('a memory line that cannot be written is an error to try again', async () => {
  const diskFull = new Error('disk full');
  const memory = { append: () => Promise.reject(diskFull) };
  const broken = await openBench({ store: bench.dependencies.store, memory });
  try {
    const { step } = await decided('disk-full');
    await assert.rejects(broken.run('settleDecision', step), diskFull);
  } finally {
    await broken.close();
  }
});

test('handed over twice, a message is in the outbox once', async () => {
  const { step, settled, row, outbox } = await decided('outbox', 'SEND');
  assert.equal(settled.state, 'ready');
  const first = await bench.run('handOver', { ...step, textHash: settled.textHash });
  const again = await bench.run('handOver', { ...step, textHash: settled.textHash, at: new Date().toISOString() });
  assert.deepEqual(again.result, first.result);
  assert.equal(first.result.state, 'ready');
  assert.deepEqual(
    (await outbox()).map((message) => message.to),
    ['send@example.com'],
  );
  assert.equal((await row()).endedAt, step.at);
});

test('a text other than the approved one is not handed over', async () => {
  const { step, outbox } = await decided('other-text');
  const wrong = bench.run('handOver', { ...step, textHash: textHash('another', 'text') });
  await assert.rejects(wrong, { type: 'Conflict', nonRetryable: true });
  assert.deepEqual(await outbox(), []);
});

test('what a person rejected is not handed over, whatever a workflow believes', async () => {
  const { step, settled, row, outbox } = await decided('rejected');
  const reject = { ...step, state: 'rejected', reason: 'no', actor: 'ops' } as const;
  await bench.run('closeIntervention', reject);
  const { result } = await bench.run('handOver', { ...step, textHash: settled.textHash });
  assert.deepEqual(result, { state: 'rejected', stateReason: 'no' });
  assert.deepEqual([(await row()).state, await outbox()], ['rejected', []]);
});

test('escalated twice, an approval has one escalation and one notice of each kind', async () => {
  const { step, settled, outbox } = await decided('escalated');
  const deadline = settled.deadline!;
  for (const what of ['halfway', 'halfway', 'expired', 'expired'] as const) {
    await bench.run('escalate', { ...step, deadline, what });
  }
  const { items } = await bench.dependencies.store.escalations.list('escalated', { limit: 5 });
  assert.equal(items.length, 1);
  assert.equal(items[0]?.history.length, 2);
  assert.deepEqual((await outbox()).map((each) => each.messageId).toSorted(), [
    'escalated-ASK-expired',
    'escalated-ASK-halfway',
  ]);
});

test('closing an intervention that was never opened does nothing', async () => {
  const now = new Date().toISOString();
  const closing = {
    workspace: 'none',
    interventionId: 'none',
    state: 'failed',
    reason: '',
    actor: 'temporal',
    at: now,
  } as const;
  await bench.run('closeIntervention', closing);
  assert.equal(existsSync(memoryFile(bench.dataDir, 'none', 'none')), false);
});
