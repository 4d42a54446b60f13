import { once } from 'node:events';
import type { Command } from 'commander';
import { connectRunning } from '../service.ts';
import { productVersion } from '../version.ts';
import { type Cli, openCli } from './context.ts';
import { untilTold } from './until-told.ts';

/** `mcp` */
export function mcpCommand(program: Command): void {
  program
    .command('mcp')
    .description('booking and follow-up tools for agents: an MCP server on stdin and stdout; a service must be running')
    .addHelpText('after', '\nExample:\n  reveille mcp --workspace default')
    .action(async (_flags: object, command: Command) => serve(openCli(command)));
}

/** stdout is the protocol's. It ends with stdin, or when it is told to; what is under way is done first. */
async function serve({ configuration, caller, logger }: Cli): Promise<void> {
  // The SDK takes a while to load, and no other command needs it.
  const [{ createMcpServer }, { StdioServerTransport }] = await Promise.all([
    import('../mcp.ts'),
    import('@modelcontextprotocol/sdk/server/stdio.js'),
  ]);
  const mcp = createMcpServer({
    version: productVersion(),
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
  const over = new AbortController();
  const ending = AbortSignal.any([untilTold(), over.signal]);
  // Its words may quote the message.
  mcp.server.onerror = ({ name }) => logger.error({ reason: name }, 'A message could not be read');
  mcp.server.onclose = () => over.abort();
  const ended = once(process.stdin, 'end', { signal: ending }).catch(() => undefined);
  await mcp.connect(new StdioServerTransport());
  await ended;
  if (ending.aborted) await mcp.close();
}
