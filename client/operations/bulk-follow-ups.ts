import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { BulkFollowUp } from '../../domain/contracts/follow-ups.ts';
import { type FieldError, ReveilleError, invalidInput } from '../../domain/errors.ts';
import { dueInstant } from '../../domain/follow-ups/due.ts';
import { checkFollowUp } from '../../domain/follow-ups/messages.ts';
import { inParallel } from '../../domain/in-parallel.ts';
import type { FollowUpStore } from '../../domain/ports/contact-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Caller } from '../api/routes.ts';
import { type OperationDependencies, contactsOf, temporalOf } from './dependencies.ts';
import { temporalError } from './temporal-errors.ts';

type NewFollowUp = Parameters<FollowUpStore['schedule']>[1][number];

/** Rows of one statement: few enough that the store answers others in between. */
const AT_ONCE = 1_000;
const WAKES_AT_ONCE = 16;
/** As long as any single request to Temporal is waited for. */
const WAKE_MS = 10_000;
/** How long the answer waits for contacts to be woken; the rest is done after it. */
const ANSWER_MS = 5_000;

/**
 * Schedules follow-ups of any contacts. All are checked before the first is written down. With `caller.requestKey` the
 * same call again makes the same follow-ups.
 * @returns their ids, in the order of the items
 * @throws ReveilleError `invalid_input` naming every wrong field as `items.3.payload.message_template`
 */
export async function scheduleInBulk(
  dependencies: OperationDependencies,
  caller: Caller,
  items: readonly BulkFollowUp[],
): Promise<{ followUpIds: string[] }> {
  const { store } = dependencies;
  temporalOf(dependencies);
  const followUps = await checked(store, caller, items);
  for (let from = 0; from < followUps.length; from += AT_ONCE) {
    await store.followUps.schedule(caller.workspace, followUps.slice(from, from + AT_ONCE));
  }
  const woken = wakeAll(dependencies, caller.workspace, followUps);
  // Whatever goes wrong after the answer is for maintenance, as below.
  woken.catch(() => undefined);
  await Promise.race([woken, setTimeout(ANSWER_MS, undefined, { ref: false })]);
  return { followUpIds: followUps.map(({ followUpId }) => followUpId) };
}

async function checked(store: Store, caller: Caller, items: readonly BulkFollowUp[]): Promise<NewFollowUp[]> {
  const { workspace, actor, requestKey } = caller;
  const createdAt = new Date().toISOString();
  const ids = [...new Set(items.map(({ contactId }) => contactId))];
  const contacts = new Map((await store.contacts.getMany(workspace, ids)).map((row) => [row.contactId, row]));
  const first = new Map<string, number>();
  const errors: FieldError[] = [];
  const followUps = items.map(({ followUpId: given, contactId, type, payload, scheduledFor }, index) => {
    const wrong: FieldError[] = [];
    const contact = contacts.get(contactId);
    if (contact) wrong.push(...checkFollowUp(type, payload, contact));
    else wrong.push({ path: 'contactId', message: `is none of this workspace: ${contactId}` });
    const followUpId = given ?? (requestKey === undefined ? randomUUID() : `B-${requestKey}-${index}`);
    const earlier = first.get(followUpId);
    first.set(followUpId, earlier ?? index);
    if (earlier !== undefined) wrong.push({ path: 'followUpId', message: `is that of items.${earlier} already` });
    const due = dueOf(scheduledFor, createdAt, wrong);
    errors.push(...wrong.map(({ path, message }) => ({ path: `items.${index}.${path}`, message })));
    return { followUpId, contactId, type, payload, scheduledFor: due, actor, createdAt };
  });
  errors.push(...(await takenIds(store, workspace, items)));
  if (errors.length > 0) throw invalidInput(errors);
  return followUps;
}

function dueOf(when: BulkFollowUp['scheduledFor'], now: string, wrong: FieldError[]): string {
  try {
    return dueInstant(when, now);
  } catch (error) {
    if (!(error instanceof ReveilleError) || error.code !== 'invalid_input') throw error;
    wrong.push(...error.errors);
    return now;
  }
}

/** Ids that a follow-up of another contact has: writing it down would change nothing. */
async function takenIds(store: Store, workspace: string, items: readonly BulkFollowUp[]): Promise<FieldError[]> {
  const given = items.flatMap(({ followUpId, contactId }, index) =>
    followUpId === undefined ? [] : [{ followUpId, contactId, index }],
  );
  if (given.length === 0) return [];
  const rows = await store.followUps.getMany(
    workspace,
    given.map(({ followUpId }) => followUpId),
  );
  const contactOf = new Map(rows.map((row) => [row.followUpId, row.contactId]));
  return given.flatMap(({ followUpId, contactId, index }) => {
    const taken = contactOf.get(followUpId) ?? contactId;
    const message = `is that of a follow-up of contact ${taken}`;
    return taken === contactId ? [] : [{ path: `items.${index}.followUpId`, message }];
  });
}

/**
 * Has each contact's workflow look at the store, those with something due soonest first. The follow-ups are written down by
 * now, and contacts that nothing woke are looked for by maintenance: a server that is away makes them late, and loses none.
 */
async function wakeAll(
  dependencies: OperationDependencies,
  workspace: string,
  followUps: readonly NewFollowUp[],
): Promise<void> {
  const contacts = contactsOf(dependencies);
  const { connection } = temporalOf(dependencies).client;
  const soonest = followUps.toSorted((a, b) => (a.scheduledFor < b.scheduledFor ? -1 : 1));
  const ids = [...new Set(soonest.map(({ contactId }) => contactId))];
  await inParallel(ids, WAKES_AT_ONCE, (contactId) =>
    connection.withDeadline(Date.now() + WAKE_MS, () => contacts.wake({ workspace, contactId })),
  ).catch((error: unknown) => {
    const told = temporalError(error);
    if (!(told instanceof ReveilleError) || told.code !== 'unavailable') throw told;
  });
}
