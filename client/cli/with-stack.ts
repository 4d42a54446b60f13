import { ReveilleError } from '../../domain/errors.ts';
import type { Stack, StackOptions } from './stack.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Brings everything up, does `work`, and takes everything down again, whatever happens. SIGINT and SIGTERM while it
 * comes up end that; afterwards they resolve `stopped`, and what that means is the work's to say. A second signal ends
 * the process at once.
 * @throws ReveilleError `unavailable` when something does not start or ends by itself, or when told to stop before
 */
export async function withStack<Result>(
  options: Omit<StackOptions, 'signal'>,
  work: (stack: Stack, stopped: Promise<NodeJS.Signals>) => Promise<Result>,
): Promise<Result> {
  const told = new AbortController();
  const { promise: stopped, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const stop = (signal: NodeJS.Signals): void => {
    for (const each of SIGNALS) process.off(each, stop);
    told.abort();
    resolve(signal);
  };
  for (const each of SIGNALS) process.on(each, stop);
  try {
    const { startStack } = await import('./stack.ts');
    const stack = await startStack({ ...options, signal: told.signal }).catch((error: unknown) => {
      throw told.signal.aborted ? interrupted() : error;
    });
    try {
      if (told.signal.aborted) throw interrupted();
      return await Promise.race([work(stack, stopped), stack.failed]);
    } finally {
      await stack.stop();
    }
  } finally {
    for (const each of SIGNALS) process.off(each, stop);
  }
}

/** Rejects when the process is told to stop: for work that has an end of its own. */
export async function unlessStopped<Result>(work: Promise<Result>, stopped: Promise<NodeJS.Signals>): Promise<Result> {
  return Promise.race([
    work,
    stopped.then(() => {
      throw interrupted();
    }),
  ]);
}

const interrupted = (): ReveilleError => new ReveilleError('unavailable', 'Told to stop before it was done');
