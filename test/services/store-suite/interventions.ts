import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContextFindings, Decision, PatternFindings } from '../../../domain/agents.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { EMPTY, NOW, SCORES, type StoreUnderTest, customer, daysAgo, newWorkspace, opening } from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const CONTEXT: ContextFindings = {
  sentiment: 'very_negative',
  urgency: 5,
  issue: 'Three late deliveries in a month.',
  signals: {
    daysInactive: 12,
    spendingTrend: 1 / 3,
    openTickets: 2,
    meanCsat: 1.5,
    latestNps: null,
    lateDeliveries: 3,
    failedPayments: 0,
  },
};

const PATTERN: PatternFindings = {
  similarCount: 1,
  similarCustomers: [{ customerId: 'c9', similarity: 0.1 + 0.7, churned: null }],
  churnShare: null,
  whatResolved: [{ category: 'delivery', resolution: null, meanCsat: 4.5 }],
  churnPattern: 'Customers like this leave after late deliveries.',
};

const DECISION: Decision = {
  action: 'retention_offer_standard',
  priority: 'high',
  channels: ['email', 'sms'],
  discountPercent: 12.5,
  serviceOnly: false,
  approvalReasons: ['discount'],
  rationale: 'A loyal customer at high risk.',
};

const RAO = customer('c1', { segment: 'Loyal', loyaltyTier: null });

async function workspaceWith(store: Store, ...customers: ReturnType<typeof customer>[]): Promise<string> {
  const workspace = newWorkspace();
  await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
  return workspace;
}

