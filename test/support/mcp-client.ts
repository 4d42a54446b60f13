import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ToolError } from '../../client/agent-tools/tools.ts';

/** An MCP client, and what its tools answer. */
export interface McpAgent extends AsyncDisposable {
  client: Client;
  /** What a tool answers, which must be no error. */
  call<Told = Record<string, unknown>>(name: string, input?: Record<string, unknown>): Promise<Told>;
  /** The error that it answers. */
  refused(name: string, input?: Record<string, unknown>): Promise<ToolError['error']>;
}

/** Connects and lists the tools, so that the client checks each answer by its tool's schema. */
export async function connectAgent(transport: Transport): Promise<McpAgent> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  await client.listTools();
  const ask = async (name: string, input: Record<string, unknown> = {}) => {
    const { isError = false, content, structuredContent } = await client.callTool({ name, arguments: input });
    const [part] = content as { type: string; text: string }[];
    assert.equal(part?.type, 'text');
    return { isError, told: JSON.parse(part.text) as unknown, structuredContent };
  };
  return {
    client,
    async call<Told>(name: string, input?: Record<string, unknown>) {
      const { isError, told, structuredContent } = await ask(name, input);
      assert.equal(isError, false, JSON.stringify(told));
      assert.deepEqual(structuredContent, told);
      return told as Told;
    },
    async refused(name, input) {
      const { isError, told, structuredContent } = await ask(name, input);
      assert.equal(isError, true, JSON.stringify(told));
      assert.equal(structuredContent, undefined);
      return (told as ToolError).error;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** The tools of the API at `url`. */
export const overHttp = (url: string, token: string, headers: Record<string, string> = {}): Promise<McpAgent> =>
  // The SDK's own transports do not fit its interface under exactOptionalPropertyTypes.
  connectAgent(
    new StreamableHTTPClientTransport(new URL('/mcp', url), {
      requestInit: { headers: { authorization: `Bearer ${token}`, ...headers } },
    }) as Transport,
  );
