import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { DEFAULT_WORKSPACE, workflowIds } from '../../domain/contracts/names.ts';
import type { ContactDetails } from '../../domain/contracts/contacts.ts';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { Fault } from '../../domain/ports/failpoints.ts';
import type { Page } from '../../domain/ports/page.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { ContactService, ContactUpdates } from '../../domain/ports/contact-service.ts';
import { temporalError } from '../../client/operations/temporal-errors.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { openStore } from '../../services/store/open-store.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { forgottenContacts } from '../../services/temporal/reconciliation/forgotten-contacts.ts';
import { temporalView } from '../../services/temporal/reconciliation/temporal-view.ts';
import { type Observed, marked } from './effect-checker.ts';
import { createDatabase } from './postgres.ts';
import { quietLogger, temporaryFolder } from './service.ts';
import { type StubChannel, type StubVendors, startVendors } from './stub-vendors.ts';
import { type TestTemporal, cacheDir, devServer } from './temporal.ts';
import { WorkerProcess } from './worker-process.ts';

const WORKSPACE = DEFAULT_WORKSPACE;
const ADDRESSES: Record<StubChannel, (nth: number) => ContactDetails> = {
  email: (nth) => ({ email: `c${nth}@example.com` }),
  sms: (nth) => ({ phone: `+9198${String(nth).padStart(8, '0')}` }),
  telegram: (nth) => ({ telegram: String(1_000 + nth) }),
};

/** Waits for a state, never for time to go by. @throws AssertionError after `withinMs`, with what is there then */
export async function eventually<Result>(
  what: string,
  probe: () => Promise<Result | null | false | undefined>,
  options: { withinMs?: number; describe?: () => Promise<string> } = {},
): Promise<Result> {
  const deadline = performance.now() + (options.withinMs ?? 60_000);
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (performance.now() > deadline) assert.fail(`not in time: ${what}\n${(await options.describe?.()) ?? ''}`);
    await delay(100);
  }
}

/**
 * Everything that sending takes, for real: a Temporal server, a database, vendors that write down what they accepted, and
 * as many worker processes as a test starts. Callers talk to it as the API does. One follow-up a contact: contact `C-x` has
 * follow-up `x`.
 */
