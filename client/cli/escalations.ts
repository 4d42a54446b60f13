import { type Command, Option } from 'commander';
import type { OutboxMessage } from '../../domain/contracts/interventions.ts';
import { openCli, withService } from './context.ts';
import { type ListFlags, indent, listFlags, more } from './listing.ts';
import { utc } from './scan-output.ts';

/** `escalations list|show|assign|resolve` and `outbox` */
export function escalationCommands(program: Command): void {
  const escalations = program
    .command('escalations')
    .description('approvals that nobody answered in half of their time')
    .addHelpText('after', '\nExample:\n  reveille escalations list');

  listFlags(escalations.command('list').description('newest first'))
    .addOption(new Option('--state <state>', 'only these').choices(['open', 'resolved']))
    .addHelpText('after', '\nExample:\n  reveille escalations list --state open')
    .action(async (flags: ListFlags & { state?: 'open' | 'resolved' }, command: Command) => {
      const cli = openCli(command);
      const page = await withService(cli, (operations) => operations.listEscalations(cli.caller, flags));
      const lines = page.items.map(
        (item) =>
          `${item.escalationId}  ${item.customerId}  ${item.state}  owner ${item.owner}  until ${utc(item.deadline)}`,
      );
      cli.print([...lines, ...more(page.nextCursor)].join('\n') || 'No escalations', page.items);
    });

  escalations
    .command('show <escalationId>')
    .description('one escalation with its history')
    .addHelpText('after', '\nExample:\n  reveille escalations show 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f')
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, (operations) => operations.getEscalation(cli.caller, { id }));
      const history = item.history.map((entry) => `  ${utc(entry.at)}  ${entry.actor}: ${entry.what}`);
      cli.print([`${item.customerId}: ${item.state}, owner ${item.owner}`, ...history].join('\n'), item);
    });

  escalations
    .command('assign <escalationId>')
    .description('give it to another owner')
    .requiredOption('--owner <name>', 'who takes it')
    .addHelpText('after', '\nExample:\n  reveille escalations assign 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --owner asha')
    .action(async (id: string, { owner }: { owner: string }, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, (operations) => operations.assignEscalation(cli.caller, { id, owner }));
      cli.print(`${id} belongs to ${owner} now`, item);
    });

  escalations
    .command('resolve <escalationId>')
    .description('close it; the approval itself is answered with `approvals`')
    .option('--note <text>', 'what was done')
    .addHelpText(
      'after',
      '\nExample:\n  reveille escalations resolve 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --note "called them"',
    )
    .action(async (id: string, { note }: { note?: string }, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, (operations) =>
        operations.resolveEscalation(cli.caller, { id, ...(note && { note }) }),
      );
      cli.print(`${id} is resolved`, item);
    });

  listFlags(
    program.command('outbox').description('messages that no configured channel sends, and calls to make, newest first'),
  )
    .addHelpText('after', '\nExample:\n  reveille outbox --limit 5')
    .action(async (flags: ListFlags, command: Command) => {
      const cli = openCli(command);
      const page = await withService(cli, (operations) => operations.listOutbox(cli.caller, flags));
      const items = page.items.map(formatOutboxMessage);
      cli.print([...items, ...more(page.nextCursor)].join('\n') || 'The outbox is empty', page.items);
    });
}

const OUTBOX_WORDS: Record<OutboxMessage['kind'], string> = {
  intervention: 'intervention',
  follow_up: 'follow-up',
  booking: 'booking',
  in_app: 'in the application',
  call: 'call to make',
  escalation: 'escalation',
};

function formatOutboxMessage(message: OutboxMessage): string {
  const { createdAt, kind, channel, to, reason, subject, body } = message;
  const who = message.contactId ?? message.customerId;
  const about = `${OUTBOX_WORDS[kind]}${who === null ? '' : ` for ${who}`}`;
  return `${utc(createdAt)}  ${about}  ${channel} to ${to ?? 'nobody'}  (${reason})\n  ${subject ?? ''}\n${indent(body)}\n`;
}
