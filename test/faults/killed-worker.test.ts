import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { OutboxMessage } from '../../domain/contracts/interventions.ts';
import type { RunMemo } from '../../domain/contracts/runs.ts';
import type { CustomerData } from '../../domain/customers/customer.ts';
import type { Store } from '../../domain/ports/store.ts';
import { memoryFile } from '../../services/memory-files.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { ScanOutcome } from '../../workflows/customer-scan.ts';
import { approvalCustomers, readyCustomers, together } from '../support/customers.ts';
import { temporaryFolder } from '../support/service.ts';
import { cacheDir, devServer } from '../support/temporal.ts';

const SCRIPT = fileURLToPath(new URL('../support/fixtures/killable-worker.ts', import.meta.url));
const LIMIT = { timeout: 180_000 };
const READY = ['R1', 'R2', 'R3'];
const ASKING = ['A1', 'A2', 'A3'];

/** Where one worker after the other dies, the next one taking up what the last one left. */
const DEATHS: [when: string, faults: string[]][] = [
  [
    'while it scores customers, in the middle of opening interventions, and when it has written the result',
    ['customers.page:after:1', 'interventions.open:after:4', 'scans.finish:after:1'],
  ],
  [
    'between agents and memory line, right after a line, and between a message in the outbox and the state that says so',
    ['interventions.update:after:5', 'memory.append:after:2', 'outbox.put:after:2'],
  ],
  [
    'before and after the start, and before and after the end of the run are in the ledger',
    ['runs.start:before:1', 'runs.start:after:1', 'runs.finish:before:1', 'runs.finish:after:1'],
  ],
];

describe('A worker killed by SIGKILL', { concurrency: 2 }, () => {
  const children = new Set<ChildProcess>();
  after(() => children.forEach((child) => child.kill('SIGKILL')));

  function worker(address: string, dataDir: string, fault?: string) {
    const env = { ...process.env, ...(fault && { DIES_AT: fault }) };
    const child = spawn(process.execPath, [SCRIPT, address, dataDir], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    children.add(child);
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    return { child, exited: once(child, 'exit'), log: () => log };
  }

  async function withStore<Result>(dataDir: string, work: (store: Store) => Promise<Result>): Promise<Result> {
    const store = await openStore({ dataDir, cacheDir: cacheDir() });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** A scan whose workers die at `faults` and whose last one does the rest; gives what is there in the end. */
  async function scanThrough(faults: string[], data: CustomerData) {
    const folder = temporaryFolder();
    const temporal = await devServer();
    try {
      await withStore(folder.path, (store) => store.customers.import('default', data, { merge: false }));
      const handle = await temporal.client.workflow.start('customerScan', {
        taskQueue: 'reveille',
        workflowId: 'customer-scan/default/manual/1',
        args: [{}],
        memo: { scheduleId: 'default/customer-scan', scheduleVersion: 1, cause: 'trigger' } satisfies RunMemo,
      });
      for (const fault of faults) {
        const doomed = worker(temporal.address, folder.path, fault);
        assert.deepEqual(await doomed.exited, [null, 'SIGKILL'], `${fault} was never reached\n${doomed.log()}`);
      }
      const survivor = worker(temporal.address, folder.path);
      const outcome = (await handle.result()) as ScanOutcome;
      const ready = data.customers.map((each) => each.customerId).filter((id) => READY.includes(id));
      await Promise.all(ready.map((id) => temporal.client.workflow.getHandle(`intervention/default/${id}`).result()));
      survivor.child.kill('SIGTERM');
      assert.deepEqual(await survivor.exited, [0, null]);
      const found = await withStore(folder.path, async (store) => ({
        rows: (await store.interventions.list('default', { limit: 50 })).items,
        outbox: (await store.outbox.list('default', { limit: 50 })).items,
        scans: (await store.scans.list('default', { limit: 50 })).items,
        totals: await store.scans.totals('default'),
        runs: (await store.runs.list('default', { limit: 50 })).items,
        events: await store.events.after('default', 0, 500),
      }));
      const memory = (customerId: string): string[] => {
        const path = memoryFile(folder.path, 'default', customerId);
        return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
      };
      return {
        outcome,
        ...found,
        memory: new Map(data.customers.map((each) => [each.customerId, memory(each.customerId)])),
      };
    } finally {
      await temporal.stop();
      folder.remove();
    }
  }

  const recipients = (outbox: OutboxMessage[]): (string | null)[] => outbox.map((each) => each.to).toSorted();

  for (const [when, faults] of DEATHS) {
    test(`${when}: the scan ends, and all is there once`, LIMIT, async () => {
      const data = together(readyCustomers(...READY), approvalCustomers(...ASKING));
      const { outcome, rows, outbox, scans, totals, memory, runs, events } = await scanThrough(faults, data);
      const everyone = [...READY, ...ASKING].toSorted();
      assert.deepEqual(rows.map((row) => row.customerId).toSorted(), everyone, 'one intervention for each customer');
      assert.deepEqual(
        rows.map((row) => `${row.customerId} ${row.state}`).toSorted(),
        [...READY.map((id) => `${id} ready`), ...ASKING.map((id) => `${id} waiting_approval`)].toSorted(),
      );
      assert.deepEqual(recipients(outbox), ['r1@example.com', 'r2@example.com', 'r3@example.com'], 'one message each');
      for (const row of rows) {
        const lines = memory.get(row.customerId)!;
        assert.equal(lines.length, 1, `${row.customerId} has ${lines.length} lines in memory`);
        assert.equal((JSON.parse(lines[0]!) as { interventionId: string }).interventionId, row.interventionId);
      }
      assert.equal(scans.length, 1);
      assert.deepEqual([scans[0]?.number, scans[0]?.customersScanned, scans[0]?.atRisk], [1, 6, 6]);
      assert.deepEqual(scans[0]?.excluded, {});
      assert.deepEqual(outcome.interventions.map((each) => each.customerId).toSorted(), everyone);
      assert.deepEqual(totals, { scans: 1, interventions: 6, averageInterventions: 6 });
      assert.deepEqual(
        runs.map(({ runId, state, summary, error }) => [runId, state, summary, error]),
        [[outcome.scanId, 'completed', outcome.summary, null]],
      );
      assert.ok(runs[0]!.startedAt! < runs[0]!.finishedAt!);
      const told = events.map(({ type }) => type).filter((type) => type.startsWith('run.'));
      assert.deepEqual(told, ['run.started', 'run.completed']);
    });
  }
});
