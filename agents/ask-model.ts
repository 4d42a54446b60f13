import type { z } from 'zod';
import { type LanguageModel, LanguageModelError, type LanguageModelFailure } from '../domain/ports/language-model.ts';

const FAILURES: Record<LanguageModelFailure, string> = {
  timeout: 'the model did not answer in time',
  refused: 'the model refused to answer',
  invalid: "the model's answer did not have the right shape",
  unavailable: 'the model could not be reached',
};

export type ModelAnswer<Result> = { by: 'model'; result: Result } | { by: 'rules'; why: string };

/**
 * The model's answer where it fits `schema` and `problems` finds nothing in it; else why not, as a clause for a note.
 * Errors other than LanguageModelError are bugs and go up.
 */
export async function askModel<Schema extends z.ZodType>(
  model: LanguageModel,
  request: { schema: Schema; schemaName: string; system: string; prompt: string },
  problems: (answer: z.output<Schema>) => readonly string[],
): Promise<ModelAnswer<z.output<Schema>>> {
  try {
    // Held to the schema once more: a port that forgets to must not widen what an answer can say.
    const parsed = request.schema.safeParse(await model.answer(request));
    if (!parsed.success) return { by: 'rules', why: FAILURES.invalid };
    const [problem] = problems(parsed.data);
    if (problem !== undefined) return { by: 'rules', why: `the model's text ${problem}` };
    return { by: 'model', result: parsed.data };
  } catch (error) {
    if (error instanceof LanguageModelError) return { by: 'rules', why: FAILURES[error.failure] };
    throw error;
  }
}

/** A note for a reader: `clauses` as one sentence. */
export function noteOf(...clauses: readonly string[]): string {
  const text = clauses.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
