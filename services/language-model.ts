import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, NoObjectGeneratedError, Output, RetryError } from 'ai';
import type { z } from 'zod';
import { type LanguageModel, LanguageModelError } from '../domain/ports/language-model.ts';
import { allowEntryOfUrl } from './address-rules.ts';
import { createDialler } from './dialler.ts';

export interface LanguageModelConfig {
  /** Of an OpenAI-compatible API, such as `https://api.example.com/v1`. */
  baseUrl: string;
  model: string;
  apiKey?: string | undefined;
  /** For one answer, its retry and the wait before it included. */
  timeoutMs: number;
}

/** Far above any answer our schemas allow. */
const MAX_RESPONSE_BYTES = 512 * 1024;
const MAX_OUTPUT_TOKENS = 4_000;

/**
 * The model port through the AI SDK with structured output. One retry of its own, on 408, 409, 429, 5xx and broken
 * connections, after the wait the server asks for where that fits the time. Errors carry neither prompt, answer nor
 * key, so that a log or a failure in Temporal's history cannot.
 */
export function createLanguageModel(config: LanguageModelConfig): LanguageModel {
  // The configuration names this host, so it may be a private one; no other is reached from here. A model that writes a
  // whole answer before it sends any of it is silent for as long as it may take; the answer's own time ends first.
  const silenceMs = 2 * config.timeoutMs;
  const dialler = createDialler({ allowPrivateHosts: [allowEntryOfUrl(config.baseUrl)], silenceMs });
  return {
    async answer(request) {
      const call = new BoundedCall(config, dialler.fetch);
      // A provider for each answer, so that its fetch knows how much time is left.
      const provider = createOpenAICompatible({
        name: 'reveille',
        baseURL: config.baseUrl,
        supportsStructuredOutputs: true,
        fetch: (input, init) => call.fetch(input, init),
        ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey }),
      });
      try {
        const result = await generateText({
          model: provider(config.model),
          instructions: request.system,
          prompt: request.prompt,
          output: Output.object<z.output<typeof request.schema>>({ schema: request.schema, name: request.schemaName }),
          temperature: 0,
          maxOutputTokens: MAX_OUTPUT_TOKENS,
          maxRetries: 1,
          timeout: config.timeoutMs,
          ...(request.signal === undefined ? {} : { abortSignal: request.signal }),
        });
        if (result.finishReason === 'content-filter') throw refused();
        return result.output;
      } catch (error) {
        if (request.signal?.aborted === true) throw request.signal.reason;
        throw call.failure ?? failureOf(error, call.trouble);
      }
    },
  };
}

/** Limits one answer's requests: size, redirects, and waits longer than the time left. */
class BoundedCall {
  /** Why the last request got no good answer, when that is known; null while one is under way. */
  trouble: string | null = null;
  failure: LanguageModelError | null = null;
  readonly #deadline: number;
  readonly #fetch: typeof globalThis.fetch;

  constructor({ timeoutMs }: LanguageModelConfig, fetch: typeof globalThis.fetch) {
    this.#deadline = Date.now() + timeoutMs;
    this.#fetch = fetch;
  }

  async fetch(input: Parameters<typeof globalThis.fetch>[0], init?: RequestInit): Promise<Response> {
    this.trouble = null;
    const response = await this.#send(input, init);
    if (!response.ok) this.trouble = `status ${response.status}`;
    const waitMs = Number(response.headers.get('retry-after')) * 1_000;
    // Followed, a redirect would carry the prompt to a host nobody configured.
    const redirected = response.status >= 300 && response.status < 400;
    if (redirected || (!response.ok && Date.now() + waitMs >= this.#deadline)) {
      await response.body?.cancel();
      throw this.#fail('unavailable', `The model could not be reached (status ${response.status})`);
    }
    const body = await this.#bounded(response);
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  }

  async #send(input: Parameters<typeof globalThis.fetch>[0], init?: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(input, { ...init, redirect: 'manual' });
    } catch (error) {
      if (init?.signal?.aborted !== true) this.trouble = 'no connection';
      throw error;
    }
  }

  async #bounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      // Leaving the loop cancels the body, and with it the connection.
      if (size > MAX_RESPONSE_BYTES) throw this.#fail('invalid', 'The model sent more than an answer can hold');
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks));
  }

  #fail(failure: LanguageModelError['failure'], message: string): LanguageModelError {
    this.failure = new LanguageModelError(failure, message);
    return this.failure;
  }
}

const refused = (): LanguageModelError => new LanguageModelError('refused', 'The model refused to answer');

function failureOf(error: unknown, trouble: string | null): LanguageModelError {
  const cause = RetryError.isInstance(error) ? error.lastError : error;
  if (cause instanceof LanguageModelError) return cause;
  if (NoObjectGeneratedError.isInstance(cause) && cause.finishReason === 'content-filter') return refused();
  // The time may also run out in the wait before the retry.
  if (trouble !== null) return new LanguageModelError('unavailable', `The model could not be reached (${trouble})`);
  if (cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError')) {
    return new LanguageModelError('timeout', 'The model did not answer in time');
  }
  // A connection that breaks within a good answer.
  if (APICallError.isInstance(cause) && cause.isRetryable) {
    return new LanguageModelError('unavailable', 'The model could not be reached (connection lost)');
  }
  return invalid();
}

const invalid = (): LanguageModelError =>
  new LanguageModelError('invalid', "The model's answer did not have the right shape");
