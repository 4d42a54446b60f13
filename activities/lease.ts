import { cancellationSignal, heartbeat } from '@temporalio/activity';

/**
 * For how long an attempt is its maker's, in milliseconds; renewed while it lasts. A dead worker's is over when Temporal hears
 * nothing of it either.
 */
export const LEASE_MS = 15_000;
/** So young is an attempt's lease certainly not over, and the ledger need not be asked; a process that was stopped is older. */
export const FRESH_MS = 1_000;
/** Milliseconds since now, by whichever clock says more: one may stand still, the other may be set back. */
export function stopwatch(): () => number {
  const [elapsed, clock] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - elapsed, Date.now() - clock);
}

/**
 * Renews lease and heartbeat while an attempt lasts. Its signal aborts when the lease is lost, or Temporal cancels the activity
 * or stops the worker.
 */
export function keepUp(holds: () => Promise<boolean>): AsyncDisposable & { signal: AbortSignal } {
  const lost = new AbortController();
  let renewal = Promise.resolve();
  const renew = async (): Promise<void> => {
    heartbeat();
    // A store that does not answer costs the lease only when it is away for the rest of it.
    if (!(await holds().catch(() => true))) lost.abort();
  };
  const timer = setInterval(() => (renewal = renew()), LEASE_MS / 3);
  return {
    signal: AbortSignal.any([lost.signal, cancellationSignal()]),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await renewal;
    },
  };
}
