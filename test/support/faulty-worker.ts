/**
 * A worker with a planted bug: its effect ledger is switched off, so that whoever asks may send, and may make a meeting.
 * Follow-ups, bookings and channels are the real ones. What checks them has to find what comes of it.
 */
import type { Begun, DeliveryStore } from '../../domain/ports/delivery-store.ts';
import type { EffectStore } from '../../domain/ports/effect-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import { runWorkerOn } from './worker-on-store.ts';

let fences = 1_000_000;

/** Asks the ledger, and then does as it likes. */
function careless(store: Store): DeliveryStore {
  return {
    ...store.deliveries,
    async begin(workspace, delivery, at, options, decide): Promise<Begun> {
      const begun = await store.deliveries.begin(workspace, delivery, at, options, decide);
      if (begun.outcome === 'go') return begun;
      const contact = await store.contacts.get(workspace, delivery.contactId);
      if (contact === null) return begun;
      const followUp = delivery.followUpId && (await store.followUps.get(workspace, delivery.followUpId));
      const { decision } = decide({ contact, followUp: followUp || null, lastReplyAt: null, promotionsAt: [] });
      fences += 1;
      return { outcome: 'go', fence: fences, attempts: 1, contact, decision };
    },
    finish: async (workspace, delivery, fence, end) =>
      (await store.deliveries.finish(workspace, delivery, fence, end)) ?? end.state,
  };
}

/** Knows nothing of any attempt before. */
function forgetful({ effects }: Store): EffectStore {
  return {
    ...effects,
    async attempt(workspace, key, at, options) {
      await effects.attempt(workspace, key, at, options);
      fences += 1;
      return { outcome: 'go', fence: fences, attempts: 1, mayBeDone: false, noted: null };
    },
    holds: () => Promise.resolve(true),
    end: async (workspace, key, fence, end) => {
      await effects.end(workspace, key, fence, end);
      return true;
    },
  };
}

await runWorkerOn((store) => ({ ...store, deliveries: careless(store), effects: forgetful(store) }));
