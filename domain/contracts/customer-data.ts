import { z } from 'zod';
import type { CustomerData } from '../customers/customer.ts';
import { identifier } from './names.ts';

const text = z.string().max(10_000).nullable();
const epochMs = z.number().int().nullable();
const number = z.number().nullable();

/** Customers as one service hands them to another: `CustomerData`, instants in milliseconds since the epoch. */
export const customerData = z.strictObject({
  customers: z.array(
    z.strictObject({
      customerId: identifier,
      firstName: text,
      lastName: text,
      email: text,
      phone: text,
      signupAt: epochMs,
      country: text,
      city: text,
      segment: text,
      lifetimeValue: z.number(),
      avgOrderValue: number,
      preferredCategory: text,
      lastActiveAt: epochMs,
      loyaltyTier: text,
      optInMarketing: z.boolean(),
      language: text,
    }),
  ),
  orders: z.array(
    z.strictObject({
      orderId: identifier,
      customerId: identifier,
      orderedAt: epochMs,
      totalAmount: number,
      orderStatus: text,
      paymentStatus: text,
      deliveryDelayDays: number,
    }),
  ),
  supportTickets: z.array(
    z.strictObject({
      ticketId: identifier,
      customerId: identifier,
      createdAt: epochMs,
      category: text,
      priority: text,
      status: text,
      sentimentScore: number,
      csatScore: number,
      issueText: text,
      resolution: text,
    }),
  ),
  npsAnswers: z.array(
    z.strictObject({ customerId: identifier, answeredAt: epochMs, score: z.number(), feedback: text }),
  ),
  churnLabels: z.array(
    z.strictObject({
      customerId: identifier,
      isChurn: z.boolean().nullable(),
      churnedAt: epochMs,
      churnReason: text,
      predictedChurnScore: number,
    }),
  ),
}) satisfies z.ZodType<CustomerData>;
