import { BACKFILL } from '../contracts/schedules.ts';
import { type Fire, fireAt, fires } from '../cron/index.ts';
import { invalidInput } from '../errors.ts';
import type { ScheduleRow } from '../ports/schedule-store.ts';
import { comingFires } from './shown.ts';

/** More occurrences called off at a time than this are a pause. */
const MOST_SKIPS = 100;
const SUGGESTED = 3;

type Planned = Pick<ScheduleRow, 'timing' | 'skips'>;

/**
 * Checks that there is an occurrence to call off (`skipped`) or on again: one to come, or that was called off already.
 * @throws ReveilleError `invalid_input` at `at`, with the next ones
 */
export function checkOccurrence(row: Planned, at: string, skipped: boolean, now: number): void {
  if (row.skips.includes(at)) return;
  if (Date.parse(at) <= now || fireAt(row.timing, at) === null) {
    const next = comingFires(row, now, SUGGESTED).map((fire) => fire.at);
    const message = `is not a coming run of this schedule${next.length > 0 ? `; the next are ${next.join(', ')}` : ''}`;
    throw invalidInput([{ path: 'at', message }]);
  }
  if (skipped && row.skips.length >= MOST_SKIPS) {
    const message = `would be more than ${MOST_SKIPS} runs called off at a time; pause the schedule instead`;
    throw invalidInput([{ path: 'at', message }]);
  }
}

/**
 * The fires in [from, to), all of them past.
 * @param since how far back fires can be run (ISO 8601)
 * @throws ReveilleError `invalid_input` at `from` or `to`, also when there are none or more than one backfill may have
 */
export function pastFires(
  { timing }: Planned,
  { from, to }: { from: string; to: string },
  { since, now }: { since: string; now: number },
): Fire[] {
  if (Date.parse(to) > now)
    throw invalidInput([{ path: 'to', message: 'is in the future; a backfill is of the past' }]);
  if (from >= to) throw invalidInput([{ path: 'from', message: 'must be before to' }]);
  if (from < since) throw invalidInput([{ path: 'from', message: `must be ${since} or later` }]);
  const past: Fire[] = [];
  for (const fire of fires(timing, from, to)) {
    past.push(fire);
    if (past.length > BACKFILL.fires) {
      const message = `leaves more than ${BACKFILL.fires} runs; backfill a shorter span at a time`;
      throw invalidInput([{ path: 'to', message }]);
    }
  }
  if (past.length === 0) throw invalidInput([{ path: 'to', message: 'leaves no run: the schedule never fires then' }]);
  return past;
}
