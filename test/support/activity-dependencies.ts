import type { ActivityDependencies } from '../../activities/index.ts';
import { bookingDependencies } from '../../workers/booking.ts';
import { deliveryDependencies } from '../../workers/delivery.ts';
import type { Store } from '../../domain/ports/store.ts';
import { DEFAULT_SEND_POLICY } from '../../domain/contacts/policy.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { createDialler } from '../../services/dialler.ts';
import { createMemoryFiles } from '../../services/memory-files.ts';
import { quietLogger } from './service.ts';

/** Activities' dependencies without Temporal, a model or configured channels, on the caller's store and folder. */
export function activityDependencies(store: Store, dataDir: string): ActivityDependencies {
  const configuration = {
    ...readConfiguration({ REVEILLE_DATA_DIR: dataDir }, dataDir),
    sendPolicy: { ...DEFAULT_SEND_POLICY, quietHours: null },
  };
  const refuse = async (): Promise<never> => {
    throw new Error('There is no Temporal here');
  };
  return {
    store,
    model: null,
    memory: createMemoryFiles(dataDir),
    workflows: { isOpen: async () => true, nextRun: async () => null, pauseSchedule: async () => {} },
    contacts: { update: refuse, wake: refuse },
    upkeep: { renew: async () => ({ checked: 0, renewed: 0 }) },
    delivery: deliveryDependencies(configuration, { store, logger: quietLogger(), dialler: createDialler() }),
    booking: bookingDependencies(configuration, { store, dialler: createDialler() }),
    failpoint: () => {},
    escalationOwner: 'operations',
    runRetentionMs: 90 * 86_400_000,
  };
}
