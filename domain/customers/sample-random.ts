/** Mixes two numbers into 32 bits (the finaliser of MurmurHash3, by Austin Appleby, public domain). */
function mix(a: number, b: number): number {
  let hash = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** Items to choose among, with the running sum of their weights. */
export interface WeightedChoices<Item> {
  items: readonly Item[];
  upTo: readonly number[];
  total: number;
}

/** Choices out of `[item, weight]`; the weights need not add up to 1. */
export function weights<Item>(choices: readonly (readonly [Item, number])[]): WeightedChoices<Item> {
  let total = 0;
  const upTo = choices.map(([, weight]) => (total += weight));
  return { items: choices.map(([item]) => item), upTo, total };
}

/**
 * Random numbers for samples, nothing else: mulberry32 (Tommy Ettinger, public domain), because each customer starts a
 * sequence of their own, and generators with a larger state need a warm-up for that.
 */
export class SampleRandom {
  #state: number;

  /** Each (seed, index, purpose) has a sequence of its own. */
  constructor(seed: number, index: number, purpose: number) {
    const high = Math.floor(seed / 2 ** 32);
    this.#state = mix(mix(mix(seed | 0, high), index), purpose);
  }

  /** From 0 up to 1, 1 left out. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)]!;
  }

  weighted<Item>(choices: WeightedChoices<Item>): Item {
    const at = this.next() * choices.total;
    let index = 0;
    while (at >= choices.upTo[index]! && index < choices.items.length - 1) index += 1;
    return choices.items[index]!;
  }

  /** Roughly normal with mean 0 and deviation 1 (the sum of four uniforms, scaled), never beyond ±3.5. */
  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * Math.sqrt(3);
  }
}
