import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Schedule, scheduleEntry } from '../../../domain/contracts/schedules.ts';
import { invalidInput } from '../../../domain/errors.ts';
import { parse } from '../../../domain/parse.ts';
import { openCli, withRunningService, withService } from '../context.ts';
import { everySchedule } from './list.ts';
import { plural } from '../scan-output.ts';

/** What a file for `apply` holds. */
const schedulesFile = z.strictObject({ schedules: z.array(scheduleEntry) });

/** `schedules apply|export` */
export function scheduleFileCommands(schedules: Command): void {
  schedules
    .command('apply')
    .description('make the schedules what a file says; others stay, unless --prune')
    .requiredOption('-f, --file <file>', 'YAML or JSON, as `schedules export` prints it; - reads stdin')
    .option('--dry-run', 'only print the difference')
    .option('--prune', 'delete schedules that the file does not name')
    .addHelpText('after', '\nExample:\n  reveille schedules apply -f reveille.yaml --dry-run')
    .action(async (flags: { file: string; dryRun?: true; prune?: true }, command: Command) => {
      const cli = openCli(command);
      const given = await readSchedules(flags.file);
      const done = await withRunningService(cli, (operations) =>
        cli.during('Applying', () =>
          operations.applySchedules(cli.caller, {
            schedules: given,
            prune: flags.prune === true,
            dryRun: flags.dryRun === true,
          }),
        ),
      );
      const lines = [
        ...done.created.map((name) => `+ ${name}`),
        ...done.updated.flatMap(({ name, changes }) => [`~ ${name}`, ...changes.map((change) => `    ${change}`)]),
        ...done.deleted.map((name) => `- ${name}`),
      ];
      const counts = `${done.created.length} created, ${done.updated.length} updated, ${done.deleted.length} deleted`;
      const unchanged = `${plural(done.unchanged.length, 'schedule')} unchanged`;
      const word = flags.dryRun ? 'Nothing was changed; it would be' : 'Done';
      cli.print([...lines, `${word}: ${counts}, ${unchanged}`].join('\n'), done);
    });

  schedules
    .command('export')
    .description('print every schedule of the workspace as a file for `schedules apply`')
    .addHelpText('after', '\nExample:\n  reveille schedules export > schedules.yaml')
    .action(async (_flags: object, command: Command) => {
      const cli = openCli(command);
      const all = await withService(cli, (operations) => everySchedule(cli, operations, {}));
      const file = { schedules: all.filter(({ managed }) => managed).map(entryOf) };
      const { stringify } = await import('yaml');
      cli.print(stringify(file).trimEnd(), file);
    });
}

/** A schedule as the file names it: what follows from the rest is left out. */
function entryOf(schedule: Schedule): object {
  const { name, workflowType, cron, every, anchor, timezone, description, timing, input, policies } = schedule;
  const when = cron === null ? { every, ...(anchor === null ? {} : { anchor }), timezone } : { cron, timezone };
  return { name, workflowType, ...when, ...(description === timing ? {} : { description }), input, policies };
}

/** @throws ReveilleError `invalid_input` naming each wrong field of the file */
async function readSchedules(file: string) {
  const content = await (file === '-' ? readAll(process.stdin) : readFile(file, 'utf8')).catch(() => {
    throw invalidInput([{ path: '--file', message: `${file} cannot be read` }]);
  });
  const { parseDocument } = await import('yaml');
  const document = parseDocument(content);
  const [error] = document.errors;
  if (error) throw invalidInput([{ path: '--file', message: error.message.split('\n')[0] ?? 'is not YAML' }]);
  const value: unknown = document.toJS();
  parse(schedulesFile, value, file);
  // As it was written: the operation itself turns durations into milliseconds.
  return (value as { schedules: z.input<typeof scheduleEntry>[] }).schedules;
}
