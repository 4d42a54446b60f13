import type { Channel } from '../contracts/interventions.ts';
import type { SendFacts } from './policy.ts';

/**
 * The channels of a message in the order to ask the policy with, each once: first those by which it can go and reach the
 * contact, then the rest, both as they were wanted. `in_app`, which reaches everybody who comes by, never gets ahead of a
 * channel that was wanted more and has an address: a letter that lies in the outbox is still meant to be sent.
 * @param isConfigured whether something takes messages for this channel
 */
export function wantedChannels(
  wanted: readonly Channel[],
  isConfigured: (channel: Channel) => boolean,
  addresses: SendFacts['addresses'],
): Channel[] {
  const once = [...new Set(wanted)];
  const reaches = (channel: Channel): boolean => Boolean(addresses[channel]);
  const wantedMore = once.slice(0, Math.max(once.indexOf('in_app'), 0));
  const mayInApp = wantedMore.every((channel) => !reaches(channel) || isConfigured(channel));
  const goes = (channel: Channel): boolean =>
    reaches(channel) && isConfigured(channel) && (channel !== 'in_app' || mayInApp);
  return [...once.filter(goes), ...once.filter((channel) => !goes(channel))];
}
