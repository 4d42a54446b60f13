import { bookingTools } from './booking-tools.ts';
import { type ToolError, toolError } from './errors.ts';
import { followUpTools } from './follow-up-tools.ts';
import type { AgentTool } from './tool.ts';

export type { ToolError } from './errors.ts';
export { type AgentTool, jsonSchemaOf } from './tool.ts';

/** Every tool that agents are offered, whichever way: AI SDK, MCP on stdio, MCP over HTTP. */
export const AGENT_TOOLS: readonly AgentTool[] = [...bookingTools, ...followUpTools];

/** Hears of faults of ours, of which nobody else is told the words. */
export type FaultListener = (error: unknown, tool: AgentTool) => void;

/** What `work` for a tool comes to, or the error that says what to ask the person for. It does not throw. */
export async function answerOf(
  tool: AgentTool,
  work: () => Promise<object>,
  onFault: FaultListener,
): Promise<object | ToolError> {
  try {
    return await work();
  } catch (error) {
    const answer = toolError(tool, error);
    if (answer.error.code === 'internal') onFault(error, tool);
    return answer;
  }
}

export const isToolError = (answer: object): answer is ToolError => 'error' in answer;