export class FaultWorld implements AsyncDisposable {
  readonly store: Store;
  readonly vendors: StubVendors;
  readonly #temporal: TestTemporal;
  readonly #contacts: ContactService;
  readonly #env: Record<string, string>;
  readonly #folder: string;
  readonly #resources: AsyncDisposableStack;
  readonly #told = { scheduled: [] as string[], cancelled: [] as string[] };
  readonly #workers: WorkerProcess[] = [];
  readonly #known: string[] = [];
  readonly #asked = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  private constructor(parts: {
    store: Store;
    vendors: StubVendors;
    temporal: TestTemporal;
    databaseUrl: string;
    folder: string;
    resources: AsyncDisposableStack;
  }) {
    const { store, vendors, temporal, databaseUrl, folder, resources } = parts;
    this.store = store;
    this.vendors = vendors;
    this.#temporal = temporal;
    this.#contacts = createContactService(temporal.client);
    this.#folder = folder;
    this.#resources = resources;
    this.#env = {
      ...vendors.env,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
      REVEILLE_DATA_DIR: folder,
      REVEILLE_CACHE_DIR: cacheDir(),
      REVEILLE_PORT: '0',
      REVEILLE_QUIET_HOURS: 'none',
      REVEILLE_PROMOTION_CAP: '1000/1d',
    };
  }

  /** @param postgresUrl a server on which it makes a database of its own */
  static async open(postgresUrl: string): Promise<FaultWorld> {
    await using opened = new AsyncDisposableStack();
    const folder = temporaryFolder();
    opened.defer(() => folder.remove());
    const database = await createDatabase(postgresUrl);
    opened.defer(() => database.stop());
    const temporal = await devServer();
    opened.defer(() => temporal.stop());
    const vendors = opened.use(await startVendors(folder.path));
    const store = await openStore({ databaseUrl: database.url, dataDir: folder.path });
    opened.defer(() => store.close());
    const parts = { store, vendors, temporal, databaseUrl: database.url, folder: folder.path };
    return new FaultWorld({ ...parts, resources: opened.move() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
    // A call that is still being tried would meet a closed connection, and fail whichever test runs by then.
    this.#closing.abort();
    await Promise.allSettled(this.#asked);
    await this.#resources.disposeAsync();
  }

  /** A worker process, which dies at `fault`. `script` stands in for `reveille worker`. */
  worker(options: { fault?: Fault; script?: string; env?: Record<string, string> } = {}): WorkerProcess {
    const { fault, script, env } = options;
    const worker = WorkerProcess.start({
      env: { ...this.#env, ...env, ...(fault && { FAULT: `${fault.point}:${fault.nth}` }) },
      cwd: this.#folder,
      ...(script !== undefined && { script }),
    });
    this.#workers.push(worker);
    return worker;
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
  async hold(id: string): Promise<void> {
    await this.#ofSend(id, (send) => this.#temporal.client.workflowService.pauseActivity(send));
  }

  async release(id: string): Promise<void> {
    await this.#ofSend(id, (send) => this.#temporal.client.workflowService.unpauseActivity(send));
  }

  /** What a service does beside its workers: gives up lost attempts, and wakes contacts that nobody would come back to. */
  async reconcile(): Promise<void> {
    const temporal = temporalView(this.#temporal.client);
    const reconciling = { store: this.store, temporal, contacts: this.#contacts, logger: quietLogger(), now: Date.now };
    await forgottenContacts(reconciling).reconcile();
  }

  /** Waits until every follow-up is over or in review, and no workflow is at work. */
  async settled(withinMs = 120_000): Promise<void> {
    await eventually('every follow-up over, or in review', () => this.#isSettled(), {
      withinMs,
      describe: async () => `${JSON.stringify(await this.observe(), null, 1)}\n${this.#workers.at(-1)?.log ?? ''}`,
    });
  }

  /** All that there is to see. */
  async observe(): Promise<Observed> {
    const [effects, followUps, workflows] = await Promise.all([
      everything((page) => this.store.effects.list(WORKSPACE, page)),
      everything((page) => this.store.followUps.list(WORKSPACE, page)),
      Promise.all(this.#known.map(async (id) => ({ contactId: contactOf(id), status: await this.#status(id) }))),
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

  async #status(id: string): Promise<string> {
    const { contact } = workflowIds;
    try {
      const handle = this.#temporal.client.workflow.getHandle(contact(WORKSPACE, contactOf(id)));
      return (await handle.describe()).status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'NONE';
      throw error;
    }
  }

  async #ofSend(
    id: string,
    act: (send: {
      namespace: string;
      execution: { workflowId: string };
      id: string;
      identity: string;
    }) => Promise<unknown>,
  ): Promise<void> {
    const workflowId = workflowIds.contact(WORKSPACE, contactOf(id));
    const { raw } = await this.#temporal.client.workflow.getHandle(workflowId).describe();
    for (const { activityId } of raw.pendingActivities ?? []) {
      if (!activityId) continue;
      await act({ namespace: this.#temporal.namespace, execution: { workflowId }, id: activityId, identity: 'tester' });
    }
  }

  /** As a caller does who was told that the service is away for the moment: again, and the same. */
  #ask<Name extends keyof ContactUpdates>(id: string, name: Name, message: unknown): Promise<ContactUpdates[Name][1]> {
    const { connection } = this.#temporal.client;
    const { signal } = this.#closing;
    const contact = { workspace: WORKSPACE, contactId: contactOf(id) };
    const updateId = randomUUID();
    const once = () =>
      connection.withAbortSignal(signal, () => this.#contacts.update(contact, name, message, updateId));
    const untilAnswered = async (): Promise<ContactUpdates[Name][1]> => {
      for (;;) {
        try {
          return await once();
        } catch (error) {
          const told = temporalError(error);
          const again = told instanceof ReveilleError && told.code === 'unavailable';
          if (!again || signal.aborted) throw told;
          await delay(500);
        }
      }
    };
    const asked = untilAnswered();
    this.#asked.add(asked);
    return asked.finally(() => this.#asked.delete(asked));
  }
}

export const contactOf = (followUpId: string): string => `C-${followUpId}`;

async function everything<Row>(
  page: (options: { limit: number; cursor?: string }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { items, nextCursor }: Page<Row> = await page({ limit: 500, ...(cursor && { cursor }) });
    rows.push(...items);
    cursor = nextCursor;
  }
  return rows;
}
