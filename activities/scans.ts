import { heartbeat } from '@temporalio/activity';
import type { Noted } from '../domain/agents.ts';
import type { Intervention } from '../domain/contracts/interventions.ts';
import type { CustomerScanInput, ExclusionCounts } from '../domain/contracts/scans.ts';
import { WorstFirst, isAtRisk } from '../domain/customers/at-risk.ts';
import { type Candidate, countExclusions } from '../domain/customers/candidates.ts';
import { nameOf } from '../domain/customers/customer.ts';
import { scoreCustomer } from '../domain/customers/health-score.ts';
import { ReveilleError } from '../domain/errors.ts';
import { comingFires } from '../domain/schedules/shown.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { caseOf, decideCase, settlement } from './cases.ts';
import { textHash } from './text-hash.ts';

/** Customers read from the store at a time: small enough that a heartbeat follows every second or so. */
const READ_AT_ONCE = 2_000;
/** Customers a page, and pages at most: together they keep a scan's history short for any number of customers. */
const PAGE_SIZE = 10_000;
const PAGES_AT_MOST = 200;
const UNFINISHED_AT_ONCE = 1_000;

export interface BeginScan extends CustomerScanInput {
  scanId: string;
  workflowId: string;
  startedAt: string;
}

export interface ScorePage extends CustomerScanInput {
  asOf: string;
  now: string;
  /** Position of the last customer of the page before; −1 at first. */
  after: number;
  limit: number;
}

export interface ScoredPage {
  scanned: number;
  atRisk: number;
  excluded: ExclusionCounts;
  candidates: Candidate[];
  next: number | null;
}

export interface FinishScan {
  workspace: string;
  scanId: string;
  schedule: string;
  finishedAt: string;
  customersScanned: number;
  atRisk: number;
  excluded: ExclusionCounts;
}

/** Activities of `customerScan`. */
export function scanActivities(dependencies: ActivityDependencies) {
  const { store, workflows } = dependencies;
  return {
    /** Numbers the scan, and ends interventions whose workflow is gone, which would exclude their customers for ever. */
    async beginScan(scan: BeginScan): Promise<{ number: number | null; pageSize: number }> {
      const { number } = await store.scans.open(scan.workspace, scan);
      if (!scan.dryRun) await settleAbandoned(dependencies, scan.workspace, scan.startedAt);
      const customers = await store.customers.count(scan.workspace);
      return { number, pageSize: Math.max(PAGE_SIZE, Math.ceil(customers / PAGES_AT_MOST)) };
    },

    scorePage: (page: ScorePage): Promise<ScoredPage> => scorePage(dependencies, page),

    /** What would be written to whom, and why, by the rules; kept with the scan, nothing else happens. */
    async previewInterventions(worst: {
      workspace: string;
      scanId: string;
      customers: Candidate[];
      asOf: string;
      at: string;
    }): Promise<void> {
      const { workspace, scanId, customers, ...times } = worst;
      const interventions: Intervention[] = [];
      for (const candidate of customers) {
        heartbeat();
        const preview = await previewOf(dependencies, workspace, candidate, times);
        if (preview) interventions.push(preview);
      }
      await store.scans.savePreview(workspace, scanId, interventions);
    },

    /** Writes the scan's result, and when the next one is due. */
    async finishScan({ workspace, scanId, schedule, ...result }: FinishScan): Promise<void> {
      // Not knowing when the next one is due keeps no scan from ending.
      const own = await workflows.nextRun(schedule).catch(() => null);
      const nextScanAt = own ?? (await nextScan(dependencies, workspace));
      await store.scans.finish(workspace, scanId, { ...result, nextScanAt });
    },
  };
}

/** When any schedule of the workspace scans next: a scan by hand belongs to none. */
async function nextScan({ store }: ActivityDependencies, workspace: string): Promise<string | null> {
  const rows = await store.schedules.all(workspace);
  const scanning = rows.filter(({ workflowType, pause }) => workflowType === 'customerScan' && pause === null);
  const next = scanning.flatMap((row) => comingFires(row, Date.now(), 1).map(({ at }) => at));
  return next.toSorted()[0] ?? null;
}

