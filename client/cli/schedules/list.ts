import { type Command, Option } from 'commander';
import { SCHEDULED_TYPES, type ScheduledType } from '../../../domain/contracts/names.ts';
import type { Schedule } from '../../../domain/contracts/schedules.ts';
import type { Operations } from '../../api/routes.ts';
import { type Cli, openCli, whole, withService } from '../context.ts';
import { utc } from '../scan-output.ts';
import { formatSchedule, formatScheduleLine } from './output.ts';

interface ListFlags {
  state?: Schedule['state'];
  type?: ScheduledType;
  limit?: number;
}

/** As many as one request may ask for. */
const PAGE = 500;

/** `schedules list|show` */
export function scheduleListCommands(schedules: Command): void {
  schedules
    .command('list')
    .description('every schedule of the workspace, newest first')
    .addOption(new Option('--state <state>', 'only these').choices(['active', 'paused']))
    .addOption(new Option('--type <type>', 'only those that run this').choices(SCHEDULED_TYPES))
    .option('--limit <n>', 'at most so many (default: all)', whole(1))
    .addHelpText('after', '\nExample:\n  reveille schedules list --state paused')
    .action(async (flags: ListFlags, command: Command) => {
      const cli = openCli(command);
      const items = await withService(cli, (operations) => everySchedule(cli, operations, flags));
      cli.print(items.map(formatScheduleLine).join('\n') || 'No schedules', items);
    });

  schedules
    .command('show <name>')
    .description('one schedule: when and what it runs, its policies, its next and last run')
    .option('--versions', 'what it was before as well')
    .addHelpText('after', '\nExample:\n  reveille schedules show nightly --versions')
    .action(async (name: string, { versions }: { versions?: true }, command: Command) => {
      const cli = openCli(command);
      await withService(cli, async (operations) => {
        const schedule = await operations.getSchedule(cli.caller, { name });
        const { items } = versions ? await operations.listScheduleVersions(cli.caller, { name }) : { items: [] };
        const before = items.map(
          (item) =>
            `  ${item.version}  since ${utc(item.since)} by ${item.by}: ${item.workflowType}, ${item.cron ?? `every ${item.every}`}, ${item.timezone}`,
        );
        const text = [formatSchedule(schedule), ...(versions ? ['Versions', ...before] : [])].join('\n');
        cli.print(text, versions ? { ...schedule, versions: items } : schedule);
      });
    });
}

/** All schedules, or the first `limit`, however many requests that takes. */
export async function everySchedule(
  cli: Cli,
  operations: Operations,
  { state, type, limit = Number.MAX_SAFE_INTEGER }: ListFlags,
): Promise<Schedule[]> {
  const items: Schedule[] = [];
  for (let cursor: string | null | undefined; cursor !== null && items.length < limit;) {
    const page: Awaited<ReturnType<Operations['listSchedules']>> = await operations.listSchedules(cli.caller, {
      limit: Math.min(PAGE, limit - items.length),
      ...(cursor && { cursor }),
      ...(state && { state }),
      ...(type && { workflowType: type }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}
