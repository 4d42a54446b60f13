import type { Policies } from '../contracts/schedules.ts';
import { type MissReason, type MissedFire, chooseMissed } from './catch-up.ts';
import { type Evidence, type Explanation, type SkipReason, type TimeSpan, explain } from './not-started.ts';
import { type PlannedFire, spreadOf } from './planned-fires.ts';

/** What the ledger is to say of a fire that Temporal did not start. */
export type Verdict =
  | { fire: PlannedFire; state: 'skipped'; reason: SkipReason }
  | { fire: PlannedFire; state: 'missed'; reason: MissReason }
  | { fire: PlannedFire; state: 'waits' }
  | { fire: PlannedFire; state: 'make-up' };

/** The schedule as it is now, and what is known about the time in question. */
export interface Settling extends Omit<Evidence, 'othersWait'> {
  policies: Pick<Policies, 'catchUp' | 'catchUpWindow'>;
  /** Whether it is paused now: then nothing is made up for. */
  paused: boolean;
  /** Instants of this schedule that are, or were, made up for. */
  madeUp: readonly number[];
  /** Whether there are later fires that were not looked at yet: `latest` is then among those. */
  moreToCome: boolean;
}

/**
 * What to write of each fire that is ripe and has no run, and which of them to make up for.
 * @param fires of one schedule, in order
 */
export function settle(fires: readonly PlannedFire[], given: Settling): Verdict[] {
  const explained = explainAll(fires, given);
  const missed = explained.flatMap(({ fire, explanation }): MissedFire[] =>
    explanation.kind === 'missed'
      ? [{ at: Date.parse(fire.at), reason: explanation.reason, backAt: explanation.backAt }]
      : [],
  );
  const outcomes = chooseMissed(missed, given.policies, (fire) => given.moreToCome || sharesOutage(fire, given));
  const outcomeAt = new Map(missed.map(({ at }, index) => [at, outcomes[index]!]));
  return explained.map(({ fire, explanation }): Verdict => {
    if (explanation.kind === 'skipped') return { fire, state: 'skipped', reason: explanation.reason };
    if (explanation.kind === 'waits') return { fire, state: 'waits' };
    const outcome = outcomeAt.get(Date.parse(fire.at))!;
    if (!outcome.makeUp) return { fire, state: 'missed', reason: outcome.reason };
    return given.paused ? { fire, state: 'skipped', reason: 'paused' } : { fire, state: 'make-up' };
  });
}

function explainAll(fires: readonly PlannedFire[], given: Settling): { fire: PlannedFire; explanation: Explanation }[] {
  let othersWait = false;
  return fires.map((fire) => {
    const { overlap } = fire.version.policies;
    const unstarted = { at: Date.parse(fire.at), jitter: spreadOf(fire.version, fire.at), overlap };
    const explanation = explain(unstarted, { ...given, othersWait });
    othersWait ||= explanation.kind === 'waits';
    return { fire, explanation };
  });
}

/** Whether a fire of the outage that took this one has been made up for. */
function sharesOutage({ backAt, reason }: MissedFire, { outages, madeUp }: Settling): boolean {
  if (reason !== 'outage') return false;
  const during = ({ since, until }: TimeSpan, at: number): boolean => until === backAt && at >= since && at <= until;
  return outages.some((outage) => madeUp.some((at) => during(outage, at)));
}
