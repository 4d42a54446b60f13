import type { Decision, InterventionCase, Scores } from '../../domain/agents.ts';
import type { Customer, CustomerRecord, NpsAnswer, Order, SupportTicket } from '../../domain/customers/customer.ts';
import type { LanguageModel } from '../../domain/ports/language-model.ts';

export const NOW = Date.parse('2026-06-15T10:00:00Z');
export const DAY_MS = 86_400_000;

export interface CaseOptions {
  customer?: Partial<Customer>;
  orders?: Partial<Order>[];
  tickets?: Partial<SupportTicket>[];
  nps?: Partial<NpsAnswer>[];
  scores?: Partial<Scores>;
  now?: number;
  escalatedRecently?: boolean;
}

/** A regular English-speaking customer with nothing remarkable, changed as told. */
export function customerCase(options: CaseOptions = {}): InterventionCase {
  const customer: Customer = {
    customerId: 'C1',
    firstName: 'Priya',
    lastName: 'Rao',
    email: 'priya@example.com',
    phone: '+910000000000',
    signupAt: NOW - 700 * DAY_MS,
    country: 'India',
    city: 'Pune',
    segment: 'Regular',
    lifetimeValue: 1_000,
    avgOrderValue: 40,
    preferredCategory: 'Books',
    lastActiveAt: NOW - 20 * DAY_MS,
    loyaltyTier: 'Silver',
    optInMarketing: true,
    language: 'en',
    ...options.customer,
  };
  const record: CustomerRecord = {
    customer,
    orders: (options.orders ?? []).map((order, index) => orderOf(order, index)),
    supportTickets: (options.tickets ?? []).map((ticket, index) => ticketOf(ticket, index)),
    npsAnswers: (options.nps ?? []).map((answer) => ({
      customerId: 'C1',
      answeredAt: NOW - DAY_MS,
      score: 8,
      feedback: null,
      ...answer,
    })),
    churnLabel: null,
  };
  return {
    record,
    scores: { health: 0.5, churnRisk: 0.55, riskLevel: 'low', ...options.scores },
    now: options.now ?? NOW,
    escalatedRecently: options.escalatedRecently ?? false,
  };
}

function orderOf(order: Partial<Order>, index: number): Order {
  return {
    orderId: `O${index}`,
    customerId: 'C1',
    orderedAt: NOW - 10 * DAY_MS,
    totalAmount: 50,
    orderStatus: 'delivered',
    paymentStatus: 'success',
    deliveryDelayDays: 0,
    ...order,
  };
}

export function ticketOf(ticket: Partial<SupportTicket>, index = 0): SupportTicket {
  return {
    ticketId: `T${index}`,
    customerId: 'C1',
    createdAt: NOW - 5 * DAY_MS,
    category: 'delivery',
    priority: 'medium',
    status: 'closed',
    sentimentScore: null,
    csatScore: null,
    issueText: null,
    resolution: null,
    ...ticket,
  };
}

export const NO_OFFER: Pick<Decision, 'discountPercent' | 'serviceOnly'> = { discountPercent: 0, serviceOnly: false };

/** A model that answers by schema name, whatever it is asked; it keeps what it was asked. */
export function modelThatAnswers(
  answers: Record<string, unknown> | (() => never),
): LanguageModel & { prompts: { system: string; prompt: string }[] } {
  const prompts: { system: string; prompt: string }[] = [];
  return {
    prompts,
    // As a careless port would: what it hands back is held to nothing.
    answer: async ({ schemaName, system, prompt }) => {
      prompts.push({ system, prompt });
      return typeof answers === 'function' ? answers() : (answers[schemaName] as never);
    },
  };
}
