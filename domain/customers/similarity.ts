import type { Customer, Peer } from './customer.ts';

export interface SimilarCustomer {
  customerId: string;
  /** Above .5, at most 1. */
  similarity: number;
  /** null when there is no label. */
  churned: boolean | null;
  churnReason: string | null;
}

export const SIMILAR_ABOVE = 0.5;

/** Lifetime values count as near up to this share of the customer's own. */
const VALUE_RANGE = 0.3;

/**
 * The peers that are like the customer, best first, then by id (customers.md): same segment .4, lifetime value within
 * 30 % up to .3 and falling evenly to 0 at the edge, same category .2, same tier .1; above .5. What is not known is
 * never the same.
 */
export function similarCustomers(
  customer: Pick<Customer, 'customerId' | 'segment' | 'lifetimeValue' | 'preferredCategory' | 'loyaltyTier'>,
  peers: readonly Peer[],
): SimilarCustomer[] {
  return peers
    .filter((peer) => peer.customerId !== customer.customerId)
    .map((peer) => ({
      customerId: peer.customerId,
      similarity:
        (same(customer.segment, peer.segment) ? 0.4 : 0) +
        valueCloseness(customer.lifetimeValue, peer.lifetimeValue) +
        (same(customer.preferredCategory, peer.preferredCategory) ? 0.2 : 0) +
        (same(customer.loyaltyTier, peer.loyaltyTier) ? 0.1 : 0),
      churned: peer.isChurn,
      churnReason: peer.churnReason,
    }))
    .filter((candidate) => candidate.similarity > SIMILAR_ABOVE)
    .sort((a, b) => b.similarity - a.similarity || (a.customerId < b.customerId ? -1 : 1));
}

const same = (own: string | null, other: string | null): boolean => own !== null && own === other;

function valueCloseness(own: number, other: number): number {
  if (own === other) return VALUE_RANGE;
  if (own <= 0) return 0;
  return Math.max(0, VALUE_RANGE - Math.abs(other - own) / own);
}
