import type { ContextFindings } from '../domain/agents.ts';
import type { CustomerRecord, NpsAnswer, Order, SupportTicket } from '../domain/customers/customer.ts';

export type Signals = ContextFindings['signals'];

const DAY_MS = 86_400_000;
const TREND_DAYS = 90;
/** Older trouble with an order is no longer what a customer leaves over. */
const TROUBLE_DAYS = 180;

/** What the customer's rows say at `now` (ms since the epoch). Counted, never read from anyone's words. */
export function signalsOf(record: CustomerRecord, now: number): Signals {
  const { lastActiveAt } = record.customer;
  const recent = record.orders.filter((order) => within(order.orderedAt, now, 0, TROUBLE_DAYS));
  return {
    daysInactive: lastActiveAt === null ? null : Math.max(0, Math.floor((now - lastActiveAt) / DAY_MS)),
    spendingTrend: spendingTrend(record.orders, now),
    openTickets: record.supportTickets.filter(isOpen).length,
    meanCsat: mean(record.supportTickets.flatMap(({ csatScore }) => (csatScore === null ? [] : [csatScore]))),
    latestNps: latestNps(record.npsAnswers),
    lateDeliveries: recent.filter(({ deliveryDelayDays }) => (deliveryDelayDays ?? 0) > 0).length,
    failedPayments: recent.filter(({ paymentStatus }) => paymentStatus === 'failed').length,
  };
}

/** A ticket somebody still has to answer; one without a status counts as answered. */
export function isOpen(ticket: SupportTicket): boolean {
  return ticket.status !== null && ticket.status !== 'resolved' && ticket.status !== 'closed';
}

/** Newest first; tickets without a date last. */
export function newestTickets(tickets: readonly SupportTicket[]): SupportTicket[] {
  return tickets.toSorted((a, b) => (b.createdAt ?? -Infinity) - (a.createdAt ?? -Infinity) || 0);
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spendingTrend(orders: readonly Order[], now: number): number | null {
  const spent = (fromDays: number, toDays: number): number =>
    orders
      .filter((order) => within(order.orderedAt, now, fromDays, toDays) && isSpending(order))
      .reduce((sum, order) => sum + (order.totalAmount ?? 0), 0);
  const before = spent(TREND_DAYS, 2 * TREND_DAYS);
  return before > 0 ? spent(0, TREND_DAYS) / before : null;
}

function isSpending(order: Order): boolean {
  return order.paymentStatus !== 'failed' && order.orderStatus !== 'cancelled' && order.orderStatus !== 'returned';
}

/** Between `fromDays` (included) and `toDays` (not) before `now`; never in the future. */
function within(at: number | null, now: number, fromDays: number, toDays: number): boolean {
  if (at === null || at > now) return false;
  const age = now - at;
  return age >= fromDays * DAY_MS && age < toDays * DAY_MS;
}

function latestNps(answers: readonly NpsAnswer[]): number | null {
  let latest: NpsAnswer | null = null;
  for (const answer of answers) {
    if (latest === null || (answer.answeredAt ?? -Infinity) >= (latest.answeredAt ?? -Infinity)) latest = answer;
  }
  return latest?.score ?? null;
}
