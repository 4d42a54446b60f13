import { type SQL, and, asc, count, desc, eq, inArray, isNotNull, isNull, max, sql } from 'drizzle-orm';
import type { Intervention } from '../../domain/contracts/interventions.ts';
import type { Scan, ScanTotals } from '../../domain/contracts/scans.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { ScanRow, ScanStore } from '../../domain/ports/store.ts';
import { type Connection, type Database, SNAPSHOT, holdLock } from './connection.ts';
import { NewestFirst } from './cursor.ts';
import { appendEvents } from './events.ts';
import { exclusionsOf } from './exclusions.ts';
import { toIntervention } from './interventions.ts';
import { interventions, scans } from './schema.ts';

type StoredScan = typeof scans.$inferSelect;

const isScan = (workspace: string, scanId: string): SQL | undefined =>
  and(eq(scans.workspace, workspace), eq(scans.scanId, scanId));

/** The interventions of each scan, worst first. */
async function interventionsOf(
  database: Database,
  workspace: string,
  scanIds: readonly string[],
): Promise<Map<string | null, Intervention[]>> {
  if (scanIds.length === 0) return new Map();
  const rows = await database
    .select()
    .from(interventions)
    .where(and(eq(interventions.workspace, workspace), inArray(interventions.scanId, [...scanIds])))
    .orderBy(desc(interventions.churnRisk), desc(interventions.lifetimeValue), asc(interventions.customerId));
  const ofScan = Map.groupBy(rows, (row) => row.scanId);
  return new Map([...ofScan].map(([scanId, found]) => [scanId, found.map(toIntervention)]));
}

function toScan(row: StoredScan, opened: Intervention[] = []): ScanRow {
  return {
    scanId: row.scanId,
    number: row.number,
    workflowId: row.workflowId,
    startedAt: row.startedAt,
    elapsedMs: row.finishedAt === null ? null : Date.parse(row.finishedAt) - Date.parse(row.startedAt),
    customersScanned: row.customersScanned,
    atRisk: row.atRisk,
    excluded: row.excluded,
    nextScanAt: row.nextScanAt,
    interventions: row.preview ?? opened,
  };
}

async function nextNumber(transaction: Database, workspace: string): Promise<number> {
  const [last] = await transaction
    .select({ number: max(scans.number) })
    .from(scans)
    .where(eq(scans.workspace, workspace));
  return (last?.number ?? 0) + 1;
}

async function openOnce(
  transaction: Database,
  workspace: string,
  scan: Parameters<ScanStore['open']>[1],
): Promise<{ number: number | null }> {
  await holdLock(transaction, 'scan-number', workspace);
  const [same] = await transaction.select({ number: scans.number }).from(scans).where(isScan(workspace, scan.scanId));
  if (same) return same;
  const number = scan.dryRun ? null : await nextNumber(transaction, workspace);
  await transaction.insert(scans).values({ ...scan, workspace, number });
  return { number };
}

async function totalsOf(database: Database, workspace: string): Promise<ScanTotals> {
  const [row] = await database
    .select({
      scans: sql<number>`count(distinct ${scans.scanId})::integer`,
      interventions: count(interventions.interventionId),
    })
    .from(scans)
    .leftJoin(interventions, and(eq(interventions.workspace, scans.workspace), eq(interventions.scanId, scans.scanId)))
    .where(and(eq(scans.workspace, workspace), eq(scans.dryRun, false), isNotNull(scans.finishedAt)));
  const totals = row ?? { scans: 0, interventions: 0 };
  return { ...totals, averageInterventions: totals.scans === 0 ? 0 : totals.interventions / totals.scans };
}

/** What is told of a finished scan changes nothing: what was told first stays. @returns the row, null where it stayed */
async function change(
  transaction: Database,
  workspace: string,
  scanId: string,
  changes: Partial<StoredScan>,
): Promise<StoredScan | null> {
  const known = await transaction.$count(scans, isScan(workspace, scanId));
  if (known === 0) throw new ReveilleError('not_found', `There is no scan ${scanId}.`);
  const [changed] = await transaction
    .update(scans)
    .set(changes)
    .where(and(isScan(workspace, scanId), isNull(scans.finishedAt)))
    .returning();
  return changed ?? null;
}

/** Whoever listens is told of it, unless it was a dry run: those count nowhere. */
async function finishOnce(
  transaction: Database,
  workspace: string,
  scanId: string,
  result: Parameters<ScanStore['finish']>[2],
): Promise<void> {
  const finished = await change(transaction, workspace, scanId, result);
  if (!finished || finished.dryRun) return;
  const opened = await interventionsOf(transaction, workspace, [scanId]);
  const totals = await totalsOf(transaction, workspace);
  const data: Scan = { ...toScan(finished, opened.get(scanId)), totals, webUi: null };
  await appendEvents(transaction, workspace, [{ type: 'scan.completed', at: result.finishedAt, data }]);
}

/** Scans, their numbers and totals, and whom they leave out. */
export function scanStore(connection: Connection): ScanStore {
  const newest = new NewestFirst(scans, 'startedAt', 'scanId');
  return {
    open: (workspace, scan) => connection.transaction((transaction) => openOnce(transaction, workspace, scan)),
    savePreview: (workspace, scanId, preview) =>
      connection.transaction(async (transaction) => {
        await change(transaction, workspace, scanId, { preview });
      }),
    finish: (workspace, scanId, result) =>
      connection.transaction((transaction) => finishOnce(transaction, workspace, scanId, result)),
    get: (workspace, scanId) =>
      connection.transaction(async (snapshot) => {
        const [row] = await snapshot.select().from(scans).where(isScan(workspace, scanId));
        return row ? toScan(row, (await interventionsOf(snapshot, workspace, [scanId])).get(scanId)) : null;
      }, SNAPSHOT),
    async list(workspace, options) {
      return connection.transaction(async (snapshot) => {
        const rows = await newest.rows(snapshot, options, eq(scans.workspace, workspace));
        const scanIds = rows.slice(0, options.limit).map((row) => row.scanId);
        const opened = await interventionsOf(snapshot, workspace, scanIds);
        return newest.page(rows, options, (row) => toScan(row, opened.get(row.scanId)));
      }, SNAPSHOT);
    },
    totals: (workspace) => connection.run((database) => totalsOf(database, workspace)),
    exclusions: (workspace, customerIds, now) =>
      connection.run((database) => exclusionsOf(database, workspace, customerIds, now)),
  };
}
