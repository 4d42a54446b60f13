import type { Decision } from '../agents.ts';
import type { Priority } from '../contracts/interventions.ts';

const HOUR = 3_600_000;

/** How long a person has to approve, in milliseconds: critical 2 h, high 24 h, else 48 h (customers.md). */
export function approvalTime(priority: Priority): number {
  if (priority === 'critical') return 2 * HOUR;
  if (priority === 'high') return 24 * HOUR;
  return 48 * HOUR;
}

const REASONS_IN_WORDS: Record<Decision['approvalReasons'][number], string> = {
  discount: 'the discount is above 10 %',
  vip: 'a VIP is at risk',
  low_csat: 'their support tickets were rated below 2.5',
  high_value: 'a customer worth more than 5,000 is at risk',
};

/** Why a person must approve, as one sentence. */
export function approvalReason(reasons: Decision['approvalReasons']): string {
  return `A person must approve: ${reasons.map((reason) => REASONS_IN_WORDS[reason]).join('; ')}.`;
}
