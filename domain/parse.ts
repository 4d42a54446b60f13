import type { z } from 'zod';
import { type FieldError, invalidInput } from './errors.ts';

/** Field errors of a zod failure, paths in dots; an unknown key is reported at the key itself. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }));
    }
    return [{ path: path.join('.'), message: issue.message }];
  });
}

/**
 * `value` as `schema` has it.
 * @throws ReveilleError `invalid_input` naming every wrong field, prefixed with `subject`.
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, subject?: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidInput(fieldErrors(result.error), subject);
}
