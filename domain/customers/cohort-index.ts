import type { CohortStanding } from './customer.ts';

export type CohortMember = { segment: string | null; loyaltyTier: string | null; lifetimeValue: number };

/** Numbers in one growing buffer: eight bytes each, given back at once when it grows. */
class ValueList {
  #values = new Float64Array(64);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      this.#values = new Float64Array(this.#values.buffer.transfer(this.#values.byteLength * 2));
    }
    this.#values[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  /** Sorts in place and returns the sum, which is the same whatever order the values came in. */
  sortAndSum(): number {
    const values = this.#values.subarray(0, this.#length).sort();
    let sum = 0;
    for (const value of values) sum += value;
    return sum;
  }

  /** How many of the sorted values are strictly lower than `value`. */
  countLower(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Segment {
  cohorts: Map<string | null, ValueList>;
  mean: number;
}

/**
 * The lifetime values of all customers, eight bytes a customer: add each one, then ask where each one stands. Not known
 * is a segment and a tier like any other. Standings do not depend on the order of adding.
 */
export class CohortIndex {
  readonly #segments = new Map<string | null, Segment>();
  #sorted = false;

  add(member: CohortMember): void {
    this.#sorted = false;
    let segment = this.#segments.get(member.segment);
    if (!segment) this.#segments.set(member.segment, (segment = { cohorts: new Map(), mean: 0 }));
    let cohort = segment.cohorts.get(member.loyaltyTier);
    if (!cohort) segment.cohorts.set(member.loyaltyTier, (cohort = new ValueList()));
    cohort.push(member.lifetimeValue);
  }

  /** Where a member that was added stands among all that were; a stranger's cohort may be of size 0. */
  standingOf(member: CohortMember): CohortStanding {
    if (!this.#sorted) this.#sort();
    const segment = this.#segments.get(member.segment);
    const cohort = segment?.cohorts.get(member.loyaltyTier);
    return {
      cohortLower: cohort?.countLower(member.lifetimeValue) ?? 0,
      cohortSize: cohort?.length ?? 0,
      segmentMean: segment?.mean ?? 0,
    };
  }

  #sort(): void {
    for (const segment of this.#segments.values()) {
      const cohorts = [...segment.cohorts.values()];
      const sums = cohorts.map((cohort) => cohort.sortAndSum()).toSorted((a, b) => a - b);
      const size = cohorts.reduce((total, cohort) => total + cohort.length, 0);
      segment.mean = sums.reduce((total, sum) => total + sum, 0) / size;
    }
    this.#sorted = true;
  }
}

/** Where each customer's lifetime value stands, in the order given: cohort is same segment and tier, mean is the segment's. */
export function cohortStandings(customers: Iterable<CohortMember>): CohortStanding[] {
  const members = [...customers];
  const index = new CohortIndex();
  for (const member of members) index.add(member);
  return members.map((member) => index.standingOf(member));
}
