import { type Command, Option } from 'commander';
import { instant } from '../../domain/contracts/time-values.ts';
import { evaluate } from '../../domain/customers/evaluation.ts';
import { scoreAll } from '../../domain/customers/health-score.ts';
import { invalidInput } from '../../domain/errors.ts';
import { type Cli, number, openCli, parseOption, whole, withService } from './context.ts';
import { formatEvaluation, formatScores } from './customers-output.ts';
import { plural } from './scan-output.ts';

/** What reads and writes workbooks, loaded when needed: it would slow down every other command. */
const customerFiles = () => import('./customer-files.ts');

interface FromFile {
  workbook?: string;
  asOf?: string;
}

const asOfOption = (what: string): Option =>
  new Option('--as-of <instant>', `${what}, such as 2025-10-19T14:30:00Z (default: now)`).argParser((text) =>
    parseOption(instant, text, '--as-of'),
  );
const workbookOption = (): Option =>
  new Option('--workbook <file>', '.xlsx workbook or folder of CSVs (default: the imported customers)');

/** `customers generate|import|score|evaluate` */
export function customerCommands(program: Command): void {
  const customers = program
    .command('customers')
    .description('sample data, import, score, evaluation')
    .addHelpText('after', '\nExample:\n  reveille customers import customers.xlsx');

  customers
    .command('generate')
    .description('write a sample workbook; the same arguments give the same rows, given --as-of')
    .requiredOption('--count <n>', 'how many customers, at most 1000000', whole(1, 1_000_000))
    .requiredOption('--seed <n>', 'which sample: any whole number', whole(0))
    .requiredOption('--out <file>', '.xlsx file, or a folder for CSVs')
    .addOption(asOfOption('the moment the sample lies before'))
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
    .addOption(asOfOption('the moment to score at'))
    .addHelpText('after', '\nExample:\n  reveille customers score --workbook customers.xlsx --json')
    .action(score);

  customers
    .command('evaluate')
    .description('how well churn risk predicts the churn labels')
    .addOption(workbookOption())
    .addOption(asOfOption('the moment to score at'))
    .option('--threshold <n>', 'risk from which a customer counts as predicted to leave', number(0, 1), 0.6)
    .addHelpText('after', '\nExample:\n  reveille customers evaluate --workbook customers.xlsx')
    .action(evaluateCustomers);
}

async function generate(
  options: { count: number; seed: number; out: string; asOf?: string },
  command: Command,
): Promise<void> {
  const cli = openCli(command);
  const { count, seed, out, asOf = new Date().toISOString() } = options;
  // Anything but .xlsx is made a folder, and nobody who writes these means one.
  if (/\.(xlsm?|xlsb|ods|csv|txt|json|zip)$/i.test(out)) {
    throw invalidInput([{ path: '--out', message: `${out}: name an .xlsx file, or a folder for CSV files` }]);
  }
  const { generateCustomers, writeCustomerFiles } = await customerFiles();
  const data = generateCustomers({ count, seed, asOf: Date.parse(asOf) });
  await cli.during(`Writing ${out}`, () => writeCustomerFiles(out, data));
  const rows = Object.fromEntries(Object.entries(data).map(([sheet, list]) => [sheet, (list as unknown[]).length]));
  cli.print(`${plural(count, 'customer')} written to ${out}`, { file: out, asOf, rows });
}

async function importFile(file: string, options: { merge?: true }, command: Command): Promise<void> {
  const cli = openCli(command);
  const { readCustomerFiles } = await customerFiles();
  const data = await cli.during(`Reading ${file}`, () => readCustomerFiles(file));
  const merge = options.merge === true;
  const customers = plural(data.customers.length, 'customer');
  const imported = await cli.during(`Storing ${customers}`, () =>
    withService(cli, (operations) => operations.importCustomers(cli.caller, { ...data, merge })),
  );
  const how = merge ? 'added to those' : 'now the customers';
  cli.print(`Imported ${customers}, ${how} of workspace ${cli.caller.workspace}`, imported);
}

async function score({ workbook, asOf }: FromFile, command: Command): Promise<void> {
  const cli = openCli(command);
  const now = asOf ?? new Date().toISOString();
  const scores = await cli.during('Scoring', async () =>
    workbook === undefined
      ? withService(cli, (operations) => operations.scoreCustomers(cli.caller, { asOf: now }))
      : scoreAll(await readWorkbook(workbook), Date.parse(now)),
  );
  if (cli.json) cli.print('', scores);
  else cli.print(scores.length === 0 ? noCustomers(cli) : formatScores(scores), scores);
}

const noCustomers = (cli: Cli): string =>
  `Workspace ${cli.caller.workspace} has no customers yet.\n` +
  'Import some: npx reveille customers import FILE\nOr score a file as it is: npx reveille customers score --workbook FILE';

async function evaluateCustomers(
  { workbook, asOf, threshold }: FromFile & { threshold: number },
  command: Command,
): Promise<void> {
  const cli = openCli(command);
  const now = asOf ?? new Date().toISOString();
  const evaluation = await cli.during('Evaluating', () =>
    workbook === undefined
      ? withService(cli, (operations) => operations.evaluateCustomers(cli.caller, { asOf: now, threshold }))
      : evaluateWorkbook(workbook, now, threshold),
  );
  cli.print(formatEvaluation(evaluation), evaluation);
}

async function evaluateWorkbook(workbook: string, asOf: string, threshold: number) {
  const data = await readWorkbook(workbook);
  const labels = new Map(data.churnLabels.map((label) => [label.customerId, label.isChurn]));
  const scored = scoreAll(data, Date.parse(asOf)).map(({ customerId, health, churnRisk }) => ({
    health,
    churnRisk,
    isChurn: labels.get(customerId) ?? null,
  }));
  return evaluate(scored, threshold);
}

async function readWorkbook(workbook: string) {
  return (await customerFiles()).readCustomerFiles(workbook);
}
