import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { Scan } from '../../domain/contracts/scans.ts';
import { MAX_INTERVENTIONS, customerScanInput } from '../../domain/contracts/scans.ts';
import { CUSTOMER_SCAN_SCHEDULE } from '../../domain/contracts/names.ts';
import { instant } from '../../domain/contracts/time-values.ts';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { parse } from '../../domain/parse.ts';
import type { Operations } from '../api/routes.ts';
import { runningService } from '../service.ts';
import {
  type Cli,
  minutesOrDuration,
  number,
  openCli,
  parseOption,
  whole,
  withRunningService,
  words,
} from './context.ts';
import { formatScan, plural, utc } from './scan-output.ts';
import { untilTold } from './until-told.ts';
import { unlessStopped, withStack } from './with-stack.ts';

interface ScanFlags {
  mode: 'once' | 'continuous';
  interval: number;
  riskThreshold: number;
  healthThreshold: number;
  maxInterventions: number;
  minLifetimeValue: number;
  segments?: string[];
  asOf?: string;
  dryRun?: true;
  stop?: true;
}

const EVERY_MS = 300_000;
const POLL_MS = 200;
const FOLLOW_MS = 1_000;
/** More scans than can end between two looks. */
const LOOK_BACK = 100;
/** A scan writes its row within a second of a worker taking it. */
const PATIENCE_MS = 30_000;

/** `scan --mode once|continuous` */
export function scanCommand(program: Command): void {
  program
    .command('scan')
    .description('find the customers at risk and open interventions for the worst')
    .addOption(
      new Option('--mode <mode>', 'one scan now, or a schedule that is followed (with --json a line each scan)')
        .choices(['once', 'continuous'])
        .default('once'),
    )
    .addOption(
      new Option('--interval <time>', 'continuous: minutes between scans, or a duration such as 90s, 2h')
        .argParser(minutesOrDuration)
        .default(EVERY_MS, '5'),
    )
    .option('--risk-threshold <n>', 'at risk from this churn risk on, 0 to 1', number(0, 1), 0.6)
    .option('--health-threshold <n>', 'or below this health, 0 to 1', number(0, 1), 0.4)
    .option(
      '--max-interventions <n>',
      `at most so many a scan, up to ${MAX_INTERVENTIONS}`,
      whole(0, MAX_INTERVENTIONS),
      10,
    )
    .option('--min-lifetime-value <n>', 'only customers worth at least this', number(0), 0)
    .option('--segments <list>', 'only these segments, such as VIP,Loyal', words)
    .option('--as-of <instant>', 'once: the moment to score at (default: now)', (text) =>
      parseOption(instant, text, '--as-of'),
    )
    .option('--dry-run', 'say whom it would write to and why, and do nothing')
    .option('--stop', 'continuous: pause the schedule')
    .addHelpText(
      'after',
      '\nExamples:\n  reveille scan --mode once --risk-threshold 0.8\n  reveille scan --mode continuous --interval 5',
    )
    .action(async (flags: ScanFlags, command: Command) => {
      const cli = openCli(command);
      checkTogether(flags);
      const { workspace: _workspace, ...input } = parse(customerScanInput, inputOf(flags), 'scan');
      if (flags.mode === 'once') await scanOnce(cli, input);
      else await scanContinuously(cli, input, flags);
    });
}

type ScanInput = Parameters<Operations['startScan']>[1];

function inputOf(flags: ScanFlags): ScanInput {
  const { riskThreshold, healthThreshold, maxInterventions, minLifetimeValue, segments = [], dryRun, asOf } = flags;
  return {
    ...{ riskThreshold, healthThreshold, maxInterventions, minLifetimeValue, segments, dryRun: dryRun === true },
    ...(asOf !== undefined && { asOf }),
  };
}

/** Flags that would silently do nothing, or something else than meant, are refused. */
function checkTogether({ mode, stop, asOf }: ScanFlags): void {
  if (stop && mode === 'once') {
    throw invalidInput([{ path: '--stop', message: 'pauses the schedule; give it with --mode continuous' }]);
  }
  if (asOf !== undefined && mode === 'continuous') {
    throw invalidInput([{ path: '--as-of', message: 'is for one scan; a schedule scores at the time of each' }]);
  }
}

/** Runs one scan on the running service, or on one brought up for its duration. */
async function scanOnce(cli: Cli, input: ScanInput): Promise<void> {
  if (await runningService(cli.configuration.dataDir)) {
    await withRunningService(cli, (operations) => scanAndPrint(cli, operations, input));
    return;
  }
  cli.note('No service is running here: bringing one up for this scan');
  const report = (line: string): void => cli.note(`   ${line}`);
  const { configuration, logger } = cli;
  const scan = await withStack({ configuration, logger, report }, (stack, stopped) =>
    // The Web UI goes with the service, so a link to it would lead nowhere.
    unlessStopped(scanAndPrint(cli, stack.operations, input, { webUi: null }), stopped),
  );
  const waiting = scan.interventions.filter(({ state }) => state === 'waiting_approval').length;
  if (waiting > 0 && !input.dryRun) {
    const messages = `${plural(waiting, 'message')} ${waiting === 1 ? 'waits' : 'wait'} for approval`;
    cli.note(`${messages}. To answer: npm start, and in another terminal npx reveille approvals list`);
  }
}

