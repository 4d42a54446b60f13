import type { Command } from 'commander';
import { slug } from '../../domain/contracts/names.ts';
import { instant } from '../../domain/contracts/time-values.ts';
import { formatSlots, noCalendars } from './calendars-output.ts';
import { openCli, parseOption, whole, withService } from './context.ts';

interface SpanFlags {
  calendar?: string;
  days: number;
}

const spanFlags = (command: Command): Command =>
  command
    .option('--days <n>', 'so many days; today counts, on the clock of the calendar', whole(1, 366), 7)
    .option('--calendar <id>', 'this calendar only (default: all)', (id: string) =>
      parseOption(slug, id, '--calendar'),
    );

/** `slots list|message` */
export function slotCommands(program: Command): void {
  const slots = program
    .command('slots')
    .description('times at which a meeting can be had')
    .addHelpText('after', '\nExample:\n  reveille slots list --days 3');
  listCommand(slots);
  messageCommand(slots);
}

function listCommand(slots: Command): void {
  spanFlags(slots.command('list').description('free slots of the coming days, soonest first'))
    .option('--from <instant>', 'not from now but from then on, such as 2030-01-31T09:00:00+05:30')
    .option('--all', 'those that cannot be had as well')
    .addHelpText('after', '\nExample:\n  reveille slots list --days 3 --calendar sales')
    .action(async ({ from, ...flags }: SpanFlags & { from?: string; all?: true }, command: Command) => {
      const cli = openCli(command);
      const asked = { ...flags, ...(from !== undefined && { from: parseOption(instant, from, '--from') }) };
      const [calendars, found] = await withService(cli, async (operations) => [
        (await operations.listCalendars(cli.caller, {})).items,
        (await operations.listSlots(cli.caller, asked)).items,
      ]);
      if (cli.json && calendars.length === 0) cli.note(noCalendars());
      cli.print(calendars.length === 0 ? noCalendars() : formatSlots(found, calendars), found);
    });
}

function messageCommand(slots: Command): void {
  spanFlags(
    slots
      .command('message')
      .description('free slots in a text for a person, in their zone and language; it alone is printed'),
  )
    .option('--max <n>', 'most slots to name', whole(1, 20), 5)
    .option('--timezone <zone>', "the reader's IANA zone, such as Asia/Kolkata (default: the calendar's)")
    .option('--language <code>', 'en, hi, ta, te or bn', 'en')
    .addHelpText('after', '\nExample:\n  reveille slots message --max 5 --timezone Asia/Kolkata --language hi')
    .action(async (flags: SpanFlags & { max: number; timezone?: string; language: string }, command: Command) => {
      const cli = openCli(command);
      const [calendars, composed] = await withService(cli, async (operations) => [
        (await operations.listCalendars(cli.caller, {})).items,
        await operations.slotsMessage(cli.caller, flags),
      ]);
      // On stderr: the message alone is what a script sends on.
      if (calendars.length === 0) cli.note(noCalendars());
      cli.print(composed.message, composed);
    });
}
