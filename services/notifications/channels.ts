import type { ChannelName, Channels, DeliveryChannel } from '../../domain/ports/channels.ts';
import { allowEntryOf, allowEntryOfUrl } from '../address-rules.ts';
import type { Dialler } from '../dialler.ts';
import type { Logger } from '../logging.ts';
import { createEmailChannel } from './email.ts';
import { createGatewayChannel, createWebhookChannel } from './gateway.ts';
import { createKeptChannel, createLogChannel, type KeepMessage } from './own-channels.ts';
import type { ChannelConfiguration } from './settings.ts';
import { createTelegramChannel } from './telegram.ts';

/** For one message, from the connection to the last byte of the answer. */
const TIMEOUT_MS = 60_000;

export interface ChannelDependencies {
  /** Checked, and with what the configuration allows. */
  dialler: Dialler;
  logger: Pick<Logger, 'info'>;
  /** Where messages in the application are kept; without it there is no `in_app`. */
  keepInApp?: KeepMessage;
  /** Where calls to make are kept; without it `phone` needs a gateway. */
  keepCall?: KeepMessage;
  now?: () => number;
  timeoutMs?: number;
}

/** The channels that the configuration has all it takes for; messages for others go to the outbox. */
export function createChannels(configuration: ChannelConfiguration, dependencies: ChannelDependencies): Channels {
  const { dialler, logger, keepInApp, keepCall, now = Date.now, timeoutMs = TIMEOUT_MS } = dependencies;
  const channels: DeliveryChannel[] = [createLogChannel(logger)];
  const { smtp, telegram, gateways, webhookKeys } = configuration;
  // A host that the configuration itself names is allowed by that, for its own channel and no other.
  const reaching = (host: string) => ({ dialler: dialler.allowing([host]), now, timeoutMs });

  if (smtp) channels.push(createEmailChannel(smtp, reaching(allowEntryOf(smtp.host, smtp.port))));
  if (telegram) channels.push(createTelegramChannel(telegram, reaching(allowEntryOfUrl(telegram.apiUrl))));
  if (keepInApp) channels.push(createKeptChannel('in_app', keepInApp));
  if (keepCall && !gateways.phone) channels.push(createKeptChannel('phone', keepCall));
  for (const name of ['sms', 'whatsapp', 'phone'] as const) {
    const gateway = gateways[name];
    if (gateway) channels.push(createGatewayChannel(name, gateway, reaching(allowEntryOfUrl(gateway.url))));
  }
  if (webhookKeys.length > 0) channels.push(createWebhookChannel({ keys: webhookKeys }, { dialler, now, timeoutMs }));
  return new Map<ChannelName, DeliveryChannel>(channels.map((channel) => [channel.name, channel]));
}
