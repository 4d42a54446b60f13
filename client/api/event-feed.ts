import type { EventStore } from '../../domain/ports/access-store.ts';
import type { Logger } from '../../services/logging.ts';

/** An event as it is sent, and its place. */
export interface EventText {
  seq: number;
  text: string;
}

export interface Listener {
  /** Of the last event it has; `take` moves it on. */
  readonly seq: number;
  take(events: readonly EventText[]): void;
}

interface Channel {
  /** Everything up to here was given to the listeners. */
  seq: number;
  listeners: Set<Listener>;
  timer: NodeJS.Timeout | undefined;
}

const AT_ONCE = 500;

/**
 * New events of the workspaces that somebody listens to, read from the store, so that it does not matter which process
 * they come from. One poll a workspace, however many listen, and none while nobody does.
 */
export class EventFeed {
  readonly #events: Pick<EventStore, 'after' | 'last'>;
  readonly #pollMs: number;
  readonly #logger: Logger;
  readonly #channels = new Map<string, Channel>();

  constructor(events: Pick<EventStore, 'after' | 'last'>, pollMs: number, logger: Logger) {
    this.#events = events;
    this.#pollMs = pollMs;
    this.#logger = logger;
  }

  get listeners(): number {
    return [...this.#channels.values()].reduce((sum, { listeners }) => sum + listeners.size, 0);
  }

  /** The place of the workspace's last event. */
  last(workspace: string): Promise<number> {
    return this.#events.last(workspace);
  }

  /** Events after `seq`, in order; not all there are. */
  async read(workspace: string, seq: number): Promise<EventText[]> {
    const events = await this.#events.after(workspace, seq, AT_ONCE);
    return events.map((event) => ({ seq: event.seq, text: JSON.stringify(event) }));
  }

  /** Gives `listener` every event from its place on; false when the others are further, and it has to read up first. */
  join(workspace: string, listener: Listener): boolean {
    let channel = this.#channels.get(workspace);
    if (channel && listener.seq < channel.seq) return false;
    if (!channel) {
      channel = { seq: listener.seq, listeners: new Set(), timer: undefined };
      this.#channels.set(workspace, channel);
      this.#pollLater(workspace, channel, this.#pollMs);
    }
    channel.listeners.add(listener);
    return true;
  }

  leave(workspace: string, listener: Listener): void {
    const channel = this.#channels.get(workspace);
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) return;
    clearTimeout(channel.timer);
    this.#channels.delete(workspace);
  }

  close(): void {
    for (const { timer } of this.#channels.values()) clearTimeout(timer);
    this.#channels.clear();
  }

  #pollLater(workspace: string, channel: Channel, afterMs: number): void {
    channel.timer = setTimeout(() => {
      this.#poll(workspace, channel).then(
        (full) => this.#again(workspace, channel, full ? 0 : this.#pollMs),
        (err: unknown) => {
          this.#logger.warn({ err, workspace }, 'Events cannot be read at the moment');
          this.#again(workspace, channel, 10 * this.#pollMs);
        },
      );
    }, afterMs);
  }

  #again(workspace: string, channel: Channel, afterMs: number): void {
    if (this.#channels.get(workspace) === channel) this.#pollLater(workspace, channel, afterMs);
  }

  /** @returns whether there is more to read at once */
  async #poll(workspace: string, channel: Channel): Promise<boolean> {
    const events = await this.read(workspace, channel.seq);
    const last = events.at(-1);
    if (!last) return false;
    channel.seq = last.seq;
    for (const listener of [...channel.listeners]) listener.take(events);
    return events.length === AT_ONCE;
  }
}
