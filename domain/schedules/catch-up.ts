import type { MISS_REASONS } from '../contracts/runs.ts';
import type { Policies } from '../contracts/schedules.ts';

export type MissReason = (typeof MISS_REASONS)[number];

/** A fire that did not run though it should have. Epoch milliseconds. */
export interface MissedFire {
  at: number;
  reason: Extract<MissReason, 'outage' | 'unknown'>;
  /** When runs were possible again: the catch-up window reaches back from here. */
  backAt: number;
}

/** What becomes of it: made up for, or left with this reason. */
export type Outcome = { makeUp: true } | { makeUp: false; reason: MissReason };

/**
 * Which missed fires are made up for: none, the newest, or all within the window before runs were possible again.
 * @param missed of one schedule, in order
 * @param madeUp whether one of the same outage has been chosen before; then `latest` chooses no other
 */
export function chooseMissed(
  missed: readonly MissedFire[],
  { catchUp, catchUpWindow }: Pick<Policies, 'catchUp' | 'catchUpWindow'>,
  madeUp: (fire: MissedFire) => boolean = () => false,
): Outcome[] {
  const within = (fire: MissedFire): boolean => fire.at >= fire.backAt - catchUpWindow;
  const newest = missed.findLast(within);
  return missed.map((fire) => {
    if (catchUp === 'none') return { makeUp: false, reason: fire.reason };
    if (!within(fire)) return { makeUp: false, reason: 'catch-up-window' };
    if (catchUp === 'all' || (fire === newest && !madeUp(fire))) return { makeUp: true };
    return { makeUp: false, reason: fire.reason };
  });
}
