import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { InTurn } from '../in-turns.ts';
import type { Course } from './course.ts';

/** So long after the meeting somebody may still say that nobody came, in milliseconds. */
const NO_SHOW_MS = 24 * 3_600_000;
/** What is left to be done for one that is over is tried for so long, in milliseconds. */
const LAST_MS = 7 * 24 * 3_600_000;
/** When a step that failed for a whole day of attempts is tried again, in milliseconds. */
const AGAIN_MS = 60_000;
/** It continues as new from so many events on. */
const FULL = 2_000;

/**
 * Does what is to be done for a booking that was made, or is over, as it becomes due. @returns when nothing more can come, or the
 * history is full; nobody is being answered then
 */
export async function attend(course: Course, inTurn: InTurn): Promise<'over' | 'full'> {
  const { status, todo } = course;
  let last = Infinity;

  const endsAt = (): number => (course.held === null ? 0 : Date.parse(course.held.end));
  const hasEnded = (): boolean => status.state === 'confirmed' && Date.now() >= endsAt();
  const isFull = (): boolean => {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return (historyLength >= FULL || continueAsNewSuggested) && status.state === 'confirmed' && !todo.hasAbandoned;
  };
  const isWaitedFor = (): boolean =>
    !course.isOver || (status.state === 'completed' && !course.isGivenUp && Date.now() < endsAt() + NO_SHOW_MS);
  const isDone = (): boolean => (todo.isEmpty || Date.now() >= last) && !isWaitedFor() && allHandlersFinished();

  /** What is due now, if anything is. */
  async function step(): Promise<boolean> {
    if (!hasEnded()) return course.runErrand();
    await course.complete();
    return true;
  }

  /** The same; a store that was away for a whole day is waited for all the same. */
  async function patiently(): Promise<boolean> {
    try {
      return await inTurn(step);
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      await sleep(AGAIN_MS, { summary: 'Until it is tried again' });
      return true;
    }
  }

  /** Milliseconds until there may be something to do, told nothing new. */
  function wait(): number {
    const now = Date.now();
    const moments = [todo.next() ?? Infinity, endsAt(), endsAt() + NO_SHOW_MS, last, now + LAST_MS];
    return Math.min(...moments.filter((moment) => moment > now)) - now;
  }

  for (;;) {
    // Before anything is looked at: what comes meanwhile is not slept through.
    const [before, seen] = [status.state, todo.changes];
    const isOtherwise = (): boolean => status.state !== before || todo.changes !== seen;
    if (isFull()) {
      await condition(() => allHandlersFinished() || !isFull());
      if (isFull()) return 'full';
    }
    if (await patiently()) continue;
    if (!isWaitedFor()) last = Math.min(last, Date.now() + LAST_MS);
    if (isDone()) return 'over';
    if (status.state === 'confirmed') course.rest();
    await condition(() => isOtherwise() || isDone(), wait(), {
      summary: 'Until the meeting is over, or there is something to do',
    });
  }
}
