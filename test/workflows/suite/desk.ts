import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Caller, Operations } from '../../../client/api/routes.ts';
import type { Intervention, InterventionStatus, OutboxMessage } from '../../../domain/contracts/interventions.ts';
import { TASK_QUEUES, workflowIds } from '../../../domain/contracts/names.ts';
import type { Score } from '../../../domain/customers/health-score.ts';
import type { CustomerData } from '../../../domain/customers/customer.ts';
import type { InterventionRow, ScanRow, Store } from '../../../domain/ports/store.ts';
import { memoryFile } from '../../../services/memory-files.ts';
import type { ReveilleWorkersOptions } from '../../../workers/start.ts';
import type { ScanOutcome } from '../../../workflows/customer-scan.ts';
import type { TestService } from '../../support/service.ts';

export type Tuning = NonNullable<ReveilleWorkersOptions['tuning']>;

/**
 * Every workflow is thrown out of memory after each of its tasks and replayed for the next. One task at a time: with
 * several, SDK 1.24 hangs when tasks that run local activities meet without a cache.
 */
export const CACHE_OFF: Tuning = { maxCachedWorkflows: 0, maxConcurrentWorkflowTaskExecutions: 1 };

/** So long a test waits for one thing, in milliseconds: less than it has for itself, so that what it waits for is named. */
const WAIT_MS = 50_000;

/** Waits for `ready` to give something. @throws AssertionError, with the line that waits, when it does not come in time */
export async function until<Result>(
  ready: () => Promise<Result | undefined | null | false>,
  within = WAIT_MS,
): Promise<Result> {
  const late = new assert.AssertionError({ message: `It did not come within ${within / 1_000} s` });
  for (const end = performance.now() + within; performance.now() < end;) {
    const result = await ready();
    if (result) return result;
    await delay(40);
  }
  throw late;
}

/** One workspace of a running service, as a test talks to it: by a plain Temporal client and the store. */
export interface Desk {
  workspace: string;
  caller: Caller;
  client: Client;
  store: Store;
  operations: Operations;
  startScan(input?: object): Promise<WorkflowHandle>;
  /** Runs a scan to its end. */
  scan(input?: object): Promise<{ outcome: ScanOutcome; row: ScanRow }>;
  startIntervention(customerId: string, input?: object): Promise<WorkflowHandle>;
  /** Starts one and waits until it waits for approval. */
  waiting(customerId: string): Promise<{ handle: WorkflowHandle; status: InterventionStatus }>;
  /** The customer's newest intervention, once `ready`. */
  row(customerId: string, ready?: (row: InterventionRow) => boolean): Promise<InterventionRow>;
  rows(customerId?: string): Promise<InterventionRow[]>;
  outbox(): Promise<OutboxMessage[]>;
  /** Lines of the customer's memory file. */
  memory(customerId: string): Intervention[];
  scores(asOf?: string): Promise<Score[]>;
}

/** A workspace of its own for one test, with these customers. */
export async function openDesk(service: TestService, workspace: string, data: CustomerData | null): Promise<Desk> {
  const { client, store, operations } = service;
  if (data) await store.customers.import(workspace, data, { merge: false });
  const caller = { workspace, actor: 'tester' };
  const taskQueue = TASK_QUEUES.main;

  const startScan = (input: object = {}): Promise<WorkflowHandle> =>
    client.workflow.start('customerScan', {
      taskQueue,
      workflowId: workflowIds.started('customerScan', workspace, null, randomUUID()),
      args: [{ workspace, ...input }],
    });
  const startIntervention = (customerId: string, input: object = {}): Promise<WorkflowHandle> =>
    client.workflow.start('intervention', {
      taskQueue,
      workflowId: workflowIds.intervention(workspace, customerId),
      args: [{ workspace, customerId, ...input }],
    });
  const rows = async (customerId?: string): Promise<InterventionRow[]> =>
    (await store.interventions.list(workspace, { limit: 500, customerId })).items;

  return {
    workspace,
    caller,
    client,
    store,
    operations,
    startScan,
    startIntervention,
    rows,
    async scan(input) {
      const outcome = (await (await startScan(input)).result()) as ScanOutcome;
      const row = await store.scans.get(workspace, outcome.scanId);
      assert.ok(row, 'the scan has a row');
      return { outcome, row };
    },
    async waiting(customerId) {
      const handle = await startIntervention(customerId);
      const status = await until(async () => {
        const now = await handle.query<InterventionStatus>('state');
        return now.state === 'waiting_approval' && now;
      });
      return { handle, status };
    },
    row: (customerId, ready = () => true) => until(async () => (await rows(customerId)).find(ready)),
    outbox: async () => (await store.outbox.list(workspace, { limit: 500 })).items,
    memory(customerId) {
      const path = memoryFile(service.dataDir, workspace, customerId);
      if (!existsSync(path)) return [];
      const lines = readFileSync(path, 'utf8').split('\n');
      assert.equal(lines.pop(), '', 'the last line is whole');
      return lines.map((line) => JSON.parse(line) as Intervention);
    },
    scores: (asOf) => operations.scoreCustomers(caller, asOf === undefined ? {} : { asOf }),
  };
}

/**
 * Approves on the time-skipping server, which forgets an update as soon as its workflow has ended: then the row tells what
 * became of it.
 */
export async function approveSkipping(
  handle: WorkflowHandle,
  approval: { actor: string; textHash: string; note?: string },
) {
  try {
    await handle.executeUpdate('approve', { args: [approval] });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** At risk by the plain words of customers.md, worst first: an independent reading to hold scans against. */
export function worstOf(scores: Score[], lifetimeValues: Map<string, number>, limits = { risk: 0.6, health: 0.4 }) {
  const value = (score: Score): number => lifetimeValues.get(score.customerId) ?? 0;
  return scores
    .filter((score) => score.churnRisk >= limits.risk || score.health < limits.health)
    .toSorted((a, b) => b.churnRisk - a.churnRisk || value(b) - value(a) || (a.customerId < b.customerId ? -1 : 1))
    .map((score) => score.customerId);
}

interface HistoryEvent {
  eventType: string;
  workflowTaskFailedEventAttributes?: { cause: string };
}

async function eventsOf(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<HistoryEvent[]> {
  return (JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: HistoryEvent[] }).events;
}

/** Types of the events in a run's history, such as `EVENT_TYPE_WORKFLOW_EXECUTION_FAILED`. */
export const eventTypes = async (handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<string[]> =>
  (await eventsOf(handle)).map((event) => event.eventType);

/**
 * Causes of the workflow tasks that failed and were tried again: none, where errors are told as they should be. That
 * something new came in just when the workflow ended is no error.
 */
export async function failedTasks(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<string[]> {
  const causes = (await eventsOf(handle)).flatMap((event) => event.workflowTaskFailedEventAttributes?.cause ?? []);
  return causes.filter((cause) => cause !== 'WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND');
}
