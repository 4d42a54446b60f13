import type { Channel } from '../contracts/interventions.ts';
import type { SendFacts } from './policy.ts';

/** They take messages wherever we run: what shows itself in the application, and the call that somebody is to make. */
const ALWAYS_THERE: readonly Channel[] = ['in_app', 'phone'];

/**
 * The channels of a message in the order to ask the policy with, each once: first those by which it can go and reach the
 * contact, then the rest, both as they were wanted. `in_app`, which reaches everybody who comes by, and a call never get
 * ahead of a channel that was wanted more and has an address: a letter that lies in the outbox is still meant to be sent.
 * @param isConfigured whether something takes messages for this channel
 */
export function wantedChannels(
  wanted: readonly Channel[],
  isConfigured: (channel: Channel) => boolean,
  addresses: SendFacts['addresses'],
): Channel[] {
  const once = [...new Set(wanted)];
  const reaches = (channel: Channel): boolean => Boolean(addresses[channel]);
  const staysBehind = (channel: Channel): boolean =>
    ALWAYS_THERE.includes(channel) &&
    once.slice(0, once.indexOf(channel)).some((wantedMore) => reaches(wantedMore) && !isConfigured(wantedMore));
  const goes = (channel: Channel): boolean => reaches(channel) && isConfigured(channel) && !staysBehind(channel);
  return [...once.filter(goes), ...once.filter((channel) => !goes(channel))];
}
