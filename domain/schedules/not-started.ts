import type { RunCause, SKIP_REASONS } from '../contracts/runs.ts';
import type { Policies } from '../contracts/schedules.ts';

export type SkipReason = (typeof SKIP_REASONS)[number];

/** A fire of which Temporal has no run. Epoch milliseconds. */
export interface UnstartedFire {
  at: number;
  /** Temporal starts it up to so much later. */
  jitter: number;
  overlap: Policies['overlap'];
}

/** A span in epoch milliseconds; `until` null: still going on. */
export interface TimeSpan {
  since: number;
  until: number | null;
}

/** A run of the same schedule. Epoch milliseconds. */
export interface OtherRun {
  cause: RunCause;
  plannedAt: number;
  /** null: no worker has taken it yet. */
  startedAt: number | null;
  finishedAt: number | null;
}

/** What is known about the time of a fire. Epoch milliseconds. */
export interface Evidence {
  now: number;
  skips: ReadonlySet<number>;
  pauses: readonly TimeSpan[];
  /** When Temporal did not answer; the end is when it first did again. */
  outages: readonly TimeSpan[];
  runs: readonly OtherRun[];
  /** Whether Temporal has ever let a fire of the schedule go because it came back too late for it. */
  temporalMissedSome: boolean;
  /** Whether an earlier fire waits in Temporal's buffer. */
  othersWait: boolean;
}

/** Why a fire has no run. `waits`: it may have one yet, when the run before it has ended. */
export type Explanation =
  | { kind: 'skipped'; reason: SkipReason }
  | { kind: 'missed'; reason: 'outage' | 'unknown'; backAt: number }
  | { kind: 'waits' };

/** Temporal starts what it could not start in time so much later at most: the catch-up window of our schedules. */
export const TEMPORAL_CATCH_UP_MS = 60_000;
/** So long after that window nothing of a fire can be on its way any more. */
export const SETTLE_MS = TEMPORAL_CATCH_UP_MS + 30_000;
/** After its return Temporal needs a moment to start what its own window still allows. */
export const RETURN_MS = 20_000;
/** What the store says and what Temporal does may lie so far apart. */
const SLACK_MS = 5_000;
/** A run that ends is seen by Temporal's scheduler, which then starts what waited for it, within this time. */
const BUFFER_MS = 30_000;

/** Whether `at` is so long ago that Temporal either has started it by now or never will. */
export function isRipe(
  { at, jitter }: Pick<UnstartedFire, 'at' | 'jitter'>,
  { now, outages }: Pick<Evidence, 'now' | 'outages'>,
): boolean {
  const outage = outageAt({ at, jitter }, outages);
  if (outage) {
    if (outage.until === null || now < outage.until + RETURN_MS) return false;
    if (isLost({ at, jitter }, outage)) return true;
  }
  return now >= at + jitter + SETTLE_MS;
}

/** Why Temporal did not start it. */
export function explain(fire: UnstartedFire, evidence: Evidence): Explanation {
  const { now, skips, pauses, outages } = evidence;
  if (skips.has(fire.at)) return { kind: 'skipped', reason: 'operator' };
  if (pauses.some((pause) => touches(fire, pause, 0))) return { kind: 'skipped', reason: 'paused' };
  const outage = outageAt(fire, outages);
  const missed = outage && ({ kind: 'missed', reason: 'outage', backAt: outage.until ?? now } as const);
  const holders = holdersOf(fire, evidence.runs, 0);
  // Once Temporal has started a fire of the outage, it has not let a later one go. An earlier run says nothing of that.
  const began = holders.find(({ cause, plannedAt }) => cause === 'schedule' && outage && plannedAt > outage.since);
  const holder = began ?? holders[0];
  if (missed && !began && isLost(fire, outage) && (holder === undefined || evidence.temporalMissedSome)) return missed;
  if (holder) return overlapped(fire, holder, evidence);
  if (missed) return missed;
  if (pauses.some((pause) => touches(fire, pause, SLACK_MS))) return { kind: 'skipped', reason: 'paused' };
  const [near] = holdersOf(fire, evidence.runs, SLACK_MS);
  return near ? overlapped(fire, near, evidence) : { kind: 'missed', reason: 'unknown', backAt: now };
}

/** Within an outage, and too far from its end for Temporal to have started it on its return. */
const isLost = ({ at, jitter }: Pick<UnstartedFire, 'at' | 'jitter'>, { until }: TimeSpan): boolean =>
  until !== null && at + jitter <= until - TEMPORAL_CATCH_UP_MS;

function outageAt(
  { at, jitter }: Pick<UnstartedFire, 'at' | 'jitter'>,
  outages: readonly TimeSpan[],
): TimeSpan | undefined {
  return outages.find(({ since, until }) => at + jitter >= since && (until === null || at <= until));
}

const touches = ({ at, jitter }: UnstartedFire, { since, until }: TimeSpan, slack: number): boolean =>
  at + jitter >= since - slack && (until === null || at <= until + slack);

/** The runs that Temporal saw open when the fire came. A triggered one is none of the schedule's to Temporal. */
function holdersOf({ at, jitter, overlap }: UnstartedFire, runs: readonly OtherRun[], slack: number): OtherRun[] {
  if (overlap === 'allow-all') return [];
  return runs.filter(({ cause, plannedAt, startedAt, finishedAt }) => {
    if (cause === 'trigger') return false;
    // Temporal takes fires in order, so none was in the way of one before it, however late that may have come.
    if (cause === 'schedule' && plannedAt > at) return false;
    // A run by schedule is started at its time, whenever a worker takes it; one that makes up for another, when we ask.
    const since = cause === 'schedule' ? plannedAt : (startedAt ?? plannedAt);
    return at + jitter >= since - slack && (finishedAt === null || at <= finishedAt + slack);
  });
}

function overlapped({ overlap }: UnstartedFire, holder: OtherRun, { now, othersWait }: Evidence): Explanation {
  const buffers = overlap === 'cancel-other' || (overlap === 'buffer-one' && !othersWait);
  const over = holder.finishedAt !== null && now >= holder.finishedAt + BUFFER_MS;
  return buffers && !over ? { kind: 'waits' } : { kind: 'skipped', reason: 'overlap' };
}
