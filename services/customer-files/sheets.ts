import type { ChurnLabel, Customer, NpsAnswer, Order, SupportTicket } from '../../domain/customers/customer.ts';
import { flag, id, instant, type Kind, language, number, text } from './cells.ts';

/** A column of a sheet: its names in the header row (the first is the one written) and how its cells are read. */
export interface Column<Value> {
  headers: readonly [string, ...string[]];
  kind: Kind<NonNullable<Value>>;
  /** Whether the column and each of its cells must be there; if not, an empty one means `missing`. */
  required: boolean;
  missing: Value | undefined;
}

export type Columns<Row> = { [Field in keyof Row]: Column<Row[Field]> };

export interface Sheet<Row> {
  name: string;
  columns: Columns<Row>;
  /** The field whose values may not repeat. */
  unique: (keyof Row & string) | null;
}

function required<Value>(header: string, kind: Kind<NonNullable<Value>>): Column<Value> {
  return { headers: [header], kind, required: true, missing: undefined };
}

function optional<Value>(header: string | [string, string], kind: Kind<NonNullable<Value>>): Column<Value | null> {
  return { headers: typeof header === 'string' ? [header] : header, kind, required: false, missing: null };
}

const MAX_MONEY = 1e12;
const money = number(0, MAX_MONEY);
const short = text(200);

/** Sheets and columns of docs/customers.md; whatever else a file holds is left alone. */
export const CUSTOMERS: Sheet<Customer> = {
  name: 'customers',
  unique: 'customerId',
  columns: {
    customerId: required('customer_id', id),
    firstName: optional('first_name', short),
    lastName: optional('last_name', short),
    email: optional('email', text(320)),
    phone: optional('phone', text(40)),
    signupAt: optional('signup_date', instant),
    country: optional('country', short),
    city: optional('city', short),
    segment: optional('segment', short),
    lifetimeValue: required('lifetime_value', money),
    avgOrderValue: optional('avg_order_value', money),
    preferredCategory: optional('preferred_category', short),
    lastActiveAt: optional('last_active_date', instant),
    loyaltyTier: optional('loyalty_tier', short),
    // Nobody has opted in by leaving a cell empty.
    optInMarketing: { headers: ['opt_in_marketing'], kind: flag, required: false, missing: false },
    language: optional('language', language),
  },
};

export const ORDERS: Sheet<Order> = {
  name: 'orders',
  unique: 'orderId',
  columns: {
    orderId: required('order_id', id),
    customerId: required('customer_id', id),
    orderedAt: optional('order_date', instant),
    totalAmount: optional('total_amount', money),
    orderStatus: optional('order_status', short),
    paymentStatus: optional('payment_status', short),
    deliveryDelayDays: optional('delivery_delay_days', number(-3_650, 3_650)),
  },
};

export const SUPPORT_TICKETS: Sheet<SupportTicket> = {
  name: 'support_tickets',
  unique: 'ticketId',
  columns: {
    ticketId: required('ticket_id', id),
    customerId: required('customer_id', id),
    createdAt: optional('created_at', instant),
    category: optional('category', short),
    priority: optional('priority', short),
    status: optional('status', short),
    sentimentScore: optional('sentiment_score', number(-1, 1)),
    csatScore: optional('csat_score', number(1, 5)),
    issueText: optional(['initial_message', 'issue_text'], text()),
    resolution: optional(['final_message_summary', 'resolution'], text()),
  },
};

export const NPS_SURVEY: Sheet<NpsAnswer> = {
  name: 'nps_survey',
  unique: null,
  columns: {
    customerId: required('customer_id', id),
    answeredAt: optional('date', instant),
    score: required('nps_score', number(0, 10, { integer: true })),
    feedback: optional('feedback_text', text()),
  },
};

export const CHURN_LABELS: Sheet<ChurnLabel> = {
  name: 'churn_labels',
  unique: 'customerId',
  columns: {
    customerId: required('customer_id', id),
    isChurn: optional('is_churn', flag),
    churnedAt: optional('churn_date', instant),
    churnReason: optional('churn_reason', short),
    predictedChurnScore: optional('predicted_churn_score', number(0, 1)),
  },
};