async function settleAbandoned(
  { store, workflows }: ActivityDependencies,
  workspace: string,
  startedAt: string,
): Promise<void> {
  for (const row of await store.interventions.unfinished(workspace, startedAt, UNFINISHED_AT_ONCE)) {
    heartbeat();
    if (!row.workflowId || (await workflows.isOpen(row.workflowId, row.runId))) continue;
    await store.interventions.update(workspace, row.interventionId, {
      state: 'failed',
      stateReason: 'Its workflow was terminated or lost',
      endedAt: startedAt,
    });
  }
}

async function scorePage({ store }: ActivityDependencies, page: ScorePage): Promise<ScoredPage> {
  const { workspace, segments, minLifetimeValue } = page;
  const asOf = Date.parse(page.asOf);
  const worst = new WorstFirst<Candidate>(page.maxInterventions);
  const result = { scanned: 0, atRisk: 0, excluded: {} as ExclusionCounts, next: page.after as number | null };
  while (result.next !== null && result.scanned < page.limit) {
    heartbeat();
    const limit = Math.min(READ_AT_ONCE, page.limit - result.scanned);
    const read = await store.customers.page(workspace, { after: result.next, limit });
    const atRisk: Candidate[] = [];
    for (const customer of read.customers) {
      if (segments.length > 0 && !segments.includes(customer.segment ?? '')) continue;
      if (customer.lifetimeValue < minLifetimeValue) continue;
      const { health, churnRisk, riskLevel } = scoreCustomer(customer, customer, asOf);
      if (!isAtRisk({ health, churnRisk }, page)) continue;
      atRisk.push({
        customerId: customer.customerId,
        health,
        churnRisk,
        riskLevel,
        lifetimeValue: customer.lifetimeValue,
      });
    }
    const ids = atRisk.map((candidate) => candidate.customerId);
    const excluded = await store.scans.exclusions(workspace, ids, page.now);
    for (const candidate of atRisk) {
      const reason = excluded.get(candidate.customerId);
      if (reason) countExclusions(result.excluded, { [reason]: 1 });
      else worst.offer(candidate);
    }
    result.scanned += read.customers.length;
    result.atRisk += atRisk.length;
    result.next = read.next;
  }
  return { ...result, candidates: worst.items() };
}

/** What the rules would decide; null for a customer deleted since they were scored. */
async function previewOf(
  dependencies: ActivityDependencies,
  workspace: string,
  candidate: Candidate,
  times: { asOf: string; at: string },
): Promise<Intervention | null> {
  const { customerId, health, churnRisk, riskLevel } = candidate;
  const scores = { health, churnRisk, riskLevel };
  const kase = await caseOf(dependencies.store, workspace, customerId, scores, times).catch((error: unknown) => {
    if (error instanceof ReveilleError && error.code === 'not_found') return null;
    throw error;
  });
  if (!kase) return null;
  const { context, pattern, decision, message } = await decideCase({ ...dependencies, model: null }, workspace, kase);
  const { customer } = kase.record;
  return {
    interventionId: `preview-${customerId}`.slice(0, 64),
    customerId,
    name: nameOf(customer),
    segment: customer.segment,
    loyaltyTier: customer.loyaltyTier,
    ...scores,
    issue: context.result.issue,
    sentiment: context.result.sentiment,
    urgency: context.result.urgency,
    priority: decision.result.priority,
    action: decision.result.action,
    channels: decision.result.channels,
    discountPercent: decision.result.discountPercent,
    language: message.result.language,
    subject: message.result.subject,
    body: message.result.body,
    textHash: textHash(message.result.subject, message.result.body),
    ...settlement(decision.result, Date.parse(times.at)),
    notes: [context, pattern, decision, message].map((noted: Noted<unknown>) => noted.note),
    workflowId: null,
  };
}
