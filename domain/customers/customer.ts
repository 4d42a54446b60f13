/**
 * Customers and what is known of them, as plain rows. Instants are milliseconds since the epoch, UTC; a date without a
 * time is its midnight UTC. `null` is "not known" and has a value of its own in the score.
 */
export type EpochMs = number;

export interface Customer {
  customerId: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  phone: string | null;
  signupAt: EpochMs | null;
  country: string | null;
  city: string | null;
  /** VIP, Loyal, Regular, Occasional, or another name. */
  segment: string | null;
  lifetimeValue: number;
  avgOrderValue: number | null;
  preferredCategory: string | null;
  lastActiveAt: EpochMs | null;
  /** Platinum, Gold, Silver, Bronze, or another name. */
  loyaltyTier: string | null;
  optInMarketing: boolean;
  /** BCP 47 primary subtag such as `en`, `hi`; null when not known. */
  language: string | null;
}

export interface Order {
  orderId: string;
  customerId: string;
  orderedAt: EpochMs | null;
  totalAmount: number | null;
  orderStatus: string | null;
  paymentStatus: string | null;
  deliveryDelayDays: number | null;
}

export interface SupportTicket {
  ticketId: string;
  customerId: string;
  createdAt: EpochMs | null;
  category: string | null;
  priority: string | null;
  status: string | null;
  /** −1 to 1. */
  sentimentScore: number | null;
  /** 1 to 5. */
  csatScore: number | null;
  /** What the customer wrote. Untrusted text. */
  issueText: string | null;
  /** How it ended, in the support agent's words. Untrusted text. */
  resolution: string | null;
}

export interface NpsAnswer {
  customerId: string;
  answeredAt: EpochMs | null;
  /** 0 to 10. */
  score: number;
  /** Untrusted text. */
  feedback: string | null;
}

export interface ChurnLabel {
  customerId: string;
  isChurn: boolean | null;
  churnedAt: EpochMs | null;
  churnReason: string | null;
  /** 0 to 1; missing counts as 0. */
  predictedChurnScore: number | null;
}

/** Everything one workbook (or folder of CSVs) says, each list in the order of its sheet. */
export interface CustomerData {
  customers: Customer[];
  orders: Order[];
  supportTickets: SupportTicket[];
  npsAnswers: NpsAnswer[];
  churnLabels: ChurnLabel[];
}

/** What the score needs of one customer, the rest already counted. */
export interface CustomerFacts {
  customerId: string;
  segment: string | null;
  loyaltyTier: string | null;
  lifetimeValue: number;
  avgOrderValue: number | null;
  signupAt: EpochMs | null;
  lastActiveAt: EpochMs | null;
  orderCount: number;
  ticketCount: number;
  /** Mean over the tickets that have a CSAT; null when none has. */
  meanCsat: number | null;
  latestNps: number | null;
  /** null when the customer has no row among the churn labels. */
  label: { isChurn: boolean | null; predictedChurnScore: number | null } | null;
}

/** Where a customer's lifetime value stands among others: cohort is same segment and tier, mean is of the segment. */
export interface CohortStanding {
  /** How many of the cohort have a strictly lower lifetime value. */
  cohortLower: number;
  /** The cohort's size, the customer included. */
  cohortSize: number;
  segmentMean: number;
}

/** Everything the agents may read about one customer. */
export interface CustomerRecord {
  customer: Customer;
  orders: Order[];
  supportTickets: SupportTicket[];
  npsAnswers: NpsAnswer[];
  churnLabel: ChurnLabel | null;
}

/** A customer as the pattern agent compares others with theirs. */
export interface Peer {
  customerId: string;
  segment: string | null;
  loyaltyTier: string | null;
  lifetimeValue: number;
  preferredCategory: string | null;
  isChurn: boolean | null;
  churnReason: string | null;
}

/** What to call a customer where people read of them: their name, or their id when none is known. */
export function nameOf({
  firstName,
  lastName,
  customerId,
}: Pick<Customer, 'firstName' | 'lastName' | 'customerId'>): string {
  return [firstName, lastName].filter(Boolean).join(' ') || customerId;
}
