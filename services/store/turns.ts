type Waiting = PromiseWithResolvers<void>;

/**
 * So much work at once; the rest waits its turn, first come first served. A queue is no reason to give up while it moves: of thousands who
 * come at one moment the last is served too. When nobody has had a turn for so long, all who wait are told.
 */
export class Turns {
  readonly #patienceMs: number;
  readonly #stuck: () => Error;
  readonly #waiting: Waiting[] = [];
  #free: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param patienceMs how long the queue may stand still, in milliseconds. @param stuck what those who wait then hear */
  constructor(atOnce: number, patienceMs: number, stuck: () => Error) {
    this.#free = atOnce;
    this.#patienceMs = patienceMs;
    this.#stuck = stuck;
  }

  /** Does the work when its turn comes. @throws what `stuck` gives, when the queue does not move */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #wait(): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    if (this.#waiting.length === 1) this.#watch();
    return turn.promise;
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.resolve();
    this.#watch();
  }

  /** Counts from now how long the queue stands still, where there is one. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#giveUp(), this.#patienceMs);
  }

  #giveUp(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(this.#stuck());
  }
}
