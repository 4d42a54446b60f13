import type { Command } from 'commander';
import { createLogger } from '../../services/logging.ts';
import { type Cli, openCli, words } from './context.ts';
import { refuseSecond } from './serve.ts';
import { withStack } from './with-stack.ts';

/** `up` and `worker` */
export function upCommands(program: Command): void {
  program
    .command('up')
    .description('Temporal server, store, worker and API in one go, until Ctrl-C')
    .addHelpText('after', '\nExample:\n  reveille up')
    .action(async (_flags: object, command: Command) => up(openCli(command)));

  program
    .command('worker')
    .description('only a worker, for several processes; needs TEMPORAL_ADDRESS and DATABASE_URL')
    .option('--queues <list>', 'only these task queues, such as reveille,reveille-agents', words)
    .addHelpText('after', '\nExample:\n  reveille worker --queues reveille-agents')
    .action(async ({ queues }: { queues?: string[] }, command: Command) => {
      const { configuration } = openCli(command);
      const { runWorkerProcess } = await import('../../workers/main.ts');
      process.exitCode = await runWorkerProcess(configuration, queues === undefined ? {} : { queues });
    });
}

async function up(cli: Cli): Promise<void> {
  const { configuration } = cli;
  await refuseSecond(configuration);
  // A person at a terminal reads our words; whoever collects the output wants the log too.
  const asked = Boolean(process.env['REVEILLE_LOG_LEVEL']) || !process.stderr.isTTY;
  const level = asked ? configuration.logLevel : 'error';
  const logger = createLogger({ level, secrets: configuration.secrets });
  await withStack({ configuration, logger, report: cli.say }, async (stack, stopped) => {
    cli.print(
      [
        '',
        'Reveille is up:',
        ...stack.addresses.map(([name, address]) => `   ${name.padEnd(16)} ${address}`),
        '',
        'In another terminal, in this folder: npx reveille customers import FILE, then npx reveille scan',
        'Ctrl-C drains and stops all.',
      ].join('\n'),
      { ...stack.runtime, dataDir: configuration.dataDir },
    );
    await stopped;
    cli.say('Draining…');
  });
  cli.say('Stopped.');
}
