import { type Command, Option } from 'commander';
import { instant } from '../../domain/contracts/time-values.ts';
import { evaluate } from '../../domain/customers/evaluation.ts';
import { generateCustomers } from '../../domain/customers/generator.ts';
import { scoreAll } from '../../domain/customers/health-score.ts';
import { parse } from '../../domain/parse.ts';
import { readCustomerFiles } from '../../services/customer-files/read.ts';
import { writeCustomerFiles } from '../../services/customer-files/write.ts';
import { number, openCli, withService } from './context.ts';
import { formatEvaluation, formatScores } from './customers-output.ts';

interface FromFile {
  workbook?: string;
  asOf?: string;
}

const asOfOption = (): Option =>
  new Option('--as-of <instant>', 'the moment to score at, such as 2025-10-19T14:30:00Z (default: now)').argParser(
    (text) => parse(instant, text, '--as-of'),
  );
const workbookOption = (): Option =>
  new Option('--workbook <file>', '.xlsx workbook or folder of CSVs (default: the imported customers)');

/** `customers generate|import|score|evaluate` */
export function customerCommands(program: Command): void {
  const customers = program.command('customers').description('customers: sample data, import, score, evaluation');

  customers
    .command('generate')
    .description('write a sample workbook; the same arguments give the same rows')
    .requiredOption('--count <n>', 'how many customers', number)
    .requiredOption('--seed <n>', 'which sample', number)
    .requiredOption('--out <file>', '.xlsx file, or a folder for CSVs')
    .addOption(asOfOption())
    .addHelpText('after', '\nExample:\n  reveille customers generate --count 1000 --seed 7 --out customers.xlsx')
    .action(generate);

  customers
    .command('import <file>')
    .description('read a workbook or a folder of CSVs into the store: all of it or nothing')
    .option('--merge', "add to the workspace's customers instead of replacing them")
    .addHelpText('after', '\nExample:\n  reveille customers import customers.xlsx')
    .action(importFile);

  customers
    .command('score')
    .description("every customer's health, churn risk, level and the ten factors")
    .addOption(workbookOption())
    .addOption(asOfOption())
    .addHelpText('after', '\nExample:\n  reveille customers score --workbook customers.xlsx --json')
    .action(score);

  customers
    .command('evaluate')
    .description('how well churn risk predicts the churn labels')
    .addOption(workbookOption())
    .addOption(asOfOption())
    .option('--threshold <n>', 'risk from which a customer counts as predicted to leave', number, 0.6)
    .addHelpText('after', '\nExample:\n  reveille customers evaluate --workbook customers.xlsx')
    .action(evaluateCustomers);
}

async function generate(
  options: { count: number; seed: number; out: string; asOf?: string },
  command: Command,
): Promise<void> {
  const cli = openCli(command);
  const { count, seed, out, asOf = new Date().toISOString() } = options;
  const data = generateCustomers({ count, seed, asOf: Date.parse(asOf) });
  await writeCustomerFiles(out, data);
  const rows = Object.fromEntries(Object.entries(data).map(([sheet, list]) => [sheet, (list as unknown[]).length]));
  cli.print(`${count} customers written to ${out}`, { file: out, asOf, rows });
}

async function importFile(file: string, options: { merge?: true }, command: Command): Promise<void> {
  const cli = openCli(command);
  const data = await readCustomerFiles(file);
  const merge = options.merge === true;
  const imported = await withService(cli, (operations) => operations.importCustomers(cli.caller, { ...data, merge }));
  const how = merge ? 'merged into' : 'now those of';
  cli.print(`${data.customers.length} customers ${how} workspace ${cli.caller.workspace}`, imported);
}

async function score({ workbook, asOf }: FromFile, command: Command): Promise<void> {
  const cli = openCli(command);
  const now = asOf ?? new Date().toISOString();
  const scores =
    workbook === undefined
      ? await withService(cli, (operations) => operations.scoreCustomers(cli.caller, { asOf: now }))
      : scoreAll(await readCustomerFiles(workbook), Date.parse(now));
  cli.print(cli.json ? '' : formatScores(scores), scores);
}

async function evaluateCustomers(
  { workbook, asOf, threshold }: FromFile & { threshold: number },
  command: Command,
): Promise<void> {
  const cli = openCli(command);
  const now = asOf ?? new Date().toISOString();
  const evaluation =
    workbook === undefined
      ? await withService(cli, (operations) => operations.evaluateCustomers(cli.caller, { asOf: now, threshold }))
      : await evaluateWorkbook(workbook, now, threshold);
  cli.print(formatEvaluation(evaluation), evaluation);
}

async function evaluateWorkbook(workbook: string, asOf: string, threshold: number) {
  const data = await readCustomerFiles(workbook);
  const labels = new Map(data.churnLabels.map((label) => [label.customerId, label.isChurn]));
  const scored = scoreAll(data, Date.parse(asOf)).map(({ customerId, health, churnRisk }) => ({
    health,
    churnRisk,
    isChurn: labels.get(customerId) ?? null,
  }));
  return evaluate(scored, threshold);
}
