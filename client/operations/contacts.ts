import type { Contact } from '../../domain/contracts/contacts.ts';
import { parseZone } from '../../domain/cron/zones.ts';
import { invalidInput } from '../../domain/errors.ts';
import type { ContactOf } from '../../domain/ports/contact-service.ts';
import type { OperationHandlers } from '../api/routes.ts';
import { type OperationDependencies, contactsOf, found } from './dependencies.ts';

type ContactOperations = Pick<
  OperationHandlers,
  'putContact' | 'getContact' | 'recordReply' | 'optOut' | 'optIn' | 'requestSend'
>;

/** What a clock may be ahead of ours by. */
const TOLERANCE_MS = 60_000;

/** Contacts: read and described in the store; what they answer and want goes through their workflow. */
export function contactOperations(dependencies: OperationDependencies): ContactOperations {
  const { store, timezone = 'UTC' } = dependencies;

  /** The contact of whom the caller speaks, who must be there. */
  const known = async (workspace: string, id: string): Promise<ContactOf> => {
    found(await store.contacts.get(workspace, id), 'contact', id);
    return { workspace, contactId: id };
  };

  const show = async (workspace: string, id: string): Promise<Contact> => {
    const shown = found(await store.contacts.show(workspace, id), 'contact', id);
    return { ...shown, timezone: shown.timezone ?? timezone };
  };

  return {
    async putContact({ workspace }, { id, ...details }) {
      const now = Date.now();
      const zone = details.timezone ? { timezone: parseZone(details.timezone, now) } : {};
      await store.contacts.put(workspace, id, { ...details, ...zone }, new Date(now).toISOString());
      return show(workspace, id);
    },

    getContact: ({ workspace }, { id }) => show(workspace, id),

    async recordReply({ workspace, requestKey }, { id, ...reply }) {
      const contact = await known(workspace, id);
      if (reply.at !== undefined && Date.parse(reply.at) > Date.now() + TOLERANCE_MS) {
        throw invalidInput([{ path: 'at', message: 'must not lie in the future' }]);
      }
      return contactsOf(dependencies).update(contact, 'recordReply', reply, requestKey);
    },

    async optOut({ workspace, actor, requestKey }, { id, ...which }) {
      const contact = await known(workspace, id);
      return contactsOf(dependencies).update(contact, 'optOut', { ...which, actor }, requestKey);
    },

    async optIn({ workspace, actor, requestKey }, { id, ...which }) {
      const contact = await known(workspace, id);
      return contactsOf(dependencies).update(contact, 'optIn', { ...which, actor }, requestKey);
    },

    async requestSend({ workspace, actor, requestKey }, { id, ...message }) {
      const contact = await known(workspace, id);
      return contactsOf(dependencies).update(contact, 'requestSend', { ...message, actor }, requestKey);
    },
  };
}
