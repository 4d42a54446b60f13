import type { FollowUp, ScheduleFollowUpMessage } from '../../domain/contracts/follow-ups.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { dueInstant } from '../../domain/follow-ups/due.ts';
import { followUpOf } from '../../domain/follow-ups/follow-up.ts';
import { checkFollowUp } from '../../domain/follow-ups/messages.ts';
import { whyStuck } from '../../domain/follow-ups/stuck.ts';
import type { FollowUpRow } from '../../domain/ports/contact-store.ts';
import type { Caller, OperationHandlers } from '../api/routes.ts';
import { scheduleInBulk } from './bulk-follow-ups.ts';
import { type OperationDependencies, contactsOf, found } from './dependencies.ts';
import { LONG_IN_PROCESSING_MS, tooLate } from './too-late.ts';

type Reading = 'listFollowUps' | 'listContactFollowUps' | 'getFollowUp' | 'diagnoseFollowUps';
type Changing =
  'scheduleFollowUp' | 'scheduleFollowUps' | 'rescheduleFollowUp' | 'cancelFollowUp' | 'cancelContactFollowUps';

/** Follow-ups: read from the store, changed through the workflow of their contact. */
export function followUpOperations(dependencies: OperationDependencies): Pick<OperationHandlers, Reading | Changing> {
  return { ...reading(dependencies), ...changing(dependencies) };
}

const MOST_STUCK = 500;

function reading({ store }: OperationDependencies): Pick<OperationHandlers, Reading> {
  const list = async (workspace: string, filter: Parameters<typeof store.followUps.list>[1]) => {
    const { items, nextCursor } = await store.followUps.list(workspace, filter);
    return { items: items.map(followUpOf), nextCursor };
  };
  return {
    listFollowUps: ({ workspace }, filter) => list(workspace, filter),

    async listContactFollowUps({ workspace }, { id, ...filter }) {
      found(await store.contacts.get(workspace, id), 'contact', id);
      return list(workspace, { ...filter, contactId: id });
    },

    getFollowUp: async ({ workspace }, { id }) =>
      followUpOf(found(await store.followUps.get(workspace, id), 'follow-up', id)),

    async diagnoseFollowUps({ workspace }) {
      const now = Date.now();
      const before = new Date(now - LONG_IN_PROCESSING_MS).toISOString();
      const stale = await store.followUps.stale(workspace, before, MOST_STUCK);
      const items = stale.map(({ followUp, effect }) => ({
        ...whyStuck(followUp, effect, new Date(now).toISOString()),
        ...{ type: followUp.type, scheduledFor: followUp.scheduledFor, effect },
      }));
      return { items, nextCursor: null };
    },
  };
}

function changing(dependencies: OperationDependencies): Pick<OperationHandlers, Changing> {
  const { store } = dependencies;
  const get = async (workspace: string, id: string): Promise<FollowUpRow> =>
    found(await store.followUps.get(workspace, id), 'follow-up', id);

  return {
    scheduleFollowUp: (caller, { id, ...given }) => schedule(dependencies, caller, id, given),
    scheduleFollowUps: (caller, { items }) => scheduleInBulk(dependencies, caller, items),

    async rescheduleFollowUp({ workspace, actor }, { id, scheduledFor: when }) {
      const row = await get(workspace, id);
      const now = Date.now();
      const askedAt = new Date(now).toISOString();
      const scheduledFor = dueInstant(when, askedAt);
      if (row.state !== 'pending') throw tooLate(row, 'moved', now);
      const message = { followUpId: id, scheduledFor, actor, askedAt };
      return contactsOf(dependencies).update(contactOf(workspace, row), 'rescheduleFollowUp', message);
    },

    async cancelFollowUp({ workspace, actor }, { id, reason }) {
      const row = await get(workspace, id);
      // Whoever asks again is told that it holds.
      if (row.state === 'cancelled') return followUpOf(row);
      if (row.state === 'pending' || row.state === 'processing') {
        const message = { followUpId: id, reason, actor };
        const after = await contactsOf(dependencies).update(contactOf(workspace, row), 'cancelFollowUp', message);
        if (after.state === 'cancelled') return after;
      }
      throw tooLate(await get(workspace, id), 'cancelled', Date.now());
    },

    async cancelContactFollowUps({ workspace, actor }, { id, reason }) {
      found(await store.contacts.get(workspace, id), 'contact', id);
      return contactsOf(dependencies).update({ workspace, contactId: id }, 'cancelFollowUps', { reason, actor });
    },
  };
}

const contactOf = (workspace: string, { contactId }: FollowUpRow) => ({ workspace, contactId });

/** Checked here as well: an update that is refused has started the contact's workflow already. */
async function schedule(
  dependencies: OperationDependencies,
  { workspace, actor, requestKey }: Caller,
  contactId: string,
  given: Omit<ScheduleFollowUpMessage, 'actor' | 'askedAt'>,
): Promise<FollowUp> {
  const { store } = dependencies;
  const contact = found(await store.contacts.get(workspace, contactId), 'contact', contactId);
  const errors = checkFollowUp(given.type, given.payload, contact);
  if (errors.length > 0) throw invalidInput(errors);
  const askedAt = new Date().toISOString();
  const scheduledFor = dueInstant(given.scheduledFor, askedAt);
  const there = given.followUpId === undefined ? null : await store.followUps.get(workspace, given.followUpId);
  if (there !== null && there.contactId !== contactId) {
    throw new ReveilleError('conflict', `Follow-up ${there.followUpId} is one of contact ${there.contactId} already`);
  }
  const message = { ...given, scheduledFor, actor, askedAt };
  return contactsOf(dependencies).update({ workspace, contactId }, 'scheduleFollowUp', message, requestKey);
}
