import { ReveilleError } from '../../domain/errors.ts';
import type { DeliveryStore } from '../../domain/ports/delivery-store.ts';
import type { Connection } from './connection.ts';
import { keepDecision } from './contact-rows.ts';
import { beginDelivery } from './delivery-begin.ts';
import { findDelivery } from './delivery-facts.ts';
import { finishDelivery } from './delivery-finish.ts';
import { contactLock } from './follow-up-rows.ts';
import { statementsOn } from './statements.ts';

/** Sending, from the question whether a message may go to its end; each step holds the contact. */
export function deliveryStore(connection: Connection): DeliveryStore {
  const run = statementsOn(connection);
  return {
    begin: (workspace, delivery, at, options, decide) =>
      connection.holding(contactLock(workspace, delivery.contactId), (transaction) =>
        beginDelivery(run, transaction, { ...delivery, ...options, workspace, at }, decide),
      ),
    finish: (workspace, delivery, fence, end) => finishDelivery(connection, run, workspace, delivery, fence, end),
    ask: (workspace, delivery, at, { promotionsSince }, decide) =>
      connection.holding(contactLock(workspace, delivery.contactId), async (transaction) => {
        const { contactId } = delivery;
        const which = { ...delivery, workspace, followUpId: null, promotionsSince };
        const { facts } = await findDelivery(run, transaction, which);
        if (facts === null) throw new ReveilleError('not_found', `There is no contact ${contactId}.`);
        const decision = decide(facts);
        await keepDecision(transaction, workspace, delivery, decision, at);
        return decision;
      }),
  };
}
