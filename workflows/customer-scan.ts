import { WorkflowExecutionAlreadyStartedError, defineSearchAttributeKey } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  condition,
  defineQuery,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { CUSTOMER_SCAN_SCHEDULE, scheduleId, workflowIds } from '../domain/contracts/names.ts';
import { INTERVENTION_DECIDED, type InterventionDecided } from '../domain/contracts/scan-messages.ts';
import type { RunResult } from '../domain/contracts/runs.ts';
import { type ExclusionReason, type ScanProgress, customerScanInput } from '../domain/contracts/scans.ts';
import { WorstFirst } from '../domain/customers/at-risk.ts';
import { type Candidate, countExclusions } from '../domain/customers/candidates.ts';
import { paging, quick } from './activity-profiles.ts';
import { parseInput } from './input.ts';
import { intervention } from './intervention.ts';
import { labelWorkflow, searchAttributes } from './search-attributes.ts';

export const progress = defineQuery<ScanProgress>('progress');
export const interventionDecided = defineSignal<[InterventionDecided]>(INTERVENTION_DECIDED);

/** The schedule that started a run, as the server notes it. */
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

/** How many interventions decide at once, and how long a scan waits for all of them. */
const AT_ONCE = 10;
const DECISION_TIME = '2 minutes';

/** Result of a `customerScan`: identifiers and counts; the messages are in the store. */
export interface ScanOutcome extends Required<Omit<RunResult, 'tokensUsed'>> {
  scanId: string;
  number: number | null;
  customersScanned: number;
  atRisk: number;
  excluded: ScanProgress['excluded'];
  interventions: { customerId: string; interventionId: string; state: string }[];
}

/**
 * One pass over all customers of a workspace: scores them in pages, opens an intervention for each of the worst that
 * nothing excludes, and ends when each has decided or after two minutes; approvals go on without it.
 */
export async function customerScan(...args: unknown[]): Promise<ScanOutcome> {
  const input = parseInput(customerScanInput, args);
  const { workflowId, firstExecutionRunId: scanId, startTime, typedSearchAttributes } = workflowInfo();
  const { workspace, dryRun } = input;
  const schedule = typedSearchAttributes.get(SCHEDULED_BY) ?? scheduleId(workspace, CUSTOMER_SCAN_SCHEDULE);
  const startedAt = startTime.toISOString();
  const asOf = input.asOf ?? startedAt;
  const decided = new Map<string, InterventionDecided>();
  const failed = new Set<string>();
  const seen: ScanProgress = {
    scanId,
    phase: 'scoring',
    customersScanned: 0,
    atRisk: 0,
    excluded: {},
    chosen: 0,
    decided: 0,
  };

  setHandler(progress, () => seen);
  setHandler(interventionDecided, (message) => {
    decided.set(message.customerId, message);
    seen.decided = decided.size;
    if (message.excluded) countExclusions(seen.excluded, { [message.excluded]: 1 });
  });

  function show(words: string): void {
    setCurrentDetails(`Scan of **${workspace}**${dryRun ? ' (dry run)' : ''}: ${words}`);
  }

  /** Every customer, page by page; keeps only the worst few. */
  async function score(pageSize: number): Promise<Candidate[]> {
    const worst = new WorstFirst<Candidate>(input.maxInterventions);
    for (let after: number | null = -1; after !== null;) {
      const page: Awaited<ReturnType<typeof paging.scorePage>> = await paging.scorePage({
        ...input,
        asOf,
        now: startedAt,
        after,
        limit: pageSize,
      });
      for (const candidate of page.candidates) worst.offer(candidate);
      seen.customersScanned += page.scanned;
      seen.atRisk += page.atRisk;
      countExclusions(seen.excluded, page.excluded);
      show(`${counted(seen.customersScanned, 'customer')} scored, ${seen.atRisk} at risk`);
      after = page.next;
    }
    return worst.items();
  }

  /** Opens one intervention and waits until it has decided; it lives on when the scan ends. */
  async function open(customer: Candidate): Promise<void> {
    const { customerId, health, churnRisk, riskLevel } = customer;
    try {
      const child = await startChild(intervention, {
        workflowId: workflowIds.intervention(workspace, customerId),
        args: [{ workspace, customerId, scanId, health, churnRisk, riskLevel, asOf }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        typedSearchAttributes: searchAttributes({ Workspace: workspace, CustomerId: customerId, RiskLevel: riskLevel }),
        staticSummary: `Intervention for ${customerId}, ${riskLevel} risk`,
        staticDetails: `Opened by scan ${scanId}.`,
      });
      const over = child.result().then(
        () => undefined,
        (error: unknown) => {
          if (!isCancellation(error)) failed.add(customerId);
        },
      );
      await Promise.race([condition(() => decided.has(customerId)), over]);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      countExclusions(seen.excluded, { open: 1 } satisfies Partial<Record<ExclusionReason, number>>);
    }
  }

  /** The worst first, a few at a time, for at most two minutes; whoever is left is found again by the next scan. */
  async function intervene(worst: Candidate[]): Promise<void> {
    const waiting = [...worst];
    let timeLeft = true;
    const lanes = Array.from({ length: Math.min(AT_ONCE, worst.length) }, async () => {
      for (let next = waiting.shift(); next && timeLeft; next = waiting.shift()) await open(next);
    });
    let done = false;
    const all = Promise.all(lanes).finally(() => (done = true));
    all.catch(() => undefined);
    if (await condition(() => done, DECISION_TIME, { summary: 'Until every intervention has decided' })) await all;
    timeLeft = false;
  }

  /** Writes what was found, however far the scan came. */
  async function finish(): Promise<void> {
    seen.phase = 'finishing';
    const { excluded, customersScanned, atRisk } = seen;
    const finishedAt = new Date().toISOString();
    await quick.finishScan({ workspace, scanId, schedule, finishedAt, customersScanned, atRisk, excluded });
    seen.phase = 'done';
  }

  function outcome(number: number | null, worst: Candidate[]): ScanOutcome {
    const { excluded, customersScanned, atRisk } = seen;
    const interventions = worst.flatMap((customer) => {
      const told = decided.get(customer.customerId);
      if (!told || told.excluded) return [];
      return [{ customerId: told.customerId, interventionId: told.interventionId, state: told.state }];
    });
    const failures = failed.size;
    const summary = [
      `${counted(customersScanned, 'customer')} scored, ${atRisk} at risk, ${counted(interventions.length, 'intervention')}`,
      ...(failures === 0 ? [] : [`${failures} failed`]),
    ].join(', ');
    show(`done; ${summary}`);
    return { scanId, number, customersScanned, atRisk, excluded, interventions, failures, summary };
  }

  labelWorkflow({ Workspace: workspace });
  show('starting');
  // A cancellation waits until there is a row that can say so.
  const { number, pageSize } = await CancellationScope.nonCancellable(() =>
    paging.beginScan({ ...input, scanId, workflowId, startedAt }),
  );
  let worst: Candidate[] = [];
  try {
    worst = await score(pageSize);
    seen.chosen = worst.length;
    seen.phase = 'intervening';
    show(`${counted(seen.customersScanned, 'customer')} scored, ${seen.atRisk} at risk, ${worst.length} chosen`);
    if (dryRun) await paging.previewInterventions({ workspace, scanId, customers: worst, at: startedAt, asOf });
    else await intervene(worst);
  } catch (error) {
    show(isCancellation(error) ? 'cancelled; interventions that were opened go on' : 'failed');
    throw error;
  } finally {
    await CancellationScope.nonCancellable(finish);
  }
  return outcome(number, worst);
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
