import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { ReveilleError } from '../../domain/errors.ts';
import { problemOf } from '../api/problem.ts';
import { createProgram } from './program.ts';

const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const;

/** Exit code 2 for wrong use or input, 1 for what failed; one line why, a problem with `--json`. */
function report(error: unknown, { json, debug }: { json: boolean; debug: boolean }): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    if (json) printProblem(wrongUse(error));
    return EXIT.wrongUse;
  }
  if (json) printProblem(error);
  else process.stderr.write(`reveille: ${error instanceof ReveilleError ? error.message : unexpected(error)}\n`);
  if (debug) process.stderr.write(`${inspect(error)}\n`);
  return error instanceof ReveilleError && error.code === 'invalid_input' ? EXIT.wrongUse : EXIT.failed;
}

const printProblem = (error: unknown): void =>
  void process.stderr.write(`${JSON.stringify(problemOf(error, null), null, 2)}\n`);

/** Commander has printed its own words already, except with `--json`. */
function wrongUse({ code, message }: CommanderError): ReveilleError {
  const words = code === 'commander.help' ? 'Name one of its commands; --help lists them' : message;
  return new ReveilleError('invalid_input', words.replace(/^error: /, ''));
}

function unexpected(error: unknown): string {
  const [words = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return `Something went wrong inside: ${words} (--debug shows where)`;
}

// Whoever reads our output may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
});

const flags = { json: process.argv.includes('--json'), debug: process.argv.includes('--debug') };
try {
  await createProgram(flags).parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error, flags);
}
