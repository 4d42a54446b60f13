import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { contactDetails } from '../../domain/contracts/contacts.ts';
import { invalidInput, ReveilleError } from '../../domain/errors.ts';
import { type Delivered, DeliveryError, type OutgoingMessage } from '../../domain/ports/channels.ts';
import { createDialler } from '../../services/dialler.ts';
import { createChannels } from '../../services/notifications/channels.ts';
import { NEEDED_VARIABLES } from '../../services/notifications/settings.ts';
import { type Cli, openCli, parseOption } from './context.ts';

type TestedChannel = keyof typeof NEEDED_VARIABLES;
const TESTED = Object.keys(NEEDED_VARIABLES) as TestedChannel[];

const { email, phone, telegram } = contactDetails.shape;
const phoneNumber = phone.unwrap().unwrap();
/** What `--to` must be. */
const ADDRESSES: Record<TestedChannel, z.ZodType<string>> = {
  ...{ email: email.unwrap().unwrap(), telegram: telegram.unwrap().unwrap() },
  ...{ sms: phoneNumber, whatsapp: phoneNumber, phone: phoneNumber },
  webhook: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }),
};

/** `notifications test`: without a service, by the configuration alone. */
export function notificationCommands(program: Command): void {
  const notifications = program
    .command('notifications')
    .description('the ways that messages leave by')
    .addHelpText('after', '\nExample:\n  reveille notifications test --channel email --to you@example.com');

  notifications
    .command('test')
    .description('send one test message through a configured channel, and say what was answered')
    .addOption(new Option('--channel <name>', 'the channel').choices(TESTED).makeOptionMandatory())
    .requiredOption('--to <address>', 'a mail address, a number such as +919812345678, a chat id or @name, or a URL')
    .addHelpText('after', '\nExample:\n  reveille notifications test --channel email --to you@example.com')
    .action(async (flags: { channel: TestedChannel; to: string }, command: Command) => {
      const cli = openCli(command);
      const { channel } = flags;
      const to = parseOption(ADDRESSES[channel], flags.to, '--to');
      const { result } = await send(cli, channel, to);
      const answer = Object.entries(result).map(([name, value]) => `${name} ${value}`);
      cli.print([`Sent to ${to} by ${channel}`, ...answer].join('\n  '), { channel, to, result });
    });
}

/** @throws ReveilleError `invalid_input` when the channel is not configured, another when the message did not go */
async function send(cli: Cli, name: TestedChannel, to: string): Promise<Delivered> {
  const { configuration, logger } = cli;
  await using dialler = createDialler({ allowPrivateHosts: configuration.allowPrivateHosts });
  const channel = createChannels(configuration.channels, { dialler, logger }).get(name);
  if (!channel) {
    const message = `must be set for ${name}; see docs/channels.md`;
    throw invalidInput(
      NEEDED_VARIABLES[name].map((path) => ({ path, message })),
      'The channel is not configured',
    );
  }
  try {
    return await channel.send(testMessage(cli, name, to), new AbortController().signal);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const became = { refused: 'Not sent', later: 'Not sent', unknown: 'Perhaps sent' }[error.outcome];
    throw new ReveilleError(error.outcome === 'refused' ? 'conflict' : 'unavailable', `${became}: ${error.message}`);
  }
}

function testMessage({ caller }: Cli, channel: TestedChannel, address: string): OutgoingMessage {
  const text = 'This is a test message of Reveille. If you can read it, this channel works.';
  return {
    workspace: caller.workspace,
    key: `notifications-test/${randomUUID()}`,
    contactId: null,
    to: { name: null, address },
    subject: 'Test message',
    body: channel === 'webhook' ? JSON.stringify({ type: 'test', data: { text } }) : text,
    language: 'en',
    purpose: 'service',
  };
}
