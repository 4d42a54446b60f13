import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Intervention } from '../../domain/contracts/interventions.ts';
import { invalidInput } from '../../domain/errors.ts';
import { number, openCli, withService } from './context.ts';
import { percent, utc } from './scan-output.ts';

interface ListFlags {
  limit: number;
  cursor?: string;
}

/** `approvals list|show|approve|reject|edit` */
export function approvalCommands(program: Command): void {
  const approvals = program.command('approvals').description('messages that wait for a person');

  listFlags(approvals.command('list').description('what waits, newest first'))
    .addHelpText('after', '\nExample:\n  reveille approvals list')
    .action(async (flags: ListFlags, command: Command) => {
      const cli = openCli(command);
      const page = await withService(cli, (operations) => operations.listApprovals(cli.caller, flags));
      const lines = page.items.map(
        (item) =>
          `${item.interventionId}  ${item.customerId}  ${item.priority}  until ${utc(item.deadline ?? '')}  ${item.stateReason}`,
      );
      cli.print([...lines, ...more(page.nextCursor)].join('\n') || 'Nothing waits for approval', page.items);
    });

  approvals
    .command('show <interventionId>')
    .description('the whole message, why it needs a person, and until when')
    .addHelpText('after', '\nExample:\n  reveille approvals show 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f')
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, (operations) => operations.getApproval(cli.caller, { id }));
      cli.print(formatMessage(item), item);
    });

  approvals
    .command('approve <interventionId>')
    .description('let the message go, just as it is worded now')
    .option(
      '--text-hash <hash>',
      'only if the text still has this hash (default: the text of this moment, which is shown)',
    )
    .option('--note <text>', 'a note for the record')
    .addHelpText('after', '\nExample:\n  reveille approvals approve 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --note "fine"')
    .action(async (id: string, flags: { textHash?: string; note?: string }, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, async (operations) => {
        const textHash = flags.textHash ?? (await operations.getApproval(cli.caller, { id })).textHash ?? '';
        return operations.approve(cli.caller, { id, textHash, ...(flags.note && { note: flags.note }) });
      });
      cli.print(`${formatMessage(item)}\n\nApproved.`, item);
    });

  approvals
    .command('reject <interventionId>')
    .description('do not send it')
    .requiredOption('--note <text>', 'why')
    .addHelpText(
      'after',
      '\nExample:\n  reveille approvals reject 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --note "called them"',
    )
    .action(async (id: string, { note }: { note: string }, command: Command) => {
      const cli = openCli(command);
      const item = await withService(cli, (operations) => operations.reject(cli.caller, { id, note }));
      cli.print(`Rejected: ${id} will not be sent`, item);
    });

  approvals
    .command('edit <interventionId>')
    .description('change the text; it is checked again and goes on waiting')
    .option('--subject <text>', 'new subject')
    .option('--body <text>', 'new text')
    .option('--body-file <file>', 'file with the new text')
    .addHelpText(
      'after',
      '\nExample:\n  reveille approvals edit 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f --body-file message.txt',
    )
    .action(edit);
}

async function edit(
  id: string,
  flags: { subject?: string; body?: string; bodyFile?: string },
  command: Command,
): Promise<void> {
  const cli = openCli(command);
  if ((flags.body === undefined) === (flags.bodyFile === undefined)) {
    throw invalidInput([{ path: '--body', message: 'give the new text with --body or --body-file, one of them' }]);
  }
  const body = flags.body ?? (await readText(flags.bodyFile ?? ''));
  const item = await withService(cli, (operations) =>
    operations.edit(cli.caller, { id, body, ...(flags.subject && { subject: flags.subject }) }),
  );
  cli.print(`${formatMessage(item)}\n\nChanged; it waits for approval as before.`, item);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw invalidInput([{ path: '--body-file', message: `cannot be read: ${file}` }]);
  }
}

/** `escalations list|show|assign|resolve` and `outbox` */
export function escalationCommands(program: Command): void {
  const escalations = program
    .command('escalations')
    .description('approvals that nobody answered in half of their time');

  listFlags(escalations.command('list').description('newest first'))
    .option('--state <state>', 'open or resolved')
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

  listFlags(program.command('outbox').description('messages that no configured channel could send, newest first'))
    .addHelpText('after', '\nExample:\n  reveille outbox --limit 5')
    .action(async (flags: ListFlags, command: Command) => {
      const cli = openCli(command);
      const page = await withService(cli, (operations) => operations.listOutbox(cli.caller, flags));
      const items = page.items.map(
        (item) =>
          `${utc(item.createdAt)}  ${item.channel} to ${item.to ?? 'nobody'}  (${item.reason})\n  ${item.subject ?? ''}\n${indent(item.body)}\n`,
      );
      cli.print([...items, ...more(page.nextCursor)].join('\n') || 'The outbox is empty', page.items);
    });
}

const listFlags = (command: Command): Command =>
  command
    .option('--limit <n>', 'how many, at most 500', number, 50)
    .option('--cursor <cursor>', 'where the page before ended');

const more = (cursor: string | null): string[] => (cursor === null ? [] : [`More with: --cursor ${cursor}`]);

const indent = (text: string): string => text.replace(/^/gm, '  ');

function formatMessage(item: Intervention): string {
  return [
    `${item.customerId} ${item.name} (${[item.segment, item.loyaltyTier].filter(Boolean).join(', ')})`,
    `Health ${percent(item.health)}, churn risk ${percent(item.churnRisk)} (${item.riskLevel}); ${item.issue ?? ''}`,
    `State: ${item.state}${item.deadline ? `, until ${utc(item.deadline)}` : ''}. ${item.stateReason ?? ''}`,
    `Action: ${item.action}, discount ${item.discountPercent ?? 0} %, by ${item.channels.join(', ')}`,
    '',
    `Subject: ${item.subject ?? ''}`,
    indent(item.body ?? ''),
    '',
    `Text hash: ${item.textHash ?? ''}`,
  ].join('\n');
}
