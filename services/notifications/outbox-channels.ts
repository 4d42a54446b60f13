import type { Channel, OutboxMessage } from '../../domain/contracts/interventions.ts';
import {
  type Channels,
  type DeliveryChannel,
  DeliveryError,
  type OutgoingMessage,
} from '../../domain/ports/channels.ts';
import type { OutboxStore } from '../../domain/ports/store.ts';
import type { Configuration } from '../configuration.ts';
import type { Dialler } from '../dialler.ts';
import type { Logger } from '../logging.ts';
import { createChannels } from './channels.ts';
import { keyDigest } from './outcomes.ts';
import type { KeepMessage } from './own-channels.ts';

type OutboxKind = OutboxMessage['kind'];

/** What a message is of that is kept since its channel is not configured. */
export type StandInKind = OutboxKind & ('follow_up' | 'intervention' | 'booking');

export interface OpenedChannels {
  /** Those that are configured, and those that end in the store. */
  channels: Channels;
  /** Takes the place of a channel that is not configured. */
  standIn(name: Channel, kind: StandInKind): DeliveryChannel;
}

interface ChannelParts {
  store: { outbox: Pick<OutboxStore, 'put'> };
  logger: Pick<Logger, 'info'>;
  dialler: Dialler;
}

/** All ways that messages can take, as the configuration has it. The dialler stays the caller's. */
export function openChannels(
  { channels }: Pick<Configuration, 'channels'>,
  { store: { outbox }, logger, dialler }: ChannelParts,
): OpenedChannels {
  return {
    channels: createChannels(channels, {
      dialler,
      logger,
      keepInApp: keeper(outbox, 'in_app', 'in_app', 'Kept for the person to see in the application'),
      keepCall: keeper(outbox, 'call', 'phone', 'A call for somebody to make'),
    }),
    standIn: (name, kind) => createOutboxChannel(name, outbox, kind),
  };
}

/** Keeps messages of a channel that is not configured in the outbox, and says so in the result. */
export function createOutboxChannel(
  name: Channel,
  outbox: Pick<OutboxStore, 'put'>,
  kind: StandInKind,
): DeliveryChannel {
  const keep = keeper(outbox, kind, name, 'No channel is configured to send it');
  return {
    name,
    repeatable: true,
    addressOf: (contact) => contact[ADDRESS_FIELDS[name]],
    async send(message, signal) {
      if (signal.aborted) throw new DeliveryError('later', 'The sending was stopped');
      try {
        const { id } = await keep(message, signal);
        return { result: { id, outbox: true } };
      } catch {
        // Keyed, so that a row whose answer was lost is found again.
        throw new DeliveryError('later', 'The message could not be put in the outbox: the store did not take it');
      }
    },
  };
}

/** Where each channel would reach a contact. */
const ADDRESS_FIELDS = {
  email: 'email',
  telegram: 'telegram',
  phone: 'phone',
  sms: 'phone',
  whatsapp: 'phone',
  in_app: 'contactId',
} as const satisfies Record<Channel, string>;

/** Puts messages in the outbox, one row for each key. */
function keeper(outbox: Pick<OutboxStore, 'put'>, kind: OutboxKind, channel: Channel, reason: string): KeepMessage {
  return async (message) => {
    const row: OutboxMessage = {
      messageId: keyDigest(message),
      kind,
      ...ofIntervention(message),
      contactId: message.contactId,
      channel,
      to: message.to.address,
      subject: message.subject,
      body: message.body,
      reason,
      createdAt: new Date().toISOString(),
    };
    await outbox.put(message.workspace, row);
    return { id: row.messageId };
  };
}

/** The intervention whose message it is, which its key names; the contact is then a customer. */
function ofIntervention({ key, contactId }: OutgoingMessage): Pick<OutboxMessage, 'interventionId' | 'customerId'> {
  const interventionId = /^intervention\/([\w-]{1,64})\/message$/.exec(key)?.[1] ?? null;
  return { interventionId, customerId: interventionId === null ? null : contactId };
}
