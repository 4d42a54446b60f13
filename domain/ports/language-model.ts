import type { z } from 'zod';

/** What went wrong with a model's answer; each lets the caller fall back to its rules. */
export type LanguageModelFailure = 'timeout' | 'refused' | 'invalid' | 'unavailable';

export class LanguageModelError extends Error {
  override readonly name = 'LanguageModelError';
  readonly failure: LanguageModelFailure;

  constructor(failure: LanguageModelFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.failure = failure;
  }
}

/**
 * A language model that answers in a given shape. It has no tools: whoever writes the text it reads can at most spoil
 * its answer.
 */
export interface LanguageModel {
  /**
   * One answer held to `schema`.
   * @throws LanguageModelError when there is none in time, it was refused, or it does not fit.
   */
  answer<Schema extends z.ZodType>(request: {
    schema: Schema;
    schemaName: string;
    system: string;
    prompt: string;
    signal?: AbortSignal;
  }): Promise<z.output<Schema>>;
}
