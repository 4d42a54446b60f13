import type { Intervention } from '../../domain/contracts/interventions.ts';
import type { Scan } from '../../domain/contracts/scans.ts';

const RULE = '='.repeat(70);
const languages = new Intl.DisplayNames('en', { type: 'language' });

const STATES: Record<Intervention['state'], string> = {
  deciding: 'still deciding',
  waiting_approval: 'waiting for approval',
  approved: 'approved',
  rejected: 'rejected',
  expired: 'expired without an answer',
  ready: 'ready to go',
  deferred: 'deferred',
  sent: 'sent',
  suppressed: 'not written to',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** `32.5%` */
export const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** `2026-01-31 14:30:00 UTC` */
export const utc = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;

/** `6.3 s` */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;

/** A finished scan as people read it, with the totals over all scans. `now`: milliseconds, for "in 5 minutes". */
export function formatScan(scan: Scan, now: number): string {
  const title = scan.number === null ? 'PROACTIVE SCAN (dry run)' : `PROACTIVE SCAN #${scan.number}`;
  const name = scan.number === null ? 'Dry run' : `Scan #${scan.number}`;
  const count = scan.interventions.length;
  const verb = scan.number === null ? 'would be opened' : 'opened';
  return [
    RULE,
    title,
    RULE,
    `Time: ${utc(scan.startedAt)}`,
    `Scanned ${plural(scan.customersScanned, 'customer')}: ${scan.atRisk} at risk${formatExclusions(scan)}`,
    ...(scan.customersScanned === 0 ? ['There are no customers here yet: npx reveille customers import FILE'] : []),
    '',
    ...scan.interventions.flatMap((intervention, index) => formatCustomer(intervention, index + 1, count)),
    `${name} complete: ${plural(count, 'intervention')} ${verb}, ${seconds(scan.elapsedMs ?? 0)} elapsed`,
    '',
    formatTotals(scan, now),
    ...(scan.webUi ? [`In the Temporal Web UI: ${scan.webUi}`] : []),
  ].join('\n');
}

function formatExclusions({ excluded }: Scan): string {
  const reasons = Object.entries(excluded).map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`);
  return reasons.length === 0 ? '' : `; left out: ${reasons.join(', ')}`;
}

/** `C100088 Asha Rao (VIP, Platinum)` */
export function formatWho({ customerId, name, segment, loyaltyTier }: Intervention): string {
  return `${customerId} ${name} (${[segment, loyaltyTier].filter(Boolean).join(', ')})`;
}

function formatCustomer(customer: Intervention, index: number, count: number): string[] {
  const language = customer.language ? languages.of(customer.language) : 'no language yet';
  return [
    `Customer ${index}/${count}: ${formatWho(customer)}`,
    `   Health: ${percent(customer.health)} | Churn risk: ${percent(customer.churnRisk)} (${customer.riskLevel})`,
    `   Issue: ${customer.issue ?? 'not known yet'}`,
    `   Message in ${language}: ${formatState(customer)}`,
    '',
  ];
}

/** `sent by email`, `waiting for approval (a person must …)` */
function formatState({ state, stateReason }: Intervention): string {
  const [words, reason] = [STATES[state], (stateReason ?? '').replace(/\.$/, '')];
  if (reason === '') return words;
  return reason.toLowerCase().startsWith(words)
    ? reason.replace(/^./, (first) => first.toLowerCase())
    : `${words} (${reason})`;
}

function formatTotals({ totals, nextScanAt }: Scan, now: number): string {
  return [
    `Totals: ${plural(totals.scans, 'scan')}, ${plural(totals.interventions, 'intervention')}, ` +
      `${totals.averageInterventions.toFixed(1)} a scan on average`,
    nextScanAt === null
      ? 'No next scan is scheduled'
      : `Next scan at ${utc(nextScanAt)} (in ${inWords(Date.parse(nextScanAt) - now)})`,
  ].join('\n');
}

function inWords(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return minutes >= 1 ? plural(minutes, 'minute') : plural(Math.max(0, Math.round(milliseconds / 1_000)), 'second');
}

/** `1 scan`, `2 scans` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
