import type { Command } from 'commander';
import { ReveilleError } from '../../domain/errors.ts';
import { openCli, whole } from './context.ts';
import { plural } from './scan-output.ts';

/** `histories record|replay` */
export function historyCommands(program: Command): void {
  const histories = program
    .command('histories')
    .description('recorded workflow histories: what a new build must still replay')
    .addHelpText(
      'after',
      '\nExamples:\n  reveille histories record histories/v1\n  reveille histories replay histories/v1',
    );

  histories
    .command('record <folder>')
    .description('save the histories of finished and running workflows')
    .option('--per-type <n>', 'at most so many of each workflow type, newest first', whole(1), 20)
    .addHelpText('after', '\nExample:\n  reveille histories record histories/v1')
    .action(async (folder: string, { perType }: { perType: number }, command: Command) => {
      const cli = openCli(command);
      const { connectClient, recordHistories, temporalTarget } = await temporalParts();
      const client = await connectClient(await temporalTarget(cli.configuration));
      try {
        const { workspace } = cli.caller;
        const files = await cli.during('Saving histories', () =>
          recordHistories(client, { folder, perType, workspace }),
        );
        cli.print(`${plural(files.length, 'history').replace(/historys$/, 'histories')} saved in ${folder}`, files);
      } finally {
        await client.connection.close();
      }
    });

  histories
    .command('replay <folder>')
    .description("replay saved histories against today's workflow code")
    .addHelpText('after', '\nExample:\n  reveille histories replay histories/v1')
    .action(async (folder: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const { production } = cli.configuration;
      const { loadWorkflowBundle, replayHistories } = await temporalParts();
      const bundle = await loadWorkflowBundle({ logger: cli.logger, production });
      const outcomes = await cli.during('Replaying', () => replayHistories(folder, bundle));
      const failed = outcomes.filter((outcome) => outcome.error !== null);
      const lines = outcomes.map(({ file, error }) =>
        error === null ? `ok      ${file}` : `failed  ${file}: ${error}`,
      );
      if (failed.length === 0 || !cli.json) cli.print(lines.join('\n'), outcomes);
      if (failed.length > 0) {
        const count = `${failed.length} of ${outcomes.length}`;
        throw new ReveilleError('conflict', `${count} histories do not replay against this workflow code`, {
          errors: failed.map(({ file, error }) => ({ path: file, message: error ?? '' })),
        });
      }
    });
}

/** Loaded when needed: the SDK's native module would slow down every other command. */
async function temporalParts() {
  const [connection, histories, target, bundle] = await Promise.all([
    import('../../services/temporal/connection.ts'),
    import('../../services/temporal/histories.ts'),
    import('./temporal-target.ts'),
    import('../../workers/bundle.ts'),
  ]);
  return { ...connection, ...histories, ...target, ...bundle };
}
