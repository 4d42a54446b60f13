import type { Command } from 'commander';
import { duration, instant } from '../../../domain/contracts/time-values.ts';
import type { Fire, Timing } from '../../../domain/cron/index.ts';
import { invalidInput } from '../../../domain/errors.ts';
import { openCli, parseOption, whole } from '../context.ts';

interface PreviewFlags {
  cron?: string;
  timezone?: string;
  every?: string;
  anchor?: string;
  from?: string;
  to?: string;
  count?: number;
}

/** Whoever wants more has not looked at these. */
const MOST_FIRES = 10_000;
const DEFAULT_COUNT = 10;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `schedules preview`: when a timing would fire. Needs neither service nor store. */
export function previewCommand(schedules: Command): void {
  schedules
    .command('preview')
    .description('when a schedule would fire, changes of clocks and all')
    .option('--cron <expression>', 'five fields, or @daily and the like')
    .option('--timezone <zone>', 'IANA zone of the cron expression and of local times (default: UTC)')
    .option('--every <duration>', 'instead of --cron: 90s, 5m, 2h, 3d')
    .option('--anchor <instant>', 'with --every: an instant at which it fires')
    .option('--from <instant>', 'from this instant on (default: now)')
    .option('--to <instant>', 'before this instant')
    .option('--count <n>', `at most so many (default: ${DEFAULT_COUNT}, or all until --to)`, whole(1, MOST_FIRES))
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        "  reveille schedules preview --cron '0 2 * * *' --timezone America/New_York",
        '  reveille schedules preview --every 6h --from 2027-03-14T00:00:00Z --to 2027-03-15T00:00:00Z',
      ].join('\n'),
    )
    .action(preview);
}

async function preview(flags: PreviewFlags, command: Command): Promise<void> {
  const cli = openCli(command);
  const { describeTiming, fires, parseTiming } = await import('../../../domain/cron/index.ts');
  const { cron, timezone, anchor } = flags;
  const now = Date.now();
  const every = flags.every === undefined ? undefined : parseOption(duration, flags.every, '--every');
  const timing = parseTiming(
    {
      ...(cron !== undefined && { cron }),
      ...(every !== undefined && { every }),
      ...(anchor !== undefined && { anchor }),
      ...(timezone !== undefined && { timezone }),
    },
    { minIntervalMs: cli.configuration.minIntervalMs, now },
  );
  const { from, to } = spanOf(flags, now);
  const found = take(fires(timing, from, to), flags.count ?? (to === undefined ? DEFAULT_COUNT : null));
  cli.print(formatFires(timing, describeTiming(timing), found), found);
}

function spanOf({ from, to }: PreviewFlags, now: number): { from: string; to?: string } {
  const start = from === undefined ? new Date(now).toISOString() : parseOption(instant, from, '--from');
  if (to === undefined) return { from: start };
  const end = parseOption(instant, to, '--to');
  if (end < start) throw invalidInput([{ path: '--to', message: `is before ${start}, from which it starts` }]);
  return { from: start, to: end };
}

/** The first `count`, or all when null. @throws ReveilleError `invalid_input` when there are too many to show */
function take(fires: Iterator<Fire>, count: number | null): Fire[] {
  const found: Fire[] = [];
  for (let next = fires.next(); !next.done; next = fires.next()) {
    if (found.length === MOST_FIRES) {
      const message = `there are more than ${MOST_FIRES} fires until then: choose an earlier instant, or give --count`;
      throw invalidInput([{ path: '--to', message }]);
    }
    found.push(next.value);
    if (found.length === count) break;
  }
  return found;
}

function formatFires(timing: Timing, words: string, found: readonly Fire[]): string {
  const exact = 'cron' in timing ? `${timing.cron} in ${timing.timezone}` : timing.timezone;
  const title = `${words} (${exact})`;
  if (found.length === 0) return `${title}\n\nNo fires in this time`;
  const rows = found.map(({ at, local, note }) => [formatLocal(local), `${at.slice(0, 19)}Z`, note ?? '']);
  return [title, '', ...columns([['Local time', 'UTC', ''], ...rows])].join('\n');
}

/** `Sun 2027-03-14 03:00:00 -04:00` */
function formatLocal(local: string): string {
  const [date = '', time = ''] = local.split('T');
  const weekday = WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()];
  return `${weekday} ${date} ${time.slice(0, 8)} ${time.slice(8)}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
