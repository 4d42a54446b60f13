import type { Customer, CustomerData, SupportTicket } from '../../domain/customers/customer.ts';

const DAY_MS = 86_400_000;

/** Nobody has reason to like this customer's score: Regular, Bronze, inactive for 200 days, no order ever. Healthy is .38. */
export function customer(customerId: string, changes: Partial<Customer> = {}): Customer {
  return {
    customerId,
    firstName: `First${customerId}`,
    lastName: 'Last',
    email: `${customerId.toLowerCase()}@example.com`,
    phone: '+15550100',
    signupAt: Date.now() - 400 * DAY_MS,
    country: 'US',
    city: 'Springfield',
    segment: 'Regular',
    lifetimeValue: 100,
    avgOrderValue: 20,
    preferredCategory: 'Books',
    lastActiveAt: Date.now() - 200 * DAY_MS,
    loyaltyTier: 'Bronze',
    optInMarketing: false,
    language: 'en',
    ...changes,
  };
}

export const emptyData = (): CustomerData => ({
  customers: [],
  orders: [],
  supportTickets: [],
  npsAnswers: [],
  churnLabels: [],
});

/** Customers at high risk whose message goes by itself: nothing about them asks for a person. */
export function readyCustomers(...customerIds: string[]): CustomerData {
  const changes = { segment: 'Occasional', avgOrderValue: 35 };
  return { ...emptyData(), customers: customerIds.map((id) => customer(id, changes)) };
}

/** Customers at high risk whose one ticket was rated 1, so that a person must approve. */
export function approvalCustomers(...customerIds: string[]): CustomerData {
  const { customers } = readyCustomers(...customerIds);
  return { ...emptyData(), customers, supportTickets: customerIds.map((id) => badTicket(id)) };
}

function badTicket(customerId: string): SupportTicket {
  return {
    ticketId: `T-${customerId}`,
    customerId,
    createdAt: Date.now() - 30 * DAY_MS,
    category: 'delivery',
    priority: 'high',
    status: 'open',
    sentimentScore: -0.8,
    csatScore: 1,
    issueText: 'My parcel never came.',
    resolution: null,
  };
}

/** All of these together, in this order. */
export function together(...parts: CustomerData[]): CustomerData {
  const all = <Name extends keyof CustomerData>(name: Name) => parts.flatMap((part) => part[name] as unknown[]);
  return Object.fromEntries(Object.keys(emptyData()).map((name) => [name, all(name as keyof CustomerData)])) as {
    [Name in keyof CustomerData]: CustomerData[Name];
  };
}
