/**
 * Tells Reveille that a contact wrote, from whatever hears of it first: a help desk, a chat, an inbox.
 *
 *     node client/examples/signal-reply.ts CONTACT [--workspace W]
 *
 * A signal is taken and not answered: it works while no worker is up, and tells nothing. Who wants to know what was
 * cancelled sends the update `recordReply` instead.
 */
import { onContact } from './on-contact.ts';

await onContact(async ({ client, contactId, start }) => {
  await client.workflow.signalWithStart('contact', {
    ...start,
    signal: 'clientReplied',
    // All of it may be left out. The same messageId twice is one reply.
    signalArgs: [{ channel: 'email' }],
  });
  return `Told that ${contactId} replied: what is pending is cancelled`;
});
