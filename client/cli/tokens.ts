import type { Command } from 'commander';
import { type Token, createToken } from '../../domain/contracts/tokens.ts';
import { openCli, parseOption, withService, words } from './context.ts';
import { type ListFlags, listFlags, more } from './listing.ts';
import { utc } from './scan-output.ts';

/** `tokens create|list|revoke`, on the running service or on the store itself; whoever can open either may do all. */
export function tokenCommands(program: Command): void {
  const tokens = program
    .command('tokens')
    .description('who may use the HTTP API, and for what')
    .addHelpText('after', '\nExample:\n  reveille tokens list');

  tokens
    .command('create <name>')
    .description('a new token; its secret is printed once and kept nowhere')
    .option('--scopes <list>', 'of read, write and admin; none includes another (default: read,write)', words)
    .option('--all-workspaces', 'for all workspaces, of which each request then names one')
    .addHelpText('after', '\nExample:\n  reveille tokens create dashboard --scopes read --workspace default')
    .action(async (name: string, flags: { scopes?: string[]; allWorkspaces?: true }, command: Command) => {
      const cli = openCli(command);
      const scopes = parseOption(createToken.shape.scopes, flags.scopes ?? ['read', 'write'], '--scopes');
      const workspace = flags.allWorkspaces ? null : cli.caller.workspace;
      const created = await withService(cli, (operations) =>
        operations.createToken({ ...cli.caller, everyWorkspace: true }, { name, scopes, workspace }),
      );
      cli.note(`Keep this token now: it is not shown again. ${describe(created)}`);
      cli.print(created.token, created);
    });

  listFlags(tokens.command('list').description('all tokens, newest first, without their secrets'))
    .addHelpText('after', '\nExample:\n  reveille tokens list')
    .action(async (flags: ListFlags, command: Command) => {
      const cli = openCli(command);
      const page = await withService(cli, (operations) =>
        operations.listTokens({ ...cli.caller, everyWorkspace: true }, flags),
      );
      cli.print([...page.items.map(describe), ...more(page.nextCursor)].join('\n') || 'No tokens', page.items);
    });

  tokens
    .command('revoke <tokenId>')
    .description('let nobody in by it any more')
    .addHelpText('after', '\nExample:\n  reveille tokens revoke 6f1c2f0e-3f0a-4a64-9b8e-2d1f5b7c9a10')
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const token = await withService(cli, (operations) =>
        operations.revokeToken({ ...cli.caller, everyWorkspace: true }, { id }),
      );
      cli.print(`Revoked: ${describe(token)}`, token);
    });
}

function describe({ tokenId, name, workspace, scopes, lastUsedAt, revokedAt }: Token): string {
  const used = lastUsedAt === null ? 'never used' : `last used ${utc(lastUsedAt)}`;
  const revoked = revokedAt === null ? '' : `  revoked ${utc(revokedAt)}`;
  return `${tokenId}  ${name}  ${workspace ?? 'all workspaces'}  ${scopes.join(',')}  ${used}${revoked}`;
}
