#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ReveilleError } from '../../domain/errors.ts';
import { problemOf } from '../api/problem.ts';
import { approvalCommands, escalationCommands } from './approvals.ts';
import { customerCommands } from './customers.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { historyCommands } from './histories.ts';
import { scanCommand } from './scan.ts';
import { upCommands } from './up.ts';

const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const;

function createProgram(): Command {
  const program = new Command('reveille')
    .description('Finds customers at risk and writes to them, durably, on Temporal.')
    .option('--json', 'print the result as JSON; everything else goes to stderr')
    .option('--workspace <slug>', 'whose customers (default: REVEILLE_WORKSPACE, else "default")')
    .option('--debug', 'show the stack of an error')
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText('after', '\nExamples:\n  reveille up\n  reveille scan --mode once\n  reveille approvals list');
  upCommands(program);
  demoCommand(program);
  customerCommands(program);
  scanCommand(program);
  approvalCommands(program);
  escalationCommands(program);
  doctorCommand(program);
  historyCommands(program);
  for (const command of allCommands(program)) shareOptions(command);
  return program;
}

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)]);
}

/** `--json` and the like may stand before or after a command's own name. */
function shareOptions(command: Command): void {
  command
    .option('--json', 'print the result as JSON')
    .option('--workspace <slug>', 'whose customers')
    .option('--debug', 'show the stack of an error')
    .exitOverride();
}

/** Exit code 2 for wrong use or input, 1 for what failed; one line why, a problem with `--json`. */
function report(error: unknown, argv: readonly string[]): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  const known = error instanceof ReveilleError ? error : null;
  if (argv.includes('--json')) {
    process.stderr.write(`${JSON.stringify(problemOf(error, null), null, 2)}\n`);
  } else {
    const words =
      known?.message ?? `Something went wrong inside: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`reveille: ${words}\n`);
  }
  if (argv.includes('--debug') && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return known?.code === 'invalid_input' ? EXIT.wrongUse : EXIT.failed;
}

try {
  await createProgram().exitOverride().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error, process.argv);
}
