import type { Command } from 'commander';
import { invalidInput } from '../../../domain/errors.ts';
import { openCli, withRunningService } from '../context.ts';
import { plural } from '../scan-output.ts';

interface PauseFlags {
  all?: true;
  reason: string;
}

interface ResumeFlags {
  all?: true;
  pause?: string;
  reason?: string;
}

/** `schedules pause|resume` */
export function schedulePauseCommands(schedules: Command): void {
  schedules
    .command('pause [names...]')
    .description('stop schedules; runs under way go on')
    .option('--all', 'every schedule of the workspace')
    .requiredOption('--reason <text>', 'why, for whoever looks')
    .addHelpText(
      'after',
      '\nExamples:\n  reveille schedules pause nightly --reason "sale week"\n  reveille schedules pause --all --reason "database moves"',
    )
    .action(async (names: string[], { all, reason }: PauseFlags, command: Command) => {
      const cli = openCli(command);
      chooseOne(names, { '--all': all });
      const which = all ? { all } : { names };
      const done = await withRunningService(cli, (operations) =>
        operations.pauseSchedules(cli.caller, { ...which, reason }),
      );
      const resume = `To resume just these: npx reveille schedules resume --pause ${done.pauseId}`;
      const words = `Paused ${plural(done.paused.length, 'schedule')}`;
      cli.print(done.paused.length === 0 ? 'Nothing to pause: all are paused already' : `${words}. ${resume}`, done);
    });

  schedules
    .command('resume [names...]')
    .description('let schedules go on; what they missed meanwhile stays skipped')
    .option('--all', 'every schedule of the workspace that is paused')
    .option('--pause <id>', 'just those that this pause stopped')
    .option('--reason <text>', 'why')
    .addHelpText('after', '\nExamples:\n  reveille schedules resume nightly\n  reveille schedules resume --all')
    .action(async (names: string[], { all, pause, reason }: ResumeFlags, command: Command) => {
      const cli = openCli(command);
      chooseOne(names, { '--all': all, '--pause': pause });
      const which = pause === undefined ? (all ? { all } : { names }) : { pauseId: pause };
      const done = await withRunningService(cli, (operations) =>
        operations.resumeSchedules(cli.caller, { ...which, ...(reason !== undefined && { reason }) }),
      );
      const words = `Resumed ${plural(done.resumed.length, 'schedule')}: ${done.resumed.slice(0, 20).join(', ')}`;
      cli.print(done.resumed.length === 0 ? 'Nothing to resume' : words, done);
    });
}

/** Names, or one of the flags, and not both. */
function chooseOne(names: readonly string[], flags: Record<string, unknown>): void {
  const chosen = Object.values(flags).filter((value) => value !== undefined).length + (names.length > 0 ? 1 : 0);
  if (chosen === 1) return;
  const choices = ['names', ...Object.keys(flags)].join(' or ');
  throw invalidInput([{ path: 'names', message: `give ${choices}, one of them` }]);
}
