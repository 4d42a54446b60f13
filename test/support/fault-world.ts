import { randomUUID } from 'node:crypto';
import type { ContactDetails } from '../../domain/contracts/contacts.ts';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import { DEFAULT_WORKSPACE, workflowIds } from '../../domain/contracts/names.ts';
import type { ContactService, ContactUpdates } from '../../domain/ports/contact-service.ts';
import type { Store } from '../../domain/ports/store.ts';
import { createBookingService } from '../../services/temporal/bookings.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { forgotten } from '../../services/temporal/reconciliation/forgotten.ts';
import { temporalView } from '../../services/temporal/reconciliation/temporal-view.ts';
import { type Observed, marked } from './effect-checker.ts';
import { FaultStack, eventually, everything } from './fault-stack.ts';
import { quietLogger } from './service.ts';
import type { StubChannel, StubVendors } from './stub-vendors.ts';
import type { WorkerProcess } from './worker-process.ts';

export { eventually } from './fault-stack.ts';

const WORKSPACE = DEFAULT_WORKSPACE;
const ADDRESSES: Record<StubChannel, (nth: number) => ContactDetails> = {
  email: (nth) => ({ email: `c${nth}@example.com` }),
  sms: (nth) => ({ phone: `+9198${String(nth).padStart(8, '0')}` }),
  telegram: (nth) => ({ telegram: String(1_000 + nth) }),
};

/**
 * Everything that sending takes, for real. Callers talk to it as the API does. One follow-up a contact: contact `C-x` has
 * follow-up `x`.
 */
export class FaultWorld implements AsyncDisposable {
  readonly store: Store;
  readonly vendors: StubVendors;
  readonly #stack: FaultStack;
  readonly #contacts: ContactService;
  readonly #told = { scheduled: [] as string[], cancelled: [] as string[] };
  readonly #known: string[] = [];

  private constructor(stack: FaultStack) {
    this.store = stack.store;
    this.vendors = stack.vendors;
    this.#stack = stack;
    this.#contacts = createContactService(stack.temporal.client);
  }

  /** @param postgresUrl a server on which it makes a database of its own */
  static async open(postgresUrl: string): Promise<FaultWorld> {
    return new FaultWorld(await FaultStack.open(postgresUrl));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }

  /** A worker process, which dies at `fault`. `script` stands in for `reveille worker`. */
  worker(options: Parameters<FaultStack['worker']>[0] = {}): WorkerProcess {
    return this.#stack.worker(options);
  }

  /** A contact that this channel reaches, and a follow-up of theirs; answered when a worker has written it down. */
  async schedule(id: string, channel: StubChannel, scheduledFor = '0s'): Promise<FollowUp> {
    this.#known.push(id);
    const details = { name: 'Asha', marketing: true, ...ADDRESSES[channel](this.#known.length) };
    await this.store.contacts.put(WORKSPACE, contactOf(id), details, new Date().toISOString());
    const message = {
      ...{ followUpId: id, type: 'follow_up', scheduledFor, actor: 'tester' },
      payload: { message_template: marked(id), subject: 'A message', channel },
    };
    const followUp = await this.#ask(id, 'scheduleFollowUp', message);
    this.#told.scheduled.push(id);
    return followUp;
  }

  async cancel(id: string): Promise<FollowUp> {
    const message = { followUpId: id, reason: 'no longer needed', actor: 'tester' };
    const followUp = await this.#ask(id, 'cancelFollowUp', message);
    if (followUp.state === 'cancelled') this.#told.cancelled.push(id);
    return followUp;
  }

  /** @returns how many follow-ups it cancelled: none, or the contact's one */
  async reply(id: string, channel: StubChannel): Promise<number> {
    const message = { messageId: `reply-to-${id}`, channel };
    const { cancelled } = await this.#ask(id, 'recordReply', message);
    if (cancelled > 0) this.#told.cancelled.push(id);
    return cancelled;
  }

  async optOut(id: string): Promise<void> {
    await this.#ask(id, 'optOut', { actor: 'tester' });
  }

  /** Keeps Temporal from handing the send that a dead worker was at to another, so that each meets what is meant for it. */
  hold = (id: string): Promise<void> => this.#stack.hold(workflowOf(id));

  release = (id: string): Promise<void> => this.#stack.release(workflowOf(id));

  /** What a service does beside its workers: gives up lost attempts, and wakes contacts that nobody would come back to. */
  async reconcile(): Promise<void> {
    const { client } = this.#stack.temporal;
    const wakes = { contacts: this.#contacts, bookings: createBookingService(client) };
    const reconciling = { store: this.store, temporal: temporalView(client), logger: quietLogger(), now: Date.now };
    await forgotten({ ...reconciling, ...wakes }).reconcile();
  }

  /** Waits until every follow-up is over or in review, and no workflow is at work. */
  async settled(withinMs = 120_000): Promise<void> {
    await eventually('every follow-up over, or in review', () => this.#isSettled(), {
      withinMs,
      describe: async () => `${JSON.stringify(await this.observe(), null, 1)}\n${this.#stack.lastLog}`,
    });
  }

  /** All that there is to see. */
  async observe(): Promise<Observed> {
    const [effects, followUps, workflows] = await Promise.all([
      everything((page) => this.store.effects.list(WORKSPACE, page)),
      everything((page) => this.store.followUps.list(WORKSPACE, page)),
      Promise.all(
        this.#known.map(async (id) => ({
          contactId: contactOf(id),
          status: await this.#stack.status(workflowOf(id)),
        })),
      ),
    ]);
    return { accepted: this.vendors.accepted.all(), effects, followUps, workflows, told: this.#told };
  }

  async #isSettled(): Promise<boolean> {
    const { effects, followUps, workflows } = await this.observe();
    const unknown = effects.filter(({ state }) => state === 'unknown').map(({ key }) => key);
    const open = followUps.filter(({ state }) => state === 'pending' || state === 'processing');
    return (
      open.every(({ followUpId }) => unknown.some((key) => key.includes(`/${followUpId}/`))) &&
      workflows.every(({ status }) => status !== 'RUNNING')
    );
  }

  #ask<Name extends keyof ContactUpdates>(id: string, name: Name, message: unknown): Promise<ContactUpdates[Name][1]> {
    const contact = { workspace: WORKSPACE, contactId: contactOf(id) };
    const updateId = randomUUID();
    return this.#stack.ask(() => this.#contacts.update(contact, name, message, updateId));
  }
}

export const contactOf = (followUpId: string): string => `C-${followUpId}`;
const workflowOf = (followUpId: string): string => workflowIds.contact(WORKSPACE, contactOf(followUpId));
