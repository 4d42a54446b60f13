import { randomUUID } from 'node:crypto';
import type { ContactDoing } from '../../../domain/contracts/contacts.ts';
import type { FollowUp } from '../../../domain/contracts/follow-ups.ts';
import { TASK_QUEUES, workflowIds } from '../../../domain/contracts/names.ts';
import type { ContactService, ContactUpdates } from '../../../domain/ports/contact-service.ts';
import type { ContactRow, FollowUpRow } from '../../../domain/ports/contact-store.ts';
import { createContactService } from '../../../services/temporal/contacts.ts';
import type { TestService } from '../../support/service.ts';
import { until } from './desk.ts';

/** One person of a running service, as a test talks to and of them. */
export interface ContactDesk {
  workspace: string;
  contactId: string;
  contacts: ContactService;
  update<Name extends keyof ContactUpdates>(
    name: Name,
    message: object,
    updateId?: string,
  ): Promise<ContactUpdates[Name][1]>;
  /** Schedules a follow-up whose text is its id, so long from now. */
  schedule(followUpId: string, scheduledFor: string | number, more?: object): Promise<FollowUp>;
  signal(name: string, ...args: unknown[]): Promise<void>;
  /** The signal, which opens the workflow where it does not run. */
  signalWithStart(name: string, ...args: unknown[]): Promise<void>;
  query<Result>(name: string): Promise<Result>;
  doing(): Promise<ContactDoing>;
  followUp(followUpId: string, ready?: (row: FollowUpRow) => boolean): Promise<FollowUpRow>;
  /** Bodies of what lies in the outbox for the contact, oldest first. */
  outbox(): Promise<string[]>;
  contact(): Promise<ContactRow>;
  /** Until the workflow has completed. */
  completed(): Promise<void>;
  /** The newest run of its workflow. */
  runId(): Promise<string>;
  /** How each of its runs ended. */
  runs(): Promise<string[]>;
  /** Replies that events told of, by their instants. */
  repliesTold(): Promise<string[]>;
}

/** A person with a mail address who agreed to marketing, in a workspace of their own. */
export async function openContact(
  service: TestService,
  details: object = {},
  workspace = `w-${randomUUID().slice(0, 8)}`,
): Promise<ContactDesk> {
  const { client, store } = service;
  const contactId = `C${randomUUID().slice(0, 8)}`;
  const known = { name: 'Asha Rao', email: 'asha@example.com', marketing: true, timezone: 'Asia/Kolkata', ...details };
  await store.contacts.put(workspace, contactId, known, new Date().toISOString());
  const contacts = createContactService(client);
  const handle = client.workflow.getHandle(workflowIds.contact(workspace, contactId));
  const desk: ContactDesk = {
    workspace,
    contactId,
    contacts,
    update: (name, message, updateId) =>
      contacts.update({ workspace, contactId }, name, { actor: 'tester', ...message }, updateId),
    schedule: (followUpId, scheduledFor, more = {}) =>
      desk.update('scheduleFollowUp', {
        ...{ followUpId, type: 'follow_up', scheduledFor },
        payload: { message_template: followUpId, ...more },
      }),
    signal: (name, ...args) => handle.signal(name, ...args),
    async signalWithStart(signal, ...signalArgs) {
      const [taskQueue, args] = [TASK_QUEUES.main, [{ workspace, contactId }]];
      await client.workflow.signalWithStart('contact', {
        workflowId: handle.workflowId,
        taskQueue,
        args,
        signal,
        signalArgs,
      });
    },
    query: (name) => handle.query(name),
    doing: () => handle.query<ContactDoing>('state'),
    followUp: (followUpId, ready = () => true) =>
      until(async () => {
        const row = await store.followUps.get(workspace, followUpId);
        return row && ready(row) && row;
      }),
    async outbox() {
      const { items } = await store.outbox.list(workspace, { limit: 500 });
      return items
        .filter((each) => each.contactId === contactId)
        .map(({ body }) => body)
        .toReversed();
    },
    contact: async () => (await store.contacts.get(workspace, contactId))!,
    async completed() {
      await until(async () => (await handle.describe()).status.name === 'COMPLETED');
    },
    runId: async () => (await handle.describe()).runId,
    async runs() {
      const query = `WorkflowId = '${handle.workflowId}'`;
      return (await Array.fromAsync(client.workflow.list({ query }))).map(({ status }) => status.name);
    },
    async repliesTold() {
      const told: string[] = [];
      for (let after = 0; ;) {
        const events = await store.events.after(workspace, after, 500);
        if (events.length === 0) return told;
        told.push(...events.filter(({ type }) => type === 'contact.replied').map(({ at }) => at));
        after = events.at(-1)!.seq;
      }
    },
  };
  return desk;
}
