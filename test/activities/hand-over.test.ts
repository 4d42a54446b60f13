import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { requestSendMessage } from '../../domain/contracts/contacts.ts';
import type { ContactService, ContactUpdates } from '../../domain/ports/contact-service.ts';
import { parse } from '../../domain/parse.ts';
import { readyCustomers } from '../support/customers.ts';
import { type ActivityBench, openBench } from './bench.ts';

let bench: ActivityBench;
before(async () => {
  bench = await openBench();
  Object.assign(bench.dependencies.contacts, answering(bench));
});
after(() => bench.close());

/** Answers as the workflow of a contact does, without one. */
function answering({ activities }: ActivityBench): ContactService {
  return {
    async update<Name extends keyof ContactUpdates>(
      contact: { workspace: string; contactId: string },
      name: Name,
      message: unknown,
    ) {
      assert.equal(name, 'requestSend');
      const question = parse(requestSendMessage, message, 'Message');
      const answer = await activities.answerSendRequest({ ...question, ...contact, at: new Date().toISOString() });
      return answer as ContactUpdates[Name][1];
    },
    wake: async () => {},
  };
}

/** A message that nobody has to approve, decided on. */
async function decided(workspace: string, { agreed = false } = {}) {
  const { store } = bench.dependencies;
  const data = readyCustomers('A');
  const customers = data.customers.map((customer) => ({ ...customer, optInMarketing: agreed }));
  await store.customers.import(workspace, { ...data, customers }, { merge: false });
  const at = new Date().toISOString();
  const interventionId = `${workspace}-A`;
  const step = { workspace, interventionId, at, asOf: at };
  const opening = { ...step, customerId: 'A', scanId: null, workflowId: `intervention/${workspace}/A`, runId: 'r' };
  await bench.run('openIntervention', opening);
  for (const agent of ['analyseContext', 'findPattern', 'decideAction', 'writeMessage'] as const) {
    await bench.run(agent, step);
  }
  const { result } = await bench.run('settleDecision', step);
  const message = { workspace, interventionId, at, plannedAt: at, textHash: result.textHash };
  return {
    step,
    message,
    ask: async (changes: object = {}) => (await bench.run('askContact', { ...message, round: 1, ...changes })).result,
    send: async (changes: object = {}) => (await bench.run('sendIntervention', { ...message, ...changes })).result,
    row: async () => (await store.interventions.get(workspace, interventionId))!,
    outbox: async () => (await store.outbox.list(workspace, { limit: 50 })).items,
    effects: async () => (await store.effects.list(workspace, { limit: 50 })).items,
  };
}

test('a question whose answer is yes leaves the row as it is', async () => {
  const { ask, row } = await decided('yes');
  const before = await row();
  assert.equal(await ask(), 'now');
  assert.deepEqual(await row(), before);
});

test('sent twice, a message is in the outbox once, and the row says where it is', async () => {
  const { send, row, outbox, effects } = await decided('twice');
  const first = await send();
  assert.deepEqual(first, {
    state: 'ready',
    stateReason: 'In the outbox: no channel is configured to send it',
    until: null,
  });
  assert.deepEqual(await send({ at: new Date().toISOString() }), first);
  const [message, ...others] = await outbox();
  assert.equal(others.length, 0);
  const { subject, body, endedAt } = await row();
  assert.ok(endedAt);
  assert.deepEqual(
    [message?.kind, message?.interventionId, message?.contactId, message?.to, message?.subject, message?.body],
    ['intervention', 'twice-A', 'A', 'a@example.com', subject, body],
  );
  assert.equal((await effects()).length, 1);
});

test('one whose worker died before the row was written is found done, and not sent again', async () => {
  const { dependencies } = bench;
  const { interventions } = dependencies.store;
  const { send, row, outbox } = await decided('died');
  const update = interventions.update;
  interventions.update = () => Promise.reject(new Error('killed'));
  try {
    await assert.rejects(send(), /killed/);
  } finally {
    interventions.update = update;
  }
  assert.equal((await row()).endedAt, null);
  const { state, stateReason } = await send();
  assert.deepEqual([state, stateReason], ['ready', 'In the outbox: no channel is configured to send it']);
  assert.equal((await outbox()).length, 1);
});

test('a text other than the approved one is neither asked about nor sent', async () => {
  const { ask, send, outbox, effects } = await decided('other-text');
  const textHash = '0'.repeat(64);
  await assert.rejects(ask({ textHash }), { type: 'Conflict', nonRetryable: true });
  await assert.rejects(send({ textHash }), { type: 'Conflict', nonRetryable: true });
  assert.deepEqual([await outbox(), await effects()], [[], []]);
});

