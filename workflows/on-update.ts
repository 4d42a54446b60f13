import type { UpdateDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import type { z } from 'zod';
import { inPlainWords } from './in-plain-words.ts';
import { parseInput } from './input.ts';

/** Answers an update: refused at once when it does not parse, else carried out, an activity's refusal being its own. */
export function onUpdate<Schema extends z.ZodType, Result>(
  definition: UpdateDefinition<Result, [unknown]>,
  schema: Schema,
  carryOut: (message: z.output<Schema>) => Promise<Result>,
): void {
  const handler = (...args: unknown[]) => inPlainWords(() => carryOut(parseInput(schema, args)));
  setHandler(definition as UpdateDefinition<unknown, unknown[]>, handler, {
    validator: (...args) => void parseInput(schema, args),
  });
}
