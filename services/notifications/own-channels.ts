import {
  type ChannelName,
  type DeliveryChannel,
  DeliveryError,
  type OutgoingMessage,
} from '../../domain/ports/channels.ts';
import type { Logger } from '../logging.ts';

/**
 * Keeps a message as a row: for the person to see in the application, or as a task for somebody. Keyed by the message's
 * workspace and key: the same again changes nothing and gives the same id.
 */
export type KeepMessage = (message: OutgoingMessage, signal: AbortSignal) => Promise<{ id: string }>;

/** Channels that end in the store: messages in the application, and calls that a person is to make. */
export function createKeptChannel(name: ChannelName & ('in_app' | 'phone'), keep: KeepMessage): DeliveryChannel {
  return {
    name,
    repeatable: true,
    addressOf: ({ contactId, phone }) => (name === 'in_app' ? contactId : phone),
    async send(message, signal) {
      if (signal.aborted) throw new DeliveryError('later', 'The sending was stopped');
      try {
        const { id } = await keep(message, signal);
        return { result: { id } };
      } catch {
        // Keyed, so that a row whose answer was lost is found again.
        throw new DeliveryError('later', 'The message could not be kept: the store did not take it');
      }
    },
  };
}

/** A line in the log for each message: that there is one and for whom, not what it says. */
export function createLogChannel(logger: Pick<Logger, 'info'>): DeliveryChannel {
  return {
    name: 'log',
    repeatable: true,
    addressOf: ({ contactId }) => contactId,
    async send(message, signal) {
      if (signal.aborted) throw new DeliveryError('later', 'The sending was stopped');
      const { workspace, key, contactId, purpose } = message;
      logger.info({ workspace, effectKey: key, contactId, purpose }, 'Message');
      return { result: {} };
    },
  };
}