async function scanAndPrint(
  cli: Cli,
  operations: Operations,
  input: ScanInput,
  shown: Partial<Scan> = {},
): Promise<Scan> {
  const { scanId } = await operations.startScan(cli.caller, input);
  const scan = await cli.during('Scanning', () => finishedScan(cli, operations, scanId));
  cli.print(formatScan({ ...scan, ...shown }, Date.now()), scan);
  return scan;
}

/** Waits until the scan has ended. @throws ReveilleError `unavailable` when no worker takes it */
export async function finishedScan(cli: Cli, operations: Operations, id: string): Promise<Scan> {
  const begun = Date.now();
  for (;;) {
    const scan = await operations.getScan(cli.caller, { id }).catch((error: unknown) => {
      if (error instanceof ReveilleError && error.code === 'not_found') return null;
      throw error;
    });
    if (scan !== null && scan.elapsedMs !== null) return scan;
    if (scan === null && Date.now() - begun > PATIENCE_MS) {
      throw new ReveilleError('unavailable', `No worker has begun scan ${id}; look at it with: npx reveille doctor`);
    }
    await sleep(POLL_MS);
  }
}

/** Makes the schedule what the flags say and prints each of its scans until Ctrl-C; the schedule goes on. */
async function scanContinuously(cli: Cli, input: ScanInput, flags: ScanFlags): Promise<void> {
  await withRunningService(cli, async (operations) => {
    if (flags.stop) {
      const stopped = await operations.pauseSchedule(cli.caller, {
        name: CUSTOMER_SCAN_SCHEDULE,
        reason: `Stopped by ${cli.caller.actor}`,
      });
      cli.print(`Schedule ${stopped.scheduleId} is paused`, stopped);
      return;
    }
    const told = untilTold();
    const { schedule, created } = await putScanSchedule(cli, operations, flags.interval, input);
    const next = schedule.nextRuns[0];
    cli.say(
      `Scanning every ${schedule.every}; schedule ${schedule.scheduleId}${next ? `, next scan at ${utc(next)}` : ''}`,
    );
    cli.say('Ctrl-C ends this view; the schedule goes on. To pause it: npx reveille scan --mode continuous --stop');
    const before = await operations.listScans(cli.caller, { limit: LOOK_BACK });
    if (created) await scanNow(cli, operations);
    const over = before.items.filter((scan) => scan.elapsedMs !== null).map((scan) => scan.scanId);
    await follow(cli, operations, over, told);
    cli.say('No longer watching; the schedule goes on');
  });
}

/** Creates the schedule of scans, or makes the one there is what it should be, resumed. */
export async function putScanSchedule(cli: Cli, operations: Operations, every: number, input: ScanInput) {
  const settings = { name: CUSTOMER_SCAN_SCHEDULE, workflowType: 'customerScan', every, input: { ...input } } as const;
  try {
    return { schedule: await operations.createSchedule(cli.caller, settings), created: true };
  } catch (error) {
    if (!(error instanceof ReveilleError) || error.code !== 'conflict') throw error;
  }
  const updated = await operations.updateSchedule(cli.caller, settings);
  if (updated.state === 'active') return { schedule: updated, created: false };
  const reason = `Resumed by ${cli.caller.actor}`;
  return {
    schedule: await operations.resumeSchedule(cli.caller, { name: CUSTOMER_SCAN_SCHEDULE, reason }),
    created: false,
  };
}

/** Runs the schedule of scans at once, unless it has just begun a scan by itself. @returns the scan's id */
export async function scanNow(cli: Cli, operations: Operations): Promise<string> {
  try {
    return (await operations.triggerSchedule(cli.caller, { name: CUSTOMER_SCAN_SCHEDULE })).runId;
  } catch (error) {
    if (!(error instanceof ReveilleError) || error.code !== 'conflict') throw error;
    const { items } = await operations.listRuns(cli.caller, { schedule: CUSTOMER_SCAN_SCHEDULE, limit: LOOK_BACK });
    const begun = items.find(({ runId, finishedAt }) => runId !== null && finishedAt === null)?.runId;
    if (!begun) throw error;
    return begun;
  }
}

/** Prints each scan that ends and is not among `before`, oldest first, until `told`. */
async function follow(cli: Cli, operations: Operations, before: readonly string[], told: AbortSignal): Promise<void> {
  const printed = new Set(before);
  while (!told.aborted) {
    const { items } = await operations.listScans(cli.caller, { limit: LOOK_BACK });
    for (const scan of items.toReversed()) {
      if (scan.elapsedMs === null || printed.has(scan.scanId)) continue;
      printed.add(scan.scanId);
      process.stdout.write(cli.json ? `${JSON.stringify(scan)}\n` : `${formatScan(scan, Date.now())}\n\n`);
    }
    await sleep(FOLLOW_MS, undefined, { signal: told }).catch(() => undefined);
  }
}
