import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { RUN_CAUSES, RUN_STATES, type Run, type RunCause, type RunState } from '../../../domain/contracts/runs.ts';
import type { Operations } from '../../api/routes.ts';
import { type Cli, openCli, withRunningService, withService } from '../context.ts';
import { type ListFlags, listFlags, more } from '../listing.ts';
import { untilTold } from '../until-told.ts';
import { formatRun } from './output.ts';

interface RunFlags extends ListFlags {
  state?: RunState;
  cause?: RunCause;
  from?: string;
  to?: string;
  follow?: true;
}

const FOLLOW_MS = 1_000;

/** `schedules runs` */
export function scheduleRunsCommand(schedules: Command): void {
  listFlags(schedules.command('runs [name]').description('the run ledger: what was planned, and what became of it'))
    .addOption(new Option('--state <state>', 'only these').choices(RUN_STATES))
    .addOption(new Option('--cause <cause>', 'only these').choices(RUN_CAUSES))
    .option('--from <instant>', 'planned from this instant on')
    .option('--to <instant>', 'planned before this instant')
    .option('--follow', 'go on printing each change until Ctrl-C (with --json a line each)')
    .addHelpText(
      'after',
      '\nExamples:\n  reveille schedules runs nightly --state missed\n  reveille schedules runs nightly --follow',
    )
    .action(async (name: string | undefined, flags: RunFlags, command: Command) => {
      const cli = openCli(command);
      const { follow, limit, cursor, ...filter } = flags;
      const asked = { ...filter, limit, ...(cursor && { cursor }), ...(name && { schedule: name }) };
      if (follow) {
        await withRunningService(cli, (operations) => followRuns(cli, operations, asked));
        return;
      }
      const page = await withService(cli, async (operations) => {
        const found = await operations.listRuns(cli.caller, asked);
        // A name that is none is told as such, and not as an empty list; a deleted schedule still has its runs.
        if (name && found.items.length === 0) await operations.getSchedule(cli.caller, { name });
        return found;
      });
      const lines = page.items.map((run) => formatLine(run, name));
      cli.print([...lines, ...more(page.nextCursor)].join('\n') || 'No runs yet', page.items);
    });
}

const formatLine = (run: Run, name: string | undefined): string =>
  name ? formatRun(run) : `${run.scheduleId}  ${formatRun(run)}`;

/** Prints what there is, oldest first, and then each run that is new or has changed. */
async function followRuns(
  cli: Cli,
  operations: Operations,
  asked: Parameters<Operations['listRuns']>[1],
): Promise<void> {
  const told = untilTold();
  const printed = new Map<string, string>();
  while (!told.aborted) {
    const { items } = await operations.listRuns(cli.caller, asked);
    for (const run of items.toReversed()) {
      const key = `${run.scheduleId} ${run.plannedAt} ${run.cause} ${run.runId ?? ''}`;
      const line = cli.json ? JSON.stringify(run) : formatLine(run, asked.schedule);
      if (printed.get(key) === line) continue;
      printed.set(key, line);
      process.stdout.write(`${line}\n`);
    }
    await sleep(FOLLOW_MS, undefined, { signal: told }).catch(() => undefined);
  }
}
