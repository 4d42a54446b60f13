import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Intervention } from '../../domain/contracts/interventions.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { openCli, withRunningService } from './context.ts';
import { type ListFlags, indent, listFlags, more } from './listing.ts';
import { formatWho, percent, utc } from './scan-output.ts';

/** `approvals list|show|approve|reject|edit` */
export function approvalCommands(program: Command): void {
  const approvals = program
    .command('approvals')
    .description('messages that wait for a person; a service must be running')
    .addHelpText('after', '\nExample:\n  reveille approvals list');

  listFlags(approvals.command('list').description('what waits, newest first'))
    .addHelpText('after', '\nExample:\n  reveille approvals list')
    .action(async (flags: ListFlags, command: Command) => {
      const cli = openCli(command);
      const page = await withRunningService(cli, (operations) => operations.listApprovals(cli.caller, flags));
      const lines = page.items.map(
        (item) =>
          `${item.interventionId}  ${item.customerId} ${item.name}  ${item.priority}  until ${utc(item.deadline ?? '')}  ${item.stateReason ?? ''}`,
      );
      cli.print([...lines, ...more(page.nextCursor)].join('\n') || 'Nothing waits for approval', page.items);
    });

  approvals
    .command('show <interventionId>')
    .description('the whole message, why it needs a person and until when, or what became of it')
    .addHelpText('after', '\nExample:\n  reveille approvals show 0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f')
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const item = await withRunningService(cli, (operations) => operations.getApproval(cli.caller, { id }));
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
      const item = await withRunningService(cli, async (operations) => {
        const textHash = flags.textHash ?? (await writtenText(operations.getApproval(cli.caller, { id })));
        return operations.approve(cli.caller, { id, textHash, ...(flags.note && { note: flags.note }) });
      });
      cli.print(
        `${formatMessage(item)}\n\nApproved. It goes when the customer may be written to; what became of it: reveille approvals show ${id}`,
        item,
      );
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
      const item = await withRunningService(cli, (operations) => operations.reject(cli.caller, { id, note }));
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
  const item = await withRunningService(cli, (operations) =>
    operations.edit(cli.caller, { id, body, ...(flags.subject && { subject: flags.subject }) }),
  );
  cli.print(`${formatMessage(item)}\n\nChanged; it waits for approval as before.`, item);
}

/** The hash of the text there is. @throws ReveilleError `conflict` while none is written */
async function writtenText(item: Promise<Intervention>): Promise<string> {
  const { textHash, state } = await item;
  if (textHash !== null) return textHash;
  throw new ReveilleError('conflict', `There is no message to approve: the intervention is ${state}`);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw invalidInput([{ path: '--body-file', message: `${file} cannot be read` }]);
  }
}

/** Only then its deadline says anything. */
const isWaiting = ({ state }: Intervention): boolean => state === 'waiting_approval';

function formatMessage(item: Intervention): string {
  return [
    formatWho(item),
    `Health ${percent(item.health)}, churn risk ${percent(item.churnRisk)} (${item.riskLevel}); ${item.issue ?? ''}`,
    `State: ${item.state}${isWaiting(item) ? `, until ${utc(item.deadline ?? '')}` : ''}. ${item.stateReason ?? ''}`,
    `Action: ${item.action}, discount ${item.discountPercent ?? 0} %, by ${item.channels.join(', ')}`,
    '',
    `Subject: ${item.subject ?? ''}`,
    indent(item.body ?? ''),
    '',
    `Text hash: ${item.textHash ?? ''}`,
  ].join('\n');
}
