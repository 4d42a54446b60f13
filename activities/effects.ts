import type { PlannedEffect } from '../domain/ports/effect-store.ts';
import { timeFrom } from './clock.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { FRESH_MS, LEASE_MS, keepUp, stopwatch } from './lease.ts';

/** What is done to another's service, which takes the same twice for once: it is tried until it is answered. */
export interface RepeatableEffect extends Pick<PlannedEffect, 'key' | 'kind' | 'channel' | 'contactId' | 'subject'> {
  workspace: string;
}

type Result = Record<string, unknown>;

/** What became of it. `at`: when to try again, ISO 8601. */
export type Performed<Answer extends Result = Result> =
  | { outcome: 'done'; result: Answer }
  | { outcome: 'later'; at: string; reason: string }
  | { outcome: 'failed' | 'cancelled' | 'unknown'; reason: string };

/** Why it was not done: to be tried again after so long, or never. */
export class EffectError extends Error {
  override readonly name = 'EffectError';
  readonly outcome: 'later' | 'failed';
  readonly retryAfterMs: number | null;
  /** For the next attempt. */
  readonly note: Result | null;

  constructor(
    outcome: EffectError['outcome'],
    message: string,
    more: { retryAfterMs?: number | null; note?: Result | null; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.outcome = outcome;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.note = more.note ?? null;
  }
}

/** Waits between attempts: two seconds, doubled each time, at most ten minutes. */
const FIRST_WAIT_MS = 2_000;
const MAX_WAIT_MS = 10 * 60_000;

/**
 * One attempt at it, written down before and after, its fence checked just before the call. `work` is told whether an
 * attempt was lost before, which may have done it, and what the one before noted. One that is done already is not done again: what was answered then is answered.
 */
export async function perform<Answer extends Result>(
  { store, failpoint }: ActivityDependencies,
  { workspace, ...effect }: RepeatableEffect,
  at: string,
  work: (attempt: { mayBeDone: boolean; noted: Result | null; signal: AbortSignal }) => Promise<Answer>,
): Promise<Performed<Answer>> {
  const { key } = effect;
  const now = (): string => timeFrom(at);
  const since = stopwatch();
  failpoint('effect-before-intent');
  await store.effects.plan(workspace, { ...effect, purpose: null, plannedAt: now() });
  const begun = await store.effects.attempt(workspace, key, now(), { leaseMs: LEASE_MS, repeatable: true });
  failpoint('effect-after-intent');
  if (begun.outcome !== 'go') return standing(begun);
  const { fence, attempts, mayBeDone, noted } = begun;
  const holds = (): Promise<boolean> => store.effects.holds(workspace, key, fence, now(), LEASE_MS);
  await using lease = keepUp(holds);
  if (since() >= FRESH_MS && !(await holds())) return takenOver(now());
  try {
    failpoint('effect-before-effect');
    const result = await work({ mayBeDone, noted, signal: lease.signal });
    failpoint('effect-after-effect');
    const ended = await store.effects.end(workspace, key, fence, { state: 'done', at: now(), result });
    failpoint('effect-before-acknowledgement');
    return ended ? { outcome: 'done', result } : takenOver(now());
  } catch (error) {
    if (!(error instanceof EffectError)) throw error;
    const { message: reason, outcome, retryAfterMs, note } = error;
    const state = outcome === 'failed' ? 'failed' : 'planned';
    const ended = await store.effects.end(workspace, key, fence, {
      ...{ state, at: now(), error: reason },
      ...(note !== null && { result: note }),
    });
    if (!ended) return takenOver(now());
    if (state === 'failed') return { outcome: 'failed', reason };
    const wait = Math.max(retryAfterMs ?? 0, Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), MAX_WAIT_MS));
    return { outcome: 'later', at: after(now(), wait), reason };
  }

  function standing({ outcome, effect: found }: Exclude<typeof begun, { outcome: 'go' }>): Performed<Answer> {
    switch (outcome) {
      case 'done':
        return { outcome, result: (found.result ?? {}) as Answer };
      case 'busy':
        return takenOver(now());
      default:
        return { outcome, reason: found.error ?? found.note ?? `It is ${outcome}` };
    }
  }
}

/** Somebody else is at it: look again when their attempt must be over. */
const takenOver = (now: string): Performed<never> => ({
  outcome: 'later',
  at: after(now, LEASE_MS),
  reason: 'Another attempt is under way',
});

const after = (at: string, milliseconds: number): string => new Date(Date.parse(at) + milliseconds).toISOString();
