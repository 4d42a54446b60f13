import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CUSTOMER_SCAN_SCHEDULE } from '../../domain/contracts/names.ts';
import { generateCustomers } from '../../domain/customers/generator.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { readCustomerFiles } from '../../services/customer-files/read.ts';
import { writeCustomerFiles } from '../../services/customer-files/write.ts';
import { runningService } from '../service.ts';
import { type Cli, openCli } from './context.ts';
import { formatScan, seconds } from './scan-output.ts';
import { finishedScan, putScanSchedule } from './scan.ts';

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
  const dataDir = join(outer.configuration.dataDir, '.reveille', 'demo');
  const cli: Cli = {
    ...outer,
    configuration: { ...outer.configuration, dataDir, databaseUrl: null },
  };
  if (await runningService(dataDir)) throw new ReveilleError('conflict', `A demo is running in ${dataDir} already`);
  await rm(dataDir, { recursive: true, force: true });

  const workbook = join(dataDir, 'customers.xlsx');
  cli.say(`1. Sample: ${SAMPLE.count} customers, made up, in ${workbook}`);
  await writeCustomerFiles(workbook, generateCustomers({ ...SAMPLE, asOf: Date.now() }));
  cli.say('2. Temporal server, store and worker');
  const { startStack } = await import('./stack.ts');
  const stack = await startStack({
    configuration: cli.configuration,
    logger: cli.logger,
    report: (line) => cli.say(`   ${line}`),
  });
  try {
    cli.say('3. Import');
    const { operations, caller } = { operations: stack.operations, caller: cli.caller };
    await operations.importCustomers(caller, { ...(await readCustomerFiles(workbook)), merge: false });
    cli.say(`4. Schedule "${CUSTOMER_SCAN_SCHEDULE}": every 5 minutes, and once now`);
    await putScanSchedule(cli, operations, EVERY_MS, {});
    const { scanId } = await operations.triggerSchedule(caller, { name: CUSTOMER_SCAN_SCHEDULE });
    const scan = await finishedScan(cli, operations, scanId);
    cli.say('');
    cli.print(formatScan(scan, Date.now()), scan);
    cli.say('');
    cli.say(`Done ${seconds(performance.now() - begun)} after the start. What was there to look at, until now:`);
    for (const [name, address] of stack.addresses) cli.say(`   ${name.padEnd(16)} ${address}`);
    cli.say('All is stopped. To keep a service up, and to use your own customers: npm start');
  } finally {
    await stack.stop();
  }
}
