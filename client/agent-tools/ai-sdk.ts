import { type JSONSchema7, type ToolSet, jsonSchema, tool } from 'ai';
import type { Caller, Operations } from '../api/routes.ts';
import { AGENT_TOOLS, type FaultListener, answerOf, jsonSchemaOf } from './tools.ts';

/**
 * The tools for an agent of the AI SDK (`generateText`, `streamText`, `ToolLoopAgent`). `operations` are those of a running
 * service (`connectRunning`, `remoteOperations`). What a model sends is checked in the call, not before it: so it is told what to
 * ask the person for, and not that its JSON does not fit a schema.
 */
export function agentTools(operations: Operations, caller: Caller, onFault: FaultListener = () => {}): ToolSet {
  const entries = AGENT_TOOLS.map((each) => [
    each.name,
    tool({
      description: each.description,
      inputSchema: jsonSchema<unknown>(jsonSchemaOf(each, 'input') as JSONSchema7),
      execute: (input: unknown) => answerOf(each, () => each.run(operations, caller, input), onFault),
    }),
  ]);
  return Object.fromEntries(entries) as ToolSet;
}