test('what a person rejected is not sent, whatever a workflow believes', async () => {
  const { step, ask, send, row, outbox } = await decided('rejected');
  await bench.run('closeIntervention', { ...step, state: 'rejected', reason: 'no', actor: 'ops' });
  const over = { state: 'rejected', stateReason: 'no', until: null };
  assert.deepEqual([await ask(), await send()], [over, over]);
  assert.deepEqual([(await row()).state, await outbox()], ['rejected', []]);
});

test('quiet hours put it off, in the answer and in the row, and it is sent when they are over', async () => {
  const { ask, send, row, outbox } = await decided('quiet');
  const { delivery } = bench.dependencies;
  const before = delivery.policy;
  const hour = new Date().getUTCHours();
  delivery.policy = { ...before, quietHours: { start: hour * 60, end: ((hour + 2) % 24) * 60 } };
  try {
    for (const step of [ask, send]) {
      const answer = await step();
      assert.ok(answer !== 'now' && answer.until !== null);
      assert.ok(Date.parse(answer.until) > Date.now());
      assert.match(answer.stateReason, /^Waits until .* quiet hours/);
      assert.deepEqual(
        [(await row()).state, (await row()).stateReason, (await row()).endedAt],
        ['deferred', answer.stateReason, null],
      );
    }
  } finally {
    delivery.policy = before;
  }
  assert.deepEqual(await outbox(), []);
  assert.equal((await send()).state, 'ready');
});

test('what was written for somebody who agreed to marketing is promotion, also when they no longer agree', async () => {
  const { ask, row } = await decided('promotion', { agreed: true });
  assert.equal(await ask(), 'now');
  await bench.dependencies.store.contacts.put('promotion', 'A', { marketing: false }, new Date().toISOString());
  const answer = await ask();
  assert.ok(answer !== 'now');
  assert.match(`${answer.state}: ${answer.stateReason}`, /^suppressed: Not sent: it is promotion/);
  assert.ok((await row()).endedAt);
});

test('a cancellation that comes after the message has gone does not say that it was not', async () => {
  const { dependencies } = bench;
  const { interventions } = dependencies.store;
  const { step, send, row } = await decided('gone');
  const update = interventions.update;
  interventions.update = () => Promise.reject(new Error('killed'));
  await assert.rejects(send(), /killed/);
  interventions.update = update;
  const close = { ...step, state: 'cancelled', reason: 'Cancelled: too late', actor: 'signal' } as const;
  const { result } = await bench.run('closeIntervention', close);
  assert.deepEqual(result, { state: 'ready', stateReason: 'It was too late: Cancelled: too late' });
  assert.equal((await row()).state, 'ready');
});

test('a cancellation while nobody knows whether it has gone says so, and nothing is sent later', async () => {
  const { store } = bench.dependencies;
  const { step, send, row, outbox } = await decided('lost');
  const key = `intervention/${step.interventionId}/message`;
  const planned = { key, kind: 'message', channel: 'email', contactId: 'A', purpose: 'service' } as const;
  await store.effects.plan('lost', { ...planned, subject: null, plannedAt: step.at });
  await store.effects.attempt('lost', key, step.at, { leaseMs: 60_000, repeatable: false });
  const close = { ...step, state: 'cancelled', reason: 'Cancelled through Temporal', actor: 'temporal' } as const;
  await bench.run('closeIntervention', close);
  const { state, stateReason } = await row();
  assert.match(`${state}: ${stateReason}`, /^failed: Cancelled through Temporal\. Nobody knows .*effects list --state/);
  assert.equal((await send()).state, 'failed');
  assert.deepEqual(await outbox(), []);
});

test('a message that waited is called off in the ledger with its intervention', async () => {
  const { store } = bench.dependencies;
  const { step, row, effects } = await decided('called-off');
  const key = `intervention/${step.interventionId}/message`;
  const planned = { key, kind: 'message', channel: 'email', contactId: 'A', purpose: 'service' } as const;
  await store.effects.plan('called-off', { ...planned, subject: null, plannedAt: step.at });
  await bench.run('closeIntervention', { ...step, state: 'cancelled', reason: 'Cancelled: x', actor: 'signal' });
  assert.deepEqual([(await row()).state, (await effects())[0]?.state], ['cancelled', 'cancelled']);
});
