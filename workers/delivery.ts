import type { DeliveryDependencies } from '../activities/dependencies.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Configuration } from '../services/configuration.ts';
import type { Dialler } from '../services/dialler.ts';
import { createLinks } from '../services/links.ts';
import type { Logger } from '../services/logging.ts';
import { openChannels } from '../services/notifications/outbox-channels.ts';

/** How messages reach people, as the configuration has it. */
export function deliveryDependencies(
  configuration: Pick<Configuration, 'channels' | 'allowPrivateHosts' | 'links' | 'sendPolicy' | 'timezone'>,
  parts: { store: Store; logger: Logger; dialler: Dialler },
): DeliveryDependencies {
  const { links, sendPolicy, timezone, channels } = configuration;
  return {
    ...openChannels(configuration, parts),
    policy: sendPolicy,
    timezone,
    unsubscribeUrl: links && createLinks(links).unsubscribeUrl,
    ownAddresses: channels.smtp ? [channels.smtp.from.address] : [],
  };
}
