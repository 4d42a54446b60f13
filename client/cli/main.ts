#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ReveilleError } from '../../domain/errors.ts';
import { problemOf } from '../api/problem.ts';
import { createProgram } from './program.ts';

const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const;

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
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error, process.argv);
}
