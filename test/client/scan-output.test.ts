import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatScan } from '../../client/cli/scan-output.ts';
import { during } from '../../client/cli/progress.ts';
import type { Intervention } from '../../domain/contracts/interventions.ts';
import type { Scan } from '../../domain/contracts/scans.ts';

const INTERVENTION: Intervention = {
  interventionId: 'i1',
  customerId: 'C1',
  name: 'Asha Rao',
  segment: 'Loyal',
  loyaltyTier: 'Gold',
  health: 0.325,
  churnRisk: 0.675,
  riskLevel: 'medium',
  issue: 'Not active for 71 days.',
  sentiment: 'neutral',
  urgency: 2,
  priority: 'medium',
  action: 'retention_offer_standard',
  channels: ['email'],
  discountPercent: 5,
  language: 'hi',
  subject: 'S',
  body: 'B',
  textHash: null,
  state: 'waiting_approval',
  stateReason: 'A person must approve: it is a VIP.',
  deadline: null,
  notes: [],
  workflowId: null,
};

const SCAN: Scan = {
  scanId: 's1',
  number: 3,
  startedAt: '2026-01-31T09:00:00.000Z',
  elapsedMs: 6_349,
  customersScanned: 1_000,
  atRisk: 12,
  excluded: {},
  interventions: [INTERVENTION],
  totals: { scans: 3, interventions: 10, averageInterventions: 10 / 3 },
  nextScanAt: '2026-01-31T09:05:00.000Z',
  workflowId: 'w',
  webUi: null,
};
const NOW = Date.parse('2026-01-31T09:00:10.000Z');

const shown = (changes: Partial<Scan> = {}, now = NOW): string => formatScan({ ...SCAN, ...changes }, now);

describe('a scan in words', () => {
  test('says number, time, counts, each customer, elapsed time, totals and the next scan', () => {
    const rule = '='.repeat(70);
    assert.equal(
      shown(),
      [
        ...[rule, 'PROACTIVE SCAN #3', rule],
        'Time: 2026-01-31 09:00:00 UTC',
        'Scanned 1000 customers: 12 at risk',
        '',
        'Customer 1/1: C1 Asha Rao (Loyal, Gold)',
        '   Health: 32.5% | Churn risk: 67.5% (medium)',
        '   Issue: Not active for 71 days.',
        '   Message in Hindi: waiting for approval (A person must approve: it is a VIP)',
        '',
        'Scan #3 complete: 1 intervention opened, 6.3 s elapsed',
        '',
        'Totals: 3 scans, 10 interventions, 3.3 a scan on average',
        'Next scan at 2026-01-31 09:05:00 UTC (in 5 minutes)',
      ].join('\n'),
    );
  });

  test('one is singular, none and many are plural', () => {
    assert.match(shown({ customersScanned: 1 }), /Scanned 1 customer: /);
    assert.match(shown({ interventions: [] }), /complete: 0 interventions opened/);
    assert.match(shown({ interventions: [INTERVENTION, INTERVENTION] }), /complete: 2 interventions opened/);
    const totals = { scans: 1, interventions: 1, averageInterventions: 1 };
    assert.match(shown({ totals }), /Totals: 1 scan, 1 intervention, 1\.0 a scan on average/);
  });

  test('the next scan is in minutes, or in seconds when it is near, or there is none', () => {
    assert.match(shown({}, Date.parse('2026-01-31T09:04:00.000Z')), /\(in 1 minute\)/);
    assert.match(shown({}, Date.parse('2026-01-31T09:04:50.000Z')), /\(in 10 seconds\)/);
    assert.match(shown({}, Date.parse('2026-01-31T09:04:59.000Z')), /\(in 1 second\)/);
    assert.match(shown({}, Date.parse('2026-01-31T09:06:00.000Z')), /\(in 0 seconds\)/);
    assert.match(shown({ nextScanAt: null }), /\nNo next scan is scheduled$/);
  });

  test('who was left out is counted with the reason', () => {
    assert.match(shown({ excluded: { open: 2, cool_off: 1 } }), /12 at risk; left out: 2 open, 1 cool off\n/);
  });

  test('a dry run has no number and opens nothing', () => {
    const text = shown({ number: null });
    assert.match(text, /^=+\nPROACTIVE SCAN \(dry run\)\n/);
    assert.match(text, /Dry run complete: 1 intervention would be opened/);
  });

  test('no customers at all says how to get some', () => {
    assert.match(
      shown({ customersScanned: 0, atRisk: 0 }),
      /no customers here yet: npx reveille customers import FILE/,
    );
  });

  test('what became of a message is said once, with its reason', () => {
    const told = (state: Intervention['state'], stateReason: string): string | undefined =>
      / {3}Message in Hindi: (.*)/.exec(shown({ interventions: [{ ...INTERVENTION, state, stateReason }] }))?.[1];
    assert.equal(told('sent', 'Sent by email'), 'sent by email');
    assert.equal(told('cancelled', 'Cancelled: moved away'), 'cancelled: moved away');
    assert.equal(told('ready', 'In the outbox: x'), 'ready to go (In the outbox: x)');
    assert.equal(told('deferred', 'Waits until 08:00.'), 'deferred (Waits until 08:00)');
    assert.equal(told('suppressed', 'Not sent: they replied.'), 'not written to (Not sent: they replied)');
  });

  test('what is not known is left out or said', () => {
    const interventions = [{ ...INTERVENTION, loyaltyTier: null, language: null, issue: null, stateReason: null }];
    const text = shown({ interventions, webUi: 'http://127.0.0.1:8233/x' });
    assert.match(text, /\(Loyal\)\n/);
    assert.match(text, /Issue: not known yet\n {3}Message in no language yet: waiting for approval\n/);
    assert.match(text, /In the Temporal Web UI: http:\/\/127\.0\.0\.1:8233\/x$/);
  });
});

/** To the line's start, and what stands there away. */
const CLEAR = '\r\u001B[K';

describe('progress', () => {
  const written = (isTTY: boolean) => {
    const parts: string[] = [];
    return { parts, stream: { isTTY, write: (text: string) => parts.push(text) } };
  };

  test('short work says nothing', async () => {
    for (const isTTY of [true, false]) {
      const { parts, stream } = written(isTTY);
      assert.equal(await during('Working', async () => 5, stream), 5);
      assert.deepEqual(parts, []);
    }
  });

  test('long work is a plain line elsewhere, and on a terminal one that counts and goes', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    for (const isTTY of [true, false]) {
      const { parts, stream } = written(isTTY);
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = during('Working', () => promise, stream);
      for (const ms of [500, 1_000, 1_000]) context.mock.timers.tick(ms);
      resolve();
      await done;
      const shown = parts.map((part) => part.replace(/\d+ s/, 'N s'));
      const counting = `${CLEAR}Working (N s)`;
      assert.deepEqual(shown, isTTY ? [counting, counting, counting, CLEAR] : ['Working…\n']);
    }
  });

  test('a failure goes through, and the line goes too', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { parts, stream } = written(true);
    const { promise, reject } = Promise.withResolvers<void>();
    const done = during('Working', () => promise, stream);
    context.mock.timers.tick(600);
    reject(new Error('no'));
    await assert.rejects(done, /no/);
    assert.equal(parts.at(-1), CLEAR);
  });
});
