import { ApplicationFailure, CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { SERVER_TIMEOUT_MARGIN_MS } from '../domain/contracts/runs.ts';
import { formatDuration } from '../domain/contracts/time-values.ts';

/** What a run keeps of the server's own time, to tidy up and to write its end. */
const RESERVE_MS = SERVER_TIMEOUT_MARGIN_MS / 2;

/** Ends a run whose own timer rang, so that neither Temporal nor a reader takes it for done or for called off. */
export class TimedOut extends ApplicationFailure {
  constructor(timeoutMs: number, cause: Error | undefined) {
    const message = `It ran longer than its timeout of ${formatDuration(timeoutMs)}`;
    super(message, 'TimedOut', true, undefined, cause);
  }
}

/**
 * Runs `work` and, when its time is over, cancels it. Work that then ends all the same has its result; any other end, also
 * to go on as another run, is `TimedOut`. Work that ignores the cancellation is left to the server's own timeout. `work` is called at once.
 * @param timeoutMs null: no limit
 */
export async function withinTimeout<Result>(timeoutMs: number | null, work: () => Promise<Result>): Promise<Result> {
  if (timeoutMs === null) return work();
  const scope = new CancellationScope();
  const clock = new CancellationScope();
  let over = false;
  const ring = clock.run(async () => {
    await sleep(timeLeft(timeoutMs), { summary: `Timeout of the run, ${formatDuration(timeoutMs)}` });
    over = true;
    scope.cancel();
  });
  // Stopped when the work has ended, or with the whole run.
  ring.catch(() => undefined);
  try {
    return await scope.run(work);
  } catch (error) {
    if (!over) throw error;
    throw new TimedOut(timeoutMs, error instanceof Error ? error : undefined);
  } finally {
    if (!over) clock.cancel();
  }
}

/** Milliseconds that are left of the timeout. One that waited for its worker has its time all the same, while the server's lasts. */
function timeLeft(timeoutMs: number): number {
  const { continuedFromExecutionRunId, executionExpirationTime, startTime } = workflowInfo();
  const expires = executionExpirationTime?.getTime();
  const end =
    continuedFromExecutionRunId === undefined
      ? Math.min(Date.now() + timeoutMs, (expires ?? Infinity) - RESERVE_MS)
      : expires === undefined
        ? startTime.getTime() + timeoutMs
        : expires - SERVER_TIMEOUT_MARGIN_MS;
  return Math.max(1, end - Date.now());
}
