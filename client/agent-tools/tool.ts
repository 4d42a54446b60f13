import { z } from 'zod';
import type { Scope } from '../../domain/contracts/tokens.ts';
import { invalidInput } from '../../domain/errors.ts';
import { fieldErrors } from '../../domain/parse.ts';
import type { Caller, Operations } from '../api/routes.ts';

/** What every way of offering a tool needs to know of it. */
interface Described {
  /** As models call it. */
  name: string;
  /** As people read it. */
  title: string;
  /** For a model: when to use it, and what to ask the person for first. */
  description: string;
  /** What a caller's token must allow. */
  scope: Scope;
  /** `removes`: what was there before is there no more. */
  effect: 'reads' | 'adds' | 'removes';
  /** The same call again does nothing more. */
  repeatable: boolean;
  input: z.ZodObject;
  output: z.ZodObject;
  /** The tool's field for each that the operations name otherwise, by their path. */
  renamed: Readonly<Record<string, string>>;
  /** The field that names what may not be found. */
  subject: string;
}

/** A tool of an agent: one of the operations, in words and fields that a model gets right. */
export interface AgentTool extends Described {
  /** Checks what a model sent and has it done. @throws ReveilleError in the operations' words */
  run(operations: Operations, caller: Caller, input: unknown): Promise<object>;
}

interface Definition<Input extends z.ZodObject, Output extends z.ZodObject> extends Described {
  input: Input;
  output: Output;
  carryOut(operations: Operations, caller: Caller, input: z.output<Input>): Promise<z.output<Output>>;
}

export function agentTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Input, Output>,
): AgentTool {
  const { carryOut, ...described } = definition;
  return {
    ...described,
    async run(operations, caller, input) {
      const parsed = parseGiven(definition.input, input);
      // What the operations tell may be more than the tool does.
      return definition.output.parse(await carryOut(operations, caller, parsed)) as object;
    },
  };
}

/** Models send null, empty text and stray blanks for what they do not know; all of that means absent. */
function parseGiven<Input extends z.ZodObject>(schema: Input, input: unknown): z.output<Input> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidInput([{ path: '', message: 'the input must be an object' }]);
  }
  const given = Object.fromEntries(
    Object.entries(input)
      .map(([key, value]: [string, unknown]) => [key, typeof value === 'string' ? value.trim() : value] as const)
      .filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error);
  throw invalidInput(
    errors.map(({ path, message }) => ({
      path,
      message: path in schema.shape && !Object.hasOwn(given, path) ? 'is missing' : message,
    })),
  );
}

/** A tool's input or output as JSON Schema (draft 7, which every vendor of models takes). */
export function jsonSchemaOf(tool: AgentTool, part: 'input' | 'output') {
  return z.toJSONSchema(tool[part], {
    ...{ target: 'draft-7', io: part },
    override({ jsonSchema }) {
      // A format says the same, and a model reads it.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
}
