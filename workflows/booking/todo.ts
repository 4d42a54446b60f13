import type { Trouble } from '../../activities/bookings.ts';
import type { Errand, OpenErrand } from '../../domain/contracts/bookings.ts';

/** How one attempt went. `at`: when to try again, ISO 8601. */
export type Tried =
  { outcome: 'done' } | { outcome: 'later'; at: string; reason: string } | { outcome: 'failed'; reason: string };

/** An errand that is to be tried. */
export type Due = Pick<OpenErrand, 'errand' | 'revision' | 'again'>;

/** So long may an errand be tried before a person is told, in milliseconds. */
const QUIET_MS = 5 * 60_000;

/** The errands of a booking, each done once, in their order as far as they can be done. */
export class Todo {
  readonly #items: OpenErrand[];
  #abandoned: Pick<OpenErrand, 'errand' | 'revision'>[] = [];
  #revision: number;
  /** Counts what was added, or is to be tried sooner. */
  changes = 0;

  /** @param items what a run before left, whose revisions went up to `revision` */
  constructor(revision: number, items: readonly OpenErrand[]) {
    this.#revision = revision;
    this.#items = items.map((item) => ({ ...item }));
  }

  /** For a run that continues this one. */
  get left(): { revision: number; todo: OpenErrand[] } {
    return { revision: this.#revision, todo: this.#items };
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Has what is added from now on count from there at least. */
  countFrom(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** An errand in the place of an older one of the same name. `at`: when to begin, epoch ms. */
  add(errand: Errand, now: number, { at = now, again = false } = {}): void {
    this.drop(errand);
    this.#revision += 1;
    const item = { errand, revision: this.#revision, nextAt: at, since: at, reason: null, failed: false, again };
    this.#items.push(item);
    this.changes += 1;
  }

  /** Gives them up. */
  drop(...errands: readonly Errand[]): void {
    for (const errand of errands) {
      const item = this.#take(errand);
      if (item === undefined || item.reason === null || item.failed) continue;
      this.#abandoned.push({ errand, revision: item.revision });
    }
  }

  get hasAbandoned(): boolean {
    return this.#abandoned.length > 0;
  }

  /** What was tried, not done, and given up since this was asked last. */
  takeAbandoned(): Pick<OpenErrand, 'errand' | 'revision'>[] {
    return this.#abandoned.splice(0);
  }

  #take(errand: Errand): OpenErrand | undefined {
    const index = this.#items.findIndex((item) => item.errand === errand);
    return index < 0 ? undefined : this.#items.splice(index, 1)[0];
  }

  has(errand: Errand): boolean {
    return this.#items.some((item) => item.errand === errand);
  }

  /** Whether it is still tried. */
  tries(errand: Errand): boolean {
    return this.#items.some((item) => item.errand === errand && !item.failed);
  }

  /** The first that is to be tried now. */
  due(now: number): Due | null {
    return this.#items.find(({ nextAt, failed }) => !failed && nextAt <= now) ?? null;
  }

  /** When the next one is to be tried, epoch ms; null when none is. */
  next(): number | null {
    const times = this.#items.filter(({ failed }) => !failed).map(({ nextAt }) => nextAt);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Notes how the errand of that revision went; one that was replaced meanwhile says nothing. */
  note({ errand, revision }: Due, tried: Tried, now: number): void {
    const item = this.#items.find((each) => each.errand === errand && each.revision === revision);
    if (item === undefined) return;
    if (tried.outcome === 'done') return void this.#take(errand);
    item.reason = tried.reason;
    item.failed = tried.outcome === 'failed';
    if (tried.outcome === 'later') item.nextAt = Math.max(Date.parse(tried.at), now + 1_000);
  }

  /** Has all of them tried at once. */
  hurry(now: number): void {
    for (const item of this.#items) {
      // An effect that failed, and so was not done, stays so: it is tried as another.
      if (item.failed) Object.assign(item, { revision: (this.#revision += 1), failed: false });
      item.nextAt = now;
    }
    this.changes += 1;
  }

  /** What could not be done yet, and whether for long. */
  troubles(now: number): Trouble[] {
    return this.#items
      .filter(({ reason }) => reason !== null)
      .map(({ errand, reason, failed, since }) => ({
        ...{ errand, reason: reason ?? '' },
        isLong: failed || now - since >= QUIET_MS,
      }));
  }

  clear(): void {
    this.drop(...this.#items.map(({ errand }) => errand));
  }
}
