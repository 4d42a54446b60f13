import type { Agenda as AgendaPage } from '../../activities/contacts.ts';

/**
 * What a contact's workflow knows of the follow-ups to come: when each is to be tried next. The store has the rest, so nothing of
 * it has to be carried over when the workflow continues as new.
 */
export class Agenda {
  readonly #nextAt = new Map<string, string>();
  /** The store may have follow-ups that are not here. */
  unread = true;
  /** The one whose message is being sent. */
  sending: string | null = null;

  /** The newest instant that an activity told: later than the workflow's own clock within a task. */
  told = '';

  /** Takes what the store has, in place of what was known. */
  read({ pending, more, readAt }: AgendaPage): void {
    this.told = readAt;
    this.#nextAt.clear();
    for (const { followUpId, nextAt } of pending) this.#nextAt.set(followUpId, nextAt);
    this.#more = more;
    this.unread = false;
  }

  #more = false;

  /** When to try it; it is tried then whatever was known before. */
  put(followUpId: string, nextAt: string): void {
    this.#nextAt.set(followUpId, nextAt);
  }

  drop(followUpId: string): void {
    if (this.#nextAt.delete(followUpId)) this.unread ||= this.#more && this.#nextAt.size === 0;
  }

  /** All that could be cancelled was. */
  clear(): void {
    this.#nextAt.clear();
    this.unread ||= this.#more;
  }

  has(followUpId: string): boolean {
    return this.#nextAt.has(followUpId);
  }

  /** All that is known, the soonest first. */
  entries(): { followUpId: string; scheduledFor: string }[] {
    return [...this.#nextAt]
      .map(([followUpId, scheduledFor]) => ({ followUpId, scheduledFor }))
      .sort((one, other) => (one.scheduledFor < other.scheduledFor ? -1 : 1));
  }

  /** The instant of the soonest; null when there is none. */
  soonest(): string | null {
    let soonest: string | null = null;
    for (const nextAt of this.#nextAt.values()) if (soonest === null || nextAt < soonest) soonest = nextAt;
    return soonest;
  }
}
