import { type Command, Option } from 'commander';
import { SCHEDULED_TYPES, type ScheduledType } from '../../../domain/contracts/names.ts';
import { CATCH_UPS, OVERLAPS, type Policies } from '../../../domain/contracts/schedules.ts';
import { invalidInput } from '../../../domain/errors.ts';
import type { Operations } from '../../api/routes.ts';
import { openCli, whole, withRunningService } from '../context.ts';
import { formatSchedule } from './output.ts';

interface SettingFlags {
  type?: ScheduledType;
  cron?: string;
  timezone?: string;
  every?: string;
  anchor?: string;
  input?: string;
  description?: string;
  overlap?: Policies['overlap'];
  catchUp?: Policies['catchUp'];
  catchUpWindow?: string;
  jitter?: string;
  timeout?: string;
  pauseAfterFailures?: number | typeof NONE;
}

type Create = Parameters<Operations['createSchedule']>[1];
type Update = Parameters<Operations['updateSchedule']>[1];

/** `schedules create|update|delete|trigger|skip|unskip|backfill` */
export function scheduleChangeCommands(schedules: Command): void {
  settingFlags(schedules.command('create <name>').description('make a schedule, by cron or by interval'))
    .requiredOption('--type <type>', `what it runs: ${SCHEDULED_TYPES.join(', ')}`)
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        "  reveille schedules create nightly --type customerScan --cron '0 2 * * *' --timezone America/New_York",
        '  reveille schedules create often --type customerScan --every 5m --input \'{"dryRun":true}\'',
      ].join('\n'),
    )
    .action(async (name: string, flags: SettingFlags, command: Command) => {
      const cli = openCli(command);
      const settings = { ...settingsOf(flags), name } as Create;
      const schedule = await withRunningService(cli, (operations) => operations.createSchedule(cli.caller, settings));
      cli.print(`Created\n${formatSchedule(schedule)}`, schedule);
    });

  settingFlags(schedules.command('update <name>').description('change what is given; the rest stays'))
    .option('--type <type>', 'what it runs')
    .addHelpText(
      'after',
      "\nExample:\n  reveille schedules update nightly --cron '30 2 * * *' --jitter 5m --timeout none",
    )
    .action(async (name: string, flags: SettingFlags, command: Command) => {
      const cli = openCli(command);
      const changes = settingsOf(flags);
      if (Object.keys(changes).length === 0) {
        throw invalidInput([{ path: '', message: 'give at least one option; --help lists them' }], 'Nothing to change');
      }
      const schedule = await withRunningService(cli, (operations) =>
        operations.updateSchedule(cli.caller, { ...changes, name } as Update),
      );
      cli.print(`Version ${schedule.version}\n${formatSchedule(schedule)}`, schedule);
    });

  schedules
    .command('delete <name>')
    .description('delete it; runs that it has started go on, and its ledger stays')
    .addHelpText('after', '\nExample:\n  reveille schedules delete nightly')
    .action(async (name: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const schedule = await withRunningService(cli, (operations) => operations.deleteSchedule(cli.caller, { name }));
      cli.print(`Deleted ${schedule.scheduleId}`, schedule);
    });

  schedules
    .command('trigger <name>')
    .description('run it now, paused or not')
    .addHelpText('after', '\nExample:\n  reveille schedules trigger nightly')
    .action(async (name: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const run = await withRunningService(cli, (operations) => operations.triggerSchedule(cli.caller, { name }));
      const words = run.paused ? `${name} is paused, and was run all the same` : `${name} runs`;
      cli.print(`${words}: workflow ${run.workflowId}, run ${run.runId}`, run);
    });

  occurrenceCommand(schedules, 'skip', 'call one coming occurrence off', 'skipOccurrence');
  occurrenceCommand(schedules, 'unskip', 'call it on again', 'unskipOccurrence');

  schedules
    .command('backfill <name>')
    .description('run every fire of a past span, one after the other, whatever has run')
    .requiredOption('--from <instant>', 'from this instant on')
    .requiredOption('--to <instant>', 'before this instant')
    .addHelpText(
      'after',
      '\nExample:\n  reveille schedules backfill nightly --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z',
    )
    .action(async (name: string, span: { from: string; to: string }, command: Command) => {
      const cli = openCli(command);
      const { from, to } = span;
      const done = await withRunningService(cli, (operations) =>
        operations.backfillSchedule(cli.caller, { name, from, to }),
      );
      const words = `${done.fires.length} ${done.fires.length === 1 ? 'run' : 'runs'}, one after the other`;
      cli.print(`${words}; to watch: npx reveille schedules runs ${name} --follow`, done);
    });
}

function occurrenceCommand(
  schedules: Command,
  word: 'skip' | 'unskip',
  description: string,
  operation: 'skipOccurrence' | 'unskipOccurrence',
): void {
  schedules
    .command(`${word} <name>`)
    .description(description)
    .requiredOption('--at <instant>', 'the instant at which it would fire; `schedules show` lists the next ones')
    .addHelpText('after', `\nExample:\n  reveille schedules ${word} nightly --at 2026-12-24T02:00:00-05:00`)
    .action(async (name: string, { at }: { at: string }, command: Command) => {
      const cli = openCli(command);
      const schedule = await withRunningService(cli, (operations) => operations[operation](cli.caller, { name, at }));
      cli.print(formatSchedule(schedule), schedule);
    });
}

/** Takes a limit away. */
const NONE = 'none';
const orNull = <Value>(value: Value | typeof NONE): Value | null => (value === NONE ? null : value);

function settingFlags(command: Command): Command {
  const failures = whole(1, 1_000);
  return command
    .option('--cron <expression>', 'five fields, or @daily and the like')
    .option('--timezone <zone>', 'IANA zone of the cron expression (default: UTC)')
    .option('--every <duration>', 'instead of --cron: 90s, 5m, 2h, 3d')
    .option('--anchor <instant>', 'with --every: an instant at which it fires')
    .option('--input <json>', 'input of the workflow, a JSON object')
    .option('--description <text>', 'what it is for')
    .addOption(new Option('--overlap <policy>', 'when the run before is still going (default: skip)').choices(OVERLAPS))
    .addOption(new Option('--catch-up <policy>', 'after an outage (default: latest)').choices(CATCH_UPS))
    .option('--catch-up-window <duration>', 'how long ago a missed run may be made up for (default: 1h)')
    .option('--jitter <duration>', 'start at random within this time, or none')
    .option('--timeout <duration>', 'cancel a run that takes longer, or none')
    .option('--pause-after-failures <n>', 'pause after so many failures in a row, or none', (text) =>
      text === NONE ? NONE : failures(text),
    );
}

/** The flags as the operations take them; only what was given. */
function settingsOf(flags: SettingFlags): object {
  const { type, cron, timezone, every, anchor, description } = flags;
  const { overlap, catchUp, catchUpWindow } = flags;
  const [jitter, timeout] = [orNull(flags.jitter), orNull(flags.timeout)];
  const pauseAfterFailures = orNull(flags.pauseAfterFailures);
  const policies = given({ overlap, catchUp, catchUpWindow, jitter, timeout, pauseAfterFailures });
  return given({
    workflowType: type,
    ...{ cron, timezone, every, anchor },
    description: description === '' ? null : description,
    input: flags.input === undefined ? undefined : parseJson(flags.input),
    policies: Object.keys(policies).length === 0 ? undefined : policies,
  });
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidInput([{ path: '--input', message: 'must be JSON, such as {"riskThreshold":0.7}' }]);
  }
}
