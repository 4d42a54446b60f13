import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { CUSTOMER_SCAN_SCHEDULE } from '../../domain/contracts/names.ts';
import { acquireLock } from '../../services/lock-file.ts';
import { sweepProcesses } from '../../services/temporal/server/processes.ts';
import { type Cli, openCli } from './context.ts';
import { formatScan, seconds } from './scan-output.ts';
import { finishedScan, putScanSchedule, scanNow } from './scan.ts';
import type { Stack } from './stack.ts';
import { unlessStopped, withStack } from './with-stack.ts';

const SAMPLE = { count: 1_000, seed: 7 };
const EVERY_MS = 300_000;

/** `demo`: the main job on sample customers, in a folder of its own, leaving nothing running. */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('the main job on sample customers: everything started, one scan shown, everything stopped')
    .addHelpText('after', '\nExample:\n  reveille demo')
    .action(async (_flags: object, command: Command) => demo(openCli(command)));
}

async function demo(outer: Cli): Promise<void> {
  const begun = performance.now();
  const { configuration, caller, say } = outer;
  const shared = configuration.temporal.address !== null;
  const dataDir = join(configuration.dataDir, '.reveille', 'demo');
  // What others have on a shared server is in other workspaces.
  const workspace = shared ? `demo-${randomUUID().slice(0, 8)}` : configuration.workspace;
  const cli: Cli = {
    ...outer,
    configuration: { ...configuration, dataDir, databaseUrl: null, workspace },
    caller: { ...caller, workspace },
  };
  const guest = shared ? (await import('./demo-guest.ts')).demoGuest(cli.configuration, workspace) : null;
  await guest?.refuseToDisturb();
  await emptyFolder(dataDir);
  const { generateCustomers, writeCustomerFiles } = await import('./customer-files.ts');
  const workbook = join(dataDir, 'customers.xlsx');
  say(`1. Sample: ${SAMPLE.count} customers, made up, in ${workbook}`);
  await writeCustomerFiles(workbook, generateCustomers({ ...SAMPLE, asOf: Date.now() }));
  say('2. Temporal server, store and worker');
  const report = (line: string): void => say(`   ${line}`);
  try {
    const options = { configuration: cli.configuration, logger: cli.logger, report, maintenance: !shared };
    await withStack(options, (stack, stopped) => unlessStopped(showScan(cli, stack, workbook), stopped));
  } finally {
    await guest?.leaveNothing();
  }
  say(`Done in ${seconds(performance.now() - begun)}; all is stopped again.`);
  if (!shared) {
    const folder = relative(process.cwd(), dataDir);
    say(`To look around in what it made: REVEILLE_DATA_DIR=${folder} npm start, and open its Temporal Web UI`);
  }
  say('To keep a service up for your own customers: npm start');
}

async function showScan(cli: Cli, { operations, addresses }: Stack, workbook: string): Promise<void> {
  const { caller, say } = cli;
  for (const [name, address] of addresses) say(`   ${name.padEnd(16)} ${address}`);
  say('3. Import');
  const { readCustomerFiles } = await import('./customer-files.ts');
  await operations.importCustomers(caller, { ...(await readCustomerFiles(workbook)), merge: false });
  say(`4. Schedule "${CUSTOMER_SCAN_SCHEDULE}": every 5 minutes, and once now`);
  await putScanSchedule(cli, operations, EVERY_MS, {});
  const scanId = await scanNow(cli, operations);
  const scan = await cli.during('   Scanning', () => finishedScan(cli, operations, scanId));
  say('');
  cli.print(formatScan(scan, Date.now()), scan);
  say('');
}

/**
 * Removes what an earlier demo has left, its server too if it was killed.
 * @throws ReveilleError `conflict` while another demo runs there
 */
async function emptyFolder(dataDir: string): Promise<void> {
  const home = join(dataDir, '.reveille');
  await mkdir(home, { recursive: true });
  const lock = await acquireLock(join(home, 'service.lock'), `The demo in ${dataDir}`);
  try {
    await sweepProcesses(join(home, 'processes'));
    const old = [...(await contents(dataDir, '.reveille')), ...(await contents(home, 'service.lock'))];
    await Promise.all(old.map((path) => rm(path, { recursive: true, force: true })));
  } finally {
    await lock.release();
  }
}

async function contents(folder: string, except: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== except).map((name) => join(folder, name));
}
