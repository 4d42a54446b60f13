import { once } from 'node:events';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Command } from 'commander';
import { createMcpServer } from '../mcp.ts';
import { connectRunning } from '../service.ts';
import { type Cli, openCli } from './context.ts';
import { untilTold } from './until-told.ts';

/** `mcp` */
export function mcpCommand(program: Command): void {
  program
    .command('mcp')
    .description(
      'the booking and follow-up tools for agents, as an MCP server on stdin and stdout; a service must be running',
    )
    .addHelpText('after', '\nExample:\n  reveille mcp --workspace default')
    .action(async (_flags: object, command: Command) => serve(openCli(command)));
}

/** stdout is the protocol's. It ends with stdin, or when it is told to; what is under way is answered first. */
async function serve({ configuration, caller, logger }: Cli): Promise<void> {
  const mcp = createMcpServer({
    // Looked for at each call: a service may come up, or come back at another port, while the agent stays.
    async run(tool, input) {
      const service = await connectRunning(configuration);
      try {
        return await tool.run(service.operations, caller, input);
      } finally {
        await service.close();
      }
    },
    onFault: (err) => logger.error({ err }, 'A tool failed'),
  });
  mcp.server.onerror = (err) => logger.error({ err }, 'A message could not be read');
  const told = untilTold();
  const ended = once(process.stdin, 'end', { signal: told }).catch(() => undefined);
  await mcp.connect(new StdioServerTransport());
  await ended;
  if (told.aborted) await mcp.close();
}
