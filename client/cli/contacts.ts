import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { PURPOSES, type Purpose } from '../../domain/contracts/contacts.ts';
import { type Channel, channel } from '../../domain/contracts/interventions.ts';
import type { Operations } from '../api/routes.ts';
import { formatConsent, formatContact } from './contacts-output.ts';
import { openCli, withRunningService, withService } from './context.ts';
import { plural } from './scan-output.ts';

type Details = Omit<Parameters<Operations['putContact']>[1], 'id'>;

/** `contacts create|show|replied|opt-out|opt-in` */
export function contactCommands(program: Command): void {
  const contacts = program
    .command('contacts')
    .description('people who may be written to: how to reach them, what they want, what they answered')
    .addHelpText('after', '\nExample:\n  reveille contacts show C100042');
  createCommand(contacts);

  contacts
    .command('show <contactId>')
    .description('one contact, with the last messages and the follow-ups to come')
    .addHelpText('after', '\nExample:\n  reveille contacts show C100042')
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const contact = await withService(cli, (operations) => operations.getContact(cli.caller, { id }));
      cli.print(formatContact(contact), contact);
    });

  repliedCommand(contacts);
  optCommand(contacts, 'opt-out', 'write to them no more: by one channel or all, for one purpose or all', 'optOut');
  optCommand(contacts, 'opt-in', 'take opt-outs of this channel and purpose back; all where neither is named', 'optIn');
}

function createCommand(contacts: Command): void {
  contacts
    .command('create <contactId>')
    .description('note details of a contact, new or not; what is not given stays as it is')
    .option('--name <name>', 'how they are called')
    .option('--email <address>', 'where mail goes')
    .option('--phone <number>', 'with country code, such as +919812345678')
    .option('--telegram <chat>', 'chat id or @name')
    .option('--timezone <zone>', 'IANA zone, such as Asia/Kolkata, for their quiet hours')
    .option('--language <code>', 'such as en or hi')
    .option('--marketing', 'they agreed to promotion')
    .option('--no-marketing', 'they did not')
    .addHelpText(
      'after',
      '\nExample:\n  reveille contacts create C1 --name "Asha Rao" --email asha@example.com --timezone Asia/Kolkata --marketing',
    )
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const { name, email, phone, telegram, timezone, language, marketing } = command.opts<Details>();
      const details = { name, email, phone, telegram, timezone, language, marketing };
      const given = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as Details;
      const contact = await withService(cli, (operations) => operations.putContact(cli.caller, { ...given, id }));
      cli.print(`Saved\n${formatContact(contact)}`, contact);
    });
}

function repliedCommand(contacts: Command): void {
  contacts
    .command('replied <contactId>')
    .description('note that they wrote: their follow-ups to come are cancelled at once; a service must be running')
    .addOption(new Option('--channel <channel>', 'how they wrote').choices(channel.options).default('email'))
    .option('--message-id <id>', 'of their message: the same one twice counts once')
    .addHelpText('after', '\nExample:\n  reveille contacts replied C100042 --channel telegram')
    .action(async (id: string, flags: { channel: Channel; messageId?: string }, command: Command) => {
      const cli = openCli(command);
      const reply = { id, channel: flags.channel, messageId: flags.messageId ?? `by-hand-${randomUUID()}` };
      const noted = await withRunningService(cli, (operations) => operations.recordReply(cli.caller, reply));
      const words =
        noted.ignored === null
          ? `Noted: ${id} replied; ${plural(noted.cancelled, 'follow-up')} cancelled`
          : `Not counted as a reply of ${id}: ${noted.ignored}`;
      cli.print(words, noted);
    });
}

function optCommand(contacts: Command, name: string, description: string, operation: 'optOut' | 'optIn'): void {
  contacts
    .command(`${name} <contactId>`)
    .description(`${description}; a service must be running`)
    .addOption(new Option('--channel <channel>', 'this one only (default: all)').choices(channel.options))
    .addOption(new Option('--purpose <purpose>', 'this one only (default: all)').choices(PURPOSES))
    .addHelpText('after', `\nExample:\n  reveille contacts ${name} C100042 --channel email --purpose promotion`)
    .action(async (id: string, flags: { channel?: Channel; purpose?: Purpose }, command: Command) => {
      const cli = openCli(command);
      const which = {
        ...(flags.channel && { channel: flags.channel }),
        ...(flags.purpose && { purpose: flags.purpose }),
      };
      const outcome = await withRunningService(cli, (operations) =>
        operations[operation](cli.caller, { id, ...which }),
      );
      cli.print(`${id}: ${formatConsent(outcome)}`, outcome);
    });
}
