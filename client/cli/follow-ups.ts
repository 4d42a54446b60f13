import { type Command, Option } from 'commander';
import { FOLLOW_UP_STATES, type FollowUpState } from '../../domain/contracts/follow-ups.ts';
import { invalidInput } from '../../domain/errors.ts';
import { openCli, withRunningService, withService } from './context.ts';
import { followUpCreateCommand, timeFlags, whenOf } from './follow-ups-create.ts';
import { formatFollowUp, formatFollowUpLine, formatStuck } from './follow-ups-output.ts';
import { type ListFlags, listFlags, more } from './listing.ts';
import { plural, utc } from './scan-output.ts';

/** `follow-ups create|list|show|reschedule|cancel|doctor` */
export function followUpCommands(program: Command): void {
  const followUps = program
    .command('follow-ups')
    .description('messages to contacts that are to be sent at a later time')
    .addHelpText('after', '\nExample:\n  reveille follow-ups list --state pending');
  followUpCreateCommand(followUps);
  readingCommands(followUps);
  changingCommands(followUps);
}

function readingCommands(followUps: Command): void {
  listFlags(followUps.command('list').description('newest first'))
    .option('--contact <contactId>', 'only those of this contact')
    .addOption(new Option('--state <state>', 'only these').choices(FOLLOW_UP_STATES))
    .addHelpText('after', '\nExample:\n  reveille follow-ups list --contact C100042 --state pending')
    .action(async (flags: ListFlags & { contact?: string; state?: FollowUpState }, command: Command) => {
      const cli = openCli(command);
      const { contact, ...rest } = flags;
      const filter = { ...rest, ...(contact !== undefined && { contactId: contact }) };
      const page = await withService(cli, (operations) => operations.listFollowUps(cli.caller, filter));
      const lines = page.items.map(formatFollowUpLine);
      cli.print([...lines, ...more(page.nextCursor)].join('\n') || 'No follow-ups', page.items);
    });

  followUps
    .command('show <followUpId>')
    .description('one follow-up, with what it says and what became of it')
    .addHelpText('after', '\nExample:\n  reveille follow-ups show 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f')
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, (operations) => operations.getFollowUp(cli.caller, { id }));
      cli.print(formatFollowUp(item), item);
    });

  followUps
    .command('doctor')
    .description('those that have been in processing for over two minutes, why, and what to do; exit code 1 if any')
    .addHelpText('after', '\nExample:\n  reveille follow-ups doctor')
    .action(async (_flags: object, command: Command) => {
      const cli = openCli(command);
      const { items } = await withService(cli, (operations) => operations.diagnoseFollowUps(cli.caller, {}));
      cli.print(items.map(formatStuck).join('\n') || 'None has been in processing for over two minutes', items);
      if (items.length > 0) process.exitCode = 1;
    });
}

function changingCommands(followUps: Command): void {
  timeFlags(
    followUps
      .command('reschedule <followUpId>')
      .description('move one that is still to come; a service must be running'),
  )
    .addHelpText('after', '\nExample:\n  reveille follow-ups reschedule 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --in 1d')
    .action(async (id: string, flags: { in?: string; at?: string }, command: Command) => {
      const cli = openCli(command);
      const scheduledFor = whenOf(flags);
      const item = await withRunningService(cli, (operations) =>
        operations.rescheduleFollowUp(cli.caller, { id, scheduledFor }),
      );
      cli.print(`${id} is due at ${utc(item.scheduledFor)} now`, item);
    });

  followUps
    .command('cancel [followUpId]')
    .description('cancel one, or all to come of a contact; a service must be running')
    .option('--contact <contactId>', 'all of this contact that are to come')
    .requiredOption('--reason <text>', 'why, for whoever looks')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  reveille follow-ups cancel 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --reason "they called"',
        '  reveille follow-ups cancel --contact C100042 --reason "moved away"',
      ].join('\n'),
    )
    .action(cancel);
}

async function cancel(
  id: string | undefined,
  { contact, reason }: { contact?: string; reason: string },
  command: Command,
): Promise<void> {
  const cli = openCli(command);
  if (id !== undefined && contact === undefined) {
    const item = await withRunningService(cli, (operations) => operations.cancelFollowUp(cli.caller, { id, reason }));
    cli.print(`Cancelled: ${id} will not be sent\n${formatFollowUp(item)}`, item);
  } else if (contact !== undefined && id === undefined) {
    const which = { id: contact, reason };
    const done = await withRunningService(cli, (operations) => operations.cancelContactFollowUps(cli.caller, which));
    cli.print(`Cancelled ${plural(done.cancelled, 'follow-up')} of ${contact}`, done);
  } else {
    throw invalidInput([{ path: 'followUpId', message: 'give a follow-up or --contact, one of them' }]);
  }
}
