import type { Command } from 'commander';
import { type FieldError, ReveilleError, invalidInput } from '../../domain/errors.ts';
import type { Configuration } from '../../services/configuration.ts';
import { createLogger } from '../../services/logging.ts';
import { runningService } from '../service.ts';
import { type Cli, openCli } from './context.ts';
import { withStack } from './with-stack.ts';

/** `serve` */
export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('only the HTTP API, for several processes; needs TEMPORAL_ADDRESS and DATABASE_URL')
    .addHelpText('after', '\nExample:\n  reveille serve')
    .action(async (_flags: object, command: Command) => serve(openCli(command)));
}

async function serve(cli: Cli): Promise<void> {
  const { configuration } = cli;
  requireSharedParts(configuration);
  await refuseSecond(configuration);
  const logger = createLogger({ level: configuration.logLevel, secrets: configuration.secrets });
  await withStack({ configuration, logger, report: cli.say, worker: false }, async (stack, stopped) => {
    const lines = stack.addresses.map(([name, address]) => `   ${name.padEnd(16)} ${address}`);
    const shown = { ...stack.runtime, dataDir: configuration.dataDir };
    cli.print(['', 'The API is up:', ...lines, '', 'SIGTERM or Ctrl-C drains and stops it.'].join('\n'), shown);
    await stopped;
    cli.say('Draining…');
  });
  cli.say('Stopped.');
}

/** The API alone would have nobody to do its work, and nothing in common with those that do. */
function requireSharedParts({ databaseUrl, temporal }: Configuration): void {
  const errors: FieldError[] = [];
  if (databaseUrl === null) errors.push({ path: 'DATABASE_URL', message: 'must name the Postgres of all processes' });
  if (temporal.address === null) errors.push({ path: 'TEMPORAL_ADDRESS', message: 'must name the Temporal server' });
  if (errors.length > 0) throw invalidInput(errors, 'The API alone needs what other processes share (or use: up)');
}

/** @throws ReveilleError `conflict` naming the service that runs on this data folder */
export async function refuseSecond({ dataDir }: Configuration): Promise<void> {
  const running = await runningService(dataDir);
  if (!running) return;
  throw new ReveilleError('conflict', `A service is running here already: process ${running.pid}, ${running.api}`);
}