export function interventionsSuite(open: StoreUnderTest): void {
  test('an opened intervention is read back as the contract has it, and opening it again changes nothing', async () => {
    const store = open();
    const workspace = await workspaceWith(store, RAO, customer('c2', { firstName: null, lastName: null }));
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1')), 'opened');
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1', { runId: 'other' })), 'opened');
    assert.deepEqual(await store.interventions.get(workspace, 'i1'), {
      interventionId: 'i1',
      customerId: 'c1',
      name: 'Asha Rao',
      segment: 'Loyal',
      loyaltyTier: null,
      ...SCORES,
      issue: null,
      sentiment: null,
      urgency: null,
      priority: null,
      action: null,
      channels: [],
      discountPercent: null,
      language: null,
      subject: null,
      body: null,
      textHash: null,
      state: 'deciding',
      stateReason: null,
      deadline: null,
      notes: [],
      workflowId: 'intervention/default/c1',
      scanId: 'scan-1',
      runId: 'run-1',
      openedAt: NOW,
      endedAt: null,
      context: null,
      pattern: null,
      decision: null,
    });
    await store.interventions.open(workspace, opening('i2', 'c2'));
    assert.equal((await store.interventions.get(workspace, 'i2'))?.name, 'c2');
    assert.equal(await store.interventions.get(workspace, 'i3'), null);
    await rejectsAs('not_found', store.interventions.open(workspace, opening('i3', 'nobody')));
  });

  test('what the agents add shows in the fields it decides, and absent fields stay', async () => {
    const store = open();
    const workspace = await workspaceWith(store, RAO);
    await store.interventions.open(workspace, opening('i1', 'c1'));
    await store.interventions.update(workspace, 'i1', {
      context: CONTEXT,
      note: { agent: 'context', by: 'model', note: 'first' },
    });
    await store.interventions.update(workspace, 'i1', {
      pattern: PATTERN,
      note: { agent: 'pattern', by: 'rules', note: 'one' },
    });
    await store.interventions.update(workspace, 'i1', { decision: DECISION });
    await store.interventions.update(workspace, 'i1', { note: { agent: 'context', by: 'rules', note: 'second' } });
    const row = await store.interventions.update(workspace, 'i1', {
      language: 'ta',
      subject: 'வணக்கம்',
      body: 'a\0b\udead',
      textHash: 'ab'.repeat(32),
      state: 'waiting_approval',
      stateReason: 'discount',
      deadline: '2026-03-02T15:30:00+05:30',
    });
    assert.deepEqual(await store.interventions.get(workspace, 'i1'), row);
    assert.deepEqual([row.context, row.pattern, row.decision], [CONTEXT, PATTERN, DECISION]);
    assert.deepEqual([row.issue, row.sentiment, row.urgency], [CONTEXT.issue, 'very_negative', 5]);
    assert.deepEqual(
      [row.priority, row.action, row.channels, row.discountPercent],
      ['high', 'retention_offer_standard', ['email', 'sms'], 12.5],
    );
    assert.deepEqual([row.subject, row.body, row.language], ['வணக்கம்', 'ab\ufffd', 'ta']);
    assert.deepEqual([row.state, row.stateReason], ['waiting_approval', 'discount']);
    assert.equal(row.deadline, '2026-03-02T10:00:00.000Z');
    assert.deepEqual(row.notes, [
      { agent: 'context', by: 'rules', note: 'second' },
      { agent: 'pattern', by: 'rules', note: 'one' },
    ]);
    const cleared = await store.interventions.update(workspace, 'i1', { stateReason: null, deadline: null });
    assert.deepEqual([cleared.stateReason, cleared.deadline, cleared.subject], [null, null, 'வணக்கம்']);
    assert.deepEqual(await store.interventions.update(workspace, 'i1', {}), cleared);
  });

  test('one that has ended stays as it is, and an unknown one is not found', async () => {
    const store = open();
    const workspace = await workspaceWith(store, RAO);
    await store.interventions.open(workspace, opening('i1', 'c1'));
    const ended = await store.interventions.update(workspace, 'i1', { state: 'rejected', endedAt: daysAgo(-1) });
    assert.deepEqual([ended.state, ended.endedAt], ['rejected', daysAgo(-1)]);
    const after = await store.interventions.update(workspace, 'i1', {
      state: 'approved',
      endedAt: daysAgo(-2),
      body: 'x',
    });
    assert.deepEqual(after, ended);
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1')), 'opened');
    assert.deepEqual(await store.interventions.get(workspace, 'i1'), ended);
    await rejectsAs('not_found', store.interventions.update(workspace, 'i2', { state: 'failed' }));
  });

  test('updates at once lose none of their notes', async () => {
    const store = open();
    const workspace = await workspaceWith(store, RAO);
    await store.interventions.open(workspace, opening('i1', 'c1'));
    const agents = ['context', 'pattern', 'decision', 'empathy'] as const;
    const notes = agents.map((agent) => ({ agent, by: 'rules' as const, note: agent }));
    await Promise.all(notes.map((note) => store.interventions.update(workspace, 'i1', { note })));
    const row = await store.interventions.get(workspace, 'i1');
    assert.deepEqual(new Set(row?.notes.map(({ agent }) => agent)), new Set(agents));
  });

  test('of many that open at once for one customer, one opens', async () => {
    const store = open();
    const customers = Array.from({ length: 8 }, (_, index) => customer(`c${index}`));
    const workspace = await workspaceWith(store, ...customers);
    const outcomes = await Promise.all(
      customers.flatMap(({ customerId }) =>
        Array.from({ length: 4 }, (_, index) =>
          store.interventions.open(workspace, opening(`i-${customerId}-${index}`, customerId)),
        ),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'opened').length, 8);
    assert.equal(outcomes.filter((outcome) => outcome === 'open').length, 24);
    assert.equal((await store.interventions.list(workspace, { limit: 500 })).items.length, 8);
  });

  test('one started by hand opens where a scan would leave the customer out, unless one is open', async () => {
    const store = open();
    const workspace = await workspaceWith(store, RAO, customer('c2'));
    await store.interventions.open(workspace, opening('old', 'c1', { openedAt: daysAgo(3) }));
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1', { scanId: null })), 'open');
    await store.interventions.update(workspace, 'old', { state: 'sent', endedAt: daysAgo(2) });
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1')), 'cool_off');
    assert.equal(await store.interventions.get(workspace, 'i1'), null);
    assert.equal(await store.interventions.open(workspace, opening('i1', 'c1', { scanId: null })), 'opened');
    const escalation = { customerId: 'c2', owner: 'lead', openedAt: daysAgo(1), deadline: NOW, what: 'late' };
    await store.escalations.open(workspace, { ...escalation, interventionId: 'e1' });
    assert.equal(await store.interventions.open(workspace, opening('i2', 'c2')), 'escalated');
    assert.equal(await store.interventions.open(workspace, opening('i2', 'c2', { scanId: null })), 'opened');
  });

  test('lists filter by state, customer and scan; the unfinished come oldest first', async () => {
    const store = open();
    const workspace = await workspaceWith(store, RAO, customer('c2'), customer('c3'));
    await store.interventions.open(workspace, opening('i1', 'c1', { openedAt: daysAgo(30) }));
    await store.interventions.update(workspace, 'i1', { state: 'failed', endedAt: daysAgo(29) });
    await store.interventions.open(workspace, opening('i2', 'c1', { openedAt: daysAgo(2), scanId: 'scan-2' }));
    await store.interventions.open(workspace, opening('i3', 'c2', { openedAt: daysAgo(3) }));
    await store.interventions.open(workspace, opening('i4', 'c3', { openedAt: daysAgo(1) }));
    await store.interventions.update(workspace, 'i2', { state: 'waiting_approval' });
    const ids = async (options: Partial<Parameters<Store['interventions']['list']>[1]>) =>
      (await store.interventions.list(workspace, { limit: 50, ...options })).items.map((each) => each.interventionId);
    assert.deepEqual(await ids({}), ['i4', 'i2', 'i3', 'i1']);
    assert.deepEqual(await ids({ state: 'waiting_approval' }), ['i2']);
    assert.deepEqual(await ids({ customerId: 'c1' }), ['i2', 'i1']);
    assert.deepEqual(await ids({ scanId: 'scan-1' }), ['i4', 'i3', 'i1']);
    assert.deepEqual(await ids({ scanId: 'scan-1', customerId: 'c1', state: 'failed' }), ['i1']);
    const unfinished = async (before: string, limit: number) =>
      (await store.interventions.unfinished(workspace, before, limit)).map((each) => each.interventionId);
    assert.deepEqual(await unfinished(NOW, 10), ['i3', 'i2', 'i4']);
    assert.deepEqual(await unfinished(NOW, 2), ['i3', 'i2']);
    assert.deepEqual(await unfinished(daysAgo(2), 10), ['i3']);
  });
}
