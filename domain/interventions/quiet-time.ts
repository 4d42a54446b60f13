const QUIET_MS = 7 * 86_400_000;

/**
 * For 7 days after an escalation, or after an intervention ended, a customer is left alone (customers.md): what happened
 * after this instant still counts at `now`. Both ISO 8601.
 */
export function quietSince(now: string): string {
  return new Date(Date.parse(now) - QUIET_MS).toISOString();
}
