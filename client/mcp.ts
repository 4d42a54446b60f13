import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import {
  AGENT_TOOLS,
  type AgentTool,
  type FaultListener,
  answerOf,
  isToolError,
  jsonSchemaOf,
} from './agent-tools/tools.ts';

export interface McpOptions {
  /** Of the product. */
  version: string;
  /** Has a tool done. It may throw; what a model is told of that says what to ask the person for. */
  run: (tool: AgentTool, input: unknown) => Promise<object>;
  onFault: FaultListener;
}

const INSTRUCTIONS =
  'Books meetings and schedules messages for the people you talk to. Offer only times that get_availability answered. ' +
  'Ask for an email address before book_meeting. When a tool answers with an error, do what its "ask" says.';

/**
 * The tools as an MCP server, for one connection. What a caller sends is checked by the tool: the SDK's own `registerTool` would
 * refuse it before, in words that do not say what to ask the person for.
 */
export function createMcpServer({ version, run, onFault }: McpOptions): McpServer {
  const mcp = new McpServer({ name: 'reveille', title: 'Reveille', version }, { instructions: INSTRUCTIONS });
  mcp.server.registerCapabilities({ tools: {} });
  mcp.server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: AGENT_TOOLS.map(describe) }));
  mcp.server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: input = {} } }) => {
    const tool = AGENT_TOOLS.find((each) => each.name === name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${name}`);
    return resultOf(await answerOf(tool, () => run(tool, input), onFault));
  });
  return mcp;
}

function describe(tool: AgentTool): Tool {
  const { name, title, description, effect, repeatable } = tool;
  return {
    ...{ name, title, description },
    inputSchema: jsonSchemaOf(tool, 'input') as Tool['inputSchema'],
    outputSchema: jsonSchemaOf(tool, 'output') as NonNullable<Tool['outputSchema']>,
    annotations: {
      readOnlyHint: effect === 'reads',
      destructiveHint: effect === 'removes',
      idempotentHint: repeatable,
    },
  };
}

/** An error is text alone: structured content has to be as the tool's output schema says. */
function resultOf(answer: object): CallToolResult {
  const content: CallToolResult['content'] = [{ type: 'text', text: JSON.stringify(answer) }];
  return isToolError(answer) ? { content, isError: true } : { content, structuredContent: { ...answer } };
}
